"""The baseline: what most people clicked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.generators.contract import Generator
from engine.generators.interactions import Interactions
from engine.knobs import Knob
from engine.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Popularity:
    """Propose the items with the most clicks, the same to everybody."""

    name: ClassVar[str] = "popularity"
    unknown_users: ClassVar[str] = "A new user gets what everybody gets."
    unknown_items: ClassVar[str] = "An item without a click is never proposed."
    places_new_items: ClassVar[bool] = False
    has_vectors: ClassVar[bool] = False
    vector_dim: ClassVar[int] = 0
    knobs: ClassVar[dict[str, Knob]] = {}

    def why_not(self, items: int) -> str:
        return ""

    def fit(
        self, interactions: Interactions, seed: int = 0, progress: Progress = silent
    ) -> Generator:
        progress("counting clicks", 0.0)
        clicks = interactions.clicks
        return PopularityGenerator(np.asarray(clicks.sum(axis=0)).ravel().astype(np.float32))

    def load(self, directory: Path) -> Generator:
        return PopularityGenerator(np.load(directory / "clicks.npy", allow_pickle=False))


class PopularityGenerator(Generator):
    """Counts of clicks, (items,). An item that nobody clicked is unknown and never proposed."""

    item_vectors = None

    def __init__(self, clicks: NDArray[np.float32]) -> None:
        self._clicks = clicks
        order = np.argsort(-clicks, kind="stable").astype(np.int64)
        self._order = order[: np.count_nonzero(clicks)]

    def scores(self, user: ArrayLike, items: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._clicks[items]

    def query(self, user: int) -> NDArray[np.float32]:
        raise TypeError("popularity has no vectors")

    def known_items(self) -> NDArray[np.int64]:
        return np.sort(self._order)

    def top(self, user: int, k: int) -> NDArray[np.int64]:
        return self._order[:k]

    def save(self, directory: Path) -> None:
        np.save(directory / "clicks.npy", self._clicks, allow_pickle=False)

    @property
    def memory_bytes(self) -> int:
        return int(self._clicks.nbytes + self._order.nbytes)
