"""Pinning under the next free letter, going to a pin, unpinning, and what is said at four."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from engine.clicks import ClickDesign
from engine.design import Design
from engine.scenario import Scenario

RAIL = """
import streamlit as st
from ui import session
from ui.pin_controls import pin_ads, pin_controls

session.open_link()
pin_controls(session.scenario(), link=False)
pin_ads(session.scenario().ads, link=False)
"""
PINS = tuple(Design(candidates=n) for n in (100, 200, 400, 500))
MODELS = tuple(ClickDesign(negatives=n) for n in (0.1, 0.2, 0.4, 0.5))
Rail = Callable[[Scenario], AppTest]


@pytest.fixture
def rail() -> Rail:
    """`rail(scenario)` -> both kinds of controls, as the compare page has them."""

    def opened(scenario: Scenario) -> AppTest:
        at = AppTest.from_string(RAIL)
        for name, text in scenario.to_query().items():
            at.query_params[name] = text
        return at.run()

    return opened


def held(at: AppTest) -> Scenario:
    scenario: Scenario = at.session_state["scenario"]
    return scenario


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def press(at: AppTest, label: str) -> AppTest:
    (button,) = [button for button in at.button if button.label == label]
    return button.click().run()


def test_the_current_design_is_pinned_under_the_next_free_letter(rail: Rail) -> None:
    at = press(rail(Scenario(pins=PINS[:1])), "Pin this design as B")
    assert held(at).pins == (PINS[0], Design())
    assert dict(at.query_params)["pin.b"] == "candidates-300"
    assert "Pin this design as C" not in labels(at)  # it is pinned already
    assert any(caption.value.endswith("the current one") for caption in at.caption)


def test_a_pin_can_be_gone_to_and_taken_out_and_the_others_close_up(rail: Rail) -> None:
    at = press(rail(Scenario(pins=PINS[:3])), "Go to B")
    assert held(at).design == PINS[1]
    assert held(at).pins == PINS[:3]
    at = press(at, "Unpin A")
    assert held(at).pins == PINS[1:3]
    assert held(at).pinned == PINS[1]


def test_at_four_it_says_what_to_do(rail: Rail) -> None:
    at = rail(Scenario(pins=PINS))
    assert not [label for label in labels(at) if label.startswith("Pin this design")]
    captions = [caption.value for caption in at.caption]
    assert "Four are pinned, and no more can be. Unpin one to pin this design." in captions
    at = press(at, "Unpin D")
    assert "Pin this design as D" in labels(at)


def test_click_models_are_pinned_apart_and_no_two_buttons_have_one_name(rail: Rail) -> None:
    scenario = Scenario(pins=PINS[:2])
    at = rail(replace(scenario, ads=replace(scenario.ads, pins=MODELS[:2])))
    assert len(set(labels(at))) == len(labels(at))
    at = press(at, "Pin this click model as C")
    assert held(at).ads.pins == (*MODELS[:2], ClickDesign())
    at = press(press(at, "Go to model A"), "Unpin model B")
    assert held(at).ads.design == MODELS[0]
    assert held(at).ads.pins == (MODELS[0], ClickDesign())
    assert held(at).pins == PINS[:2]


def test_what_is_pinned_is_the_design_of_now_and_never_a_fifth(rail: Rail) -> None:
    at = rail(Scenario(pins=PINS[:3]))
    moved = replace(held(at), design=Design(candidates=700))  # by a slider, since the rail's run
    at.session_state["scenario"] = moved
    (button,) = [button for button in at.button if button.label == "Pin this design as D"]
    assert held(button.click().run()).pins == (*PINS[:3], Design(candidates=700))
    at.session_state["scenario"] = replace(held(at), pins=PINS)
    assert held(at.run()).pins == PINS
