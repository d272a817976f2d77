"""Values of (row, item) pairs that are worked out once and looked up afterwards."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Compute = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.floating]]
_MOST_PAIRS = 4_000_000


class PairBook:
    """A sorted list of pairs and their values; what is missing is computed in one batch.

    compute : (rows, items) -> values, each (m,).
    items : size of the catalogue.
    """

    def __init__(
        self,
        compute: Compute,
        items: int,
        keys: NDArray[np.int64] | None = None,
        values: NDArray[np.float64] | None = None,
    ) -> None:
        self._compute = compute
        self._items = items
        self._lock = threading.Lock()
        self._keys = np.empty(0, np.int64) if keys is None else keys
        self._values = np.empty(0, np.float64) if values is None else values

    def look_up(
        self,
        rows: NDArray[np.int64],
        items: NDArray[np.int64],
        fill: float,
        order: NDArray[np.int64] | None = None,
    ) -> NDArray[np.float64]:
        """The value of each pair; ``fill`` where the item is -1. Same shape as ``items``.

        order : `order_of` the pairs, where several books of one catalogue are asked for them.
        """
        real = items >= 0
        keys = keys_of(rows, items, self._items)
        order = order_of(rows, items, self._items) if order is None else order
        with self._lock:
            known, values = self._keys, self._values
        places, found = _find(known, keys, order)
        missing = real & ~found
        if missing.any():
            known, values = self._learn(np.unique(keys[missing]))
            places, _ = _find(known, keys, order)
        return np.where(real, values[places] if len(values) else fill, fill)

    def contents(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Keys (row * items + item, ascending) and values."""
        with self._lock:
            return self._keys, self._values

    def _learn(self, keys: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        fresh = np.asarray(self._compute(keys // self._items, keys % self._items), dtype=np.float64)
        with self._lock:
            merged = np.concatenate([self._keys, keys])
            merged, first = np.unique(merged, return_index=True)
            values = np.concatenate([self._values, fresh])[first]
            if len(merged) <= _MOST_PAIRS:
                self._keys, self._values = merged, values
        return merged, values


def order_of(
    rows: NDArray[np.int64], items: NDArray[np.int64], catalogue: int
) -> NDArray[np.int64]:
    """The order of pairs in a book, as places in the flattened arrays."""
    return np.argsort(keys_of(rows, items, catalogue).ravel(), kind="stable")


def keys_of(rows: NDArray[np.int64], items: NDArray[np.int64], catalogue: int) -> NDArray[np.int64]:
    """A number for each pair, by which a book is sorted; -1 where the item is -1."""
    return np.where(items >= 0, rows * catalogue + items, -1)


def _find(
    known: NDArray[np.int64], keys: NDArray[np.int64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each key stands among the known ones, and whether it does."""
    if not len(known):
        return np.zeros(keys.shape, np.int64), np.zeros(keys.shape, bool)
    # Sorted look-ups walk memory in order: four times as fast as random ones.
    places = np.empty(keys.size, np.int64)
    places[order] = np.searchsorted(known, keys.ravel()[order])
    inside = np.minimum(places, len(known) - 1).reshape(keys.shape)
    return inside, known[inside] == keys
