"""Item-kNN: items that the same users clicked are neighbours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.generators.contract import Generator
from engine.generators.from_history import HistoryGenerator, load_clicked, who_clicked
from engine.generators.interactions import Interactions
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.topk import best_first

_ITEMS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Covisitation:
    """Item-kNN of Deshpande and Karypis (2004), on who clicked what at least once.

    With n(i) users who clicked i and n(i, j) who clicked both, j is similar to i by
    n(i, j) / (n(i)^a n(j)^(1 - a)) * n(i, j) / (n(i, j) + shrinkage), a the asymmetry. The
    exponents are those of Aiolli (2013), the shrinkage that of Bell and Koren (2007).

    neighbours : items kept for each item, the most similar ones.
    shrinkage : users in common at which a similarity counts half.
    asymmetry : 0.5 is the cosine; 1 the probability that who clicked i clicked j; 0 the
        probability that who clicked j clicked i, which favours rare items.
    """

    name: ClassVar[str] = "covisitation"
    unknown_users: ClassVar[str] = "A new user gets what most people clicked."
    unknown_items: ClassVar[str] = "An item without a click has no neighbour and is never proposed."
    places_new_items: ClassVar[bool] = False
    has_vectors: ClassVar[bool] = False
    vector_dim: ClassVar[int] = 0
    knobs: ClassVar[dict[str, Knob]] = {
        "neighbours": Knob(1, 2_000, "most similar items kept for each item", "items"),
        "shrinkage": Knob(0.0, 1000.0, "users in common at which a similarity counts half"),
        "asymmetry": Knob(0.0, 1.0, "0.5: cosine; 1: probability of the other's click"),
    }
    neighbours: int = 300
    shrinkage: float = 10.0
    asymmetry: float = 0.8

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def why_not(self, items: int) -> str:
        return ""

    def fit(
        self, interactions: Interactions, seed: int = 0, progress: Progress = silent
    ) -> Generator:
        clicked = who_clicked(interactions.clicks)
        return CovisitationGenerator(clicked, self._neighbours(clicked, progress))

    def load(self, directory: Path) -> Generator:
        clicked = load_clicked(directory)
        with np.load(directory / "neighbours.npz", allow_pickle=False) as saved:
            parts = saved["similarity"], saved["item"], saved["offsets"]
        items = clicked.shape[1]
        return CovisitationGenerator(clicked, csr_matrix(parts, shape=(items, items)))

    def _neighbours(self, clicked: csr_matrix, progress: Progress) -> csr_matrix:
        """Similarity of each item's neighbours, (items, items) float32."""
        items = clicked.shape[1]
        by_item = clicked.T.tocsr()
        clickers = np.diff(by_item.indptr).astype(np.float64)
        ids, similarities, counts = [], [], np.zeros(items, dtype=np.int64)
        for first in range(0, items, _ITEMS_AT_ONCE):
            progress("finding neighbours of items", first / items)
            together = (by_item[first : first + _ITEMS_AT_ONCE] @ clicked).tocsr()
            together.sort_indices()  # so that equal similarities go by the lower id
            for row, (start, stop) in enumerate(
                zip(together.indptr[:-1], together.indptr[1:], strict=True)
            ):
                item, others = first + row, together.indices[start:stop]
                both = together.data[start:stop].astype(np.float64)
                both[others == item] = 0.0
                similarity = self._similarity(both, clickers[item], clickers[others])
                best = best_first(similarity, self.neighbours)
                best = best[similarity[best] > 0]
                ids.append(others[best])
                similarities.append(similarity[best].astype(np.float32))
                counts[item] = len(best)
        offsets = np.concatenate([[0], np.cumsum(counts)])
        parts = np.concatenate(similarities), np.concatenate(ids).astype(np.int32), offsets
        return csr_matrix(parts, shape=(items, items))

    def _similarity(
        self, both: NDArray[np.float64], of_item: float, of_others: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        scale = of_item**self.asymmetry * of_others ** (1.0 - self.asymmetry)
        trust = both / np.maximum(both + self.shrinkage, 1.0)
        similarity: NDArray[np.float64] = both / scale * trust
        return similarity


class CovisitationGenerator(HistoryGenerator):
    """Similarities of each item's neighbours; a score is their sum over the items clicked.

    What no neighbour leads to stands below all the rest, from -1 to 0, by its clicks.
    """

    def __init__(self, clicked: csr_matrix, neighbours: csr_matrix) -> None:
        super().__init__(clicked)
        self._starts = neighbours.indptr.astype(np.int64)
        self._neighbour = neighbours.indices.astype(np.int32)
        self._similarity = neighbours.data.astype(np.float32)
        most = 1.0 + self._clickers.max(initial=0)
        self._unreached = (self._clickers / most - 1.0).astype(np.float32)

    def _scores_of(
        self, history: NDArray[np.int32], items: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        if not len(history):
            popular: NDArray[np.float32] = self._unreached[items]
            return popular
        spans = [slice(self._starts[item], self._starts[item + 1]) for item in history.tolist()]
        # One addition after the other: no sum hangs on which items are asked for.
        total = np.bincount(
            np.concatenate([self._neighbour[span] for span in spans]),
            weights=np.concatenate([self._similarity[span] for span in spans]),
            minlength=len(self._clickers),
        )[items]
        return np.where(total > 0, total, self._unreached[items]).astype(np.float32)

    def save(self, directory: Path) -> None:
        self._save_clicked(directory)
        np.savez(
            directory / "neighbours.npz",
            similarity=self._similarity,
            item=self._neighbour,
            offsets=self._starts,
        )

    @property
    def memory_bytes(self) -> int:
        parts = self._starts, self._neighbour, self._similarity, self._unreached
        return super().memory_bytes + int(sum(part.nbytes for part in parts))
