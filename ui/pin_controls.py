"""Pinning a design as A, to hold every other one against it."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from engine.design import Design
from engine.scenario import Scenario
from ui import session
from ui.names import in_short


def pin_controls(scenario: Scenario) -> None:
    """A button to pin, or what is pinned and what can be done with it."""
    with st.container(key="pin"):
        if scenario.pinned is None:
            st.button(
                "Pin this design as A",
                icon=":material/keep:",
                width="stretch",
                help="Every figure and chart then shows the difference to it",
                on_click=_pin,
                args=(scenario.design,),
            )
            return
        st.caption(f"**A** is {in_short(scenario.pinned)}")
        with st.container(horizontal=True):
            if scenario.pinned != scenario.design:
                st.button("Go to A", on_click=_go_to, args=(scenario.pinned,))
                st.button("Pin this instead", on_click=_pin, args=(scenario.design,))
            st.button("Unpin", on_click=_pin, args=(None,))


def _pin(design: Design | None) -> None:
    first = () if design is None else (design,)
    session.change(lambda scenario: replace(scenario, pins=(*first, *scenario.pins[1:])))


def _go_to(design: Design) -> None:
    session.change(lambda scenario: replace(scenario, design=design))
