"""A viewer's scenario: read from the link, changed, repaired, and written back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from engine.scenario import Scenario
from tests.small_app import small, small_scenario


def page() -> None:
    from dataclasses import replace

    import streamlit as st

    from engine.world import WorldConfig
    from ui import session

    def more(n: int) -> None:
        session.change(lambda old: replace(old, design=old.design.with_candidates(n)))

    def smaller_world() -> None:
        world = WorldConfig(users=100, items=200, impressions=10_000)
        session.change(lambda old: replace(old, world=world, user=0))

    def older_ads() -> None:
        session.change(
            lambda old: replace(
                old, ads=replace(old.ads, design=replace(old.ads.design, age_days=9))
            )
        )

    session.open_link()
    session.show_repairs()
    st.button("older ads", on_click=older_ads)
    st.button("400", on_click=more, args=(400,))
    st.button("40", on_click=more, args=(40,))
    st.button("smaller", on_click=smaller_world)
    st.slider("held", 0, 1000, key=session.hold("held", session.scenario().design.candidates))
    for user in (-1, 7, 99_999, None):
        st.button(f"user {user}", on_click=session.serve, args=(user,))


def opened(query: dict[str, str | list[str]]) -> AppTest:
    at = AppTest.from_function(page)
    at.query_params.update(query)
    return at.run()


def press(at: AppTest, label: str) -> AppTest:
    (button,) = [button for button in at.button if button.label == label]
    return button.click().run()


def held(at: AppTest) -> Scenario:
    scenario: Scenario = at.session_state["scenario"]
    return scenario


def lines(at: AppTest) -> list[str]:
    return [warning.value for warning in at.warning]


def test_a_link_is_read_and_written_out_in_full() -> None:
    at = opened({**small(user="5")})
    assert not at.exception
    assert held(at) == small_scenario(user="5")
    assert at.query_params == small_scenario(user="5").to_query()
    assert lines(at) == []


def test_a_bare_address_is_the_default_scenario() -> None:
    at = opened({})
    assert held(at) == Scenario()
    assert at.query_params == Scenario().to_query()


def test_repairs_are_told_once_each_and_stand_in_the_link_no_more() -> None:
    at = opened({**small(), "candidates": ["20", "abc"], "x": "1", "user": "120"})
    assert len(lines(at)) == 4
    assert at.query_params == held(at).to_query()
    assert (held(at).user, held(at).design.candidates) == (119, 300)
    at.run()
    assert len(lines(at)) == 4, "they stay until something is changed"
    press(at, "40")
    assert lines(at) == []


def test_an_address_that_was_edited_is_read_again() -> None:
    at = opened({**small()})
    at.query_params["candidates"] = "77"
    at.run()
    assert held(at).design.candidates == 77
    at.query_params["candidates"] = "many"
    at.run()
    assert held(at).design.candidates == Scenario().design.candidates
    assert len(lines(at)) == 1


def test_a_page_opened_without_a_query_keeps_the_scenario() -> None:
    at = opened({**small(candidates="50")})
    at.query_params.clear()
    at.run()
    assert held(at) == small_scenario(candidates="50")
    assert at.query_params == small_scenario(candidates="50").to_query()


def test_a_change_goes_into_the_link() -> None:
    at = press(opened({**small()}), "40")
    assert held(at) == small_scenario(candidates="40")
    assert at.query_params["candidates"] == "40"


def test_a_change_beyond_the_catalogue_is_repaired_and_told() -> None:
    at = press(opened({**small()}), "400")
    assert held(at).design.candidates == 300
    assert at.query_params["candidates"] == "300"
    assert lines(at) == ["The catalogue holds 300 items: candidates is now 300."]


def test_a_smaller_world_takes_the_design_along_as_far_as_it_reaches() -> None:
    at = press(opened({**small(candidates="250")}), "smaller")
    assert held(at).design.candidates == 200
    assert held(at).design.ranker == small_scenario().design.ranker
    assert len(lines(at)) == 1


def test_a_change_keeps_the_ads_and_repairs_what_their_log_does_not_allow() -> None:
    at = press(opened({**small(), "ads.negatives": "0.5"}), "40")
    assert at.query_params["ads.negatives"] == "0.5"
    press(at, "older ads")
    assert held(at).ads.design.age_days == 7
    assert at.query_params["ads.age_days"] == "7"
    assert at.query_params["candidates"] == "40"
    (line,) = lines(at)
    assert line.endswith("it is now 7.")


@pytest.mark.parametrize(
    ("typed", "served", "told"),
    [(7, 7, 0), (99_999, 119, 1), (-1, 0, 1), (None, 17, 0)],
)
def test_a_user_whom_the_world_does_not_have_is_repaired_and_told(
    typed: int | None, served: int, told: int
) -> None:
    at = press(opened({**small()}), f"user {typed}")
    assert held(at).user == served
    assert at.query_params["user"] == str(served)
    assert len(lines(at)) == told
    if told:
        assert lines(at) == [f"Users go from 0 to 119: user is now {served}."]


def test_a_widget_shows_a_value_that_did_not_come_from_it() -> None:
    at = opened({**small()})
    assert at.slider[0].value == 20
    press(at, "40")
    assert at.slider[0].value == 40


def test_every_viewer_has_a_name_of_the_own_that_stays() -> None:
    def name(at: AppTest) -> str:
        return str(at.text[0].value)

    def nameplate() -> None:
        import streamlit as st

        from ui import session

        st.text(session.viewer())

    one, other = (AppTest.from_function(nameplate).run() for _ in range(2))
    assert name(one) != name(other)
    assert name(one) == name(one.run())
