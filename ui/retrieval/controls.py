"""The control rail of the retrieval page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from engine.design import MAX_CANDIDATES, MIN_CANDIDATES
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.retrieval import KINDS
from engine.scenario import Scenario
from ui import session
from ui.controls import choice, number, query_knob, slider, steps

_REFINES = (0, 1, 2, 4, 8, 16)


def retrieval_controls(scenario: Scenario) -> None:
    """The five primary controls, and the rest folded away."""
    idle = not searchable(scenario)
    choice("Generator", "generator", GENERATORS, scenario.design)
    choice("Index", "index", INDEXES, scenario.design)
    query_knob(scenario.design, idle)
    _candidates(scenario)
    _data(scenario)
    with st.expander("More settings"):
        _refine(scenario)
        switch(scenario, "normalised", "Vectors of unit length", "choose_normalised")
        if scenario.vectors.synthetic:
            switch(scenario, "shifted", "Queries from elsewhere", "choose_shifted")
        _folded(scenario)


def searchable(scenario: Scenario) -> bool:
    """Whether there are vectors to search."""
    return scenario.vectors.synthetic or bool(scenario.design.generator.has_vectors)


def switch(scenario: Scenario, field: str, label: str, key: str) -> None:
    """A switch of the vectors, applied at once."""
    key = session.hold(key, bool(getattr(scenario.vectors, field)))

    def changed() -> None:
        put_vectors(**{field: bool(st.session_state[key])})

    helps = {
        "normalised": "The inner product is then the cosine. Norms, which hold how popular an "
        "item is, are lost with it.",
        "shifted": "Queries are drawn from another distribution than the vectors, as users are.",
    }
    st.toggle(label, value=st.session_state[key], key=key, on_change=changed, help=helps[field])


def put_vectors(**values: Any) -> None:
    """In a callback: search other vectors."""
    session.change(lambda held: replace(held, vectors=replace(held.vectors, **values)))


def put_index(**values: Any) -> None:
    """In a callback: the same type of index with other knobs."""

    def put(held: Scenario) -> Scenario:
        index = held.design.index
        known = {name: value for name, value in values.items() if name in index.knobs}
        return replace(held, design=replace(held.design, index=replace(index, **known)))

    session.change(put)


def _candidates(scenario: Scenario) -> None:
    most = scenario.vectors.n if scenario.vectors.synthetic else scenario.world.items

    def put(held: Scenario, value: int) -> Scenario:
        return replace(held, design=held.design.with_candidates(value))

    slider(
        "Candidates",
        max(MIN_CANDIDATES, scenario.design.slate),
        min(MAX_CANDIDATES, most, scenario.world.items),
        10,
        scenario.design.candidates,
        put,
        "How many items are retrieved: the k of every recall here.",
    )


def _data(scenario: Scenario) -> None:
    key = session.hold("choose_vectors", scenario.vectors.kind)

    def changed() -> None:
        if st.session_state[key] in KINDS:
            put_vectors(kind=st.session_state[key])

    st.segmented_control(
        "Vectors",
        list(KINDS),
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        width="stretch",
        on_change=changed,
        help=" · ".join(f"{kind}: {meaning}" for kind, meaning in KINDS.items()),
    )


def _refine(scenario: Scenario) -> None:
    index = scenario.design.index
    if "refine" not in index.knobs:
        return

    def shown(value: float) -> str:
        return "off" if value == 0 else f"{value:g} × k"

    steps(
        "refine",
        "search_refine",
        _REFINES,
        getattr(index, "refine", 0),
        lambda value: put_index(refine=int(value)),
        shown,
        "How many of the best by codes are scored again exactly. Needs no new build",
    )


def _folded(scenario: Scenario) -> None:
    """Knobs whose change needs a build, applied together."""
    index = scenario.design.index
    builds = [knob for knob in index.knobs if knob not in (index.query_knob, "refine")]
    drawn = list(scenario.vectors.knobs) if scenario.vectors.synthetic else []
    if not builds and not drawn:
        return
    with st.form("retrieval_more", border=False):
        for knob in builds:
            number(knob, f"index.{knob}", index.knobs[knob], getattr(index, knob))
        for knob in drawn:
            value = getattr(scenario.vectors, knob)
            number(_DRAWN[knob], f"vectors.{knob}", scenario.vectors.knobs[knob], value)
        st.form_submit_button("Apply", width="stretch", on_click=_apply, args=(scenario,))


def _apply(scenario: Scenario) -> None:
    """In the form's callback: take over all its numbers together."""
    index, vectors = scenario.design.index, scenario.vectors

    def given(part: Any, prefix: str) -> dict[str, Any]:
        found = {name: st.session_state.get(f"more_{prefix}.{name}") for name in part.knobs}
        return {
            name: part.knobs[name].nearest(value)
            for name, value in found.items()
            if value is not None and name not in (index.query_knob, "refine")
        }

    of_index = given(index, "index")
    of_vectors = given(vectors, "vectors") if vectors.synthetic else {}

    def put(held: Scenario) -> Scenario:
        design = held.design
        if type(design.index) is type(index):
            design = replace(design, index=replace(design.index, **of_index))
        return replace(held, design=design, vectors=replace(held.vectors, **of_vectors))

    session.change(put)


_DRAWN = {"n": "vectors drawn", "d": "dimensions", "seed": "seed of the draw"}
