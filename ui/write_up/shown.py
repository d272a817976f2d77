"""What a viewer's page shows, gathered as it runs, each part at its place on the page.

A page is not drawn from top to bottom: charts answer a slider first, sentences above them follow,
and a fragment runs again alone. So a part is kept under the place at which Streamlit sets the
element that comes next, and the order of places is the order on the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import streamlit as st
from streamlit.delta_generator_singletons import get_dg_singleton_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.write_up.parts import Part

Place = tuple[int, ...]
Source = Part | Callable[[], Part]
"""A part, or what makes it once it is asked for: a slider must not wait for it."""


class State(Protocol):
    """A session's state: Streamlit's own, or that of an `AppTest`."""

    def __getitem__(self, key: str, /) -> Any: ...

    def __contains__(self, key: str, /) -> bool: ...


_PARTS, _PAGE, _TITLE = "shown_parts", "shown_page", "shown_title"


def begin(page: str) -> None:
    """A whole run begins: nothing is shown yet. page : its path, without a slash."""
    st.session_state[_PARTS], st.session_state[_PAGE] = {}, page
    st.session_state[_TITLE] = ""


def entitle(title: str) -> None:
    """What the page asks, in plain text."""
    st.session_state[_TITLE] = title


def afresh() -> None:
    """At the top of a fragment: what it showed before is shown no more."""
    if get_script_run_ctx() is None or _PARTS not in st.session_state:
        return
    within = _place()[:-1]
    parts: dict[Place, tuple[Source, ...]] = st.session_state[_PARTS]
    for place in [place for place in parts if place[: len(within)] == within]:
        del parts[place]


def put(*parts: Source) -> None:
    """Keep what the element that comes next shows, in the place of what stood there before."""
    if get_script_run_ctx() is not None and _PARTS in st.session_state:
        st.session_state[_PARTS][_place()] = parts


def parts_of(state: State) -> tuple[Part, ...]:
    """All that the page of a session shows, in page order."""
    kept: dict[Place, tuple[Source, ...]] = dict(state[_PARTS])
    return tuple(
        part() if callable(part) else part for place in sorted(kept) for part in kept[place]
    )


def page_of(state: State) -> tuple[str, str]:
    """Path and title of the page of a session."""
    return (state[_PAGE], state[_TITLE]) if _PAGE in state else ("", "")


def _place() -> Place:
    """Where Streamlit sets the next element; it has no public name for that."""
    cursor = get_dg_singleton_instance().main_dg._active_dg._cursor
    assert cursor is not None
    return tuple(cursor.delta_path)
