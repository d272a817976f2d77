"""The charts: what stands in them, on hand-made views."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.design import Design
from engine.evaluation import LOSS_STAGES
from engine.measurement import P99_FROM, WHOLE
from engine.pipeline import STAGES
from tests.ui.views import (
    LOSS,
    a_curve,
    a_preview,
    a_timing,
    a_view,
    reranked,
    without_index,
    without_times,
)
from ui import charts, theme
from ui.live_figure import Figure
from ui.view import Latency, View


def checked(chart: Callable[[View], Figure]) -> Callable[[View], go.Figure]:
    """The chart as Plotly's classes take it, which refuse what Plotly does not know."""

    @wraps(chart)
    def figure(view: View) -> go.Figure:
        return go.Figure(chart(view))

    return figure


over_candidates = checked(charts.over_candidates)
loss_by_stage = checked(charts.loss_by_stage)
time_by_stage = checked(charts.time_by_stage)
CHARTS = [over_candidates, loss_by_stage, time_by_stage]
TABLES = [charts.over_candidates_table, charts.loss_table, charts.time_table]
GAIN = {"generation": 0.2, "index": -0.03, "ranking": 0.1}
VIEWS = {
    "measured": a_view,
    "preview": a_preview,
    "without times": without_times,
    "without index": without_index,
    "re-ranked": reranked,
    "the index gains": lambda: a_view(GAIN),
    "ten candidates of ten": lambda: a_view(
        design=Design(candidates=10), curve=a_curve((10,)), latency_curve=None
    ),
    "nothing is right": lambda: a_view({"generation": 1.0, "index": 0.0, "ranking": 0.0}),
    "all is right": lambda: a_view(dict.fromkeys(LOSS_STAGES, 0.0)),
}


def traces(figure: go.Figure, **wanted: Any) -> list[dict[str, Any]]:
    """The traces that have these values."""
    drawn = [trace.to_plotly_json() for trace in figure.data]
    return [t for t in drawn if all(t.get(name) == value for name, value in wanted.items())]


def steps(figure: go.Figure) -> list[tuple[str, float, float]]:
    """Name, lower and upper end of each bar of the waterfall."""
    found = {
        name: (base, base + height)
        for bar in traces(figure, type="bar", offset=None)  # not the ledges between them
        for name, height, base in zip(
            bar["x"], bar["y"], np.broadcast_to(bar.get("base", 0.0), len(bar["x"])), strict=True
        )
    }
    order = figure.layout.xaxis.categoryarray
    assert set(found) == set(order)
    return [(name, *found[name]) for name in order]


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_a_chart_of_an_equal_view_is_equal_and_nothing_in_it_is_nan(
    chart: Callable[[View], go.Figure], name: str
) -> None:
    sent = chart(VIEWS[name]()).to_json()
    assert sent == chart(VIEWS[name]()).to_json()
    assert "NaN" not in sent
    json.loads(sent, parse_constant=pytest.fail)


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.__name__)
def test_every_chart_says_what_it_shows_and_in_which_units(
    chart: Callable[[View], go.Figure],
) -> None:
    figure = chart(a_view())
    assert figure.layout.title.text
    assert figure.layout.title.subtitle.text
    axes = [axis for name, axis in figure.to_dict()["layout"].items() if name.startswith("xaxis")]
    assert any("title" in axis or "categoryarray" in axis for axis in axes)


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_table_has_its_columns_whatever_is_missing(
    table: Callable[[View], pd.DataFrame], name: str
) -> None:
    frame = table(VIEWS[name]())
    assert frame.columns.is_unique
    assert len(frame.columns) >= 1


# Over candidates ------------------------------------------------------------------------------


@pytest.mark.parametrize("candidates", [10, 137, 1000])
@pytest.mark.parametrize("make", [a_view, a_preview], ids=["measured", "preview"])
def test_you_are_here_stands_at_the_designs_candidates_in_both_halves(
    make: Callable[..., View], candidates: int
) -> None:
    design = Design(candidates=candidates)
    view = make(design=design)
    figure = over_candidates(view)
    (here,) = traces(figure, name="you are here")
    assert here["x"] == [candidates]
    assert here["y"] == [view.figures["ndcg@10"][0]]
    assert here["marker"]["symbol"] == "diamond"
    (time,) = traces(figure, name="p95 of this design")
    assert (time["x"], time["yaxis"]) == ([candidates], "y2")
    assert view.latency is not None
    assert time["y"] == [view.latency.p95[WHOLE]]
    upright = [t for t in traces(figure) if t.get("line", {}).get("dash") == "1px,3px"]
    axes = {t["yaxis"]: figure.layout[t["yaxis"].replace("y", "yaxis")] for t in upright}
    assert axes.keys() == {"y", "y2"}
    for line in upright:
        assert line["x"] == [candidates, candidates]
        bottom, top = axes[line["yaxis"]].range
        assert line["y"][0] <= bottom < top <= line["y"][1]  # wherever a preview moves them


def test_the_oracle_line_is_dashed_and_is_the_best_slate_possible() -> None:
    view = a_view()
    truth = theme.line("truth")
    (oracle,) = [t for t in traces(over_candidates(view)) if t.get("line") == truth]
    assert truth["dash"] == "dash"
    np.testing.assert_array_equal(oracle["y"], view.curve.best_returned)
    np.testing.assert_array_equal(oracle["x"], view.curve.candidates)


def test_the_band_is_the_interval_around_the_designs_line() -> None:
    view = a_view()
    drawn = over_candidates(view)
    (band,) = traces(drawn, fill="toself")
    (line,) = traces(drawn, name="this design")
    n = len(view.curve.candidates)
    np.testing.assert_array_equal(line["y"], view.curve.ndcg)
    np.testing.assert_allclose(band["y"][:n], view.curve.ndcg + view.curve.half_width)
    np.testing.assert_allclose(band["y"][n:][::-1], view.curve.ndcg - view.curve.half_width)


@pytest.mark.parametrize("make", [a_view, reranked])
def test_the_stages_stack_up_to_the_p95_of_the_grid(make: Callable[[], View]) -> None:
    view = make()
    grid = view.latency_curve
    assert grid is not None
    areas = traces(over_candidates(view), stackgroup="stages")
    assert [area["name"] for area in areas] == list(view.stages)
    fills = [theme.area(stage)["fillcolor"] for stage in view.stages]
    assert [area["fillcolor"] for area in areas] == fills
    whole = grid.over_candidates(view.design, 95)[:, -1]
    np.testing.assert_allclose(np.sum([area["y"] for area in areas], axis=0), whole)
    np.testing.assert_array_equal(areas[0]["x"], grid.candidates)


@pytest.mark.parametrize("name", VIEWS)
def test_the_axes_hold_all_that_is_drawn(name: str) -> None:
    view = VIEWS[name]()
    layout = over_candidates(view).layout
    low, high = layout.yaxis.range
    assert low <= (view.curve.ndcg - view.curve.half_width).min()
    assert high >= view.curve.best_returned.max()
    if view.latency is not None and view.latency_curve is not None:
        assert layout.yaxis2.range[1] > view.latency.p95[WHOLE]
        assert layout.yaxis2.range[1] > view.latency_curve.p95[:, :, :-1].sum(axis=2).max() * 0.9
    left, right = (10**end for end in layout.xaxis2.range)
    assert left <= view.design.candidates <= right


def test_without_times_the_upper_half_stands_and_the_lower_is_empty() -> None:
    figure = over_candidates(without_times())
    assert len(traces(figure, name="this design")) == 1
    assert traces(figure, yaxis="y2") == []
    assert "p95 whole, ms" not in charts.over_candidates_table(without_times())


def test_the_table_behind_the_curves_holds_them_at_each_number_of_candidates() -> None:
    view = a_view()
    frame = charts.over_candidates_table(view)
    assert frame["candidates"].tolist() == list(view.curve.candidates)
    np.testing.assert_allclose(frame["NDCG@10"], view.curve.ndcg, atol=5e-5)
    np.testing.assert_allclose(frame["best slate possible"], view.curve.best_returned, atol=5e-5)
    grid = view.latency_curve
    assert grid is not None
    whole = grid.over_candidates(view.design, 95)[:, -1]
    np.testing.assert_allclose(frame["p95 whole, ms"], whole, atol=5e-5)


# Loss by stage --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "view",
    [a_view(), a_view(GAIN), a_view(dict.fromkeys(LOSS_STAGES, 0.0)), reranked()],
    ids=["loses", "gains", "nothing", "re-ranked"],
)
def test_the_waterfall_falls_from_one_to_the_ndcg_stage_by_stage(view: View) -> None:
    bars = steps(loss_by_stage(view))
    (first, _, top), *falls, (last, _, end) = bars
    assert (first, last) == ("perfect", "this slate")
    assert top == pytest.approx(1.0)
    level = 1.0
    for (name, low, high), stage in zip(falls, view.loss_stages, strict=True):
        assert name == stage
        ends = (low, high) if view.loss[stage][0] < 0 else (high, low)
        assert ends[0] == pytest.approx(level)
        level = ends[1]
    assert level == pytest.approx(end)
    assert end == pytest.approx(view.figures["ndcg@10"][0])


def test_re_ranking_is_a_stage_only_where_a_design_re_ranks() -> None:
    plain, third = a_view(), reranked()
    assert plain.stages == STAGES[:-1]
    assert third.stages == STAGES
    for view, shown in ((plain, False), (third, True)):
        figures = [chart(view).to_json() for chart in CHARTS]
        assert ["reranking" in figure for figure in figures] == [shown] * 3
        names = [table(view).to_json() for table in TABLES]
        assert ["reranking" in table for table in names] == [shown] * 3
    falls = steps(loss_by_stage(third))
    assert [name for name, *_ in falls][-2:] == ["reranking", "this slate"]


def test_what_an_index_gains_is_shown_as_a_gain() -> None:
    figure = loss_by_stage(a_view(GAIN))
    (labels,) = traces(figure, mode="text")
    assert labels["text"] == ["1.000", "−0.200", "+0.030", "−0.100", "0.730"]
    (falls,) = [bar for bar in traces(figure, type="bar") if "error_y" in bar]
    assert falls["customdata"] == [0.2, -0.03, 0.1]
    assert "customdata" in falls["hovertemplate"]


def test_a_stage_without_an_index_loses_nothing_there() -> None:
    figure = loss_by_stage(without_index())
    (labels,) = traces(figure, mode="text")
    assert dict(zip(labels["x"], labels["text"], strict=True))["index"] == "0.000"
    assert {name: high - low for name, low, high in steps(figure)}["index"] == 0


def test_the_axis_of_the_waterfall_begins_below_all_that_is_lost_and_left() -> None:
    for name in VIEWS:
        figure = loss_by_stage(VIEWS[name]())
        floor, top = figure.layout.yaxis.range
        first, *falls, last = steps(figure)
        assert floor <= min(low for _, low, _ in falls)
        assert floor <= last[2]
        assert top >= max(high for *_, high in (first, *falls, last))


def test_an_interval_that_is_not_known_is_not_drawn() -> None:
    def widths(view: View) -> list[float]:
        (falls,) = [t for t in traces(loss_by_stage(view)) if "error_y" in t]
        return list(falls["error_y"]["array"])

    assert widths(a_view()) == [0.005] * 3
    assert widths(a_preview()) == [0.0] * 3


def test_the_table_of_losses_adds_up_to_one_less_the_ndcg() -> None:
    frame = charts.loss_table(a_view(GAIN)).set_index("stage")["NDCG@10"]
    lost = frame[[f"lost in {stage}" for stage in LOSS]].sum()
    assert lost == pytest.approx(frame["perfect slate"] - frame["this slate"])


# Time by stage --------------------------------------------------------------------------------


def bars_of_time(view: View) -> dict[str, list[float]]:
    bars = traces(time_by_stage(view), type="bar")
    assert [bar["name"] for bar in bars] == list(view.stages)
    return {row: [bar["x"][place] for bar in bars] for place, row in enumerate(bars[0]["y"])}


@pytest.mark.parametrize("make", [a_view, reranked])
def test_the_bars_of_each_percentile_add_up_to_the_whole_request(make: Callable[[], View]) -> None:
    view = make()
    latency = view.latency
    assert latency is not None
    rows = bars_of_time(view)
    assert set(rows) == {"p50", "p95", "p99"}
    for name, parts in (("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99)):
        assert sum(rows[name]) == pytest.approx(parts[WHOLE])


@pytest.mark.parametrize(
    "view", [a_view(latency=Latency.measured(a_timing(P99_FROM - 1))), a_preview()]
)
def test_a_percentile_that_too_few_requests_stand_behind_has_a_row_without_bars(
    view: View,
) -> None:
    rows = bars_of_time(view)
    assert np.isnan(rows["p99"]).all()
    assert not np.isnan([*rows["p50"], *rows["p95"]]).any()
    (whole,) = traces(time_by_stage(view), name="of the whole")
    written = dict(zip(whole["y"], zip(whole["x"], whole["text"], strict=True), strict=True))
    assert np.isnan(written["p99"][0])  # not 0, which a CSV would tell as a time
    assert not written["p99"][1]
    assert written["p50"][1]
    assert written["p95"][1]


def test_without_times_there_are_no_bars_and_the_table_is_empty() -> None:
    assert len(time_by_stage(without_times()).data) == 0
    assert len(charts.time_table(without_times())) == 0


def test_the_table_of_times_holds_parts_and_each_stages_own_percentiles() -> None:
    view = a_view()
    latency = view.latency
    assert latency is not None
    frame = charts.time_table(view).set_index("stage")
    assert list(frame.index) == [*view.stages, WHOLE]
    assert frame.loc["ranking", "part of p95, ms"] == pytest.approx(
        latency.p95["ranking"], abs=1e-4
    )
    own = a_timing().percentile(95, "index").value
    assert frame.loc["index", "own p95, ms"] == pytest.approx(own, abs=1e-4)
    assert not any(name.startswith("own") for name in charts.time_table(a_preview()))
