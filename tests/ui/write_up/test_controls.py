"""What the button in the rail is sent: nothing heavy until it is asked for, and then all of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.as_python import as_python
from engine.scenario import Scenario
from tests.small_app import small
from tests.ui.write_up.documents import chart, document
from ui.write_up import controls
from ui.write_up.controls import page_as_sent
from ui.write_up.document import Words


def sent(at: AppTest) -> dict[str, Any]:
    """What the button was sent last."""
    (found,) = [
        element.proto
        for element in at.get("bidi_component")
        if element.proto.component_name == controls.KEY
    ]
    data: dict[str, Any] = json.loads(found.bytes)
    return data


def page() -> None:
    import streamlit as st

    from engine.scenario import Scenario
    from ui.write_up import shown
    from ui.write_up.controls import _offer, take_away
    from ui.write_up.say import say, title

    st.session_state["scenario"] = Scenario()
    if not st.session_state.get("alone"):
        shown.begin("two_stage")
        title("Which?")
        take_away("two_stage")
        say("the rest of the page")
    else:
        _offer("two_stage")  # as a run of the fragment alone


def test_a_run_of_the_whole_page_answers_nothing_for_the_rest_is_yet_to_be_drawn() -> None:
    at = AppTest.from_function(page).run()
    assert set(sent(at)) == {"plotly", "downloads"}
    at.session_state["take_away_asked"] = "abc"
    at.run()
    assert set(sent(at)) == {"plotly", "downloads"}


def test_a_run_of_the_button_alone_answers_once_with_all_that_is_shown() -> None:
    at = AppTest.from_function(page).run()
    at.session_state["alone"], at.session_state["take_away_asked"] = True, "abc"
    at.run()
    assert not at.exception
    answer = sent(at)
    assert answer["answer"] == "abc"
    assert answer["page"]["title"] == "Which?"
    assert "the rest of the page" in answer["page"]["html"]
    assert "the rest of the page" in answer["page"]["markdown"]
    assert answer["page"]["python"] == as_python(Scenario(), "two_stage")
    at.run()
    assert set(sent(at)) == {"plotly", "downloads"}


@pytest.fixture
def of_a_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ui.session.scenario", Scenario)


@pytest.mark.usefixtures("of_a_scenario")
def test_each_picture_has_its_place_once_and_no_two_charts_share_a_file() -> None:
    found = document(chart("a"), Words("[picture 0123]"), chart("b"), chart("c"))
    page = page_as_sent(found, "two_stage")
    names = [chart["filename"] for chart in page["charts"]]
    assert names == ["loss-by-stage", "loss-by-stage-b", "loss-by-stage-c"]
    for sent_chart, name in zip(page["charts"], names, strict=True):
        assert page["html"].count(sent_chart["token"]) == 1
        assert f"(<pictures/{name}.png>)" in page["markdown"]
        assert f"(<data/{name}.csv>)" in page["markdown"]
    assert page["html"].count(page["face"]) == 1
    again = page_as_sent(found, "two_stage")
    assert again["charts"][0]["token"] != page["charts"][0]["token"]


def test_the_button_stands_on_a_page_and_is_light(open_page: Callable[..., AppTest]) -> None:
    assert len(json.dumps(sent(open_page(small(), "overview")))) < 300
