"""AUC, loss and calibration against scikit-learn, brute force and what must always hold."""

import math
import warnings
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata
from sklearn import metrics as sklearn_metrics

from engine import metrics

SEEDS = st.integers(0, 10_000)


def tied_sample(seed: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Labels of both classes and scores of which many are equal (16ths: equal means equal)."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, size=n)
    labels[:2] = (0, 1)
    return labels, rng.integers(0, 12, size=n) / 16 + labels * 0.25 * rng.integers(0, 2, size=n)


def test_auc_of_hand_worked_rows() -> None:
    # Of the 4 pairs: .8 > .1, .8 > .5, .5 = .5 (half), .5 > .1
    assert metrics.roc_auc([0, 0, 1, 1], [0.1, 0.5, 0.5, 0.8]) == pytest.approx(3.5 / 4)
    assert metrics.roc_auc([0, 1], [0.0, 0.0]) == 0.5


@given(seed=SEEDS)
def test_auc_agrees_with_scikit_learn_ties_included(seed: int) -> None:
    labels, scores = tied_sample(seed)
    expected = sklearn_metrics.roc_auc_score(labels, scores)
    assert metrics.roc_auc(labels, scores) == pytest.approx(expected, abs=1e-9)


@given(seed=SEEDS)
def test_auc_is_antisymmetric(seed: int) -> None:
    labels, scores = tied_sample(seed)
    auc = metrics.roc_auc(labels, scores)
    assert metrics.roc_auc(labels, -scores) == pytest.approx(1 - auc, abs=1e-12)
    assert metrics.roc_auc(1 - labels, scores) == pytest.approx(1 - auc, abs=1e-12)


@given(seed=SEEDS)
def test_auc_does_not_change_with_a_monotone_change_of_scores(seed: int) -> None:
    labels, scores = tied_sample(seed)
    assert metrics.roc_auc(labels, np.exp(3 * scores)) == metrics.roc_auc(labels, scores)


@given(seed=SEEDS)
def test_average_precision_agrees_with_scikit_learn_ties_included(seed: int) -> None:
    labels, scores = tied_sample(seed)
    expected = sklearn_metrics.average_precision_score(labels, scores)
    assert metrics.average_precision(labels, scores) == pytest.approx(expected, abs=1e-9)


def test_average_precision_of_hand_worked_rows() -> None:
    # Positives at places 1 and 3: precision 1 and 2/3.
    assert metrics.average_precision([1, 0, 1, 0], [4, 3, 2, 1]) == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.average_precision([1, 1], [1, 2]) == 1.0


@given(seed=SEEDS)
def test_midranks_agree_with_scipy(seed: int) -> None:
    scores = tied_sample(seed)[1]
    np.testing.assert_array_equal(metrics.midranks(scores), rankdata(scores))


@given(seed=SEEDS)
def test_log_loss_agrees_with_scikit_learn(seed: int) -> None:
    labels, _ = tied_sample(seed)
    p = np.random.default_rng(seed).random(labels.size)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = sklearn_metrics.log_loss(labels, p)
    assert metrics.log_loss(labels, p) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("p", [[0.0, 1.0], [1.0, 0.0], [1e-300, 1 - 1e-16], [0.5, 0.0]])
def test_log_loss_clips_0_and_1_as_scikit_learn_does(p: list[float]) -> None:
    expected = sklearn_metrics.log_loss([0, 1], np.array(p))
    assert metrics.log_loss([0, 1], p) == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_log_loss_of_hand_worked_rows() -> None:
    expected = -(np.log(0.8) + np.log(0.9)) / 2
    assert metrics.log_loss([1, 0], [0.8, 0.1]) == pytest.approx(expected, abs=1e-12)
    np.testing.assert_allclose(metrics.pointwise_log_loss([1, 1], [0.5, 0.25]), np.log([2, 4]))


def test_log_loss_needs_one_class_only() -> None:
    assert metrics.log_loss([0, 0], [0.5, 0.5]) == pytest.approx(np.log(2))


@given(seed=SEEDS)
def test_the_base_rate_alone_has_normalized_entropy_1_and_calibration_1(seed: int) -> None:
    labels, _ = tied_sample(seed)
    p = np.full(labels.size, labels.mean())
    assert metrics.normalized_entropy(labels, p) == pytest.approx(1.0, abs=1e-9)
    assert metrics.calibration_ratio(labels, p) == pytest.approx(1.0, abs=1e-9)


def test_normalized_entropy_of_hand_worked_rows() -> None:
    expected = metrics.log_loss([1, 0], [0.8, 0.2]) / np.log(2)
    assert metrics.normalized_entropy([1, 0], [0.8, 0.2]) == pytest.approx(expected, abs=1e-12)


def test_calibration_ratio_is_clicks_predicted_over_clicks_seen() -> None:
    assert metrics.calibration_ratio([1, 0, 0, 0], [0.5, 0.5, 0.25, 0.25]) == pytest.approx(1.5)


def test_ece_of_hand_worked_bins() -> None:
    labels, p = [0, 1, 1, 1], [0.2, 0.4, 0.6, 0.9]
    # Bins (.2, .4) against .5 and (.6, .9) against 1: distances .2 and .25.
    assert metrics.expected_calibration_error(labels, p, bins=2) == pytest.approx(0.225)


@given(seed=SEEDS, bins=st.integers(1, 90))
def test_bins_are_those_of_array_split_on_the_stable_order(seed: int, bins: int) -> None:
    labels, scores = tied_sample(seed)
    p = scores / 2
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    parts = [part for part in parts if part.size]
    predicted, seen, rows = metrics.calibration_bins(labels, p, bins)
    np.testing.assert_allclose(predicted, [p[part].mean() for part in parts], atol=1e-12)
    np.testing.assert_allclose(seen, [labels[part].mean() for part in parts], atol=1e-12)
    assert rows.tolist() == [part.size for part in parts]


def extreme_sample(seed: int, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Labels of both classes, and probabilities many of which are equal, 0, 1 or next to them."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.2
    labels[:2] = (False, True)
    ends = np.array([0.0, 1.0, 1e-300, 1e-16, 1 - 1e-16, 0.2, 0.5])
    some = rng.integers(0, 12, size=n) / 16
    return labels, np.where(rng.random(n) < 0.4, rng.choice(ends, n), some)


@given(seed=SEEDS, n=st.integers(2, 300), bins=st.integers(1, 40))
def test_ece_agrees_with_a_loop_over_rows_to_1e_9(seed: int, n: int, bins: int) -> None:
    labels, p = extreme_sample(seed, n)
    in_order = sorted(range(n), key=lambda row: p[row])  # equal ones stay in the order given
    total, start = 0.0, 0
    for place in range(min(bins, n)):
        size = n // min(bins, n) + (place < n % min(bins, n))
        rows = in_order[start : start + size]
        total += abs(math.fsum(p[rows]) - int(labels[rows].sum()))
        start += size
    found = metrics.expected_calibration_error(labels, p, bins)
    assert found == pytest.approx(total / n, rel=0, abs=1e-9)


@given(seed=SEEDS, n=st.integers(2, 300))
def test_normalized_entropy_and_calibration_agree_with_others_to_1e_9(seed: int, n: int) -> None:
    labels, p = extreme_sample(seed, n)
    clicks, rate = int(labels.sum()), float(labels.mean())
    by_scikit = sklearn_metrics.log_loss(labels, p)
    entropy = -math.fsum([rate * math.log(rate), (1 - rate) * math.log(1 - rate)])
    assert metrics.normalized_entropy(labels, p) == pytest.approx(by_scikit / entropy, rel=1e-9)
    exact = float(sum(map(Fraction, p.tolist()), Fraction()) / clicks)
    assert metrics.calibration_ratio(labels, p) == pytest.approx(exact, rel=1e-9)


@given(seed=SEEDS)
def test_ece_lies_between_the_whole_bias_and_1(seed: int) -> None:
    labels, scores = tied_sample(seed)
    p = scores / 2
    bias = abs(p.mean() - labels.mean())
    assert bias - 1e-12 <= metrics.expected_calibration_error(labels, p, bins=7) <= 1
    assert metrics.expected_calibration_error(labels, p, bins=1) == pytest.approx(bias)


def test_ece_of_a_perfect_model_is_the_noise_that_its_docstring_states() -> None:
    rng = np.random.default_rng(11)
    n, rate, bins = 20_000, 0.2, 20
    p = np.full(n, rate)
    found = [metrics.expected_calibration_error(rng.random(n) < rate, p, bins) for _ in range(100)]
    expected = np.sqrt(2 * rate * (1 - rate) * bins / (np.pi * n))
    assert np.mean(found) == pytest.approx(expected, rel=0.06)


@given(seed=SEEDS)
def test_expected_figures_with_a_certain_truth_are_those_of_the_labels(seed: int) -> None:
    labels, scores = tied_sample(seed)
    p = scores / 2
    assert metrics.expected_auc(labels, scores) == pytest.approx(metrics.roc_auc(labels, scores))
    assert metrics.expected_log_loss(labels, p) == pytest.approx(metrics.log_loss(labels, p))


@given(seed=SEEDS)
def test_expected_auc_agrees_with_a_count_of_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, scores = rng.random(15), rng.integers(0, 6, size=15)
    weight = truth[:, None] * (1 - truth)[None, :]
    np.fill_diagonal(weight, 0)
    win = np.sign(scores[:, None] - scores[None, :]) / 2 + 0.5
    expected = (weight * win).sum() / weight.sum()
    assert metrics.expected_auc(truth, scores) == pytest.approx(expected, abs=1e-9)


def test_expected_figures_are_what_drawn_labels_give_on_average() -> None:
    rng = np.random.default_rng(12)
    truth = rng.beta(1, 4, size=4_000)
    p = np.clip(truth + rng.normal(0, 0.1, size=truth.size), 0.01, 0.99)
    draws = rng.random((100, truth.size)) < truth
    auc = np.mean([metrics.roc_auc(labels, p) for labels in draws])
    loss = np.mean([metrics.log_loss(labels, p) for labels in draws])
    # Four standard errors of these means.
    assert metrics.expected_auc(truth, p) == pytest.approx(auc, abs=0.004)
    assert metrics.expected_log_loss(truth, p) == pytest.approx(loss, abs=0.003)


@given(seed=SEEDS)
def test_no_prediction_beats_the_truth_in_expectation(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth, other = rng.random(40), rng.random(40)
    assert metrics.expected_log_loss(truth, truth) <= metrics.expected_log_loss(truth, other)
    assert metrics.expected_auc(truth, truth) >= metrics.expected_auc(truth, other)


@pytest.mark.parametrize("labels", [[0, 0], [1, 1]])
def test_one_class_is_refused_where_two_are_needed(labels: list[int]) -> None:
    for figure in (metrics.roc_auc, metrics.normalized_entropy):
        with pytest.raises(ValueError, match=f"labels: all are {labels[0]}; both 0 and 1"):
            figure(labels, [0.1, 0.2])
    with pytest.raises(ValueError, match="leaves no pair"):
        metrics.expected_auc(labels, [0.1, 0.2])


def test_no_positive_is_refused_where_one_is_needed() -> None:
    for figure in (metrics.average_precision, metrics.calibration_ratio):
        with pytest.raises(ValueError, match="at least one must be 1"):
            figure([0, 0], [0.1, 0.2])


FIGURES = [
    metrics.roc_auc,
    metrics.average_precision,
    metrics.log_loss,
    metrics.normalized_entropy,
    metrics.calibration_ratio,
    metrics.expected_calibration_error,
]


@pytest.mark.parametrize("figure", FIGURES)
def test_bad_labels_shapes_and_numbers_are_refused_everywhere(
    figure: Callable[..., object],
) -> None:
    with pytest.raises(ValueError, match="labels: holds 2"):
        figure([0, 2], [0.1, 0.2])
    with pytest.raises(ValueError, match="must be of one shape"):
        figure([0, 1], [0.1, 0.2, 0.3])
    with pytest.raises(ValueError, match="must be of one shape"):
        figure([[0, 1]], [[0.1, 0.2]])
    with pytest.raises(ValueError, match="must be of one shape"):
        figure([], [])
    with pytest.raises(ValueError, match="must be finite"):
        figure([0, 1], [0.1, np.nan])


@pytest.mark.parametrize("figure", FIGURES[2:])
@pytest.mark.parametrize("p", [[-0.1, 0.5], [0.5, 1.1]])
def test_a_probability_outside_0_to_1_is_refused(
    figure: Callable[..., object], p: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"p: spans .* must lie from 0 to 1"):
        figure([0, 1], p)


def test_scores_at_the_ends_of_float64_are_ranked() -> None:
    labels, scores = [0, 1, 1], [-1.7e308, 1.7e308, 5e-324]
    assert metrics.roc_auc(labels, scores) == 1.0
    assert metrics.average_precision(labels, scores) == 1.0


@pytest.mark.parametrize("scores", [[1.0, np.nan], [[1.0]]])
def test_what_has_no_rank_is_refused(scores: list[float]) -> None:
    with pytest.raises(ValueError, match="scores: shape"):
        metrics.midranks(scores)


def test_bins_and_a_truth_out_of_range_are_refused() -> None:
    for bins in (0, 2.5):
        with pytest.raises(ValueError, match="bins="):
            metrics.expected_calibration_error([0, 1], [0.1, 0.2], bins=bins)
    for figure in (metrics.expected_auc, metrics.expected_log_loss):
        with pytest.raises(ValueError, match="true_p: spans"):
            figure([0.5, 1.5], [0.1, 0.2])
