"""What a viewer sees while long work runs: what it is, how far, how long still, and a way out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from engine.pipeline import System
from engine.scenario import Scenario
from ui import session
from ui.jobs import Cancelled, Job
from ui.prepared import Prepared, as_vectors_allow
from ui.studio import studio

_LOOK_EVERY_S = 0.1
_LAST_READY = "last_ready"
_GETTING_READY = "**Getting this design ready.** What is fitted once is kept."


def prepared(scenario: Scenario) -> Prepared:
    """The prepared family of a scenario; shows progress until it is there.

    Begins the run anew where the index does not allow the scenario, and ends it with one
    line and a remedy where it cannot be prepared.
    """
    ready: Prepared = awaited(studio().prepare(scenario), scenario, _GETTING_READY, studio().drop)
    repair_index(ready.system, scenario)
    return ready


def awaited(
    job: Job,
    scenario: Scenario,
    title: str,
    drop: Callable[[Scenario], None],
    instead: Scenario | None = None,
) -> Any:
    """The result of a scenario's job; shows progress until it is there.

    Ends the run with one line and a remedy where there is none.

    Parameters
    ----------
    title : what is being done, in Markdown.
    drop : forgets the scenario's job, so that it is begun anew when next asked for.
    instead : what to go to where it fails, or is cancelled before anything was shown; the
        default scenario where none is given.
    """
    with st.container():  # always there, so that what stands below keeps its place
        if not job.ended:
            _show_progress(job, scenario, title, drop, instead=instead)
    if job.error is not None:
        drop(scenario)
        _show_failure(job.error, instead or Scenario())
    st.session_state[_LAST_READY] = scenario
    return job.result


def fitted(scenario: Scenario) -> System:
    """What serves a scenario, as `prepared` does, but without the wait for grids."""
    job = studio().prepare(scenario)
    with st.container():  # as above
        if not job.ended and studio().system(scenario) is None:
            _show_progress(
                job,
                scenario,
                _GETTING_READY,
                studio().drop,
                lambda: studio().system(scenario) is not None,
            )
    system = studio().system(scenario)
    if system is None:
        system = prepared(scenario).system
    repair_index(system, scenario)
    return system.tuned(scenario.design)


def repair_index(system: System, scenario: Scenario) -> None:
    """How many vectors there are shows once they are fitted: repair what they do not allow.

    Begins the run anew where something was repaired.
    """
    design, lines = as_vectors_allow(system, scenario.design)
    if design != scenario.design:
        session.settle(replace(scenario, design=design), [*session.repairs(), *lines])
        st.rerun()  # the whole page: its controls show the design too


def _never() -> bool:
    return False


def _show_progress(
    job: Job,
    scenario: Scenario,
    title: str,
    drop: Callable[[Scenario], None],
    enough: Callable[[], bool] = _never,
    instead: Scenario | None = None,
) -> None:
    """Show how far it is until it ends, or has come far enough."""
    place = st.empty()
    with place.container(key=f"getting_ready_{id(job)}"):
        st.markdown(title)
        bar = st.progress(0.0)
        shown = st.session_state.get(_LAST_READY)
        fallback = shown if shown not in (None, scenario) else instead or Scenario()
        if fallback != scenario:
            st.button(
                "Cancel",
                key="cancel",
                icon=":material/close:",
                help="Go back to the design that was shown before",
                on_click=_give_up,
                args=(job, scenario, fallback, drop),
            )
    told = None
    with job.watched(session.viewer()):
        while not job.wait(_LOOK_EVERY_S) and not enough():
            left = job.left_s
            when = "" if left is None else f" · about {max(1, round(left))} s left"
            news = round(job.done, 2), f"{job.what}{when}"
            if news != told:  # a browser draws whatever it is sent, beside other viewers' pages
                told = news
                bar.progress(news[0], text=news[1])
    place.empty()


def _give_up(
    job: Job, scenario: Scenario, fallback: Scenario, drop: Callable[[Scenario], None]
) -> None:
    """Go back; the work itself is ended only where nobody else waits for it."""
    line = "Cancelled: this is the design that was shown before."
    if fallback != st.session_state.get(_LAST_READY):
        line = "Cancelled: this is another design, which is soon ready."
    if not job.watched_by_others(session.viewer()):
        job.cancel()
        drop(scenario)
    session.settle(fallback, [line])
    st.rerun()


def _show_failure(error: BaseException, instead: Scenario) -> None:
    if isinstance(error, Cancelled):
        line = "Another viewer cancelled this work. Change a setting to begin it again."
    elif isinstance(error, ValueError):
        line = f"This design cannot be built: {error}."
    else:
        line = f"This design could not be made ready ({type(error).__name__})."
    st.error(line, icon=":material/error:")
    st.button("Back to the default design", on_click=_start_over, args=(instead,))
    st.stop()


def _start_over(instead: Scenario) -> None:
    session.settle(instead, [])
    st.rerun()  # the whole page: its controls show the design too
