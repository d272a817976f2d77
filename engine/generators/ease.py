"""EASE: a linear model in closed form that says of each item what it tells of every other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import dpotrf, dpotri
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from engine.generators.contract import Generator
from engine.generators.from_history import HistoryGenerator, load_clicked, who_clicked
from engine.generators.interactions import Interactions
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent

MOST_ITEMS = 5_000
_ROWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class EASE:
    """Steck (2019), "Embarrassingly shallow autoencoders for sparse data".

    Who clicked what, X, is predicted as X B with a zero diagonal: of all such B the one with
    the least squared error plus `regularization` times the sum of squares. The fit holds an
    items x items matrix of float64, 200 MB at 5,000 items, and keeps one of float32, 100 MB.

    regularization : weight of the L2 penalty.
    """

    name: ClassVar[str] = "ease"
    unknown_users: ClassVar[str] = "A new user gets what most people clicked."
    unknown_items: ClassVar[str] = "An item without a click has no weight and is never proposed."
    places_new_items: ClassVar[bool] = False
    has_vectors: ClassVar[bool] = False
    vector_dim: ClassVar[int] = 0
    knobs: ClassVar[dict[str, Knob]] = {
        "regularization": Knob(1.0, 100_000.0, "weight of the L2 penalty"),
    }
    regularization: float = 500.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def why_not(self, items: int) -> str:
        if items <= MOST_ITEMS:
            return ""
        size = 4e-9 * items**2
        return (
            f"EASE fits up to {MOST_ITEMS:,} items: it keeps a dense matrix of items by items, "
            f"which for {items:,} takes {size:,.1f} GB and a time that grows with the cube."
        )

    def fit(
        self, interactions: Interactions, seed: int = 0, progress: Progress = silent
    ) -> Generator:
        clicked = who_clicked(interactions.clicks)
        if why := self.why_not(clicked.shape[1]):
            raise ValueError(why)
        # In one thread sums have one order, and the page keeps its processor.
        with threadpool_limits(limits=1, user_api="blas"):
            return EASEGenerator(clicked, _weights(clicked, self.regularization, progress))

    def load(self, directory: Path) -> Generator:
        weights = np.load(directory / "weights.npy", allow_pickle=False)
        return EASEGenerator(load_clicked(directory), weights)


def _weights(clicked: csr_matrix, regularization: float, progress: Progress) -> NDArray[np.float32]:
    """B of the model, (items, items): what a click on the row's item says of the column's."""
    progress("counting clicks in common", 0.0)
    items = clicked.shape[1]
    gram = (clicked.T @ clicked).astype(np.float64).toarray(order="C")
    gram[np.diag_indices(items)] += regularization
    progress("inverting the items by items matrix", 0.05)
    factor, failed = dpotrf(gram.T, lower=1, overwrite_a=1)
    assert not failed, "a positive diagonal is added"
    progress("inverting the items by items matrix", 0.35)
    inverse, failed = dpotri(factor, lower=1, overwrite_c=1)
    assert not failed, "no diagonal element of the factor is 0"
    progress("weighing items", 0.9)
    upper = inverse.T  # rows of C order; what is below its diagonal is left from before
    scale = -1.0 / np.diag(upper)
    weights = np.empty((items, items), dtype=np.float32)
    for first in range(0, items, _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        corner = np.triu(upper[rows, rows])
        weights[rows, rows] = (corner + np.triu(corner, 1).T) * scale[rows]
        beyond = slice(first + _ROWS_AT_ONCE, items)
        weights[rows, beyond] = upper[rows, beyond] * scale[beyond]
        weights[beyond, rows] = upper[rows, beyond].T * scale[rows]
    weights[np.diag_indices(items)] = 0.0
    return weights


class EASEGenerator(HistoryGenerator):
    """B of the model, (items, items) float32; a score is the sum of its rows of clicked items.

    Who clicked nothing gets each item's share of the users who clicked something: what a score
    predicts, too.
    """

    def __init__(self, clicked: csr_matrix, weights: NDArray[np.float32]) -> None:
        super().__init__(clicked)
        self._weights = weights
        active = max(int(np.count_nonzero(np.diff(self._offsets))), 1)
        self._popular = (self._clickers / active).astype(np.float32)

    def _scores_of(
        self, history: NDArray[np.int32], items: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        if not len(history):
            return self._popular[items]
        # One row after the other: a sum over an axis may take another order for a single item.
        total = np.zeros(len(items), dtype=np.float32)
        for item in history.tolist():
            total += self._weights[item, items]
        return total

    def save(self, directory: Path) -> None:
        self._save_clicked(directory)
        np.save(directory / "weights.npy", self._weights, allow_pickle=False)

    @property
    def memory_bytes(self) -> int:
        return super().memory_bytes + int(self._weights.nbytes + self._popular.nbytes)
