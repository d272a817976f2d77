"""Figures with what each row adds: their values, their intervals, their pairing."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from engine import metrics
from engine.clicks.judging import (
    Judged,
    judged_auc,
    judged_calibration_error,
    judged_entropy,
    judged_log_loss,
    judged_precision,
    judged_ratio,
)
from engine.intervals import auc_estimate

SEEDS = st.integers(0, 10_000)
Figure = Callable[[np.ndarray, np.ndarray], Judged]
ALL: dict[str, Figure] = {
    "auc": judged_auc,
    "average_precision": judged_precision,
    "log_loss": judged_log_loss,
    "normalized_entropy": judged_entropy,
    "calibration_ratio": judged_ratio,
    "ece": judged_calibration_error,
}


def sample(seed: int, n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True probabilities, clicks of both kinds, and predictions of which some are equal."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(1, 3, size=n)
    clicked = (rng.random(n) < truth).astype(np.float64)
    clicked[:2] = (0, 1)
    return truth, clicked, np.round(np.clip(truth + rng.normal(0, 0.2, n), 0.02, 0.98), 2)


@given(seed=SEEDS)
def test_against_clicks_all_figures_agree_with_scikit_learn(seed: int) -> None:
    _, clicked, p = sample(seed)
    rate = np.full(len(p), clicked.mean())
    found = {name: figure(clicked, p).value for name, figure in ALL.items()}
    loss = sklearn_metrics.log_loss(clicked, p)
    assert found["auc"] == pytest.approx(sklearn_metrics.roc_auc_score(clicked, p), abs=1e-9)
    expected = sklearn_metrics.average_precision_score(clicked, p)
    assert found["average_precision"] == pytest.approx(expected, abs=1e-9)
    assert found["log_loss"] == pytest.approx(loss, abs=1e-9)
    entropy = sklearn_metrics.log_loss(clicked, rate)
    assert found["normalized_entropy"] == pytest.approx(loss / entropy, abs=1e-9)


@given(seed=SEEDS)
def test_against_clicks_calibration_figures_are_those_of_the_metrics(seed: int) -> None:
    _, clicked, p = sample(seed)
    ratio = metrics.calibration_ratio(clicked, p)
    assert judged_ratio(clicked, p).value == pytest.approx(ratio, abs=1e-12)
    for bins in (1, 7, 20, 200):
        error = metrics.expected_calibration_error(clicked, p, bins)
        assert judged_calibration_error(clicked, p, bins).value == pytest.approx(error, abs=1e-12)


def test_ece_agrees_with_scikit_learns_curve_where_nothing_is_tied() -> None:
    from sklearn.calibration import calibration_curve

    rng = np.random.default_rng(5)
    p = rng.random(2_000)
    clicked = (rng.random(2_000) < p**2).astype(np.float64)
    seen, predicted = calibration_curve(clicked, p, n_bins=20, strategy="quantile")
    assert judged_calibration_error(clicked, p).value == pytest.approx(
        np.abs(seen - predicted).mean(), abs=1e-9
    )


@given(seed=SEEDS)
def test_against_the_truth_figures_are_the_expected_ones(seed: int) -> None:
    truth, _, p = sample(seed)
    assert judged_auc(truth, p).value == pytest.approx(metrics.expected_auc(truth, p), abs=1e-12)
    expected = metrics.expected_log_loss(truth, p)
    assert judged_log_loss(truth, p).value == pytest.approx(expected, abs=1e-12)


def test_average_precision_against_the_truth_weighs_rows_by_it() -> None:
    # Precision at the two scores: .8 / 1 and 1.2 / 2, weighed by .8 and .4.
    found = judged_precision(np.array([0.4, 0.8]), np.array([0.1, 0.9])).value
    assert found == pytest.approx((0.8 * 0.8 + 0.4 * 0.6) / 1.2)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("of_clicks", [True, False])
def test_influence_is_what_leaving_a_row_out_does(name: str, of_clicks: bool) -> None:
    truth, clicked, p = sample(3, n=1_500)
    p = p + np.linspace(0, 1e-3, len(p))  # without ties, which leave no derivative
    target = clicked if of_clicks else truth
    n = len(p)
    # The calibration error jumps where a row changes its bin: one bin has no such jump.
    figure = (lambda t, q: judged_calibration_error(t, q, 1)) if name == "ece" else ALL[name]
    judged = figure(target, p)
    rows = np.random.default_rng(0).permutation(n)[:60]
    without = np.array([figure(np.delete(target, i), np.delete(p, i)).value for i in rows])
    np.testing.assert_allclose(
        (n - 1) * (judged.value - without),
        judged.influence[rows],
        atol=0.1 * judged.influence.std(),
    )
    assert np.corrcoef(judged.value - without, judged.influence[rows])[0, 1] > 0.999
    assert judged.influence.mean() == pytest.approx(0.0, abs=1e-9)


def test_interval_of_auc_is_delongs() -> None:
    _, clicked, p = sample(9, n=3_000)
    ours, delong = judged_auc(clicked, p).estimate, auc_estimate(clicked, p)
    assert ours.value == pytest.approx(delong.value, abs=1e-12)
    assert ours.half_width == pytest.approx(delong.half_width, rel=0.01)


@pytest.mark.parametrize("name", ["auc", "average_precision", "normalized_entropy", "log_loss"])
def test_interval_covers_the_figure_of_the_whole_log_as_often_as_it_says(name: str) -> None:
    truth, clicked, p = sample(1, n=200_000)
    p = np.clip(truth + np.random.default_rng(1).normal(0, 0.2, len(truth)), 0.02, 0.98)
    whole = ALL[name](clicked, p).value
    rng, covered = np.random.default_rng(2), 0
    for _ in range(200):
        rows = rng.integers(len(p), size=600)
        estimate = ALL[name](clicked[rows], p[rows]).estimate
        covered += estimate.low <= whole <= estimate.high
    assert 0.90 <= covered / 200 <= 0.99


def test_difference_of_equal_figures_is_exactly_nothing() -> None:
    truth, _, p = sample(4)
    judged = judged_entropy(truth, p)
    for estimate in (judged.less(judged).estimate, judged.relative_to(judged).estimate):
        assert (estimate.value, estimate.low, estimate.high) == (0.0, 0.0, 0.0)


def test_paired_interval_is_far_narrower_than_two_apart() -> None:
    truth, _, p = sample(4, n=5_000)
    near = np.clip(p + np.random.default_rng(0).normal(0, 0.01, len(p)), 0.01, 0.99)
    a, b = judged_auc(truth, p), judged_auc(truth, near)
    paired = b.less(a).estimate
    assert paired.half_width < 0.2 * a.estimate.half_width
    assert paired.value == pytest.approx(b.value - a.value)


def test_relative_difference_is_a_share() -> None:
    a = Judged(0.8, np.array([0.1, -0.1]))
    b = Judged(0.88, np.array([0.1, -0.1]))
    assert b.relative_to(a).value == pytest.approx(0.1)
    np.testing.assert_allclose(b.relative_to(a).influence, [-0.0125, 0.0125])


@pytest.mark.parametrize("target", [np.zeros(4), np.ones(4)])
def test_one_class_leaves_auc_and_entropy_unsaid(target: np.ndarray) -> None:
    p = np.array([0.1, 0.2, 0.3, 0.4])
    for figure in (judged_auc, judged_entropy):
        estimate = figure(target, p).estimate
        assert np.isnan(estimate.value)
        assert estimate.n == 0
    assert judged_log_loss(target, p).estimate.n == 4


def test_no_click_leaves_ratio_and_precision_unsaid() -> None:
    nothing, p = np.zeros(3), np.array([0.1, 0.2, 0.3])
    assert np.isnan(judged_ratio(nothing, p).value)
    assert np.isnan(judged_precision(nothing, p).value)
    assert np.isnan(judged_ratio(nothing, p).less(judged_ratio(np.ones(3), p)).value)
