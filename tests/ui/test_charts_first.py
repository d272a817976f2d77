"""Who opens the app gets charts before all else; nobody is kept from the rail by them."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from ui import charts_first


def page() -> None:
    import streamlit as st

    from ui.charts_first import before_the_rest, in_turn

    order = st.session_state.setdefault("order", [])

    def rail() -> None:
        order.append("rail")

    def main() -> None:
        order.append("main")
        before_the_rest()

    in_turn(rail, main, at_hand=st.query_params.get("at_hand") != "no")


def opened(**query: str) -> AppTest:
    at = AppTest.from_function(page)
    for name, value in query.items():
        at.query_params[name] = value
    return at.run()


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    slept: list[float] = []
    monkeypatch.setattr(charts_first, "_AHEAD_S", 0.25)
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


def test_charts_come_first_once_a_viewer_and_have_a_moment(pauses: list[float]) -> None:
    at = opened()
    assert at.session_state["order"] == ["main", "rail"]
    assert pauses.count(0.25) == 1
    at.session_state["order"] = []
    at.run()
    assert at.session_state["order"] == ["rail", "main"]
    assert pauses.count(0.25) == 1


def test_what_is_waited_for_does_not_keep_the_rail_away(pauses: list[float]) -> None:
    at = opened(at_hand="no")
    assert at.session_state["order"] == ["rail", "main"]
    assert pauses.count(0.25) == 0, "the rail is there: nothing is to be ahead of"
