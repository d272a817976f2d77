"""Two designs compared: signed differences B - A, paired by user, impression and request."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import (
    PER_USER,
    ClickRows,
    Evidence,
    Loss,
    Report,
    coverage_difference,
    entropy,
    exposure_gini_difference,
)
from engine.figures import Estimate, MeasuredDifference
from engine.intervals import mean_estimate, placements_difference
from engine.measurement import P99_FROM, Timing
from engine.seeding import stream

PERCENTILES = {"p50": 50, "p95": 95, "p99": 99}
_RESAMPLES = 1_000
_AT_ONCE = 100  # resamples whose counts stay in the processor's cache
_BLOCK = 2  # pairs in which each system came first as often as last


@dataclass(frozen=True, slots=True, eq=False)
class Comparison(Mapping[str, Estimate]):
    """A mapping from a figure's name to what B has more of it than A; names as in a `Report`.

    loss : stage -> difference, see `Loss`.
    """

    figures: dict[str, Estimate]
    loss: dict[str, Estimate]

    def __getitem__(self, name: str) -> Estimate:
        return self.figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)


def compare(a: Report, b: Report) -> Comparison:
    """Each figure of report b less that of report a, with a paired interval at 95%.

    Figures of users: Student's t over the users who have a value under both. AUC: DeLong's
    paired interval; log loss, normalised entropy and calibration: means over impressions,
    undefined unless both rankers give probabilities; the calibration error has no interval and
    is left out. Coverage: a jackknife that leaves a user out of both. Equal designs differ
    by exactly 0, without width.

    Raises
    ------
    ValueError : reports on other users or of another world, or put together by hand.
    """
    evidence_a, evidence_b = _comparable(a, b)
    figures = {
        name: _mean_difference(getattr(a.per_user, field), getattr(b.per_user, field))
        for name, field in PER_USER.items()
    }
    figures |= _click_differences(evidence_a.clicks, evidence_b.clicks)
    figures["exposure_gini"] = exposure_gini_difference(
        evidence_a.slates, evidence_b.slates, evidence_a.items
    )
    figures["coverage"] = coverage_difference(
        evidence_a.slates, evidence_b.slates, evidence_a.items
    )
    loss = {
        field.name: _mean_difference(
            getattr(a.per_user.loss, field.name), getattr(b.per_user.loss, field.name)
        )
        for field in fields(Loss)
    }
    return Comparison(figures, loss)


def compare_timings(a: Timing, b: Timing, level: float = 0.95) -> dict[str, MeasuredDifference]:
    """Percentiles of whole requests of b less those of a in ms: ``p50``, ``p95``, ``p99``.

    Both must come from one call of `measure_interleaved`, or be joined from such calls of even
    length: row i of both is the same user at about the same moment, so that what slows both down
    at once makes no difference. The bootstrap draws two neighbouring pairs at a time, since in
    the second the systems came in reverse order; one by one, half of what the order does would
    be taken for noise. Its seed is fixed: the same timings always show the same interval.

    Returns
    -------
    Name -> difference, plus and minus its bootstrap standard error times the normal quantile. A
    percentile interval called equal medians different in 2% of trials instead of 5%. All NaN
    for p99 below `P99_FROM` pairs; bounds NaN below four pairs.

    Raises
    ------
    ValueError : not as many requests in both, or none; a level that is not between 0 and 1.

    Source: Efron & Tibshirani (1993), "An introduction to the bootstrap", chapters 8 and 12.
    """
    if a.requests != b.requests or not a.requests:
        raise ValueError(
            f"a: {a.requests} requests, b: {b.requests}: must be as many pairs, at least one"
        )
    if not 0.0 < level < 1.0:
        raise ValueError(f"level={level!r}: must lie between 0 and 1")
    n, taken_at = a.requests, max(a.taken_at, b.taken_at)
    known = [name for name, q in PERCENTILES.items() if q < 99 or n >= P99_FROM]
    qs = [PERCENTILES[name] for name in known]
    of_a, of_b = (timing.nanoseconds[:, -1] / 1e6 for timing in (a, b))
    values = np.percentile(of_b, qs) - np.percentile(of_a, qs)
    margins = NormalDist().inv_cdf(0.5 + level / 2) * _standard_errors(of_a, of_b, qs)
    nothing = MeasuredDifference(math.nan, math.nan, math.nan, "ms", n, taken_at)
    return dict.fromkeys(PERCENTILES, nothing) | {
        name: MeasuredDifference(value, value - margin, value + margin, "ms", n, taken_at)
        for name, value, margin in zip(known, values.tolist(), margins.tolist(), strict=True)
    }


def inside_noise(difference: Estimate | MeasuredDifference) -> bool:
    """Whether the interval of a difference holds 0, or there is none to tell."""
    # Written as what is outside, so that a NaN is inside.
    return not (difference.low > 0 or difference.high < 0)


def _comparable(a: Report, b: Report) -> tuple[Evidence, Evidence]:
    if a.evidence is None or b.evidence is None:
        raise ValueError(f"{'a' if a.evidence is None else 'b'}: must be a report of `evaluate`")
    if a.evidence.world != b.evidence.world:
        raise ValueError("b: must be judged in the world of a")
    if not np.array_equal(a.evidence.users, b.evidence.users):
        raise ValueError(
            f"a: {len(a.evidence.users)} users, b: {len(b.evidence.users)}: "
            "must be the same users in the same order"
        )
    return a.evidence, b.evidence


def _mean_difference(a: NDArray[np.float64], b: NDArray[np.float64]) -> Estimate:
    return mean_estimate(b - a)


def _click_differences(a: ClickRows, b: ClickRows) -> dict[str, Estimate]:
    both = len(a.log_loss) == len(b.log_loss)
    losses = b.log_loss - a.log_loss if both else np.empty(0)
    predicted = b.p - a.p if both else np.empty(0)
    return {
        "auc": placements_difference(a.placements, b.placements),
        "log_loss": mean_estimate(losses),
        # Both over the same clicks, so that these alone scale the difference.
        "normalized_entropy": mean_estimate(losses / entropy(a.click_rate) if len(losses) else []),
        "calibration_ratio": mean_estimate(predicted / a.click_rate if len(predicted) else []),
    }


def _standard_errors(
    a: NDArray[np.float64], b: NDArray[np.float64], qs: list[int]
) -> NDArray[np.float64]:
    """Bootstrap standard errors of percentiles of b less those of a, (qs,).

    How often each pair was drawn, summed along each side's own order, tells which value
    stands at a rank: no resample needs to be sorted.
    """
    blocks = len(a) // _BLOCK
    if blocks < 2:
        return np.full(len(qs), math.nan)
    n = blocks * _BLOCK
    rng = stream(0, "comparison/pairs")
    orders = np.argsort(a[:n], kind="stable"), np.argsort(b[:n], kind="stable")
    differences = np.empty((len(qs), _RESAMPLES))
    for first in range(0, _RESAMPLES, _AT_ONCE):
        rows = min(_AT_ONCE, _RESAMPLES - first)
        drawn = rng.integers(blocks, size=(rows, blocks)) + blocks * np.arange(rows)[:, None]
        times = np.bincount(drawn.ravel(), minlength=rows * blocks).reshape(rows, blocks)
        of_pairs = np.repeat(times, _BLOCK, axis=1)
        of_a, of_b = (
            weighted_percentiles(side[order], of_pairs[:, order], qs)
            for side, order in zip((a, b), orders, strict=True)
        )
        differences[:, first : first + rows] = of_b - of_a
    errors: NDArray[np.float64] = differences.std(axis=1, ddof=1)
    return errors


def weighted_percentiles(
    ascending: NDArray[np.float64], times: NDArray[np.int64], qs: list[int]
) -> NDArray[np.float64]:
    """Percentiles, as `np.percentile` has them, of values that each occur so many times.

    Parameters
    ----------
    ascending : (n,) values, sorted.
    times : (rows, n), how often each occurs; n together in each row.
    qs : from 0 to 100.

    Returns
    -------
    (qs, rows)
    """
    n = len(ascending)
    upto = np.cumsum(times, axis=1)
    result = np.empty((len(qs), len(times)))
    for place, q in enumerate(qs):
        rank = q / 100 * (n - 1)
        below = int(rank)
        # The value at a rank, from 0, is the first by which more than that many have come.
        low, high = (ascending[(upto <= min(at, n - 1)).sum(axis=1)] for at in (below, below + 1))
        result[place] = low + (rank - below) * (high - low)
    return result
