"""Which points nobody beats in both of two figures."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def pareto_front(latency: ArrayLike, quality: ArrayLike) -> NDArray[np.bool_]:
    """Which points no other beats: none is as fast and as good, and better in one of the two.

    Equal points are on the front together. A point with a NaN is not on it, nor in the way.

    Parameters
    ----------
    latency : (n,), the lower the better.
    quality : (n,), the higher the better.

    Returns
    -------
    bool (n,)

    Raises
    ------
    ValueError : shapes that differ or are not (n,).
    """
    x, y = np.asarray(latency, dtype=np.float64), np.asarray(quality, dtype=np.float64)
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"latency {x.shape}, quality {y.shape}: must be of one shape (n,)")
    front = np.zeros(len(x), dtype=bool)
    known = np.flatnonzero(~np.isnan(x) & ~np.isnan(y))
    order = known[np.lexsort((-y[known], x[known]))]
    if not len(order):
        return front
    best = np.maximum.accumulate(y[order])
    # The best of all that are faster; of those as fast, the first in this order is the best.
    first = np.searchsorted(x[order], x[order], side="left")
    faster = np.concatenate([[-np.inf], best])[first]
    as_fast = y[order][first]
    front[order] = (y[order] == as_fast) & ((y[order] > faster) | (first == 0))
    return front
