"""The charts of the ranking page: what stands in them, on hand-made rankings."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import pytest

from engine.design import Design
from engine.measurement import PARTS
from engine.rankers import RANKERS, Course
from tests.ui.ranking.rankings import (
    a_curve_of_rows,
    a_ladder,
    a_ranking,
    a_rung,
    a_timing,
    against_a,
    importances,
    learned,
    nothing_to_judge,
    with_auc,
    without_clicks,
    without_probabilities,
)
from ui import theme
from ui.ranking import charts
from ui.ranking.rungs import Rung, rung_here
from ui.ranking.view import RankingView

VIEWS: dict[str, Callable[[], RankingView]] = {
    "judged": a_ranking,
    "preview": lambda: a_ranking().preview(40),
    "against A": lambda: against_a(ndcg_at_10=(0.05, 0.01)),
    "A without times": lambda: _a_untimed(),
    "without times": lambda: a_ranking(timing=None),
    "without probabilities": without_probabilities,
    "without clicks": without_clicks,
    "nothing to judge": nothing_to_judge,
    "no rounds": lambda: a_ranking(learned=learned(course=Course())),
    "nothing known": lambda: a_ranking(timing=None, curve=None, importances=None),
    "all is right": lambda: a_ranking(best_slate=1.0, figures=_figures(1.0)),
    "nothing is right": lambda: a_ranking(best_slate=0.0, figures=_figures(0.0)),
    "small catalogue": lambda: a_ranking(
        design=Design(candidates=10), timing=a_timing((1, 10)), curve=None
    ),
}
LADDERS = {"ladder": a_ladder, "nobody else": tuple, "one": lambda: (a_rung("prior", 0.5),)}
CHARTS: dict[str, Callable[[RankingView], Any]] = {
    "ladder": lambda view: charts.ladder(a_ladder(), view),
    "ladder alone": lambda view: charts.ladder((), view),
    "to the oracle": lambda view: charts.to_the_oracle([*a_ladder(), rung_here(view)]),
    "learning": lambda view: charts.learning(a_curve_of_rows(), view),
    "learning alone": lambda view: charts.learning((), view),
    "importance": lambda view: charts.importance(view.importances or []),
    "over rows": charts.over_rows,
    "course": charts.fit_course,
}
TABLES: dict[str, Callable[[RankingView], pd.DataFrame]] = {
    "ladder": lambda view: charts.rungs_table([*a_ladder(), rung_here(view)], 300),
    "learning": lambda view: charts.learning_table(a_curve_of_rows()),
    "importance": lambda view: charts.importance_table(view.importances or []),
    "over rows": charts.over_rows_table,
    "course": charts.fit_course_table,
}


def _figures(ndcg: float) -> dict[str, tuple[float, float]]:
    return a_ranking().figures | {"ndcg@10": (ndcg, 0.0)}


def _a_untimed() -> RankingView:
    view = against_a(ndcg_at_10=(0.05, 0.01))
    assert view.pinned is not None
    return replace(view, pinned=replace(view.pinned, view=replace(view.pinned.view, timing=None)))


def drawn(figure: dict[str, Any]) -> go.Figure:
    """The chart as Plotly's classes take it, which refuse what Plotly does not know."""
    return go.Figure(figure)


def traces(figure: dict[str, Any], **wanted: Any) -> list[dict[str, Any]]:
    """The traces that have these values."""
    found = [trace.to_plotly_json() for trace in drawn(figure).data]
    return [t for t in found if all(t.get(name) == value for name, value in wanted.items())]


def lines(figure: dict[str, Any], concept: Any = "truth") -> list[Any]:
    """The straight lines across a chart that stand for a concept."""
    wanted = theme.line(concept)
    return [s for s in drawn(figure).layout.shapes if s.line.to_plotly_json() == wanted]


# All of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("chart", CHARTS)
def test_plotly_takes_every_chart_with_its_title_units_and_axes_within_numbers(
    chart: str, name: str
) -> None:
    figure = CHARTS[chart](VIEWS[name]())
    layout = drawn(figure).layout.to_plotly_json()
    assert layout["title"]["text"]
    assert layout["title"]["subtitle"]["text"]
    axes = {name: axis for name, axis in layout.items() if name[1:5] == "axis"}
    assert any(axis.get("title", {}).get("text") for name, axis in axes.items() if name[0] == "x")
    for axis in axes.values():
        low, high = axis.get("range", (0, 1))
        assert -math.inf < low < high < math.inf


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_of_an_equal_view_is_equal_and_travels_without_nan(chart: str) -> None:
    for make in VIEWS.values():
        sent = str(pio.json.to_json_plotly(CHARTS[chart](make())))
        assert sent == pio.json.to_json_plotly(CHARTS[chart](make()))
        json.loads(sent, parse_constant=pytest.fail)


@pytest.mark.parametrize("make", [without_clicks, nothing_to_judge])
@pytest.mark.parametrize("chart", CHARTS)
def test_what_is_not_defined_is_neither_a_line_nor_a_word(
    chart: str, make: Callable[[], RankingView], monkeypatch: pytest.MonkeyPatch
) -> None:
    view = make()
    undefined = [rung_here(view), replace(rung_here(view), here=False, ranker="logistic")]
    monkeypatch.setattr(f"{__name__}.a_ladder", lambda: tuple(undefined))
    figure = CHARTS[chart](view)
    for shape in figure["layout"].get("shapes", []):
        assert math.isfinite(shape["y0"])
    assert "nan" not in str(pio.json.to_json_plotly(figure)).lower()


@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_its_columns_whatever_is_missing(table: str) -> None:
    whole = TABLES[table](a_ranking())
    assert len(whole) >= 3
    for make in VIEWS.values():
        frame = TABLES[table](make())
        assert frame.empty or frame.columns.tolist() == whole.columns.tolist()


# Quality against time -------------------------------------------------------------------------


@pytest.mark.parametrize("candidates", [100, 300, 1_000])
def test_each_rung_stands_at_its_time_for_the_designs_candidates(candidates: int) -> None:
    view = a_ranking(design=Design(candidates=candidates))
    figure = charts.ladder(a_ladder(), view)
    for rung in a_ladder():
        (dot,) = traces(figure, name=rung.name)
        assert (dot["x"], dot["y"]) == ([rung.p95_ms(candidates)], [rung.value("ndcg@10")])
        assert dot["text"] == [rung.name]
    assert f"{candidates:,} candidates" in drawn(figure).layout.title.subtitle.text


@pytest.mark.parametrize("name", ["judged", "preview", "against A"])
def test_you_are_here_is_a_diamond_at_the_designs_own_figures(name: str) -> None:
    view = VIEWS[name]()
    (here,) = traces(charts.ladder(a_ladder(), view), name="you are here")
    assert (here["x"], here["y"]) == ([view.stage_ms(95)], [view.figures["ndcg@10"][0]])
    assert here["marker"]["symbol"] == "diamond"
    assert here["error_y"]["array"] == [view.figures["ndcg@10"][1]]


def test_the_line_across_is_the_best_slate_of_the_candidates() -> None:
    view = a_ranking()
    figure = charts.ladder(a_ladder(), view)
    (oracle,) = traces(figure, line=theme.line("truth"))
    assert oracle["y"] == [view.best_slate, view.best_slate]
    assert oracle["line"]["dash"] == "dash"
    assert np.log10(oracle["x"]) == pytest.approx(figure["layout"]["xaxis"]["range"])
    (label,) = [t for t in traces(figure, name=oracle["name"]) if "text" in t]
    assert label["text"][0] == ""
    assert "0.900" in label["text"][1]


def test_the_pinned_design_is_drawn_in_its_own_shape_and_only_where_there_is_one() -> None:
    view = against_a()
    assert view.pinned is not None
    a = view.pinned.view
    (dot,) = traces(charts.ladder(a_ladder(), view), name="A")
    assert (dot["x"], dot["y"]) == ([a.stage_ms(95)], [a.figures["ndcg@10"][0]])
    assert dot["marker"] == theme.marker("pinned")
    assert traces(charts.ladder(a_ladder(), a_ranking()), name="A") == []


def test_a_rung_that_is_the_design_is_not_drawn_twice() -> None:
    view = a_ranking()
    one = charts.ladder(a_ladder(), view)
    assert one == charts.ladder((*a_ladder(), rung_here(view)), view)


@pytest.mark.parametrize("ladder", LADDERS)
@pytest.mark.parametrize("name", VIEWS)
def test_the_axes_hold_all_that_is_drawn(name: str, ladder: str) -> None:
    figure = charts.ladder(LADDERS[ladder](), VIEWS[name]())
    layout = figure["layout"]
    left, right = (10**end for end in layout["xaxis"]["range"])
    bottom, top = layout["yaxis"]["range"]
    for trace in figure["data"]:
        for x, y in zip(trace["x"], trace["y"], strict=True):
            assert math.isnan(x) or left <= x <= right or math.isclose(x, right)
            assert math.isnan(y) or bottom <= y <= top
    ticks = layout["xaxis"]["tickvals"]
    assert any(left <= tick <= right for tick in ticks)


def test_every_ranker_of_the_ladder_has_a_shape_of_its_own() -> None:
    rungs = [a_rung(name, 0.5) for name in RANKERS]
    figure = charts.ladder(rungs, a_ranking())
    shapes = [traces(figure, name=rung.name)[0]["marker"]["symbol"] for rung in rungs]
    assert len(set(shapes)) == len(shapes)
    assert "diamond" not in shapes


# To the oracle --------------------------------------------------------------------------------


def parts_of(figure: dict[str, Any]) -> dict[str, list[float]]:
    """Label of each bar, best at the top -> its parts from the left."""
    bars = traces(figure, type="bar")
    order = drawn(figure).layout.yaxis.categoryarray or bars[0]["y"]
    found = {
        label: [bar["x"][list(bar["y"]).index(label)] for bar in bars] for label in reversed(order)
    }
    assert all(set(bar["y"]) == set(found) for bar in bars)
    return found


def test_each_bar_adds_up_to_a_perfect_slate_and_the_best_stands_on_top() -> None:
    rungs = [*a_ladder(), rung_here(a_ranking())]
    found = parts_of(charts.to_the_oracle(rungs))
    assert list(found) == ["LambdaRank", "◆ GBDT", "GBDT", "logistic", "no ranker"]
    for label, (reached, misplaced, before) in found.items():
        rung = next(one for one in rungs if label == ("◆ " if one.here else "") + one.name)
        assert reached == pytest.approx(rung.value("ndcg@10"))
        assert misplaced == pytest.approx(rung.best_slate - rung.value("ndcg@10"))
        assert reached + misplaced + before == pytest.approx(1.0)


def test_the_parts_are_coloured_by_whose_fault_they_are_and_the_oracle_is_a_line() -> None:
    figure = charts.to_the_oracle([rung_here(a_ranking())])
    reached, misplaced, before = traces(figure, type="bar")
    assert reached["marker"] == theme.bar("ranking")
    assert misplaced["marker"] == theme.bar("loss")
    assert before["marker"] == theme.bar("generation")
    assert reached["error_x"]["array"] == pytest.approx([0.012])
    (oracle,) = lines(figure)
    assert (oracle.x0, oracle.x1) == (1.0, 1.0)


def test_no_row_of_the_table_is_missing_from_the_bars_nor_the_other_way_round() -> None:
    rungs = [*a_ladder(), rung_here(a_ranking())]
    frame = charts.rungs_table(rungs, 300).set_index("ranker")
    bars = parts_of(charts.to_the_oracle(rungs))
    assert set(frame.index) == set(bars)
    for label, (reached, misplaced, _) in bars.items():
        assert frame.loc[label, "NDCG@10"] == pytest.approx(reached, abs=5e-5)
        assert frame.loc[label, "to the best slate"] == pytest.approx(misplaced, abs=5e-5)


def test_the_table_holds_what_the_dots_stand_on_with_intervals_and_oracles() -> None:
    view = a_ranking()
    frame = charts.rungs_table([*a_ladder(), rung_here(view)], 300).set_index("ranker")
    dots = {dot.get("name"): dot for dot in traces(charts.ladder(a_ladder(), view))}
    for rung in a_ladder():
        row = frame.loc[rung.name]
        assert row["p95 of 300, ms"] == pytest.approx(dots[rung.name]["x"][0], abs=5e-4)
        assert row["NDCG@10"] == pytest.approx(dots[rung.name]["y"][0], abs=5e-5)
        assert row["AUC"] == pytest.approx(rung.value("auc"))
    here = frame.loc["◆ GBDT"]
    assert here["p95 of 300, ms"] == pytest.approx(view.stage_ms(95), abs=5e-4)
    assert here["NDCG@10 ± 95%"] == pytest.approx(0.012)
    assert (here["AUC, oracle"], here["NDCG@10, oracle"]) == (0.86, 1.0)
    assert here["learned from, rows"] == 90_000


# More training rows ---------------------------------------------------------------------------


def test_the_curve_of_learning_holds_its_points_with_their_bands() -> None:
    points = a_curve_of_rows()
    figure = charts.learning(points[::-1], a_ranking())
    for name, axis in (("ndcg@10", "y"), ("auc", "y2")):
        (line,) = traces(figure, name="this ranker", yaxis=axis)
        assert list(line["x"]) == [point.rows for point in points]
        assert list(line["y"]) == [point.value(name) for point in points]
        (band,) = [t for t in traces(figure, fill="toself") if t["yaxis"] == axis]
        ends = [point.figures[name] for point in points]
        assert list(band["y"][:4]) == [high for _, _, high, _ in ends]
        assert list(band["y"][4:][::-1]) == [low for _, low, _, _ in ends]


def test_you_are_here_stands_at_the_rows_that_were_learned_from_in_both_halves() -> None:
    view = a_ranking(learned=learned(rows=4_000))
    here = traces(charts.learning(a_curve_of_rows(), view), name="you are here")
    assert [mark["x"] for mark in here] == [[4_000], [4_000]]
    assert [mark["y"] for mark in here] == [[0.8], [0.82]]
    assert {mark["marker"]["symbol"] for mark in here} == {"diamond"}
    assert [mark["yaxis"] for mark in here] == ["y", "y2"]


def test_both_halves_have_their_oracle() -> None:
    best, auc = lines(charts.learning(a_curve_of_rows(), a_ranking()))
    assert (best.y0, best.yref or "y") == (0.9, "y")
    assert (auc.y0, auc.yref) == (0.86, "y2")


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("curve", [a_curve_of_rows, tuple], ids=["known", "unknown"])
def test_the_axes_of_learning_hold_all_that_is_drawn(
    curve: Callable[[], tuple[Rung, ...]], name: str
) -> None:
    view = VIEWS[name]()
    figure = charts.learning(curve(), view)
    layout = figure["layout"]
    left, right = (10**end for end in layout["xaxis2"]["range"])
    for trace in figure["data"]:
        if trace.get("name") not in ("this ranker", "you are here"):
            continue
        bottom, top = layout[trace["yaxis"].replace("y", "yaxis")]["range"]
        for x, y in zip(trace["x"], trace["y"], strict=True):
            assert left <= x <= right
            assert math.isnan(y) or bottom <= y <= top


def test_the_table_of_learning_holds_the_drawn_points() -> None:
    frame = charts.learning_table(a_curve_of_rows()[::-1])
    points = a_curve_of_rows()
    assert frame["training rows"].tolist() == [point.rows for point in points]
    np.testing.assert_allclose(frame["NDCG@10"], [p.value("ndcg@10") for p in points], atol=5e-5)
    np.testing.assert_allclose(frame["AUC"], [p.value("auc") for p in points], atol=5e-5)
    np.testing.assert_allclose(frame["± 95%"], 0.01)


# Features -------------------------------------------------------------------------------------


def test_the_feature_that_matters_most_stands_on_top_with_its_interval() -> None:
    figure = charts.importance(importances())
    drop, gain = traces(figure, type="bar")
    assert list(drop["y"]) == ["hour", "topic taste", "generator score"]
    assert list(drop["x"]) == [-0.0004, 0.01, 0.05]
    np.testing.assert_allclose(drop["error_x"]["array"], 0.002)
    assert list(gain["x"]) == [0.0, 0.4, 0.6]
    assert gain["xaxis"] == "x2"


def test_a_model_without_splits_shows_no_gain() -> None:
    found = [replace(one, gain=None) for one in importances()]
    figure = charts.importance(found)
    assert len(figure["data"]) == 1
    assert "xaxis2" not in figure["layout"]
    assert charts.importance_table(found)["share of gain"].isna().all()


def test_the_table_of_features_holds_all_of_them_and_the_chart_the_first() -> None:
    many = [replace(importances()[0], name=f"feature {n}") for n in range(20)]
    shown = list(traces(charts.importance(many), type="bar")[0]["y"])
    frame = charts.importance_table(many)
    assert len(frame) == 20
    assert shown[::-1] == frame["feature"].tolist()[: len(shown)]
    assert 10 <= len(shown) < 20


# Time of scoring ------------------------------------------------------------------------------


def test_features_and_scores_stack_up_to_the_p95_at_every_number_of_candidates() -> None:
    view, timing = a_ranking(), a_timing()
    areas = traces(charts.over_rows(view), stackgroup="parts")
    assert [area["name"] for area in areas] == [f"{part}, p95" for part in PARTS]
    fills = [theme.area(part)["fillcolor"] for part in PARTS]
    assert [area["fillcolor"] for area in areas] == fills
    whole = [timing.percentile(n, 95) for n in timing.rows]
    np.testing.assert_allclose(np.sum([area["y"] for area in areas], axis=0), whole)
    (median,) = traces(charts.over_rows(view), name="p50 of both")
    np.testing.assert_allclose(median["y"], [timing.percentile(n, 50) for n in timing.rows])


@pytest.mark.parametrize("candidates", [10, 300, 1_000])
def test_you_are_here_stands_on_the_stack_at_the_designs_candidates(candidates: int) -> None:
    view = a_ranking(design=Design(candidates=candidates))
    figure = charts.over_rows(view)
    (here,) = traces(figure, name="you are here")
    assert (here["x"], here["y"]) == ([candidates], [view.stage_ms(95)])
    low, high = drawn(figure).layout.xaxis.range
    assert low <= candidates <= high
    assert drawn(figure).layout.yaxis.range[1] > view.stage_ms(95)


def test_the_table_of_times_holds_the_drawn_points_and_the_medians() -> None:
    frame = charts.over_rows_table(a_ranking())
    timing = a_timing()
    assert frame["candidates"].tolist() == list(timing.rows)
    for q in (50, 95):
        whole = [timing.percentile(n, q) for n in timing.rows]
        np.testing.assert_allclose(frame[f"p{q} both, ms"], whole, atol=2e-4)
        parts = sum(frame[f"p{q} {part}, ms"] for part in PARTS)
        np.testing.assert_allclose(parts, frame[f"p{q} both, ms"], atol=2e-4)


def test_without_a_stopwatch_there_is_no_time_to_draw() -> None:
    view = a_ranking(timing=None)
    assert len(charts.over_rows(view)["data"]) == 0
    assert len(charts.over_rows_table(view)) == 0


# The course of the fit ------------------------------------------------------------------------


def test_the_course_shows_each_round_and_where_it_was_stopped() -> None:
    view = a_ranking()
    line, kept = traces(charts.fit_course(view))
    assert list(line["x"]) == [1, 2, 3, 4, 5]
    assert list(line["y"]) == list(view.learned.course.losses)
    assert (kept["x"], kept["y"], kept["text"]) == ([3], [0.35], ["kept: 3"])
    frame = charts.fit_course_table(view)
    assert frame["round"].tolist() == [1, 2, 3, 4, 5]
    assert frame["log loss"].tolist() == list(view.learned.course.losses)
    assert "log loss" in charts.fit_course(view)["layout"]["title"]["subtitle"]["text"]


def test_a_fit_without_rounds_has_no_course() -> None:
    view = a_ranking(learned=learned(course=Course()))
    assert all(len(trace["x"]) == 0 for trace in traces(charts.fit_course(view)))
    assert len(charts.fit_course_table(view)) == 0


# On the way of a slider -----------------------------------------------------------------------


def test_bars_between_two_judged_points_keep_to_their_own_label() -> None:
    """Where the order of rungs changes on the way, values must not pass to another's bar."""
    below, above = with_auc(a_rung("gbdt", 0.81), 0.8), a_rung("logistic", 0.79)
    labels = []
    for ndcg in (0.78, 0.80, 0.82):
        here = rung_here(a_ranking(figures=_figures(ndcg)))
        bars = traces(charts.to_the_oracle([below, above, here]), type="bar")
        labels.append([list(bar["y"]) for bar in bars])
    assert labels[0] == labels[1] == labels[2]
