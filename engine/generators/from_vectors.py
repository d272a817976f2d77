"""What generators have in common that score by the product of a user's and an item's vector."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.generators.contract import Generator
from engine.topk import best_first


class VectorGenerator(Generator):
    """A vector for each user and item; an item whose vector is 0 is never proposed.

    users, items : float32 (users, d) and (items, d).
    """

    item_vectors: NDArray[np.float32]

    def __init__(self, users: NDArray[np.float32], items: NDArray[np.float32]) -> None:
        self._users = users
        self.item_vectors = np.ascontiguousarray(items, dtype=np.float32)
        self._known = self.with_vectors()
        self._known_vectors = self.item_vectors[self._known]

    def scores(self, user: ArrayLike, items: NDArray[np.int64]) -> NDArray[np.float32]:
        # Equal to the last bit for one user, for one a row and in `top`, unlike a matrix product.
        of_user = self._users[np.asarray(user)]
        scores: NDArray[np.float32] = np.vecdot(self.item_vectors[items], of_user)
        return scores

    def query(self, user: int) -> NDArray[np.float32]:
        query: NDArray[np.float32] = self._users[user]
        return query

    def top(self, user: int, k: int) -> NDArray[np.int64]:
        return self._known[best_first(np.vecdot(self._known_vectors, self._users[user]), k)]

    @property
    def memory_bytes(self) -> int:
        return int(self._users.nbytes + self.item_vectors.nbytes)
