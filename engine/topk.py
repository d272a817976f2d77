"""The one rule by which scores become an order."""

import numpy as np
from numpy.typing import NDArray


def best_first(scores: NDArray[np.floating], k: int) -> NDArray[np.int64]:
    """Places of the k largest scores, by score falling, then by place rising.

    A partition alone would leave to chance which of the equal scores at the cut get in.

    Parameters
    ----------
    scores : (n,) without NaN.
    k : how many, from 1; more than n is cut to n.
    """
    n = len(scores)
    if k < n:
        cut = np.partition(scores, n - k)[n - k]
        inside = np.flatnonzero(scores >= cut)
    else:
        inside = np.arange(n)
    order = np.argsort(-scores[inside], kind="stable")[:k]
    best: NDArray[np.int64] = inside[order]
    return best
