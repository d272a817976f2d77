"""ROC, precision against recall, and reliability."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import precision_recall_curve, roc_curve

from engine.clicks import (
    ClickReport,
    precision_recall_points,
    reliability,
    roc_points,
)
from engine.clicks.curves import POINTS


def test_area_under_the_roc_is_the_auc(quick_report: ClickReport) -> None:
    for observed, name in ((False, "auc"), (True, "auc_observed")):
        curve = roc_points(quick_report, observed)
        assert np.trapezoid(curve.y, curve.x) == pytest.approx(quick_report[name].value, abs=1e-3)
        assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
        assert len(curve.x) <= POINTS


def test_points_of_the_roc_are_those_of_scikit_learn(quick_report: ClickReport) -> None:
    curve = roc_points(quick_report, observed=True)
    x, y, thresholds = roc_curve(quick_report.clicked, quick_report.scores, drop_intermediate=False)
    order = {threshold: place for place, threshold in enumerate(thresholds)}
    places = [order[threshold] for threshold in curve.threshold]
    np.testing.assert_allclose(curve.x, x[places])
    np.testing.assert_allclose(curve.y, y[places])


def test_points_of_precision_are_those_of_scikit_learn(quick_report: ClickReport) -> None:
    curve = precision_recall_points(quick_report, observed=True)
    precision, recall, thresholds = precision_recall_curve(
        quick_report.clicked, quick_report.scores
    )
    places = np.searchsorted(thresholds, curve.threshold)
    np.testing.assert_allclose(curve.x, recall[places])
    np.testing.assert_allclose(curve.y, precision[places])


def test_precision_ends_on_the_line_of_the_base_rate(quick_report: ClickReport) -> None:
    curve = precision_recall_points(quick_report)
    assert curve.base_rate == pytest.approx(quick_report.truth.mean())
    assert curve.x[-1] == pytest.approx(1.0)
    assert curve.y[-1] == pytest.approx(curve.base_rate)
    assert curve.y[: len(curve.y) // 2].min() > curve.base_rate


def test_curve_of_the_truth_lies_above(quick_report: ClickReport) -> None:
    model, ceiling = roc_points(quick_report), roc_points(quick_report, of_truth=True)
    grid = np.linspace(0.05, 0.95, 19)
    assert (np.interp(grid, ceiling.x, ceiling.y) > np.interp(grid, model.x, model.y)).all()


def test_reliability_counts_rows_and_clicks(quick_report: ClickReport) -> None:
    curve = reliability(quick_report, bins=10)
    assert curve.rows.sum() == len(quick_report.p)
    assert curve.clicks.sum() == quick_report.clicked.sum()
    assert np.ptp(curve.rows) <= 1
    assert (np.diff(curve.predicted) > 0).all()
    order = np.array_split(np.argsort(quick_report.p, kind="stable"), 10)
    np.testing.assert_allclose(curve.true, [quick_report.truth[part].mean() for part in order])
    np.testing.assert_allclose(curve.clicked, curve.clicks / curve.rows)
    weight = curve.rows / curve.rows.sum()
    error = np.abs(reliability(quick_report).predicted - reliability(quick_report).true)
    rows = reliability(quick_report).rows
    assert quick_report["ece"].value == pytest.approx(error @ rows / rows.sum())
    assert weight.sum() == pytest.approx(1.0)


def test_clicks_lie_within_the_margin_of_the_truth(quick_report: ClickReport) -> None:
    curve = reliability(quick_report)
    assert (np.abs(curve.clicked - curve.true) < 2 * curve.margin + 1e-9).mean() > 0.9


def test_scores_without_probabilities_have_no_reliability(quick_report: ClickReport) -> None:
    with pytest.raises(ValueError, match="are no probabilities; calibrate them first"):
        reliability(replace(quick_report, p=np.empty(0)))
    with pytest.raises(ValueError, match="bins=0: must be at least 1"):
        reliability(quick_report, bins=0)


def test_without_a_click_there_is_no_curve(quick_report: ClickReport) -> None:
    quiet = replace(quick_report, clicked=np.zeros_like(quick_report.clicked))
    assert len(roc_points(quiet, observed=True).x) == 0
    assert len(precision_recall_points(quiet, observed=True).x) == 0
