"""Intervals against brute force, and their coverage on worlds where the truth is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from engine import metrics
from engine.intervals import (
    Placements,
    auc_difference,
    auc_estimate,
    log_loss_estimate,
    mean_estimate,
    paired_difference,
    percentile_bounds,
    placements,
    placements_difference,
)

VALUES = hnp.arrays(np.float64, st.integers(2, 40), elements=st.floats(-1e3, 1e3))


def click_rows(seed: int, n: int = 120) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels and the scores of two related models, with ties."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(np.int64)
    labels[:4] = (0, 0, 1, 1)
    a = np.round(labels + rng.normal(0, 1.2, size=n), 1)
    return labels, a, np.round(a + rng.normal(0, 0.5, size=n), 1)


def placements_by_brute_force(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """win[i, j]: positive i against negative j, 1, 1/2 or 0."""
    gap = scores[labels == 1][:, None] - scores[labels == 0][None, :]
    return np.sign(gap) / 2 + 0.5


def delong_error(win: np.ndarray) -> float:
    m, n = win.shape
    return math.sqrt(win.mean(axis=1).var(ddof=1) / m + win.mean(axis=0).var(ddof=1) / n)


@given(values=VALUES, level=st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_mean_has_students_interval(values: np.ndarray, level: float) -> None:
    estimate = mean_estimate(values, level)
    margin = stats.t.ppf(0.5 + level / 2, values.size - 1) * stats.sem(values)
    assert estimate.value == pytest.approx(values.mean(), abs=1e-9)
    assert estimate.high - estimate.value == pytest.approx(margin, rel=1e-9, abs=1e-9)
    assert estimate.value - estimate.low == pytest.approx(margin, rel=1e-9, abs=1e-9)


def test_missing_users_are_neither_in_the_mean_nor_in_n() -> None:
    with_gaps = mean_estimate([np.nan, 1.0, 2.0, np.nan, 4.0])
    assert with_gaps == mean_estimate([1.0, 2.0, 4.0])
    assert with_gaps.n == 3


def test_a_mean_of_one_value_has_no_interval_and_of_none_no_value() -> None:
    one, none = mean_estimate([0.5]), mean_estimate([np.nan])
    assert (one.value, one.n) == (0.5, 1)
    assert np.isnan([one.low, one.high, none.value]).all()
    assert none.n == 0


def test_the_interval_of_a_mean_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(21)
    hits = 0
    for _ in range(1_000):
        estimate = mean_estimate(rng.normal(0.3, 1.0, size=12))
        hits += estimate.low <= 0.3 <= estimate.high
    # Four standard errors of a share of .95 in 1,000 trials.
    assert hits / 1_000 == pytest.approx(0.95, abs=0.028)


def test_the_paired_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(22)
    hits = 0
    for _ in range(300):
        common = rng.normal(0, 3.0, size=80)
        a = common + rng.normal(0, 0.5, size=80)
        b = common + 0.2 + rng.exponential(0.5, size=80) - 0.5
        estimate = paired_difference(a, b, resamples=600, rng=rng)
        hits += estimate.low <= 0.2 <= estimate.high
    # Four standard errors in 300 trials, and the percentile bootstrap's own shortfall at n = 80.
    assert 0.89 <= hits / 300 <= 0.995


def test_the_bootstrap_agrees_with_students_interval_on_many_users() -> None:
    rng = np.random.default_rng(23)
    a = rng.random(400)
    b = a + rng.normal(0.02, 0.1, size=400)
    bootstrap, student = paired_difference(a, b), mean_estimate(b - a)
    assert bootstrap.value == pytest.approx(student.value, abs=1e-12)
    assert bootstrap.n == 400
    assert bootstrap.low == pytest.approx(student.low, abs=0.05 * student.half_width)
    assert bootstrap.high == pytest.approx(student.high, abs=0.05 * student.half_width)


def test_pairing_removes_what_users_have_in_common() -> None:
    rng = np.random.default_rng(24)
    a = rng.normal(0, 10.0, size=200)
    estimate = paired_difference(a, a + 0.1, resamples=200)
    assert estimate.half_width < 1e-9
    assert estimate.value == pytest.approx(0.1)


def test_a_pair_with_a_missing_side_is_dropped() -> None:
    a, b = [1.0, np.nan, 3.0, 4.0], [2.0, 5.0, np.nan, 6.0]
    estimate = paired_difference(a, b, resamples=200)
    assert estimate.n == 2
    assert estimate.value == pytest.approx(1.5)


def test_the_interval_holds_its_mean_even_where_the_percentiles_do_not() -> None:
    skewed = np.random.default_rng(1).pareto(0.5, size=10)
    for gain in (skewed, -skewed):
        estimate = paired_difference(np.zeros(10), gain, level=0.1, resamples=500)
        assert estimate.low <= gain.mean() + 1e-9
        assert estimate.high >= gain.mean() - 1e-9


def test_the_same_values_show_the_same_interval_and_another_rng_another() -> None:
    rng = np.random.default_rng(25)
    a, b = rng.random((2, 50))
    first = paired_difference(a, b, resamples=500)
    assert paired_difference(a, b, resamples=500) == first
    assert paired_difference(a, b, resamples=500, rng=np.random.default_rng(9)) != first


@given(seed=st.integers(0, 1000))
def test_swapping_the_designs_turns_the_difference_round(seed: int) -> None:
    a, b = np.random.default_rng(seed).random((2, 30))
    there, back = paired_difference(a, b, resamples=100), paired_difference(b, a, resamples=100)
    assert there.value == pytest.approx(-back.value)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))


@given(seed=st.integers(0, 1000))
def test_the_interval_of_auc_is_delongs_by_brute_force(seed: int) -> None:
    labels, scores, _ = click_rows(seed)
    win = placements_by_brute_force(labels, scores)
    estimate = auc_estimate(labels, scores)
    margin = stats.norm.ppf(0.975) * delong_error(win)
    assert estimate.value == pytest.approx(metrics.roc_auc(labels, scores), abs=1e-12)
    assert estimate.low == pytest.approx(max(0, win.mean() - margin), abs=1e-9)
    assert estimate.high == pytest.approx(min(1, win.mean() + margin), abs=1e-9)
    assert estimate.n == labels.size


@given(seed=st.integers(0, 1000))
def test_the_interval_of_an_auc_difference_is_delongs_by_brute_force(seed: int) -> None:
    labels, a, b = click_rows(seed)
    win = placements_by_brute_force(labels, b) - placements_by_brute_force(labels, a)
    estimate = auc_difference(labels, a, b)
    margin = stats.norm.ppf(0.975) * delong_error(win)
    assert estimate.value == pytest.approx(win.mean(), abs=1e-9)
    assert estimate.half_width == pytest.approx(margin, abs=1e-9)


def test_the_interval_of_auc_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(26)
    truth = stats.norm.cdf(1 / math.sqrt(2))
    labels = np.repeat([0, 1], (150, 60))
    hits = 0
    for _ in range(500):
        estimate = auc_estimate(labels, rng.normal(labels, 1.0))
        hits += estimate.low <= truth <= estimate.high
    assert hits / 500 == pytest.approx(0.95, abs=0.04)


def test_auc_with_one_positive_has_no_interval() -> None:
    estimate = auc_estimate([0, 0, 1], [0.1, 0.3, 0.2])
    assert estimate.value == 0.5
    assert np.isnan([estimate.low, estimate.high]).all()


def test_the_interval_of_auc_stays_within_0_and_1() -> None:
    labels, scores = [0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6]
    assert auc_estimate(labels, scores).high == 1.0
    assert auc_estimate(labels, np.negative(scores)).low == 0.0


def test_log_loss_has_the_interval_of_its_mean() -> None:
    labels, p = [0, 1, 1, 0], [0.2, 0.7, 0.4, 0.1]
    estimate = log_loss_estimate(labels, p)
    assert estimate == mean_estimate(-np.log([0.8, 0.7, 0.4, 0.9]))
    assert estimate.value == pytest.approx(metrics.log_loss(labels, p), abs=1e-12)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, math.nan])
def test_a_level_outside_0_and_1_is_refused(level: float) -> None:
    for call in (
        lambda: mean_estimate([1.0], level),
        lambda: paired_difference([1.0, 2.0], [1.0, 3.0], level),
        lambda: auc_estimate([0, 1], [0.1, 0.2], level),
        lambda: log_loss_estimate([0, 1], [0.1, 0.2], level),
    ):
        with pytest.raises(ValueError, match=r"level=.*between 0 and 1"):
            call()


def test_bad_values_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="values: shape"):
        mean_estimate([[1.0]])
    with pytest.raises(ValueError, match="values: holds an infinite"):
        mean_estimate([1.0, np.inf])
    with pytest.raises(ValueError, match="must be the same users"):
        paired_difference([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="b: holds an infinite"):
        paired_difference([1.0, 2.0], [1.0, np.inf])
    for resamples in (99, 500.0):
        with pytest.raises(ValueError, match="resamples="):
            paired_difference([1.0, 2.0], [2.0, 4.0], resamples=resamples)
    with pytest.raises(ValueError, match="both 0 and 1 must occur"):
        auc_estimate([1, 1], [0.1, 0.2])


def test_difference_of_placements_is_that_of_the_scores() -> None:
    labels, a, b = click_rows(4)
    known = placements_difference(placements(labels, a), placements(labels, b))
    assert known == auc_difference(labels, a, b)
    same = placements_difference(placements(labels, a), placements(labels, a))
    assert (same.value, same.low, same.high, same.n) == (0.0, 0.0, 0.0, len(labels))


def test_placements_of_no_rows_have_no_difference_and_those_of_others_are_refused() -> None:
    labels, a, _ = click_rows(5)
    nothing = Placements(np.empty(0), np.empty(0))
    assert placements_difference(nothing, nothing).n == 0
    assert math.isnan(placements_difference(nothing, nothing).value)
    with pytest.raises(ValueError, match=r"must be of the same rows$"):
        placements_difference(placements(labels, a), nothing)
    with pytest.raises(ValueError, match=r"^level=0: must lie between 0 and 1$"):
        placements_difference(nothing, nothing, level=0)


# Percentiles ------------------------------------------------------------------------------------


@pytest.mark.parametrize("q", [5.0, 50.0, 95.0, 99.0])
@pytest.mark.parametrize("n", [10, 100, 1_000])
def test_bounds_of_a_percentile_hold_it_as_often_as_they_say_and_no_nearer_value_would(
    q: float, n: int
) -> None:
    low, high = percentile_bounds(np.arange(n), q)  # a value is its own place
    below = stats.binom(n, q / 100)
    first = 0 if math.isinf(low) else int(low) + 1  # values that must at least lie below
    last = n if math.isinf(high) else int(high)
    assert below.cdf(last) - below.cdf(first - 1) >= 0.95
    assert below.cdf(first) > 0.025
    assert last == 0 or below.cdf(last - 1) < 0.975


def test_bounds_of_a_percentile_cover_it_on_skewed_times() -> None:
    rng = np.random.default_rng(5)
    truth = float(np.exp(stats.norm.ppf(0.95)))
    bounds = [percentile_bounds(np.exp(rng.standard_normal(300)), 95) for _ in range(400)]
    covered = sum(low <= truth <= high for low, high in bounds)
    assert 0.93 < covered / 400 <= 0.99


def test_bounds_of_a_percentile_are_infinite_where_too_few_values_lie() -> None:
    assert percentile_bounds(np.arange(50.0), 99)[1] == math.inf
    assert percentile_bounds([], 50) == (-math.inf, math.inf)
    assert percentile_bounds([1.0, 2.0], 100) == (-math.inf, math.inf)
    with pytest.raises(ValueError, match=r"^q=101: must be from 0 to 100$"):
        percentile_bounds([1.0], 101)
