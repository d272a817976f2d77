"""One viewer's scenario: read from the link once, kept over pages, written back to the link."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

import streamlit as st
from streamlit.errors import StreamlitAPIException

from engine.scenario import Scenario, repaired_scenario

FIGURES = "figures"
"""Key of the fragment that holds what a slider changes."""

_MOST_SHOWN = 12
_SCENARIO, _REPAIRS, _WRITTEN, _VIEWER = "scenario", "repairs", "link_written", "viewer"
_PREVIEWED, _DRAWN, _FIGURES_DRAWN = "previewed", "drawn_whole", "figures_drawn"


def scenario() -> Scenario:
    """The scenario that this viewer looks at."""
    held: Scenario = st.session_state[_SCENARIO]
    return held


def viewer() -> str:
    """A name that tells this viewer from the others."""
    name: str = st.session_state.setdefault(_VIEWER, uuid4().hex)
    return name


def change(make: Callable[[Scenario], Scenario]) -> None:
    """Go to another scenario, repaired to what its world and its click log allow, and put it into
    the link."""
    settle(*repaired_scenario(make(scenario())))


def serve(user: int | None) -> None:
    """In a widget's callback: look at another user, repaired to one that the world has."""
    held, last = scenario(), scenario().world.users - 1
    if user is None:
        return
    known = min(max(user, 0), last)
    if known == user:
        settle(replace(held, user=known), [])
        return
    settle(replace(held, user=known), [f"Users go from 0 to {last:,}: user is now {known:,}."])
    st.rerun()  # the whole page, where the line stands


def settle(new: Scenario, repairs: list[str]) -> None:
    """Hold a scenario, and what to tell of its repair, and put it into the link."""
    st.session_state[_SCENARIO] = new
    st.session_state[_REPAIRS] = repairs
    # Always: of quick changes the browser may yet have to hear, so it may say that it holds this
    # one when an older one is still on its way there.
    _put_link()


def open_link() -> None:
    """Take the scenario from the address, unless it is the one written there last."""
    query = {name: st.query_params.get_all(name) for name in st.query_params}
    if _SCENARIO in st.session_state and (not query or query == st.session_state.get(_WRITTEN)):
        write_link()
        return
    st.session_state[_SCENARIO], st.session_state[_REPAIRS] = Scenario.from_query(query)
    write_link()


def write_link() -> None:
    """Put the scenario into the address, if it is not there already."""
    written = {name: [value] for name, value in scenario().to_query().items()}
    present = {name: st.query_params.get_all(name) for name in st.query_params}
    if present == written:
        st.session_state[_WRITTEN] = written
    else:
        _put_link()


def _put_link() -> None:
    query = scenario().to_query()
    st.query_params.from_dict(query)
    st.session_state[_WRITTEN] = {name: [value] for name, value in query.items()}


def repairs() -> list[str]:
    """What was repaired last, a line each."""
    lines: list[str] = st.session_state[_REPAIRS]
    return lines


def show_repairs() -> None:
    """Tell what was repaired last, a line each."""
    with st.container():  # always there, so that what stands below keeps its place
        lines = repairs()
        for line in lines[:_MOST_SHOWN]:
            st.warning(line, icon=":material/build:")
        if len(lines) > _MOST_SHOWN:
            st.warning(f"And {len(lines) - _MOST_SHOWN:,} more repairs.", icon=":material/build:")


def whole_page() -> AbstractContextManager[None]:
    """Around all that a page draws: a run that is cut short leaves parts of it undrawn."""
    return _to_the_end(_DRAWN)


def whole_figures() -> AbstractContextManager[None]:
    """Around all that the figures draw, and measure: a run that is cut short leaves it undone."""
    return _to_the_end(_FIGURES_DRAWN)


@contextmanager
def _to_the_end(drawn: str) -> Iterator[None]:
    st.session_state[drawn] = False
    yield
    st.session_state[drawn] = True


def redraw_previewed() -> None:
    """In the callback of what the browser previews: run the figures alone, or the whole page."""
    st.session_state[_PREVIEWED] = True
    if st.session_state.get(_DRAWN, False):
        st.rerun(FIGURES)


def redraw_within_figures(fragment: str) -> None:
    """In a widget's callback: run a fragment of the figures alone, or as much as was cut short by
    this very change: the figures, or the whole page."""
    if st.session_state.get(_DRAWN, False):
        st.rerun(fragment if st.session_state.get(_FIGURES_DRAWN, False) else FIGURES)


def take_previewed() -> bool:
    """Whether the browser shows a preview of what is to be drawn; asked once for each change."""
    return bool(st.session_state.pop(_PREVIEWED, False))


def draw_figures_again() -> None:
    """In the figures: run them once more, or the page where they run as a part of it."""
    try:
        st.rerun(scope="fragment")
    except StreamlitAPIException:  # the fragment runs within a run of the whole page
        st.rerun()


def draw_page_again() -> None:
    """In the figures: run the whole page once more, with the scenario as it is now."""
    _put_link()  # or the page would read the address as the browser last knew it
    st.rerun()


def hold(key: str, value: Any) -> str:
    """Make a widget show a value that did not come from it; returns its key.

    The widget is to be given the value as its default too: the browser is told once of a value that
    is set, and forgets it where the next run of the page is there before the widget is drawn.
    """
    if st.session_state.get(key) != value:
        st.session_state[key] = value
    return key
