"""What A to D are, how far each is, and where its measured figures come from."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Protocol, TypeVar

import streamlit as st

from engine.measurement import this_machine
from ui import session
from ui.write_up.parts import Table
from ui.write_up.shown import put

_LOOK_EVERY_S = 1.0
_AGED_EVERY_S = 30.0


class Pinned(Protocol):
    """What is known of a pinned design by now."""

    @property
    def letter(self) -> str:
        """A to D."""

    @property
    def name(self) -> str:
        """The design in short."""

    @property
    def state(self) -> object:
        """What a page that shows it has to be drawn again for."""

    @property
    def waiting(self) -> str:
        """What is being done for it; empty where nothing is."""

    @property
    def done(self) -> float:
        """The share of that."""


P = TypeVar("P", bound=Pinned)


def watch(
    found: Sequence[P],
    look: Callable[[], Sequence[P]],
    source_line: Callable[[P, float], str],
    pending: bool,
) -> None:
    """Show them, and look now and then whether more is known: the page is then drawn again.

    look : what is known now; asking is what keeps the work going. pending : whether more will
    be known soon.
    """
    state = [one.state for one in found]

    @st.fragment(run_every=_LOOK_EVERY_S if pending else _AGED_EVERY_S)
    def lines() -> None:
        now = look()
        if [one.state for one in now] != state:
            session.draw_page_again()
        _show([(one.letter, one.name, source_line(one, time.time())) for one in now])
        _show_progress([(one.waiting, one.done) for one in now if one.waiting])

    lines()


def _show(sources: Sequence[tuple[str, str, str]]) -> None:
    items = "".join(
        f'<li><span class="sl-pin sl-pin-{letter.lower()}">{letter}</span>'
        f"<span>{escape(name)}<span class='sl-quiet'>{escape(line)}</span></span></li>"
        for letter, name, line in sources
    )
    put(Table("Pinned designs", ("", "design", "measured"), tuple(sources)))
    machine = escape(f"Measured on {this_machine()}, one request at a time")
    st.html(f'<ul class="sl-pins" title="{machine}">{items}</ul>')


def _show_progress(waiting: Sequence[tuple[str, float]]) -> None:
    """Of the first that is waited for."""
    if not waiting:
        return
    what, done = waiting[0]
    line = f"{what[0].upper()}{what[1:]} …"
    if done < 1.0:
        st.progress(done, text=line)
    else:  # the stopwatch does not say how far it is
        st.caption(line)
