"""The control rail of the ranking page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from engine.design import MAX_CANDIDATES, MIN_CANDIDATES
from engine.features import GROUPS
from engine.ladder import LEARNING_ROWS
from engine.log import most_ranking_days
from engine.presets import PRESET_MEANINGS, PRESETS
from engine.rankers import RANKERS
from engine.scenario import Scenario
from engine.training import Training
from ui import session
from ui.controls import number, slider, steps
from ui.ranking.rungs import NAMES, preset_of

_OWN = "as in the link"
_SIZES: dict[str, tuple[float, ...]] = {
    "C": (0.001, 0.01, 0.1, 1.0, 10.0),
    "trees": (10, 20, 50, 100, 150, 200, 300, 500),
    "factors": (2, 4, 8, 16, 32),
    "width": (8, 16, 32, 64, 128),
}
_SIZE_LABELS = {
    "C": "Size: freedom of the weights (C)",
    "trees": "Size: trees at most",
    "factors": "Size: factors",
    "width": "Size: width of the network",
}
_NEGATIVES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_ALL_ROWS = Training().rows


def world_choice(scenario: Scenario) -> None:
    """Which world: what decides there, and hence which model wins."""
    here = preset_of(scenario.world)
    names = [*PRESETS, *([] if here else [_OWN])]
    key = session.hold("choose_preset", here or _OWN)

    def changed() -> None:
        name = st.session_state[key]
        if name in PRESETS:
            session.change(lambda held: _in_world(held, name))

    st.segmented_control(
        "The world",
        names,
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        on_change=changed,
        help=" · ".join(f"{name}: {PRESET_MEANINGS[name]}" for name in PRESETS),
    )


def ranker_controls(scenario: Scenario) -> None:
    """The five primary controls, and the rest folded away."""
    _ranker(scenario)
    _size(scenario)
    _rows(scenario)
    _negatives(scenario)
    _candidates(scenario)
    with st.expander("More settings"):
        _correction(scenario)
        _groups(scenario)
        _folded(scenario)


def _in_world(scenario: Scenario, name: str) -> Scenario:
    world = PRESETS[name]
    return replace(scenario, world=world, user=min(scenario.user, world.users - 1))


def _put_training(**values: Any) -> None:
    def put(scenario: Scenario) -> Scenario:
        training = replace(scenario.design.training, **values)
        return replace(scenario, design=replace(scenario.design, training=training))

    session.change(put)


def _ranker(scenario: Scenario) -> None:
    key = session.hold("choose_ranker", scenario.design.ranker.name)

    def changed() -> None:
        name = st.session_state[key]
        if name in RANKERS:
            session.change(
                lambda held: replace(held, design=replace(held.design, ranker=RANKERS[name]()))
            )

    st.segmented_control(
        "Ranker",
        list(RANKERS),
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        width="stretch",
        format_func=lambda name: NAMES.get(name, name),
        on_change=changed,
    )


def _size(scenario: Scenario) -> None:
    ranker = scenario.design.ranker
    knob = "C" if "C" in ranker.knobs else next(iter(ranker.size), None)
    if knob is None:
        return
    value = getattr(ranker, knob)

    def put(chosen: float) -> None:
        def resized(held: Scenario) -> Scenario:
            if knob not in held.design.ranker.knobs:  # the browser had yet to hear of another one
                return held
            kind = type(getattr(held.design.ranker, knob))
            changed = replace(held.design.ranker, **{knob: kind(chosen)})  # type: ignore[type-var]
            return replace(held, design=replace(held.design, ranker=changed))

        session.change(resized)

    meaning = ranker.knobs[knob].meaning
    steps(_SIZE_LABELS[knob], f"size_{knob}", _SIZES[knob], value, put, "{:g}", meaning)


def _rows(scenario: Scenario) -> None:
    def shown(rows: float) -> str:
        return "all" if rows >= _ALL_ROWS else f"{rows:,.0f}"

    steps(
        "Training rows",
        "training_rows",
        (*LEARNING_ROWS, _ALL_ROWS),
        scenario.design.training.rows,
        lambda rows: _put_training(rows=int(rows)),
        shown,
        "Impressions that train the ranker, at most: whole requests, drawn evenly",
    )


def _negatives(scenario: Scenario) -> None:
    steps(
        "Negatives kept",
        "training_negatives",
        _NEGATIVES,
        scenario.design.training.negatives,
        lambda share: _put_training(negatives=float(share)),
        "{:.0%}",
        "Share of the rows without a click that is kept. Probabilities are corrected for it, "
        "unless you switch that off below",
    )


def _candidates(scenario: Scenario) -> None:
    def put(held: Scenario, value: int) -> Scenario:
        return replace(held, design=held.design.with_candidates(value))

    slider(
        "Candidates",
        max(MIN_CANDIDATES, scenario.design.slate),
        min(MAX_CANDIDATES, scenario.world.items),
        10,
        scenario.design.candidates,
        put,
        "How many items the ranker has to order. Needs no new fit.",
    )


def _correction(scenario: Scenario) -> None:
    training = scenario.design.training
    key = session.hold("training_correct", bool(training.correct))

    def changed() -> None:
        _put_training(correct=int(bool(st.session_state[key])))

    st.toggle(
        "Undo the sampling in probabilities",
        value=st.session_state[key],
        key=key,
        on_change=changed,
        disabled=training.negatives >= 1.0,
        help="q = p / (p + (1 − p) / share kept). The order stays the same; LogLoss does not.",
    )


def _groups(scenario: Scenario) -> None:
    used = [group for group in GROUPS if group not in scenario.design.training.without]
    key = session.hold("training_groups", used)

    def changed() -> None:
        chosen = [group for group in st.session_state[key] if group in GROUPS]
        if chosen:
            _put_training(without=tuple(group for group in GROUPS if group not in chosen))
        else:
            session.settle(session.scenario(), ["A ranker needs a group of features: none left."])

    st.multiselect(
        "Features used",
        list(GROUPS),
        default=st.session_state[key],
        key=key,
        on_change=changed,
        format_func=lambda group: group.replace("_", " "),
        help=" · ".join(f"{group.replace('_', ' ')}: {what}" for group, what in GROUPS.items()),
    )


def _folded(scenario: Scenario) -> None:
    """Knobs whose change needs a fit, applied together."""
    ranker, training = scenario.design.ranker, scenario.design.training
    with st.form("ranker_more", border=False):
        for name, knob in ranker.knobs.items():
            number(name.replace("_", " "), f"ranker.{name}", knob, getattr(ranker, name))
        number("training days", "training.days", _days(scenario), training.days)
        st.form_submit_button("Apply", width="stretch", on_click=_apply, args=(scenario,))


def _apply(scenario: Scenario) -> None:
    """In the form's callback: take over all its numbers together."""
    ranker = scenario.design.ranker
    given = {name: st.session_state.get(f"more_ranker.{name}") for name in ranker.knobs}
    values = {
        name: ranker.knobs[name].nearest(value)
        for name, value in given.items()
        if value is not None
    }
    days = st.session_state.get("more_training.days")

    def put(held: Scenario) -> Scenario:
        design = held.design
        if type(design.ranker) is type(ranker):
            design = replace(design, ranker=replace(design.ranker, **values))  # type: ignore[type-var]
        if days is not None:
            training = replace(design.training, days=int(_days(held).nearest(days)))
            design = replace(design, training=training)
        return replace(held, design=design)

    session.change(put)


def _days(scenario: Scenario) -> Any:
    return replace(Training.knobs["days"], high=most_ranking_days(scenario.world.days))
