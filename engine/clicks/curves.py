"""The curves of a report: ROC, precision against recall, and reliability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.report import ClickReport

POINTS = 400
"""Points that a curve has at most: more do not show."""
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """Points of a curve, and what a prediction without any knowledge would draw.

    x, y : float64 (points,).
    threshold : float64 (points,), the score from which rows count as clicks.
    base_rate : share of clicks in the target.
    """

    x: Array
    y: Array
    threshold: Array
    base_rate: float


@dataclass(frozen=True, slots=True, eq=False)
class Reliability:
    """Rows in bins of equal count by predicted probability.

    predicted, true, clicked : float64 (bins,), mean probability, mean true probability and
        share of clicks. margin : half of the 95% interval of the share of clicks.
    rows, clicks : int64 (bins,).
    """

    predicted: Array
    true: Array
    clicked: Array
    margin: Array
    rows: NDArray[np.int64]
    clicks: NDArray[np.int64]


def roc_points(report: ClickReport, observed: bool = False, of_truth: bool = False) -> Curve:
    """False positive rate (x) against true positive rate (y), from (0, 0) to (1, 1).

    Parameters
    ----------
    observed : against the clicks rather than the true probabilities.
    of_truth : of the true probabilities as prediction: the ceiling.
    """
    target, scores = _pair(report, observed, of_truth)
    hits, rows, threshold = _ladder(target, scores)
    clicks, others = float(hits[-1]), float(rows[-1] - hits[-1])
    if clicks <= 0 or others <= 0:
        return _nothing(target)
    x = np.append(0.0, (rows - hits) / others)
    y = np.append(0.0, hits / clicks)
    return _thinned(Curve(x, y, np.append(np.inf, threshold), float(target.mean())))


def precision_recall_points(
    report: ClickReport, observed: bool = False, of_truth: bool = False
) -> Curve:
    """Recall (x) against precision (y); at ``base_rate`` lies the line of a prediction by chance.

    Parameters as in `roc_points`.
    """
    target, scores = _pair(report, observed, of_truth)
    hits, rows, threshold = _ladder(target, scores)
    clicks = float(hits[-1])
    if clicks <= 0:
        return _nothing(target)
    return _thinned(Curve(hits / clicks, hits / rows, threshold, float(target.mean())))


def reliability(report: ClickReport, bins: int = 20) -> Reliability:
    """The reliability curve of predicted probabilities.

    Raises
    ------
    ValueError : scores that are no probabilities, or fewer than one bin.
    """
    if bins < 1:
        raise ValueError(f"bins={bins!r}: must be at least 1")
    if not len(report.p):
        raise ValueError(
            f"report: the scores of {report.design.model.name} are no probabilities; "
            "calibrate them first"
        )
    order = np.argsort(report.p, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    rows = np.array([len(part) for part in parts], dtype=np.int64)
    clicks = np.array([report.clicked[part].sum() for part in parts], dtype=np.int64)
    share = clicks / rows
    return Reliability(
        predicted=np.array([report.p[part].mean() for part in parts]),
        true=np.array([report.truth[part].mean() for part in parts]),
        clicked=share,
        margin=1.96 * np.sqrt(share * (1.0 - share) / rows),
        rows=rows,
        clicks=clicks,
    )


def _pair(report: ClickReport, observed: bool, of_truth: bool) -> tuple[Array, Array]:
    target = report.clicked.astype(np.float64) if observed else report.truth
    return target, report.truth if of_truth else report.scores


def _ladder(target: Array, scores: Array) -> tuple[Array, Array, Array]:
    """Clicks and rows at or above each score, and the scores, from the highest down."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    hits, rows = np.cumsum(target[order])[last], np.flatnonzero(last).astype(np.float64) + 1.0
    return hits, rows, ordered[last]


def _thinned(curve: Curve) -> Curve:
    """Points evenly by their rank, the first and the last among them."""
    if len(curve.x) <= POINTS:
        return curve
    kept = np.unique(np.linspace(0, len(curve.x) - 1, POINTS).round().astype(np.int64))
    return Curve(curve.x[kept], curve.y[kept], curve.threshold[kept], curve.base_rate)


def _nothing(target: Array) -> Curve:
    empty = np.empty(0)
    return Curve(empty, empty, empty, float(target.mean()) if len(target) else float("nan"))
