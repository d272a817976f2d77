"""Pinning a design: in the link, on the page, in every chart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from engine.scenario import Scenario
from tests.small_app import small, small_scenario
from tests.ui.appreader import figures
from tests.ui.two_stage_reader import CHARTS, blocks, headlines
from tests.ui.views import a_preview, a_view, without_times
from ui import charts
from ui.view import Pinned, View

Open = Callable[..., AppTest]
ALL = [charts.over_candidates, charts.loss_by_stage, charts.time_by_stage]


def press(at: AppTest, label: str) -> AppTest:
    (button,) = [button for button in at.button if button.label == label]
    return button.click().run()


def names(at: AppTest, chart: str) -> list[str]:
    return [str(trace.get("name")) for trace in figures(at)[chart]["data"]]


@pytest.mark.parametrize("chart", ALL, ids=lambda chart: chart.__name__)
@pytest.mark.parametrize("make", [a_view, a_preview, without_times])
def test_every_chart_draws_a_and_stays_a_figure_that_plotly_takes(
    chart: Callable[..., dict], make: Callable[[], View]
) -> None:
    a = Pinned(a_view({"generation": 0.3, "index": 0.1, "ranking": 0.2}))
    view = replace(make(), pinned=a)
    drawn = go.Figure(chart(view))
    empty = chart is charts.time_by_stage and view.latency is None  # no axis to stand on
    assert bool([trace for trace in drawn.data if trace.name == "pinned A"]) is not empty
    alone = go.Figure(chart(make()))
    assert not [trace for trace in alone.data if trace.name == "pinned A"]


def test_the_axis_of_losses_holds_what_a_is_left_with() -> None:
    view = a_view(pinned=Pinned(a_view({"generation": 0.5, "index": 0.1, "ranking": 0.2})))
    drawn = charts.loss_by_stage(view)
    (marks,) = [trace for trace in drawn["data"] if trace.get("name") == "pinned A"]
    assert marks["y"] == pytest.approx([0.5, 0.4, 0.2, 0.2])
    assert drawn["layout"]["yaxis"]["range"][0] <= 0.2


def test_a_pin_stands_in_the_link_and_a_change_is_held_against_it(open_page: Open) -> None:
    at = press(open_page(small(candidates="40")), "Pin this design as A")
    assert not at.exception
    pinned = small_scenario(candidates="40").design
    assert Scenario.from_query(dict(at.query_params))[0].pinned == pinned
    at.slider(key="slide_Candidates").set_value(200).run()
    assert not at.exception
    drawn = [chart for chart in CHARTS if not chart.startswith("why")]  # about one item
    assert all("pinned A" in names(at, chart) for chart in drawn)
    versus = [block for block in blocks(at) if 'class="sl-versus"' in block]
    assert len(versus) == 1
    assert "to A" in versus[0]
    assert len(headlines(at)) == 6


def test_going_back_to_a_and_unpinning(open_page: Open) -> None:
    at = press(open_page(small(candidates="40")), "Pin this design as A")
    at.slider(key="slide_Candidates").set_value(200).run()
    at = press(at.run(), "Go to A")
    assert at.query_params["candidates"] == "40"
    at = press(at, "Unpin A")
    assert "pin" not in at.query_params
    assert not any('class="sl-versus"' in block for block in blocks(at))


def test_a_link_with_a_pin_of_another_family_shows_both(open_page: Open) -> None:
    at = open_page(small(candidates="40") | {"pin": "ranker-logistic~candidates-50"})
    assert not at.exception
    assert Scenario.from_query(dict(at.query_params))[0].pinned is not None
