"""How far a job is, in a line that looks after itself, with a button that ends it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from ui import session
from ui.jobs import Job

_LOOK_EVERY_S = 0.5


def _never() -> bool:
    return False


def job_line(
    job: Job,
    name: str,
    cancel: Callable[..., None],
    args: tuple[Any, ...],
    news: Callable[[], bool] = _never,
) -> None:
    """Progress with the time left, and a button that cancels.

    Parameters
    ----------
    name : of the button's key, ``cancel_{name}``.
    cancel, args : what the button calls.
    news : whether there is something new to draw the page again for.
    """

    @st.fragment(run_every=_LOOK_EVERY_S)
    def line() -> None:
        left = job.left_s
        when = "" if left is None else f" · about {max(1, round(left))} s left"
        st.progress(job.done, text=f"{job.what}{when}")
        if news():
            session.draw_page_again()

    line()
    st.button("Cancel", key=f"cancel_{name}", icon=":material/close:", on_click=cancel, args=args)
