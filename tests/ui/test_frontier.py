"""The frontier on the two-stage page, without a browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from engine.design import Design
from engine.frontier import load_frontier
from engine.scenario import Scenario
from tests.small_app import small, small_scenario
from tests.ui.appreader import figures, headers, tables
from tests.ui.two_stage_reader import assert_shows, assert_whole, trace
from ui import frontier_points
from ui.frontier_points import link_of

Open = Callable[..., AppTest]
CHART, LOAD = "frontier_chart", "load_design"


def sentence(at: AppTest) -> str:
    """What stands above the frontier."""
    words = [line.value for line in at.markdown]
    (found,) = [line for line in words if "visit" in line or "Nothing measured" in line
                or "shipped grid" in line]  # fmt: skip
    return found


def test_in_the_shipped_world_it_shows_the_shipped_grid_and_where_it_was_measured(
    open_page: Open,
) -> None:
    at = open_page()
    shown = tables(at)[CHART]
    assert shown["source"].value_counts().to_dict() == {"shipped": 80, "this visit": 1}
    caption = headers(at)[CHART]["caption"]
    told = load_frontier().iloc[0]
    where = (str(told["machine"]), str(told["measured_on"]))
    for part in (*where, "1,000 requests", "this visit: measured here"):
        assert part in caption
    here = trace(at, CHART, "you are here")
    assert here["y"] == trace(at, "over_candidates", "you are here")["y"]
    assert here["x"] == trace(at, "over_candidates", "p95 of this design")["y"]
    assert "shipped grid" in sentence(at) or "timed beside it" in sentence(at)


def test_a_design_of_the_front_can_be_loaded_without_a_mouse(open_page: Open) -> None:
    at = open_page()
    link = link_of(Design(candidates=500))
    at.selectbox(key=LOAD).set_value(link).run()
    at.run()
    assert_whole(at)
    assert_shows(at, Scenario(design=Design(candidates=500)))
    assert at.slider(key="slide_Candidates").value == 500
    assert at.selectbox(key=LOAD).value is None
    assert tables(at)[CHART]["source"].tolist().count("this visit") == 2


def test_in_another_world_only_this_visit_is_shown_and_the_caption_says_why(
    open_page: Open,
) -> None:
    at = open_page(small())
    assert tables(at)[CHART]["source"].tolist() == ["this visit"]
    assert "holds for the shipped world, not for this one" in headers(at)[CHART]["caption"]
    assert sentence(at).startswith("The first design of this visit")
    assert at.selectbox(key=LOAD).disabled


def test_what_was_tried_stays_and_is_loaded_again_in_its_own_world(open_page: Open) -> None:
    at = open_page(small())
    at.slider(key="slide_Candidates").set_value(70).run()
    at.run()
    assert sorted(tables(at)[CHART]["design"]) == [
        "MF → HNSW ef 100 (M 4, ef_construction 4) → 20 → GBDT (trees 20)",
        "MF → HNSW ef 100 (M 4, ef_construction 4) → 70 → GBDT (trees 20)",
    ]
    at.selectbox(key=LOAD).set_value(link_of(small_scenario().design)).run()
    at.run()
    assert_shows(at, small_scenario())
    assert len(tables(at)[CHART]) == 2


def test_another_viewer_does_not_see_what_this_one_tried(open_page: Open) -> None:
    at = open_page(small())
    at.slider(key="slide_Candidates").set_value(70).run()
    at.run()
    assert len(tables(at)[CHART]) == 2
    assert len(tables(open_page(small()))[CHART]) == 1


def test_a_grid_that_cannot_be_read_is_told_with_the_remedy_and_the_page_goes_on(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> None:
        raise ValueError("frontier.csv: gone; make it again with `make frontier`")

    frontier_points.shipped.cache_clear()
    monkeypatch.setattr(frontier_points, "load_frontier", unreadable)
    at = open_page()
    frontier_points.shipped.cache_clear()
    assert_whole(at)
    assert "make it again with `make frontier`" in headers(at)[CHART]["caption"]
    assert len(figures(at)[CHART]["data"]) > 1
