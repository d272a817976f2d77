"""What does the whole cost, and where is quality lost? The main page."""

from dataclasses import replace
from functools import cache

import streamlit as st

from ui import session
from ui.all_figures import show_all_figures
from ui.charts_first import before_the_rest, in_turn
from ui.controls import design_controls
from ui.copy_link import copy_link
from ui.following import follow_sliders, previews_known
from ui.frontier import show_frontier
from ui.machines import show_machines
from ui.pin_controls import pin_controls
from ui.traffic_inputs import ask_for_traffic
from ui.two_stage import (
    at_hand,
    await_measured,
    draw_again_when_known,
    show_charts,
    show_figures,
    show_slate,
    view_to_draw,
)
from ui.waiting import prepared
from ui.why import show_why
from ui.write_up.controls import take_away
from ui.write_up.say import title
from ui.write_up.shown import afresh


@st.fragment(key=session.FIGURES)
def figures() -> None:
    afresh()
    scenario = session.scenario()
    ready = prepared(scenario)
    place = st.empty()  # always there, so that what stands below keeps its place
    words, curves, others, one_user = (st.container() for _ in range(4))

    @cache
    def of_one_user() -> None:  # hangs on no measured figure
        with one_user:
            show_slate(ready, scenario)
            show_why(ready, scenario)

    with session.whole_figures():
        view, pending = view_to_draw(ready, scenario, place, of_one_user)
        with curves:
            show_charts(view)
        before_the_rest()
        with words:  # drawn after the charts, which answer a slider first
            show_figures(view, ready, scenario)
        with others:
            show_frontier(view, scenario)
        of_one_user()
        show_all_figures(view)
        show_machines(view)
        follow_sliders(view, ready, scenario)
        if view.source == "grid":
            await_measured(ready, scenario)
        pending = replace(pending, previews=not previews_known(ready, scenario))
        draw_again_when_known(view, ready, scenario, pending)


def controls() -> None:
    with rail:
        design_controls(session.scenario())
        pin_controls(session.scenario())
        copy_link()
        take_away("two_stage")


def shown() -> None:
    with main:
        # Long work is awaited here first: a button in the fragment, such as the one that cancels
        # it, would be heard only once the run of the whole page is over.
        prepared(session.scenario())
        figures()
        ask_for_traffic()


title("What does the whole cost, and where is quality lost?")
session.show_repairs()
rail, main = st.columns([1, 4], gap="large")
in_turn(controls, shown, at_hand(session.scenario()))
