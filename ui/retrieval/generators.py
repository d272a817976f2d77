"""The generators of the retrieval page: compared here, or as they ship; and other worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import streamlit as st

from engine.fitting_process import generators_of
from engine.generators import GENERATORS
from engine.presets import GENERATOR_PRESET_MEANINGS, GENERATOR_PRESETS, PRESET_MEANINGS
from engine.retrieval.generators import left_out, load_generators
from engine.scenario import Scenario
from engine.world import KNOBS, WorldConfig
from ui import session
from ui.controls import steps
from ui.html_table import show_table
from ui.job_line import job_line
from ui.jobs import Cancelled
from ui.live_figure import live_figure
from ui.names import capital
from ui.retrieval.comparisons import comparisons
from ui.retrieval.generator_charts import facts_rows, generator_chart, generator_table
from ui.retrieval.generator_words import leading, of_the_unknown
from ui.write_up.say import heading, note, say

_STEPS: dict[str, tuple[float, ...]] = {
    "cold_users": (0.0, 0.05, 0.1, 0.2, 0.3, 0.5),
    "items": (1_000, 2_000, 5_000, 10_000, 20_000, 50_000),
    "impressions": (20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000),
}
_STEP_LABELS = {
    "cold_users": "Cold-start share of users",
    "items": "Catalogue size, items",
    "impressions": "Log length, impressions",
}
WORLDS = {"default": WorldConfig()} | GENERATOR_PRESETS
"""The shipped world, and those in which another generator wins, by name."""
_MEANINGS = {"default": PRESET_MEANINGS["default"]} | GENERATOR_PRESET_MEANINGS


def show_generators(scenario: Scenario) -> None:
    """All generators side by side in this world, and how to go to another one."""
    order, off = list(GENERATORS), left_out(generators_of(scenario), scenario.world.items)
    with st.container(key="generators_part"):
        heading("Which generator, in which world?")
        frame, line = _frame(scenario)
        if frame is not None:
            say(leading(frame, off))
            for figure, column in zip(
                ("ceiling", "recall"), st.columns(2, gap="large"), strict=True
            ):
                with column:
                    drawn = generator_chart(frame, figure, off, order)
                    live_figure(
                        drawn,
                        key=f"generators_{figure}",
                        height=60 * len(order) + 90,
                        alt=f"{drawn['layout']['title']['text']}. {line}",
                        filename=f"generators-{figure}",
                        table=generator_table(frame),
                        caption=line,
                    )
            heads, rows = facts_rows(frame, off, order)
            show_table("Generators side by side", heads, rows)
            with st.expander("New users and new items"):
                say(of_the_unknown(generators_of(scenario)))
        elif off:
            note(" ".join(off.values()))
        _offer(scenario, frame is not None)
        _worlds(scenario)


def _frame(scenario: Scenario) -> tuple[pd.DataFrame | None, str]:
    """The comparison made here, else the one that ships where it holds; and its origin."""
    candidates = scenario.design.candidates
    study = comparisons().known(scenario)
    if study is not None and study.job.ended and study.job.error is None:
        frame = study.found
        users = int(frame["users"].max())
        return frame, (
            f"simulated, {users:,} users, bars ± 95% · fitted in this app · top {candidates:,}"
        )
    worlds = {"default": WorldConfig()} | WORLDS
    name = next((name for name, world in worlds.items() if world == scenario.world), None)
    if name is None or generators_of(scenario) != generators_of(Scenario()):
        return None, ""
    try:
        shipped = load_generators()
    except ValueError as error:
        st.warning(f"The shipped comparison cannot be read: {error}.", icon=":material/error:")
        return None, ""
    shipped = shipped[shipped["study"] == "comparison"]
    shipped = shipped[shipped["world"] == name]
    if shipped.empty:
        return None, ""
    first = shipped.iloc[0]
    return shipped, (
        f"simulated, {int(shipped['users'].max()):,} users, bars ± 95% · shipped, top "
        f"{int(first['candidates']):,}, fitted on {first['machine']}, {first['measured_on']}"
    )


def _offer(scenario: Scenario, known: bool) -> None:
    study = comparisons().known(scenario)
    job = None if study is None else study.job
    if job is not None and not job.ended:
        job_line(job, "generators", comparisons().end, (scenario,), lambda: job.ended)
        return
    if job is not None and job.error is not None and not isinstance(job.error, Cancelled):
        st.error(f"The generators could not be compared: {job.error}.", icon=":material/error:")
    if job is not None and job.error is None:
        return
    st.button(
        "Compare the generators here" if not known else "Compare them on this machine",
        key="begin_generators",
        icon=":material/compare:",
        help="Fits each of them in this world, in the background; a minute or two, kept",
        on_click=_begin,
    )


def _begin() -> None:
    comparisons().begin(session.scenario())


def _worlds(scenario: Scenario) -> None:
    """Presets and three choices of the world, each of which opens another one."""
    with st.expander("Another world"):
        _presets(scenario)
        columns = st.columns(3, gap="large")
        for column, (field, options) in zip(columns, _STEPS.items(), strict=True):
            with column:
                _world_step(scenario, field, options)


def _presets(scenario: Scenario) -> None:
    own = "as in the link"
    here = next((name for name, world in WORLDS.items() if world == scenario.world), None)
    key = session.hold("choose_generator_world", here or own)

    def changed() -> None:
        name = st.session_state[key]
        if name in WORLDS:
            session.change(lambda held: _in_world(held, WORLDS[name]))

    st.segmented_control(
        "The world",
        [*WORLDS, *([] if here else [own])],
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        on_change=changed,
        format_func=_in_words,
        help=" · ".join(f"{_in_words(name)}: {meaning}" for name, meaning in _MEANINGS.items()),
    )


def _in_words(name: str) -> str:
    return name.replace("_", " ")


def _world_step(scenario: Scenario, field: str, options: tuple[float, ...]) -> None:
    def put(value: float) -> None:
        kind = type(getattr(scenario.world, field))
        changed: dict[str, Any] = {field: kind(value)}
        session.change(lambda held: _in_world(held, replace(held.world, **changed)))

    knob = KNOBS[field]
    style = "{:.0%}" if field == "cold_users" else "{:,.0f}"
    meaning = capital(knob.meaning)
    value = getattr(scenario.world, field)
    steps(_STEP_LABELS[field], f"world_{field}", options, value, put, style, meaning)


def _in_world(scenario: Scenario, world: WorldConfig) -> Scenario:
    return replace(scenario, world=world, user=min(scenario.user, world.users - 1))
