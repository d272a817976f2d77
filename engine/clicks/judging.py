"""Figures of a prediction with what each row adds to them, so that all of them pair.

Each function takes a target, (n,) from 0 to 1: the true probabilities of the rows, for the
figure that clicks would give on average, or the clicks themselves. With clicks the values are
those of `engine.metrics`.

What a row adds is the influence function of the figure: the interval is that of its mean, and
the paired difference of two figures that of the difference of two influences. For AUC this is
DeLong's interval.

Source: Hampel (1974), "The influence curve and its role in robust estimation"; for AUC,
DeLong et al. (1988).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.figures import Estimate
from engine.intervals import mean_estimate

_EPS = float(np.finfo(np.float64).eps)
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A figure and what each row moves it by.

    value : NaN where nothing can be said.
    influence : float64 (n,), of mean 0; empty where nothing can be said.
    """

    value: float
    influence: Array

    @property
    def estimate(self) -> Estimate:
        """With its interval at 95%; rows of one user share their luck, which it leaves out."""
        if math.isnan(self.value):
            return Estimate(math.nan, math.nan, math.nan, 0)
        half = mean_estimate(self.influence).half_width
        return Estimate(self.value, self.value - half, self.value + half, len(self.influence))

    def less(self, other: Judged) -> Judged:
        """This figure less another of the same rows, paired."""
        if math.isnan(self.value) or math.isnan(other.value):
            return NOTHING
        return Judged(self.value - other.value, self.influence - other.influence)

    def relative_to(self, other: Judged) -> Judged:
        """By which share this figure is above another of the same rows, paired."""
        if math.isnan(self.value) or math.isnan(other.value):
            return NOTHING
        ratio = self.value / other.value
        return Judged(ratio - 1.0, (self.influence - ratio * other.influence) / other.value)


NOTHING = Judged(math.nan, np.empty(0))


def judged_auc(target: Array, scores: Array) -> Judged:
    """Probability that a random click scores above a random row without one, a tie half."""
    if not _has_both(target):
        return NOTHING
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    first = np.append(True, ordered[1:] != ordered[:-1])
    tie = np.cumsum(first) - 1
    start = np.flatnonzero(first)
    y = target[order]
    tied = np.add.reduceat(np.stack([y, 1.0 - y]), start, axis=1)
    below = np.cumsum(tied, axis=1) - tied / 2  # clicks and others below, half of the ties
    clicks, others = tied.sum(axis=1)
    over = below[1][tie] / others  # the share of others that a row lies above
    under = 1.0 - below[0][tie] / clicks
    itself = float(y @ (1.0 - y))  # a row makes no pair with itself, see `metrics.expected_auc`
    auc = float((tied[0] @ below[1] - itself / 2) / (clicks * others - itself))
    influence = np.empty(len(y))
    n = len(y)
    influence[order] = n * (y * (over - auc) / clicks + (1.0 - y) * (under - auc) / others)
    return Judged(auc, influence - influence.mean())


def judged_log_loss(target: Array, p: Array) -> Judged:
    """Mean logistic loss in nats, p clipped as in `metrics.pointwise_log_loss`."""
    losses = cross_entropy(target, p)
    loss = float(losses.mean())
    return Judged(loss, losses - loss)


def judged_entropy(target: Array, p: Array) -> Judged:
    """Log loss over the entropy of the mean target, which is what the base rate alone scores."""
    if not _has_both(target):
        return NOTHING
    loss = judged_log_loss(target, p)
    rate = float(target.mean())
    entropy = -(rate * math.log(rate) + (1.0 - rate) * math.log1p(-rate))
    slope = math.log1p(-rate) - math.log(rate)  # of the entropy in the rate
    ratio = loss.value / entropy
    return Judged(ratio, (loss.influence - ratio * slope * (target - rate)) / entropy)


def judged_ratio(target: Array, p: Array) -> Judged:
    """Clicks predicted over clicks, sum(p) / sum(target)."""
    rate = float(target.mean())
    if rate <= 0:
        return NOTHING
    ratio = float(p.mean()) / rate
    return Judged(ratio, (p - ratio * target) / rate)


def judged_calibration_error(target: Array, p: Array, bins: int = 20) -> Judged:
    """Mean distance of predicted and seen rate over bins of equal count."""
    order = np.argsort(p, kind="stable")
    b = min(bins, len(p))
    size = np.full(b, len(p) // b)
    size[: len(p) % b] += 1
    gap = (p - target)[order]
    side = np.sign(np.add.reduceat(gap, np.cumsum(size) - size))
    influence = np.empty(len(p))
    influence[order] = np.repeat(side, size) * gap
    error = float(influence.mean())
    return Judged(error, influence - error)


def judged_precision(target: Array, scores: Array) -> Judged:
    """Average precision: the mean precision at the score of each click, ties together."""
    total = float(target.sum())
    if total <= 0:
        return NOTHING
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    tie = np.append(0, np.cumsum(last)[:-1])
    y = target[order]
    above = np.flatnonzero(last) + 1.0  # rows at or above each score
    clicks = np.cumsum(y)[last]
    precision = clicks / above
    share = np.diff(clicks, prepend=0.0)
    value = float(share @ precision / total)
    # What a row does to the precision at all scores at or below its own.
    weight = np.cumsum((share / above)[::-1])[::-1]
    weighted = np.cumsum((share * precision / above)[::-1])[::-1]
    moved = y * weight[tie] - weighted[tie]
    influence = np.empty(len(y))
    influence[order] = len(y) / total * (y * (precision[tie] - value) + moved)
    return Judged(value, influence - influence.mean())


def cross_entropy(target: Array, p: Array) -> Array:
    """Logistic loss of each row in nats against a target from 0 to 1, (n,)."""
    hit, miss = np.clip(p, _EPS, 1.0 - _EPS), np.clip(1.0 - p, _EPS, 1.0 - _EPS)
    return -(target * np.log(hit) + (1.0 - target) * np.log(miss))


def _has_both(target: Array) -> bool:
    return bool(len(target) and 0 < target.sum() < len(target))
