"""How good is an order of items that are relevant or not: precision, MRR's and MAP's parts.

A list is given by its hits: 1 where the item shown is relevant, 0 where it is not, best place
first. Recall of such a list is `recall_at_k`, which takes ids.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.metrics.ranking import checked_k


def precision_at_k(hits: ArrayLike, k: int) -> NDArray[np.float64]:
    """Share of the first k places that hold a relevant item: sum of hits / k.

    Parameters
    ----------
    hits : (..., m) 0 or 1, in the order shown
        m may be below k: the denominator stays k, so that empty places count as misses.
    k : int, >= 1

    Returns
    -------
    (...) float64 from 0 to 1; a NumPy scalar for a single list. 0 where nothing is relevant.

    Raises
    ------
    ValueError
        A hit other than 0 and 1, a scalar, k < 1.

    Source: trec_eval's P_k.
    """
    k = checked_k(k)
    return np.asarray(_checked_hits(hits)[..., :k].sum(axis=-1) / k)[()]


def reciprocal_rank_at_k(hits: ArrayLike, k: int) -> NDArray[np.float64]:
    """1 / rank of the first relevant item, rank from 1; 0 if the first k hold none.

    Its mean over users is the mean reciprocal rank (MRR). Parameters, shapes and errors as in
    `precision_at_k`.

    Source: Voorhees (1999), "The TREC-8 question answering track report".
    """
    k = checked_k(k)
    first = _checked_hits(hits)[..., :k]
    weights = 1.0 / np.arange(1, first.shape[-1] + 1)
    return np.asarray(np.max(first * weights, axis=-1, initial=0.0))[()]


def average_precision_at_k(hits: ArrayLike, relevant: ArrayLike, k: int) -> NDArray[np.float64]:
    """Sum over the hits among the first k of the precision down to each, over `relevant`.

    Its mean over users is the mean average precision (MAP). Not `average_precision`, which is of
    scores and knows no cut.

    Parameters
    ----------
    hits : (..., m) 0 or 1, in the order shown; the first k count.
    relevant : (...) integers, >= 0
        How many items are relevant, shown or not. The denominator even where k is less, so that
        no list of k can then reach 1. Broadcasts with the leading axes of `hits`.
    k : int, >= 1

    Returns
    -------
    (...) float64 from 0 to 1; a NumPy scalar for a single list; NaN where nothing is relevant.

    Raises
    ------
    ValueError
        A hit other than 0 and 1, a scalar, k < 1, shapes that do not broadcast, or a list with
        more hits than relevant items.

    Source: trec_eval's map_cut_k.
    """
    k = checked_k(k)
    checked = _checked_hits(hits)
    wanted = _checked_relevant(relevant, checked)
    first = checked[..., :k]
    precision = np.cumsum(first, axis=-1) / np.arange(1, first.shape[-1] + 1)
    total, wanted = np.broadcast_arrays((first * precision).sum(axis=-1), wanted)
    share = np.divide(total, wanted, out=np.full(total.shape, np.nan), where=wanted > 0)
    return np.asarray(share)[()]


def _checked_hits(hits: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(hits)
    if array.ndim == 0 or array.dtype.kind not in "fiub":
        raise ValueError(f"hits: shape {array.shape}, dtype {array.dtype}; must be lists of 0 or 1")
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        raise ValueError(f"hits: holds {wrong[0]}; must be 0 or 1")
    return array.astype(np.float64)


def _checked_relevant(relevant: ArrayLike, hits: NDArray[np.float64]) -> NDArray[np.int64]:
    wanted = np.asarray(relevant)
    if wanted.dtype.kind not in "iu":
        raise ValueError(f"relevant: dtype {wanted.dtype}; must be integers, a count for each list")
    found = hits.sum(axis=-1)
    try:
        short = found > wanted
    except ValueError:
        raise ValueError(
            f"relevant {wanted.shape}, hits {hits.shape}: leading axes must be equal or broadcast"
        ) from None
    if np.any(short | (wanted < 0)):
        raise ValueError("relevant: must be at least the number of hits in the list")
    return wanted.astype(np.int64)
