"""The frontier's figure, on hand-made points."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest

from tests.ui.points import a_point
from tests.ui.views import a_view
from ui import theme
from ui.frontier_chart import frontier
from ui.frontier_points import Point, point_of, shipped, table
from ui.live_figure import Figure, payload
from ui.view import BUDGET_MS

FAST, BEATEN, GOOD = a_point(1, 0.5, ranker="none"), a_point(3, 0.4), a_point(5, 0.7)
SINGLE = a_point(300, 0.75, stages=1, link="", name="GBDT on the whole catalogue")
HERE = a_point(2, 0.6, source="this visit")
POINTS = (FAST, BEATEN, GOOD, SINGLE)


def drawn(figure: Figure) -> list[dict[str, Any]]:
    """Traces that hold points of designs."""
    return [trace for trace in figure["data"] if "customdata" in trace]


def opacity(figure: Figure, point: Point) -> float:
    for trace in drawn(figure):
        if point.link in trace["customdata"]:
            shown: float = trace["marker"]["opacity"][trace["customdata"].index(point.link)]
            return shown
    raise AssertionError(f"{point.name} is not drawn")


def diamond(figure: Figure) -> dict[str, Any]:
    (found,) = [trace for trace in figure["data"] if trace.get("name") == "you are here"]
    return found


@pytest.mark.parametrize("here", [HERE, None, replace(HERE, source="preview", low=math.nan)])
@pytest.mark.parametrize("pinned", [None, GOOD])
@pytest.mark.parametrize("points", [POINTS, (), (HERE,)])
def test_plotly_takes_every_figure(
    points: tuple[Point, ...], here: Point | None, pinned: Point | None
) -> None:
    go.Figure(frontier(points, here, pinned))


def test_the_front_is_a_step_line_over_all_points_and_the_design_shown() -> None:
    (line,) = [t for t in frontier(POINTS, HERE)["data"] if t.get("line", {}).get("shape") == "hv"]
    assert line["x"].tolist() == [1, 2, 5, 300]
    assert line["y"].tolist() == [0.5, 0.6, 0.7, 0.75]


def test_a_preview_takes_no_place_on_the_front() -> None:
    figure = frontier(POINTS, replace(HERE, source="preview"))
    assert figure["data"][0]["x"].tolist() == [1, 5, 300]
    assert diamond(figure)["x"] == [2]


def test_what_others_beat_is_faint() -> None:
    figure = frontier(POINTS, HERE)
    assert [opacity(figure, point) for point in (FAST, GOOD)] == [1, 1]
    assert opacity(figure, BEATEN) < 0.5
    assert opacity(frontier((GOOD,), a_point(4, 0.8)), GOOD) < 0.5


def test_a_point_carries_its_link_and_what_has_none_says_so() -> None:
    figure = frontier(POINTS, HERE)
    told = {
        link: text
        for trace in drawn(figure)
        for link, text in zip(trace["customdata"], trace["hovertext"], strict=True)
    }
    assert set(told) == {FAST.link, BEATEN.link, GOOD.link, ""}
    assert "cannot be loaded" in told[""]
    assert told[GOOD.link] == (
        "<b>0.7 in 5</b><br>NDCG@10 0.700 (0.690 to 0.710)"
        "<br>p50 2.50 ms · p95 5.00 ms<br>shipped grid"
    )


def test_what_ranks_the_whole_catalogue_has_a_shape_of_its_own_and_a_label() -> None:
    traces = drawn(frontier(POINTS, HERE))
    (single,) = [trace for trace in traces if "" in trace["customdata"]]
    others = {s for trace in traces if trace is not single for s in trace["marker"]["symbol"]}
    assert set(single["marker"]["symbol"]).isdisjoint(others)
    assert single["text"] == ["ranks<br>the whole<br>catalogue"]


def test_rankers_differ_in_shape_and_the_legend_has_four_lines_at_most() -> None:
    tried = a_point(4, 0.65, source="this visit")
    figure = frontier((*shipped()[0], tried), HERE)
    legend = {t["name"]: t["marker"] for t in figure["data"] if t.get("showlegend") is not False}
    assert list(legend) == ["no ranker", "logistic", "GBDT", "tried in this visit"]
    assert len({legend[name]["symbol"] for name in ("no ranker", "logistic", "GBDT")}) == 3
    assert legend["tried in this visit"]["color"] != legend["GBDT"]["color"]


def test_only_the_design_shown_has_an_interval() -> None:
    figure = frontier(POINTS, HERE)
    assert diamond(figure)["error_y"]["array"] == [pytest.approx(0.01)]
    assert sum("error_y" in trace for trace in figure["data"]) == 1
    unknown = replace(HERE, low=math.nan, high=math.nan)
    assert "error_y" not in diamond(frontier(POINTS, unknown))


def test_a_thread_leads_to_the_same_design_as_it_shipped() -> None:
    here = replace(GOOD, p95=2, source="this visit")
    dotted = theme.line("here")["dash"]
    (thread,) = [
        t for t in frontier(POINTS, here)["data"] if t.get("line", {}).get("dash") == dotted
    ]
    assert (thread["x"], thread["y"]) == ([2, 5], [0.7, 0.7])
    assert "dotted" in diamond(frontier(POINTS, here))["hovertext"][0]
    assert "dotted" not in diamond(frontier(POINTS, HERE))["hovertext"][0]


def test_the_pinned_design_is_an_open_circle_beside_the_diamond() -> None:
    (pinned,) = [t for t in frontier(POINTS, HERE, GOOD)["data"] if t.get("name") == "pinned A"]
    assert pinned["marker"]["symbol"] == "circle-open"
    assert (pinned["x"].tolist(), pinned["text"]) == ([5], ["A"])


def test_the_slo_stands_at_the_budget_in_its_colour() -> None:
    layout = frontier(POINTS, HERE)["layout"]
    (line,) = layout["shapes"]
    assert line["x0"] == line["x1"] == BUDGET_MS
    assert line["line"]["color"] == theme.colour("budget")
    assert 10 ** layout["annotations"][0]["x"] == pytest.approx(BUDGET_MS)


def test_the_axes_hold_every_point_the_slo_and_the_pinned_design() -> None:
    far = a_point(0.02, 0.05)
    layout = frontier(POINTS, HERE, far)["layout"]
    left, right = (10**end for end in layout["xaxis"]["range"])
    bottom, top = layout["yaxis"]["range"]
    assert left < 0.02 < 300 < right
    assert bottom < 0.05 < 0.75 < top
    assert frontier((FAST,), HERE)["layout"]["xaxis"]["range"][1] > math.log10(BUDGET_MS)


def test_a_step_of_a_slider_costs_under_fifteen_milliseconds() -> None:
    here = point_of(a_view())
    assert here is not None
    tried = tuple(a_point(1 + n / 10, 0.5, source="this visit", link=str(n)) for n in range(40))
    others = (*shipped()[0], *tried)

    def step(n: int) -> float:
        started = time.perf_counter()
        now = replace(here, p95=here.p95 + n)  # so that nothing is remembered
        figure, behind = frontier(others, now), table((*others, now))
        payload(figure, "k", 400, "alt", "frontier", behind, "caption")
        return time.perf_counter() - started

    assert min(step(n) for n in range(20)) < 15e-3


def test_the_label_of_a_slow_design_turns_away_from_that_of_the_whole_catalogue() -> None:
    assert diamond(frontier(POINTS, HERE))["textposition"] == "bottom right"
    assert diamond(frontier(POINTS, a_point(25, 0.7)))["textposition"] == "bottom left"
