"""Points of many indexes: those that ship, those measured here, and how to have them measured."""

from __future__ import annotations

import streamlit as st

from engine.measurement import this_machine
from engine.scenario import Scenario
from ui import session
from ui.job_line import job_line
from ui.jobs import Cancelled
from ui.retrieval.kept_studies import Study
from ui.retrieval.shipped import shipped_sweep
from ui.retrieval.sweep_studies import Points, sweep_studies
from ui.retrieval.tradeoff import Sweep
from ui.write_up.say import note


def sweep_of(scenario: Scenario) -> Sweep | None:
    """The points measured here, as far as they have come; else those that ship; else None."""
    place = st.container()  # always there, so that what stands below keeps its place
    found = sweep_studies().known(scenario)
    if found is not None and found.found and found.job.error is None:
        return Sweep(found.found, scenario.design.candidates, _here(found), here=True)
    try:
        return shipped_sweep(scenario)
    except ValueError as error:
        place.warning(f"The shipped points cannot be read: {error}.", icon=":material/error:")
        return None


def offer_sweep(scenario: Scenario, sweep: Sweep | None) -> None:
    """A button that measures the whole grid here, its progress, or why it failed."""
    found = sweep_studies().known(scenario)
    if found is not None and not found.job.ended:
        job_line(found.job, "sweep", sweep_studies().end, (scenario,))
        return
    error = None if found is None else found.job.error
    if error is not None and not isinstance(error, Cancelled):
        st.error(f"The sweep could not be measured: {error}.", icon=":material/error:")
    if sweep is not None and sweep.k != scenario.design.candidates:
        note(
            f"These points were asked for {sweep.k:,}, not {scenario.design.candidates:,}: "
            "recalls of different k do not compare, so “you are here” is hollow and tells its own."
        )
    if sweep is not None and sweep.here:
        return
    st.button(
        "Measure it here",
        key="begin_sweep",
        icon=":material/timer:",
        help="All types of index over their knobs, on these vectors at k = "
        f"{scenario.design.candidates:,}, in the background, a minute or two; kept for later",
        on_click=_begin,
    )


def _begin() -> None:
    sweep_studies().begin(session.scenario())


def _here(found: Study[Points]) -> str:
    first = found.found[0]
    so_far = "" if found.job.ended else f", {len(found.found)} of {found.planned} so far"
    return (
        f"measured here, {len(found.found)} indexes{so_far}, {first.requests:,} single searches "
        f"each, {this_machine()}"
    )
