"""What slates are like beside being right: how novel, how diverse, how fresh.

Slates are item ids, (..., k), -1 where a slate ends early. None of these figures knows what the
user likes: a slate that nobody wants may do well in all of them.
"""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

_ZERO = float(np.finfo(np.float64).tiny)


def self_information(clickers: ArrayLike, users: int) -> NDArray[np.float64]:
    """-log2 of the share of users who clicked an item, in bits: 0 where everybody did.

    Parameters
    ----------
    clickers : (items,) integers from 0 to `users`
        How many users clicked each item. An item that nobody clicked counts as clicked by one,
        the least that can be seen: log2(users) bits, the most there is.
    users : int, >= 1
        All users, those without a click included.

    Returns
    -------
    (items,) float64 from 0 to log2(users).

    Raises
    ------
    ValueError
        Not one axis, not integers, a count outside 0 to users, users < 1.

    Source: Zhou et al. (2010), "Solving the apparent diversity-accuracy dilemma of recommender
    systems"; there an item without clicks has no value.
    """
    counts = np.asarray(clickers)
    try:
        number = operator.index(users)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"users={users!r}: must be an integer from 1")
    if counts.ndim != 1 or counts.dtype.kind not in "iu":
        raise ValueError(
            f"clickers: shape {counts.shape}, dtype {counts.dtype}; must be (items,) integers"
        )
    if counts.size and not (counts.min() >= 0 and counts.max() <= number):
        raise ValueError(
            f"clickers: spans {counts.min()} to {counts.max()}; must lie from 0 to {number}"
        )
    # Subtracted, not divided: the log of a rounded quotient may pass 0.
    clicked = np.log2(np.maximum(counts, 1), dtype=np.float64)
    return np.asarray(np.log2(float(number)) - clicked)


def novelty(slates: ArrayLike, information: ArrayLike) -> NDArray[np.float64]:
    """Mean self-information of the items of each slate, in bits.

    Parameters
    ----------
    slates : (..., k) item ids, -1 where a slate ends early
    information : (items,) real, finite; see `self_information`

    Returns
    -------
    (...) float64; a NumPy scalar for a single slate; NaN for an empty one.

    Raises
    ------
    ValueError
        An id outside -1 to items - 1, ids that are not integers, information that is not finite.

    Source: Zhou et al. (2010).
    """
    bits = _checked_values("information", information, axes=1)
    ids = _checked_slates(slates, len(bits))
    return _mean_of_shown(bits[ids], ids)


def mean_age(slates: ArrayLike, released: ArrayLike, at: ArrayLike) -> NDArray[np.float64]:
    """Mean time since release of the items of each slate: lower is fresher.

    Parameters
    ----------
    slates : (..., k) item ids, -1 where a slate ends early
    released : (items,) real, finite
        When each item came out, in days on any calendar.
    at : (...) real, finite
        When each slate was shown, in days on the same calendar. Broadcasts with the leading axes
        of `slates`.

    Returns
    -------
    (...) float64, days; a NumPy scalar for a single slate; NaN for an empty one. Items that are
    not out yet have a negative age.

    Raises
    ------
    ValueError
        An id outside -1 to items - 1, ids that are not integers, a time that is not finite,
        leading axes that do not fit.
    """
    out = _checked_values("released", released, axes=1)
    ids = _checked_slates(slates, len(out))
    shown_at = _checked_values("at", at)
    try:
        ages = shown_at[..., None] - out[ids]
    except ValueError:
        raise ValueError(
            f"at {shown_at.shape}, slates {ids.shape}: leading axes must be equal or broadcast"
        ) from None
    return _mean_of_shown(ages, np.broadcast_to(ids, ages.shape))


def intra_list_diversity(slates: ArrayLike, vectors: ArrayLike) -> NDArray[np.float64]:
    """Mean of 1 - cosine over all pairs of items within each slate.

    Parameters
    ----------
    slates : (..., k) item ids, -1 where a slate ends early
    vectors : (items, d) real, finite
        Where each item stands; only the direction counts.

    Returns
    -------
    (...) float64 from 0, all alike, to 2 (a pair of opposites; at most m / (m - 1) with m
    items); a NumPy scalar for a single slate; NaN for a slate of fewer than two items.

    Raises
    ------
    ValueError
        An id outside -1 to items - 1, ids that are not integers, vectors that are not (items, d)
        or not finite, a vector of an item shown that has no direction because it is 0.

    Source: Ziegler et al. (2005), "Improving recommendation lists through topic diversification",
    as a mean instead of a sum.
    """
    table = np.asarray(vectors)
    if table.ndim != 2 or table.dtype.kind not in "fiu":
        raise ValueError(f"vectors: shape {table.shape}, dtype {table.dtype}; must be (items, d)")
    ids = _checked_slates(slates, len(table))
    shown = ids >= 0
    chosen = table[ids].astype(np.float64)
    chosen[~shown] = 0.0
    length = np.sqrt(np.einsum("...d,...d->...", chosen, chosen))
    wrong = shown & ~((length > _ZERO) & (length < np.inf))
    if wrong.any():
        raise ValueError(f"vectors: that of item {ids[wrong][0]} must be finite and not 0")
    # The cosines of all pairs from one sum: |sum of unit vectors|^2 = m + 2 * (sum over pairs).
    chosen *= np.divide(1.0, length, out=np.zeros(length.shape), where=shown)[..., None]
    total = chosen.sum(axis=-2)
    m = shown.sum(axis=-1)
    ordered_pairs = m * (m - 1)
    cosine = np.divide(
        np.einsum("...d,...d->...", total, total) - m,
        ordered_pairs,
        out=np.full(m.shape, np.nan),
        where=ordered_pairs > 0,
    )
    return np.asarray(np.clip(1.0 - cosine, 0.0, 2.0))[()]


def _checked_slates(slates: ArrayLike, items: int) -> NDArray[np.int64]:
    ids = np.asarray(slates)
    if ids.ndim == 0 or ids.dtype.kind not in "iu":
        raise ValueError(f"slates: shape {ids.shape}, dtype {ids.dtype}; must be lists of item ids")
    if ids.size and not (ids.min() >= -1 and ids.max() < items):
        raise ValueError(
            f"slates: spans {ids.min()} to {ids.max()}; must be ids from 0 to {items - 1}, "
            "or -1 where a slate ends"
        )
    return ids.astype(np.int64)


def _checked_values(name: str, values: ArrayLike, axes: int | None = None) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if axes is not None and array.ndim != axes:
        raise ValueError(f"{name}: shape {array.shape} must be (items,)")
    if not np.isfinite(array).all():
        raise ValueError(f"{name}: must be finite")
    return array


def _mean_of_shown(values: NDArray[np.float64], ids: NDArray[np.int64]) -> NDArray[np.float64]:
    shown = ids >= 0
    count = shown.sum(axis=-1)
    total = np.sum(values, axis=-1, where=shown)
    return np.asarray(np.divide(total, count, out=np.full(count.shape, np.nan), where=count > 0))[
        ()
    ]
