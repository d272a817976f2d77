"""What the generators share that add up, over a user's clicked items, what each says of others."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from engine.generators.contract import Generator
from engine.topk import best_first


def who_clicked(clicks: csr_matrix) -> csr_matrix:
    """1 where a user clicked an item at least once, (users, items) float32, ids ascending."""
    once = clicks.astype(np.float32).tocsr(copy=True)
    once.sum_duplicates()
    once.eliminate_zeros()
    once.sort_indices()
    once.data[:] = 1.0
    return once


class HistoryGenerator(Generator):
    """Scores items for the items that a user clicked; has no vectors.

    One code path gives all scores of one user, so that a score is the same to the last bit
    whether it is asked for alone, for one user a row, or in `top`.

    clicked : who clicked what, see `who_clicked`. An item without a click is never proposed.
    """

    item_vectors = None

    def __init__(self, clicked: csr_matrix) -> None:
        self._offsets = clicked.indptr.astype(np.int64)
        self._history = clicked.indices.astype(np.int32)
        self._clickers = np.bincount(self._history, minlength=clicked.shape[1])
        self._known = np.flatnonzero(self._clickers)

    @abstractmethod
    def _scores_of(
        self, history: NDArray[np.int32], items: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        """Scores of items, float32 (n,), for who clicked these (ascending, none twice, or none).

        Each must depend on its own item alone, not on which others are asked for.
        """

    def scores(self, user: ArrayLike, items: NDArray[np.int64]) -> NDArray[np.float32]:
        users, ids = np.asarray(user), np.asarray(items)
        if users.ndim == 0:
            return self._scores_of(self._clicked_by(int(users)), ids)
        scores = np.empty(len(ids), dtype=np.float32)
        order = np.argsort(users, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(users[order])) + 1):
            if len(rows):
                history = self._clicked_by(int(users[rows[0]]))
                scores[rows] = self._scores_of(history, ids[rows])
        return scores

    def query(self, user: int) -> NDArray[np.float32]:
        raise TypeError(f"{type(self).__name__} has no vectors")

    def known_items(self) -> NDArray[np.int64]:
        return self._known

    def top(self, user: int, k: int) -> NDArray[np.int64]:
        return self._known[best_first(self._scores_of(self._clicked_by(user), self._known), k)]

    def _clicked_by(self, user: int) -> NDArray[np.int32]:
        clicked: NDArray[np.int32] = self._history[self._offsets[user] : self._offsets[user + 1]]
        return clicked

    def _save_clicked(self, directory: Path) -> None:
        np.savez(
            directory / "clicked.npz",
            offsets=self._offsets,
            history=self._history,
            items=len(self._clickers),
        )

    @property
    def memory_bytes(self) -> int:
        parts = self._offsets, self._history, self._clickers, self._known
        return int(sum(part.nbytes for part in parts))


def load_clicked(directory: Path) -> csr_matrix:
    """Who clicked what, as a `HistoryGenerator` saved it."""
    with np.load(directory / "clicked.npz", allow_pickle=False) as saved:
        offsets, history, items = saved["offsets"], saved["history"], int(saved["items"])
    ones = np.ones(len(history), dtype=np.float32)
    return csr_matrix((ones, history, offsets), shape=(len(offsets) - 1, items))
