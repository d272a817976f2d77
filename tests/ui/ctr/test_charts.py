"""The charts of the page of ad clicks, on models that were really fitted to a small log."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from engine.clicks import BUDGET_MS, run_auction
from engine.rankers import LambdaRank
from tests.ui.ctr.studies import (
    DESIGN,
    STORE,
    a_bench,
    a_log,
    a_timing,
    a_view,
    against_a,
    all_known,
    sold,
    times,
)
from ui import theme
from ui.ctr import auction_charts, ladder_charts, model_charts, probability_charts, time_charts
from ui.ctr.view import ClickTimes, ClickView, split_ms

VIEWS: dict[str, Callable[[], ClickView]] = {
    "judged alone": lambda: a_view(),
    "all known": all_known,
    "against A": lambda: against_a(negatives=0.1, correct=False),
    "no probabilities": lambda: replace(a_view(model=LambdaRank(trees=20)), times=times()),
    "off by far": lambda: replace(a_view(negatives=0.05, correct=False), times=times(60)),
}


def _slices(view: ClickView) -> Any:
    return a_bench().slices(view.design)[0]


CHARTS: dict[str, Callable[[ClickView], Any]] = {
    "reliability": probability_charts.reliability_chart,
    "roc": probability_charts.roc_chart,
    "precision": probability_charts.precision_chart,
    "auction": lambda view: auction_charts.regret_chart(sold(view)),
    "ladder": ladder_charts.ladder_chart,
    "freshness": ladder_charts.freshness_chart,
    "slices": lambda v: model_charts.slices_chart(_slices(v), "Ads", "days", "auc"),
    "importance": lambda view: model_charts.importance_chart(view.importances or []),
    "budget": time_charts.budget_chart,
    "over ads": time_charts.over_ads_chart,
}
OF_PROBABILITIES = ("reliability", "auction", "freshness")
OF_TIMES = ("budget", "over ads")


def cases() -> list[tuple[str, str]]:
    return [
        (chart, name)
        for chart in CHARTS
        for name in VIEWS
        if not (chart in OF_PROBABILITIES and name == "no probabilities")
        and not (chart in OF_TIMES and name == "judged alone")
    ]


def named(figure: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [trace for trace in figure["data"] if trace.get("name") == name]
    return found


@pytest.mark.parametrize(("chart", "name"), cases())
def test_plotly_takes_every_chart_with_its_title_units_and_axes_within_numbers(
    chart: str, name: str
) -> None:
    figure = CHARTS[chart](VIEWS[name]())
    layout = go.Figure(figure).layout.to_plotly_json()
    assert layout["title"]["text"]
    assert layout["title"]["subtitle"]["text"]
    axes = [axis for name, axis in layout.items() if name[1:5] == "axis"]
    assert any(axis.get("title", {}).get("text") for axis in axes)
    for axis in axes:
        low, high = axis.get("range", (0, 1))
        assert -math.inf < low < high < math.inf
    json.loads(pio.json.to_json_plotly(figure), parse_constant=pytest.fail)


# Probabilities --------------------------------------------------------------------------------


def test_every_row_is_counted_under_the_reliability_plot() -> None:
    figure = probability_charts.reliability_chart(a_view())
    assert named(figure, "rows")["y"].sum() == len(a_view().report.p)
    table = probability_charts.reliability_table(a_view())
    assert table["rows"].sum() == len(a_view().report.p)
    assert table["clicks"].sum() == a_view().report.clicked.sum()


def test_sampled_probabilities_lie_right_of_the_truth_until_the_sampling_is_undone() -> None:
    off, mended = (
        named(probability_charts.reliability_chart(view), "true probability")
        for view in (a_view(negatives=0.05, correct=False), a_view(negatives=0.05))
    )
    assert (off["x"] - off["y"] > 0.15).all()
    assert np.abs(mended["x"] - mended["y"]).mean() < 0.06


def test_no_curve_of_a_model_passes_that_of_the_truth() -> None:
    figure = probability_charts.roc_chart(a_view())
    best, mine = (named(figure, name) for name in ("the true probabilities", "GBDT"))
    x = np.linspace(0, 1, 50)
    assert (np.interp(x, mine["x"], mine["y"]) <= np.interp(x, best["x"], best["y"]) + 1e-3).all()


def test_the_base_rate_is_the_floor_of_precision() -> None:
    rate = float(a_view().report.truth.mean())
    figure = probability_charts.precision_chart(a_view())
    assert named(figure, f"base rate {rate:.3f}")["y"].tolist() == [rate, rate]
    assert named(figure, "GBDT")["y"][-1] == pytest.approx(rate)


# The auction ----------------------------------------------------------------------------------


def test_you_are_here_stands_on_the_curve_of_what_the_auction_loses() -> None:
    found = sold(a_view(), stretch=1.7)
    figure = auction_charts.regret_chart(found)
    here, curve = named(figure, "you are here"), named(figure, "welfare lost")
    assert here["x"] == [1.7]
    assert curve["y"][curve["x"].tolist().index(1.7)] == here["y"][0]
    alone = run_auction(a_log(), DESIGN, found.report.auction, STORE)
    assert here["y"] == [alone["welfare_regret"].value]


def test_a_stretch_changes_the_point_and_not_the_curve() -> None:
    for place in (0, 1):
        both = [sold(a_view(), stretch=stretch).regrets[:, place] for stretch in (1.0, 3.0)]
        np.testing.assert_array_equal(*both)


def test_one_request_is_told_by_its_ecpm_with_each_true_place() -> None:
    report = sold(a_view()).report
    heads, rows = auction_charts.request_rows(report, 3)
    frame = report.request(3)
    assert heads[0] == "place"
    assert [row[0] for row in rows] == [str(n) for n in range(1, len(rows) + 1)]
    assert [row[-1] for row in rows] == [str(rank) for rank in frame["true_rank"][: len(rows)]]
    assert [row[5] for row in rows] == [f"{x:,.0f}" for x in frame["ecpm"][: len(rows)]]


# The model beside others ----------------------------------------------------------------------


def test_ladder_leaves_the_constant_to_the_table_and_tells_both_ceilings() -> None:
    view = all_known()
    names = [trace["name"] for trace in ladder_charts.ladder_chart(view)["data"]]
    assert names.count("logistic") == 2  # by entropy and by AUC
    assert names.count("LambdaRank") == 1  # by AUC alone
    assert "constant" not in names
    assert ladder_charts.ladder_table(view)["model"].tolist() == [
        "constant",
        "logistic",
        "◆ GBDT",
        "LambdaRank",
    ]
    ceiling = view.report.ceiling["attainable"]["auc"]
    assert any(
        shape["y0"] == ceiling for shape in ladder_charts.ladder_chart(view)["layout"]["shapes"]
    )


def test_freshness_shows_the_ages_that_are_fitted_and_the_design_among_them() -> None:
    assert named(ladder_charts.freshness_chart(all_known()), "GBDT")["x"].tolist() == [0, 3]
    older = replace(
        all_known(), study=replace(all_known().study, design=replace(DESIGN, age_days=5))
    )
    assert named(ladder_charts.freshness_chart(older), "GBDT")["x"].tolist() == [0, 3, 5]
    line = named(ladder_charts.freshness_chart(all_known()), "attainable at that age")
    assert line["y"].tolist() == [point.attainable for point in all_known().ages]


def test_slices_hold_every_row_once() -> None:
    for found in a_bench().slices(DESIGN):
        table = model_charts.slices_table(found)
        assert table["rows"].sum() == len(a_view().report.truth)


# Time -----------------------------------------------------------------------------------------


def test_features_and_model_share_a_percentile_as_they_share_the_mean() -> None:
    timing = a_timing(20)
    parts = split_ms(timing, 95)
    assert parts.sum() == pytest.approx(timing.p95.value)
    assert parts[0] / parts.sum() == pytest.approx(0.25, abs=1e-4)


def test_p99_is_left_out_below_a_thousand_requests() -> None:
    told = {
        requests: time_charts.budget_chart(replace(a_view(), times=times(requests)))
        for requests in (60, 1_000)
    }
    assert told[60]["data"][0]["y"] == ["p95", "p50"]
    assert told[1_000]["data"][0]["y"] == ["p99", "p95", "p50"]


def test_the_budget_stands_in_both_charts_of_time() -> None:
    view = all_known()
    up = time_charts.budget_chart(view)["layout"]["shapes"][0]
    across = time_charts.over_ads_chart(view)["layout"]["shapes"][0]
    assert up["x0"] == across["y0"] == BUDGET_MS
    assert up["line"] == across["line"] == theme.line("budget")


def test_more_ads_are_told_from_the_fewest_to_the_most() -> None:
    view = replace(a_view(), times=ClickTimes(None, {10: a_timing(10), 100: a_timing(100)}))
    chart = time_charts.over_ads_chart(view)
    assert chart["data"][0]["x"].tolist() == [10, 100]
    assert all(trace["name"] != "you are here" for trace in chart["data"])
    assert time_charts.over_ads_table(view)["ads"].tolist() == [10, 100]
