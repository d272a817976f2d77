"""How good is a probability or a score of a click: order (AUC), loss and calibration.

Labels are 0 or 1, probabilities p are of a 1, both of shape (n,). `expected_log_loss` and
`expected_auc` take the true probability instead of a label: they are the figure that labels would
give on average, and with p equal to the truth the ceiling that no model can pass.
"""

from __future__ import annotations

import operator

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EPS = float(np.finfo(np.float64).eps)  # the clip of scikit-learn's log_loss for float64


def roc_auc(labels: ArrayLike, scores: ArrayLike) -> float:
    """Probability that a random positive scores above a random negative, a tie counted half.

    Raises
    ------
    ValueError
        Shapes that differ or are not (n,), labels other than 0 and 1 or of one class only,
        a score that is not finite.

    Source: the Mann-Whitney U statistic by ranks; Hanley & McNeil (1982).
    """
    y, s = checked_pair(labels, "scores", scores, both_classes=True)
    positives = y.sum()
    rank_sum = midranks(s)[y == 1].sum()
    above = rank_sum - positives * (positives + 1) / 2
    return float(above / (positives * (y.size - positives)))


def average_precision(labels: ArrayLike, scores: ArrayLike) -> float:
    """Mean over the positives of the precision at the score of each, equal scores taken together.

    The step-wise area under the precision-recall curve, without interpolation.

    Raises
    ------
    ValueError
        As `roc_auc`, but one class is enough if it is the positive one.
    """
    y, s = checked_pair(labels, "scores", scores)
    _require_positive(y)
    order = np.argsort(-s)
    start, size = _ties(s[order])
    last_of_tie = start + size - 1
    hits = np.cumsum(y[order])[last_of_tie]
    precision = hits / (last_of_tie + 1)
    return float(np.diff(hits, prepend=0.0) @ precision / hits[-1])


def midranks(scores: ArrayLike) -> NDArray[np.float64]:
    """Ranks from 1, ascending, (n,) -> (n,) float64; equal scores share the mean of their ranks.

    Raises ValueError for more than one axis and for NaN, which has no rank.
    """
    s = np.asarray(scores, dtype=np.float64)
    if s.ndim != 1 or np.isnan(s).any():
        raise ValueError(f"scores: shape {s.shape} must be (n,), without NaN")
    order = np.argsort(s)
    start, size = _ties(s[order])
    ranks = np.empty(s.size)
    ranks[order] = np.repeat(start + (size + 1) / 2, size)
    return ranks


def pointwise_log_loss(labels: ArrayLike, p: ArrayLike) -> NDArray[np.float64]:
    """Logistic loss of each row in nats, (n,) float64; `log_loss` is its mean.

    p is clipped to [eps, 1 - eps] of float64, so that 0 and 1 cost 36.04 nats when wrong.

    Raises
    ------
    ValueError
        Shapes that differ or are not (n,), labels other than 0 and 1, p outside [0, 1] or NaN.
    """
    y, q = checked_pair(labels, "p", p)
    return _cross_entropy(y, _checked_probability("p", q))


def log_loss(labels: ArrayLike, p: ArrayLike) -> float:
    """Mean logistic loss in nats; clipping and errors as in `pointwise_log_loss`."""
    return float(pointwise_log_loss(labels, p).mean())


def normalized_entropy(labels: ArrayLike, p: ArrayLike) -> float:
    """Log loss over that of always predicting the base rate: below 1 is better than knowing no row.

    Raises ValueError as `log_loss` does, and for labels of one class only (their entropy is 0).

    Source: He et al. (2014), "Practical lessons from predicting clicks on ads at Facebook".
    """
    y, q = checked_pair(labels, "p", p, both_classes=True)
    rate = y.mean()
    entropy = -(rate * np.log(rate) + (1.0 - rate) * np.log1p(-rate))
    return log_loss(y, q) / float(entropy)


def calibration_ratio(labels: ArrayLike, p: ArrayLike) -> float:
    """Clicks predicted over clicks seen, sum(p) / sum(labels): above 1 is too confident of clicks.

    Raises ValueError as `log_loss` does, and if no label is 1.

    Source: He et al. (2014).
    """
    y, q = checked_pair(labels, "p", p)
    _require_positive(y)
    return float(_checked_probability("p", q).sum() / y.sum())


def calibration_bins(
    labels: ArrayLike, p: ArrayLike, bins: int = 20
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Predicted and seen rate in bins of equal count: the points of a reliability curve.

    Rows are sorted by p, rows with equal p staying in the order given, and cut as np.array_split
    cuts: of n rows the first n % bins bins hold one more than the others. With fewer rows than
    bins each row is a bin.

    Parameters
    ----------
    labels : (n,) 0 or 1
    p : (n,) from 0 to 1
    bins : int, >= 1

    Returns
    -------
    mean p (b,) float64, mean label (b,) float64, rows (b,) int64, with b = min(bins, n).

    Raises
    ------
    ValueError
        As `log_loss`, and bins < 1.
    """
    y, q = checked_pair(labels, "p", p)
    b = min(_checked_bins(bins), y.size)
    order = np.argsort(_checked_probability("p", q), kind="stable")
    rows = np.full(b, y.size // b, dtype=np.int64)
    rows[: y.size % b] += 1
    start = np.cumsum(rows) - rows
    return np.add.reduceat(q[order], start) / rows, np.add.reduceat(y[order], start) / rows, rows


def expected_calibration_error(labels: ArrayLike, p: ArrayLike, bins: int = 20) -> float:
    """Mean distance of predicted and seen rate over `calibration_bins`, weighted by rows.

    Noise alone keeps it above 0: with n rows of base rate r, by about
    sqrt(2 r (1 - r) bins / (pi n)) for a perfect model. Errors as in `calibration_bins`.

    Source: Naeini et al. (2015), with bins of equal count instead of equal width.
    """
    predicted, seen, rows = calibration_bins(labels, p, bins)
    return float(np.abs(predicted - seen) @ rows / rows.sum())


def expected_log_loss(true_p: ArrayLike, p: ArrayLike) -> float:
    """Log loss of p on average over labels drawn from `true_p`; its least value is at p = true_p.

    Both (n,) from 0 to 1; p is clipped as in `pointwise_log_loss`. ValueError as there.
    """
    truth, q = _checked_vectors("true_p", true_p, "p", p)
    return float(
        _cross_entropy(_checked_probability("true_p", truth), _checked_probability("p", q)).mean()
    )


def expected_auc(true_p: ArrayLike, scores: ArrayLike) -> float:
    """AUC of scores over labels drawn from `true_p`: expected ordered pairs over expected pairs.

    Each row counts as a positive of weight true_p and a negative of weight 1 - true_p; a row makes
    no pair with itself, since it cannot be both. Ties count half.

    Raises
    ------
    ValueError
        Shapes that differ or are not (n,), true_p outside [0, 1], a score that is not finite, or
        a truth that leaves no pair (fewer than two rows, all 0, all 1).
    """
    truth, s = _checked_vectors("true_p", true_p, "scores", scores)
    order = np.argsort(s)
    positive = _checked_probability("true_p", truth)[order]
    negative = 1.0 - positive
    start, _ = _ties(s[order])
    tied_positive, tied_negative = np.add.reduceat([positive, negative], start, axis=1)
    below = np.cumsum(tied_negative) - tied_negative
    itself = positive @ negative
    pairs = positive.sum() * negative.sum() - itself
    if not pairs > _EPS * s.size:
        raise ValueError("true_p: leaves no pair of a positive and a negative")
    return float((tied_positive @ (below + tied_negative / 2) - itself / 2) / pairs)


def checked_pair(
    labels: ArrayLike, name: str, values: ArrayLike, both_classes: bool = False
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Labels and values as float64 of one shape (n,), n >= 1; ValueError says what is wrong."""
    y, x = _checked_vectors("labels", labels, name, values)
    wrong = y[(y != 0) & (y != 1)]
    if wrong.size:
        raise ValueError(f"labels: holds {wrong[0]}; must be 0 or 1")
    if both_classes and y.min() == y.max():
        raise ValueError(f"labels: all are {y[0]:.0f}; both 0 and 1 must occur")
    return y, x


def _checked_vectors(
    name: str, values: ArrayLike, other_name: str, other: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, z = np.asarray(values, dtype=np.float64), np.asarray(other, dtype=np.float64)
    if x.ndim != 1 or x.shape != z.shape or x.size == 0:
        raise ValueError(
            f"{name} {x.shape}, {other_name} {z.shape}: must be of one shape (n,), n from 1"
        )
    if not np.isfinite(z).all():
        raise ValueError(f"{other_name}: must be finite")
    return x, z


def _checked_probability(name: str, p: NDArray[np.float64]) -> NDArray[np.float64]:
    if not (p.min() >= 0 and p.max() <= 1):
        raise ValueError(f"{name}: spans {p.min()} to {p.max()}; must lie from 0 to 1")
    return p


def _checked_bins(bins: int) -> int:
    try:
        number = operator.index(bins)
    except TypeError:
        number = 0
    if number < 1:
        raise ValueError(f"bins={bins!r}: must be an integer from 1")
    return number


def _require_positive(labels: NDArray[np.float64]) -> None:
    if labels.max() == 0:
        raise ValueError("labels: all are 0; at least one must be 1")


def _cross_entropy(truth: NDArray[np.float64], p: NDArray[np.float64]) -> NDArray[np.float64]:
    # 1 - p is clipped by itself, as scikit-learn does: from the clipped p it would round otherwise.
    hit, miss = np.clip(p, _EPS, 1.0 - _EPS), np.clip(1.0 - p, _EPS, 1.0 - _EPS)
    return -(truth * np.log(hit) + (1.0 - truth) * np.log(miss))


def _ties(in_order: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where each run of equal values starts, and how long it is."""
    start = np.append(0, np.flatnonzero(in_order[1:] != in_order[:-1]) + 1)
    return start, np.diff(start, append=in_order.size)
