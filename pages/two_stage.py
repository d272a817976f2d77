"""What does the whole cost, and where is quality lost? The main page."""

import streamlit as st

from ui import session
from ui.controls import design_controls
from ui.copy_link import copy_link
from ui.two_stage import (
    PAGE,
    await_measured,
    show_charts,
    show_figures,
    show_slate,
    show_stopwatch,
    view_of,
)
from ui.waiting import prepared


@st.fragment(key=PAGE)
def page() -> None:
    rail, main = st.columns([1, 4], gap="large")
    with rail:
        design_controls(session.scenario())
        copy_link()
        below = st.container()
    with main:
        st.title("What does the whole cost, and where is quality lost?", anchor=False)
        session.show_repairs()
        ready, scenario = prepared(session.scenario())
        view, measurement = view_of(ready, scenario)
        show_figures(view)
        show_charts(view)
        show_slate(ready, scenario)
    with below:
        show_stopwatch(scenario)
    if view.source == "grid":
        with below:
            await_measured(measurement)


page()
