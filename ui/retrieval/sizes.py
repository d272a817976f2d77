"""Cost against the size of the catalogue on the page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine.measurement import this_machine
from engine.retrieval import VectorData
from engine.retrieval.sizes import crossings
from engine.scenario import Scenario
from engine.world import WorldConfig
from ui import session
from ui.controls import LABELS
from ui.job_line import job_line
from ui.jobs import Cancelled
from ui.live_figure import live_figure
from ui.retrieval.kept_studies import Study
from ui.retrieval.shipped import shipped_sizes
from ui.retrieval.size_charts import crossing_words, over_size, size_table
from ui.retrieval.size_studies import HERE, Frames, size_studies
from ui.write_up.say import heading, say

_KINDS = {"p50_ms": "size_time", "memory_bytes": "size_memory", "build_seconds": "size_build"}


def show_sizes(n: int, scenario: Scenario) -> None:
    """Where an index begins to pay: time, memory and build over sizes, as they ship.

    n : vectors on the page.
    """
    with st.container(key="sizes_part"):
        heading("From how many items on?")
        study = size_studies().known(scenario)
        frame, own, line = _frame(study, scenario)
        if frame is None:
            _offer(study, scenario)
            return
        found = crossings(frame)
        say(crossing_words(frame, found, n, "" if own else _whose(frame)))
        wide, *narrow = (st.container(), *st.columns(2, gap="large"))
        for place, height, column in zip((wide, *narrow), (380, 300, 300), _KINDS, strict=True):
            with place:
                figure = over_size(frame, column, found, n)
                live_figure(
                    figure,
                    key=_KINDS[column],
                    height=height,
                    alt=f"{figure['layout']['title']['text']}. {line}",
                    filename=_KINDS[column].replace("_", "-"),
                    table=size_table(frame),
                    caption=line,
                )
        _offer(study, scenario)


def _frame(
    study: Study[Frames] | None, scenario: Scenario
) -> tuple[pd.DataFrame | None, bool, str]:
    """Sizes measured here, as far as they have come, else those that ship; their origin."""
    if study is not None and study.found and study.job.error is None:
        frame = pd.concat(study.found, ignore_index=True)
        first = frame.iloc[0]
        line = (
            f"measured here, {this_machine()}, {int(first['requests']):,} single searches each, up "
            f"to {frame['held_up'].max():.0%} held up by other work, k {int(first['k']):,}, these "
            "vectors grown and cut"
        )
        return frame, True, line
    try:
        frame, own = sizes_for(shipped_sizes(), scenario)
    except ValueError as error:
        st.warning(f"The shipped sizes cannot be read: {error}.", icon=":material/error:")
        return None, False, ""
    return frame, own, _line(frame)


def _offer(study: Study[Frames] | None, scenario: Scenario) -> None:
    """A button that measures sizes of these vectors here, its progress, or why it failed."""
    if study is not None and not study.job.ended:
        job, seen = study.job, len(study.found)
        job_line(
            job,
            "sizes",
            size_studies().end,
            (scenario,),
            lambda: job.ended or len(study.found) != seen,
        )
        return
    error = None if study is None else study.job.error
    if error is not None and not isinstance(error, Cancelled):
        st.error(f"The sizes could not be measured: {error}.", icon=":material/error:")
    if study is None or error is not None:
        st.button(
            "Measure sizes of these vectors here",
            key="begin_sizes",
            icon=":material/timer:",
            help=f"{', '.join(f'{n:,}' for n in HERE)} vectors, in the background; a minute or "
            "two, in which a slider's figures come later; kept for the next time",
            on_click=_begin,
        )


def _begin() -> None:
    size_studies().begin(session.scenario())


def sizes_for(frame: pd.DataFrame, scenario: Scenario) -> tuple[pd.DataFrame, bool]:
    """The rows of the generator whose vectors are the most like the page's; whether they are its.

    Vectors that were drawn, or of a generator that is not in the frame, are like no other: they
    get the rows that come first.
    """
    generator = scenario.design.generator
    known = not scenario.vectors.synthetic and generator.name in set(frame["generator"])
    name = generator.name if known else frame["generator"].iloc[0]
    usual = scenario.world == WorldConfig() and scenario.vectors.effective == VectorData()
    return frame[frame["generator"] == name], known and usual and generator == type(generator)()


def _whose(frame: pd.DataFrame) -> str:
    name = str(frame["generator"].iloc[0])
    return LABELS.get(name, name)


def _line(frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    return (
        f"measured on {first['machine']}, {first['measured_on']}, {int(first['requests']):,} "
        f"single searches each, up to {frame['held_up'].max():.0%} held up by other work, "
        f"k {int(first['k']):,}, {_whose(frame)} of the shipped catalogue grown and cut, "
        "the cheapest knob that reaches the recall"
    )
