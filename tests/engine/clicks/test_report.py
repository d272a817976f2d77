"""The report as a mapping, and two of them compared."""

from dataclasses import replace

import numpy as np
import pytest

from engine import metrics
from engine.clicks import (
    CEILINGS,
    FIGURES,
    ClickDesign,
    ClickLog,
    ClickReport,
    compare_clicks,
    relative_difference,
    run_clicks,
)
from engine.store import PartStore


@pytest.fixture(scope="module")
def linear(small_clicks: ClickLog, clicks_store: PartStore) -> ClickReport:
    return run_clicks(small_clicks, ClickDesign(model="logistic"), clicks_store)  # type: ignore[arg-type]


def test_report_maps_names_to_estimates_against_truth_and_clicks(
    quick_report: ClickReport,
) -> None:
    assert list(quick_report) == [*FIGURES, *(f"{name}_observed" for name in FIGURES)]
    for estimate in quick_report.values():
        assert estimate.low <= estimate.value <= estimate.high
        assert estimate.n == len(quick_report.clicked)
    assert set(quick_report.ceiling) == set(CEILINGS)
    assert all(set(values) == set(quick_report) for values in quick_report.ceiling.values())


def test_observed_figures_are_those_of_the_metrics(quick_report: ClickReport) -> None:
    clicked, p = quick_report.clicked, quick_report.p
    expected = {
        "auc": metrics.roc_auc(clicked, p),
        "log_loss": metrics.log_loss(clicked, p),
        "normalized_entropy": metrics.normalized_entropy(clicked, p),
        "calibration_ratio": metrics.calibration_ratio(clicked, p),
        "ece": metrics.expected_calibration_error(clicked, p),
        "average_precision": metrics.average_precision(clicked, p),
    }
    for name, value in expected.items():
        assert quick_report[f"{name}_observed"].value == pytest.approx(value, abs=1e-9)


def test_figures_against_the_truth_are_predictions_over_true_probabilities(
    quick_report: ClickReport,
) -> None:
    truth, p = quick_report.truth, quick_report.p
    assert quick_report["calibration_ratio"].value == pytest.approx(p.sum() / truth.sum())
    assert quick_report["auc"].value == pytest.approx(metrics.expected_auc(truth, p), abs=1e-12)
    assert quick_report["log_loss"].value == pytest.approx(metrics.expected_log_loss(truth, p))


def test_figures_against_the_truth_are_less_uncertain(quick_report: ClickReport) -> None:
    for name in ("auc", "normalized_entropy", "calibration_ratio"):
        assert quick_report[name].half_width < 0.6 * quick_report[f"{name}_observed"].half_width


def test_comparison_is_b_less_a_and_paired(quick_report: ClickReport, linear: ClickReport) -> None:
    difference = compare_clicks(linear, quick_report)
    for name in quick_report:
        expected = quick_report[name].value - linear[name].value
        assert difference[name].value == pytest.approx(expected, abs=1e-12)
    apart = np.hypot(linear["auc"].half_width, quick_report["auc"].half_width)
    assert difference["auc"].half_width < 0.9 * apart
    back = compare_clicks(quick_report, linear)
    assert back["auc"].low == pytest.approx(-difference["auc"].high)


def test_relative_difference_is_of_the_first(
    quick_report: ClickReport, linear: ClickReport
) -> None:
    name = "normalized_entropy"
    more = relative_difference(linear, quick_report, name)
    assert more.value == pytest.approx(quick_report[name].value / linear[name].value - 1)
    with pytest.raises(ValueError, match="name='ndcg': must be one of auc, "):
        relative_difference(linear, quick_report, "ndcg")


def test_reports_of_other_logs_are_not_compared(
    quick_report: ClickReport, linear: ClickReport
) -> None:
    with pytest.raises(ValueError, match="b: must be judged on the test rows of a"):
        compare_clicks(linear, replace(quick_report, log="another"))
