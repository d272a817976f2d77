"""Hard vectors on the page: both recalls, the reason, and what mends it, to be tried."""

from __future__ import annotations

from functools import partial

import streamlit as st

from engine.scenario import Scenario
from ui import session
from ui.job_line import job_line
from ui.jobs import Cancelled
from ui.live_figure import live_figure
from ui.retrieval.hard import (
    Case,
    cases_of,
    hard_chart,
    hard_table,
    hard_words,
)
from ui.retrieval.hard_studies import Points, hard_studies
from ui.retrieval.kept_studies import Study
from ui.write_up.say import heading, say


def show_hard(scenario: Scenario) -> None:
    """One graph on easy and on hard vectors, and buttons that try what mends the latter."""
    study, cases = hard_studies().known(scenario), cases_of(scenario)
    with st.container(key="hard_part"):
        heading("Which vectors are hard?")
        points = {} if study is None else study.found
        if points:
            say(hard_words(points))
            graph = cases[0].index
            k = scenario.design.candidates
            line = (
                f"simulated, bars ± 95% · HNSW (M {graph.M}, ef_construction "
                f"{graph.ef_construction}, ef_search {graph.ef_search}) where nothing else is "
                f"said · k {k:,}"
            )
            live_figure(
                hard_chart(cases, points),
                key="hard",
                height=90 + 34 * max(2, len(points)),
                alt=f"ANN recall of one graph on {len(points)} sets of vectors. {line}",
                filename="hard-vectors",
                table=hard_table(cases, points),
                caption=line,
            )
        else:
            say(
                "HNSW is built for distances. Vectors of unit length are easy for it, the raw "
                "inner products of matrix factorisation are not. Measure both, and what mends it:"
            )
        _offer(study, scenario)
        _try(cases, scenario)


def _try(cases: list[Case], scenario: Scenario) -> None:
    """Buttons that show one of the cases above, in all parts of the page."""
    st.caption("Show one of these on the whole page:")
    with st.container(horizontal=True):
        for place, case in enumerate(cases):
            there = case.of(scenario)
            here = (there.design, there.vectors.effective) == (
                scenario.design,
                scenario.vectors.effective,
            )
            st.button(
                case.name,
                key=f"hard_{place}",
                disabled=here,
                on_click=partial(_go, case),
                type="secondary",
            )


def _go(case: Case) -> None:
    session.change(lambda held: case.of(held))


def _offer(study: Study[Points] | None, scenario: Scenario) -> None:
    if study is not None and not study.job.ended:
        job, seen = study.job, len(study.found)
        job_line(
            job,
            "hard",
            hard_studies().end,
            (scenario,),
            lambda: job.ended or len(study.found) != seen,
        )
        return
    error = None if study is None else study.job.error
    if error is not None and not isinstance(error, Cancelled):
        st.error(f"The vectors could not be measured: {error}.", icon=":material/error:")
    if study is None or error is not None:
        st.button(
            "Measure all of them",
            key="begin_hard",
            icon=":material/timer:",
            help="Builds one graph for each, in the background; about a minute or two, kept",
            on_click=_begin,
        )


def _begin() -> None:
    hard_studies().begin(session.scenario())
