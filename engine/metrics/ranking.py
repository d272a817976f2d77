"""How good is an order of items: DCG, NDCG and two kinds of recall."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Set
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EXCESS = 1e-6  # what mixing float32 and float64 copies of the same relevance may add to a DCG


def dcg_at_k(gains: ArrayLike, k: int) -> NDArray[np.float64]:
    """Discounted cumulative gain of the first k places: sum of gain / log2(rank + 1), rank from 1.

    Parameters
    ----------
    gains : (..., n) real, >= 0
        Gains in the order shown (linear gain: the relevance itself). n may be below k.
    k : int, >= 1

    Returns
    -------
    (...) float64; a NumPy scalar for a single list.

    Raises
    ------
    ValueError
        A negative or non-finite gain, a scalar, k < 1.

    Source: Järvelin & Kekäläinen (2002), "Cumulated gain-based evaluation of IR techniques".
    """
    return _discounted(_checked_gains("gains", gains), checked_k(k))


def ideal_dcg_at_k(all_relevance: ArrayLike, k: int) -> NDArray[np.float64]:
    """DCG of the best possible first k places, (..., n) in any order -> (...) float64.

    Raises ValueError as `dcg_at_k` does.
    """
    k = checked_k(k)
    best = _largest(_checked_gains("all_relevance", all_relevance), k)
    return _discounted(np.sort(best, axis=-1)[..., ::-1], k)


def ndcg_at_k(ranked_relevance: ArrayLike, all_relevance: ArrayLike, k: int) -> NDArray[np.float64]:
    """DCG of a ranking over the DCG of the best ranking that was possible, from 0 to 1.

    Parameters
    ----------
    ranked_relevance : (..., m) real, >= 0
        Relevance in the order shown; the first k count.
    all_relevance : (..., n) real, >= 0
        Relevance of every item that could have been shown, in any order: it gives the ideal.
        Its leading axes broadcast with those of `ranked_relevance`.
    k : int, >= 1

    Returns
    -------
    (...) float64; a NumPy scalar for a single list. Where nothing is relevant the ideal is 0 and
    NDCG is 0.0 by definition (as in trec_eval), so that a mean over users stays defined.

    Raises
    ------
    ValueError
        Leading axes that do not fit, a negative or non-finite relevance, k < 1, or a ranking that
        beats the ideal (its items are then not among `all_relevance`).

    Source: Järvelin & Kekäläinen (2002); linear gain, log2 discount.
    """
    ranked = _real_array("ranked_relevance", ranked_relevance)
    everything = _real_array("all_relevance", all_relevance)
    _check_leading_axes("ranked_relevance", ranked, "all_relevance", everything)
    dcg, ideal = np.broadcast_arrays(
        _discounted(_checked_gains("ranked_relevance", ranked), checked_k(k)),
        ideal_dcg_at_k(everything, k),
    )
    excess = dcg - ideal
    if np.any(excess > _EXCESS * ideal + np.finfo(np.float64).tiny):
        raise ValueError(
            f"ranked_relevance: DCG passes the ideal by {excess.max():.3g}; "
            "every item of it must be among all_relevance"
        )
    ndcg = np.divide(dcg, ideal, out=np.zeros(ideal.shape), where=ideal > 0)
    return np.asarray(np.minimum(ndcg, 1.0))[()]


def grouped_ndcg_at_k(
    gains: ArrayLike, scores: ArrayLike, groups: ArrayLike, k: int
) -> NDArray[np.float64]:
    """NDCG of each group of rows, ordered by falling score; equal scores keep their order.

    Parameters
    ----------
    gains : (n,) real, >= 0
    scores : (n,) real, not NaN
    groups : (n,) int, which list a row belongs to
    k : int, >= 1

    Returns
    -------
    (groups with a gain,) float64, by rising group; lists without a gain say nothing of an order.

    Raises
    ------
    ValueError
        Shapes that differ or are not (n,), and as `dcg_at_k`.
    """
    gain, score, group = np.asarray(gains), np.asarray(scores), np.asarray(groups)
    if gain.ndim != 1 or not gain.shape == score.shape == group.shape:
        raise ValueError(
            f"gains {gain.shape}, scores {score.shape}, groups {group.shape}: must be (n,) alike"
        )
    names, of_row, size = np.unique(group, return_inverse=True, return_counts=True)
    order = np.lexsort((-score, of_row))
    place = np.arange(len(gain)) - np.repeat(np.cumsum(size) - size, size)
    lists = np.zeros((len(names), int(size.max(initial=1))))
    lists[of_row[order], place] = gain[order]
    told = lists[lists.sum(axis=1) > 0]
    return np.asarray(ndcg_at_k(told, told, k)) if len(told) else np.empty(0)


def recall_at_k(retrieved: ArrayLike, relevant: ArrayLike | Set[Any], k: int) -> float:
    """Share of `relevant` that stands among the first k of `retrieved`.

    Parameters
    ----------
    retrieved : (m,) int or str ids, best first, unique
    relevant : (n,) int or str ids, or a set of them, unique, in any order
    k : int, >= 1

    Returns
    -------
    From 0 to 1; the denominator is n even where k < n. NaN if `relevant` is empty.

    Raises
    ------
    ValueError
        Repeated ids (padding such as -1 included: drop it first), ids of two types, k < 1.
    """
    found, wanted = _checked_ids("retrieved", retrieved), _checked_ids("relevant", relevant)
    k = checked_k(k)
    if wanted.size == 0:
        return float("nan")
    if found.size == 0:
        return 0.0
    if (found.dtype.kind == "U") != (wanted.dtype.kind == "U"):
        raise ValueError(f"relevant: ids are {wanted.dtype}, those of retrieved {found.dtype}")
    # At the few hundred ids of a candidate list sets are quicker than np.isin.
    return len(set(wanted.tolist()).intersection(found[:k].tolist())) / wanted.size


def recall_with_ties(
    returned_scores: ArrayLike, exact_scores: ArrayLike, k: int, eps: float = 2e-6
) -> NDArray[np.float64]:
    """Recall of an approximate search by score, so that any item of a tie fills its place.

    A returned item counts if its score reaches the k-th best exact score, less a tolerance of `eps`
    times the largest absolute score among the k exact ones: float32 inner products differ by up to
    5e-7 of it with the order of summation (measured, 16 to 128 dimensions).

    Parameters
    ----------
    returned_scores : (..., m) real
        True scores (higher is better; negate a distance) of distinct items in the order the index
        returned them; the first k count. NaN or -inf marks a missing answer.
    exact_scores : (..., n) real
        Scores of an exact search over the same items, in any order, same leading axes. NaN or -inf
        marks a missing one: where fewer than k exist, recall is over those that do.
    k : int, >= 1
    eps : float, >= 0

    Returns
    -------
    (...) float64 from 0 to 1; a NumPy scalar for a single query; NaN where no exact score exists.

    Raises
    ------
    ValueError
        Leading axes that differ, a score of +inf, k < 1, a negative or non-finite eps.

    Source: the definition of recall in Aumüller et al. (2020), "ANN-Benchmarks", made relative.
    """
    returned = _checked_scores("returned_scores", returned_scores)
    exact = _checked_scores("exact_scores", exact_scores)
    if returned.shape[:-1] != exact.shape[:-1]:
        raise ValueError(
            f"returned_scores {returned.shape}, exact_scores {exact.shape}: "
            "must agree in all axes but the last"
        )
    k = checked_k(k)
    if not (np.isfinite(eps) and eps >= 0):
        raise ValueError(f"eps={eps!r}: must be a finite number from 0")
    best = _largest(exact, k)
    exists = best > -np.inf
    places = exists.sum(axis=-1)
    kth = np.min(best, axis=-1, where=exists, initial=np.inf)
    scale = np.max(np.abs(best), axis=-1, where=exists, initial=0.0)
    filled = (returned[..., :k] >= (kth - eps * scale)[..., None]).sum(axis=-1)
    share = np.divide(filled, places, out=np.full(places.shape, np.nan), where=places > 0)
    return np.asarray(np.minimum(share, 1.0))[()]


def _discounted(gains: NDArray[Any], k: int) -> NDArray[np.float64]:
    first = np.ascontiguousarray(gains[..., :k], dtype=np.float64)
    discount = 1.0 / np.log2(np.arange(2, first.shape[-1] + 2))
    return np.asarray(first @ discount)[()]


def _largest(values: NDArray[Any], k: int) -> NDArray[Any]:
    """The k largest along the last axis, in no order; n may be a whole catalogue."""
    n = values.shape[-1]
    return values if n <= k else np.partition(values, n - k, axis=-1)[..., n - k :]


def _real_array(name: str, values: ArrayLike) -> NDArray[Any]:
    array = np.asarray(values)
    if array.ndim == 0:
        raise ValueError(f"{name}={values!r}: must be an array with at least one axis")
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{name}: dtype {array.dtype} must be real numbers")
    return array


def _checked_gains(name: str, values: ArrayLike) -> NDArray[Any]:
    gains = _real_array(name, values)
    if gains.size and not (gains.min() >= 0 and gains.max() < np.inf):
        worst = gains[~((gains >= 0) & (gains < np.inf))].flat[0]
        raise ValueError(f"{name}: holds {worst}; must be finite and not negative")
    return gains


def _checked_scores(name: str, values: ArrayLike) -> NDArray[np.float64]:
    scores = _real_array(name, values).astype(np.float64)
    if np.any(scores == np.inf):
        raise ValueError(f"{name}: holds inf; must be finite, or NaN or -inf where missing")
    scores[np.isnan(scores)] = -np.inf
    return scores


def _checked_ids(name: str, values: ArrayLike | Set[Any]) -> NDArray[Any]:
    ids = np.asarray(list(values) if isinstance(values, Set) else values)
    if ids.ndim != 1:
        raise ValueError(f"{name}: shape {ids.shape} must be one list of ids")
    if ids.size and ids.dtype.kind not in "iuU":
        raise ValueError(f"{name}: dtype {ids.dtype} must be integer or string ids")
    if len(set(ids.tolist())) != ids.size:
        repeated = Counter(ids.tolist()).most_common(1)[0][0]
        raise ValueError(f"{name}: holds {repeated!r} more than once; ids must be unique")
    return ids


def checked_k(k: int) -> int:
    """k as an int from 1; ValueError otherwise."""
    try:
        number = operator.index(k)
    except TypeError:
        number = 0
    if number < 1 or isinstance(k, bool):
        raise ValueError(f"k={k!r}: must be an integer from 1")
    return number


def _check_leading_axes(
    name: str, array: NDArray[Any], other_name: str, other: NDArray[Any]
) -> None:
    try:
        np.broadcast_shapes(array.shape[:-1], other.shape[:-1])
    except ValueError:
        raise ValueError(
            f"{name} {array.shape}, {other_name} {other.shape}: "
            "leading axes must be equal or broadcast"
        ) from None
