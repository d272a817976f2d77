"""The first charts of a page before all else on it, for a viewer who opens the app.

What reaches a browser together is drawn together: charts would wait for dozens of widgets, and only
then begin to load what they are drawn with. Sent ahead, they have it loaded at once, and the rest
arrives while the browser is at that.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import streamlit as st

from ui import session

_AHEAD_S = 0.25
_OPENED = "opened"


def in_turn(rail: Callable[[], None], main: Callable[[], None], at_hand: bool) -> None:
    """Draw a page's rail, then its main column; the other way round for who opens the app.

    at_hand : whether nothing keeps the main column waiting, such as a fit: the rail must not.
    """
    ahead = at_hand and _OPENED not in st.session_state
    st.session_state[_OPENED] = not ahead
    with session.whole_page():
        for part in (main, rail) if ahead else (rail, main):
            part()
    st.session_state[_OPENED] = True


def before_the_rest() -> None:
    """Once the first charts are sent: let them get ahead, once for each viewer."""
    if not st.session_state.get(_OPENED, False):
        st.session_state[_OPENED] = True
        time.sleep(_AHEAD_S)
