"""What a page shows is gathered in page order, by whole runs and by fragments' alike."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from engine.scenario import Scenario
from tests.small_app import small
from tests.ui.appreader import figures, headers
from ui.write_up.collect import document_of
from ui.write_up.document import Chart, Document, Figures, Table, Words, as_html, as_markdown
from ui.write_up.sent import chart_from

VALUE = re.compile(r'<dd class="sl-(?:fact-)?value"[^>]*>([^<]*)<')
PAGES = ("overview", "two_stage", "retrieval", "ranking", "ctr")
ADS = {"ads.log.rows": "20000", "ads.log.users": "1500", "ads.log.ads": "200", "ads.model": "prior"}


def page() -> None:
    import streamlit as st

    from engine.scenario import Scenario
    from ui.html_table import show_table
    from ui.write_up import shown
    from ui.write_up.say import heading, note, say, title

    @st.fragment
    def changing() -> None:
        shown.afresh()
        top = st.container()
        many = st.number_input("rows", 0, 9, 2)
        for row in range(int(many)):
            say(f"row {row}")
        with top:  # filled last, shown first
            heading(f"{many} rows")

    st.session_state["scenario"] = Scenario()
    shown.begin("two_stage")
    title("Which?")
    if st.checkbox("first", value=True):
        say("**before**")
    left, right = st.columns(2)
    with right:
        note("right")
    with left:
        show_table("left", ["a"], [["1"]])
    changing()
    say("after")


def told(at: AppTest) -> list[str]:
    parts = document_of(at.session_state).parts
    return [part.text if isinstance(part, Words) else part.label for part in parts]


def test_parts_stand_in_page_order_not_in_that_of_the_run() -> None:
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert told(at) == ["**before**", "left", "right", "2 rows", "row 0", "row 1", "after"]


def test_a_fragment_replaces_what_it_showed_and_leaves_the_rest() -> None:
    at = AppTest.from_function(page).run()
    for rows in (4, 1):
        at.number_input[0].set_value(rows).run()
        shown = [f"row {row}" for row in range(rows)]
        assert told(at) == ["**before**", "left", "right", f"{rows} rows", *shown, "after"]


def test_a_whole_run_begins_anew() -> None:
    at = AppTest.from_function(page).run()
    at.checkbox[0].uncheck().run()
    assert told(at) == ["left", "right", "2 rows", "row 0", "row 1", "after"]


def test_link_and_origin_are_of_the_scenario_and_of_the_moment() -> None:
    at = AppTest.from_function(page).run()
    moment = datetime(2026, 11, 26, 12, tzinfo=UTC)
    found = document_of(at.session_state, "https://example.org/two_stage", moment)
    assert found.title == "Which?"
    assert found.link.startswith("https://example.org/two_stage?seed=7&")
    assert found.provenance.seed == "7 (world)"
    assert found.provenance.taken_at == moment
    assert document_of(at.session_state).link.startswith("/two_stage?seed=7&")
    bare = document_of(at.session_state, "http://localhost:8501").link
    assert bare.startswith("http://localhost:8501/?seed=7&")


def test_cells_of_a_charts_table_are_written_as_the_page_writes_them() -> None:
    columns = [
        {"name": "n", "numeric": True, "values": [12345, -3, None]},
        {"name": "x", "numeric": True, "values": [0.12345, 2.0, "inf"]},
        {"name": "who", "numeric": False, "values": ["=a", None, "c"]},
    ]
    about = {"key": "k", "title": "t", "units": "u", "caption": "c", "alt": "a", "filename": "f"}
    sent = json.dumps(about | {"height": 300, "table": columns}).encode() + b'\n{"data":[]}'
    chart = chart_from(sent)
    assert chart.table is not None
    assert chart.table.rows == (
        ("12\u2009345", "0.1235", "=a"),
        ("−3", "2.0000", "–"),
        ("–", "inf", "c"),
    )
    assert chart.figure_json == '{"data":[]}'
    assert chart_from(sent, is_plotly=False).figure_json == ""


@pytest.mark.parametrize("name", PAGES)
def test_the_document_of_a_page_holds_what_is_on_screen(
    name: str, open_page: Callable[..., AppTest]
) -> None:
    at = open_page(small() | ADS, name)
    assert not at.exception
    found = document_of(at.session_state)
    assert [found.title] == [title.value for title in at.title]
    assert found.link == f"/{'' if name == 'overview' else name}?" + found.link.partition("?")[2]
    assert_charts(at, found)
    assert_words(at, found)
    held = at.session_state["scenario"]
    assert isinstance(held, Scenario)
    assert found.provenance.design
    html, markdown = as_html(found, {}), as_markdown(found, {})
    for part in found.parts:
        if isinstance(part, Figures):
            assert all(figure.value in html and figure.value in markdown for figure in part.rows)
        if isinstance(part, Table):
            assert part.rows


def assert_charts(at: AppTest, found: Document) -> None:
    """Each live figure, with what stands around it, and the figure itself."""
    charts = {chart.key: chart for chart in found.charts}
    assert set(figures(at)) <= set(charts)
    for key, about in headers(at).items():
        chart = charts[key]
        assert (chart.title, chart.units, chart.caption) == (
            about["title"], about["units"], about["caption"],
        )  # fmt: skip
        drawn = json.loads(chart.figure_json)
        assert len(drawn["data"]) == len(figures(at)[key]["data"])
    others = [chart for chart in found.charts if chart.key not in figures(at)]
    assert [chart.key for chart in others] in ([], ["walk"])
    assert all(isinstance(chart, Chart) for chart in others)


def assert_words(at: AppTest, found: Document) -> None:
    """Headings, and every large figure with its value."""
    said = [part.text for part in found.parts if isinstance(part, Words)]
    headings = [heading.value for heading in at.subheader if heading.value != "Three ways in"]
    assert [text for text in said if text in headings] == headings
    block = "".join(element.proto.body for element in at.get("html"))
    values = [unescape(value) for value in VALUE.findall(block)]
    assert [f.value for p in found.parts if isinstance(p, Figures) for f in p.rows] == values
