"""What does the whole cost, and where is quality lost? The main page."""

import streamlit as st

from ui import session
from ui.all_figures import show_all_figures
from ui.controls import design_controls
from ui.copy_link import copy_link
from ui.machines import show_machines
from ui.two_stage import (
    await_measured,
    follow_sliders,
    show_charts,
    show_figures,
    show_slate,
    view_to_draw,
)
from ui.waiting import prepared
from ui.why import show_why


@st.fragment(key=session.FIGURES)
def figures() -> None:
    scenario = session.scenario()
    ready = prepared(scenario)
    view = view_to_draw(ready, scenario)
    words = st.container()
    show_charts(view)
    with words:  # drawn after the charts, which answer a slider first
        show_figures(view, ready, scenario)
    show_slate(ready, scenario)
    show_why(ready, scenario)
    show_machines(view)
    show_all_figures(view, None)
    follow_sliders(ready, scenario.design)
    if view.source == "grid":
        await_measured(ready, scenario)


st.title("What does the whole cost, and where is quality lost?", anchor=False)
session.show_repairs()
rail, main = st.columns([1, 4], gap="large")
with rail:
    design_controls(session.scenario())
    copy_link()
with main:
    # Long work is awaited here first: a button in the fragment, such as the one that cancels it,
    # would be heard only once the run of the whole page is over.
    prepared(session.scenario())
    figures()
