"""The control rail: widgets bound to the viewer's scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from engine.design import MAX_CANDIDATES, MIN_CANDIDATES, Design
from engine.generators import GENERATORS
from engine.index import INDEXES
from engine.knobs import Knob
from engine.rankers import RANKERS
from engine.rerankers import NoReranking, RerankerConfig, Rules
from engine.scenario import Scenario
from engine.world import KNOBS, WorldConfig
from ui import session
from ui.names import capital
from ui.sliders import RERANK_STEPS, slider_key

LABELS = {
    "popularity": "popularity",
    "mf": "MF",
    "covisitation": "item-kNN",
    "ease": "EASE",
    "two_tower": "two-tower",
    "exact": "exact",
    "hnsw": "HNSW",
    "ivfflat": "IVF-Flat",
    "ivfpq": "IVF-PQ",
    "none": "none",
    "prior": "constant",
    "logistic": "logistic",
    "fm": "FM",
    "gbdt": "GBDT",
    "lambdarank": "LambdaRank",
    "dcn": "DCN-v2",
}
Number = TypeVar("Number", int, float)
_QUERY_RANGE = {"ef_search": (10, 1000, 10), "nprobe": (1, 256, 1)}
_QUERY_HELP = {
    "ef_search": "Width of the search in the graph. Below what is asked for (the candidates and "
    "the items left out) it has no effect.",
    "nprobe": "How many of the nlist lists are searched.",
}
_WORLD_KNOBS = (
    "seed",
    "users",
    "items",
    "impressions",
    "position_bias",
    "exploration",
    "cold_users",
)


def design_controls(scenario: Scenario) -> None:
    """The five primary controls, and the rest folded away."""
    design = scenario.design
    choice("Generator", "generator", GENERATORS, design)
    choice("Index", "index", INDEXES, design)
    query_knob(design)
    _candidates(scenario)
    choice("Ranker", "ranker", RANKERS, design)
    with st.expander("Re-ranking", expanded=design.rerank != NoReranking()):
        _reranking(design)
    with st.expander("More settings"):
        _folded(scenario)


def choice(label: str, field: str, family: dict[str, Any], design: Design) -> None:
    """Buttons for one part of the design: ``field`` names it, ``family`` holds its kinds."""
    key = session.hold(f"choose_{field}", getattr(design, field).name)

    def changed() -> None:
        name = st.session_state[key]

        def choose(scenario: Scenario) -> Scenario:
            return replace(scenario, design=replace(scenario.design, **{field: family[name]()}))

        session.change(choose)

    st.segmented_control(
        label,
        list(family),
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        width="stretch",
        format_func=lambda name: LABELS.get(name, name),
        on_change=changed,
    )


def query_knob(design: Design, idle: bool | None = None) -> None:
    """The slider of the index's query-time knob, where it has one.

    idle : whether it has no effect; by default where the generator has no vectors.
    """
    knob = design.index.query_knob
    if knob is None:
        return
    low, high, step = _QUERY_RANGE[knob]
    high = min(high, getattr(design.index, "nlist", high))
    if high <= low:
        return
    value = min(max(getattr(design.index, knob), low), high)

    def put(scenario: Scenario, value: int) -> Scenario:
        index = scenario.design.index
        if index.query_knob != knob:  # the browser had yet to hear of another index
            return scenario
        index = replace(index, **{knob: value})
        return replace(scenario, design=replace(scenario.design, index=index))

    idle = not design.generator.has_vectors if idle is None else idle
    slider(knob, low, high, step, value, put, _QUERY_HELP[knob], disabled=idle)


def _candidates(scenario: Scenario) -> None:
    high = min(MAX_CANDIDATES, scenario.world.items)

    def put(scenario: Scenario, value: int) -> Scenario:
        return replace(scenario, design=scenario.design.with_candidates(value))

    slider(
        "Candidates",
        max(MIN_CANDIDATES, scenario.design.slate),
        high,
        10,
        scenario.design.candidates,
        put,
        "How many items the first stage hands to the ranker.",
    )


def _reranking(design: Design) -> None:
    """The third stage: on or off, and its rules. None of them needs a fit."""
    key = session.hold("choose_rerank", design.rerank != NoReranking())

    def switched() -> None:
        rerank = Rules() if st.session_state[key] else NoReranking()
        session.change(lambda scenario: _with_rerank(scenario, rerank))

    st.toggle("Re-rank the slate", value=st.session_state[key], key=key, on_change=switched)
    rules = design.rerank
    if not isinstance(rules, Rules):
        return
    for knob, step in RERANK_STEPS.items():
        low, high = float(Rules.knobs[knob].low), float(Rules.knobs[knob].high)

        def put(scenario: Scenario, value: float, knob: str = knob) -> Scenario:
            return _with_rule(scenario, knob, value)

        slider(knob.capitalize(), low, high, step, getattr(rules, knob), put, _help(knob))
    for knob in ("topic_cap", "depth"):
        _rule(knob, rules)
    _rule("distinct", rules)


def _rule(knob: str, rules: Rules) -> None:
    """A rule that is no slider: applied at once."""
    value = getattr(rules, knob)
    key = session.hold(f"rule_{knob}", bool(value) if knob == "distinct" else value)

    def changed() -> None:
        given = st.session_state[key]
        if given is not None:
            chosen = int(Rules.knobs[knob].nearest(int(given)))
            session.change(lambda scenario: _with_rule(scenario, knob, chosen))

    label = knob.replace("_", " ").capitalize()
    if knob == "distinct":
        st.checkbox(
            "No near-duplicates",
            value=st.session_state[key],
            key=key,
            on_change=changed,
            help=_help(knob),
        )
        return
    low, high = int(Rules.knobs[knob].low), int(Rules.knobs[knob].high)
    st.number_input(
        label,
        low,
        high,
        value=st.session_state[key],
        step=1,
        key=key,
        on_change=changed,
        help=_help(knob),
    )


def _with_rule(scenario: Scenario, knob: str, value: float) -> Scenario:
    """With another rule, while there are any.

    The browser says all that its widgets hold, even those that the server has done away with since:
    switched off, re-ranking would come back with the next word of a fragment.
    """
    held = scenario.design.rerank
    if not isinstance(held, Rules):
        return scenario
    changed: dict[str, Any] = {knob: value}
    return _with_rerank(scenario, replace(held, **changed))


def _with_rerank(scenario: Scenario, rerank: RerankerConfig) -> Scenario:
    return replace(scenario, design=replace(scenario.design, rerank=rerank))


def _help(knob: str) -> str:
    return f"{capital(Rules.knobs[knob].meaning)}."


def slider(
    label: str,
    low: Number,
    high: Number,
    step: Number,
    value: Number,
    put: Callable[[Scenario, Number], Scenario],
    help_text: str,
    disabled: bool = False,
) -> None:
    """A slider that the browser previews; ``put`` takes its value into the scenario."""
    key = session.hold(slider_key(label), value)

    def changed() -> None:
        # What the browser sends is checked here as well: it may be anybody's.
        chosen = min(max(type(low)(st.session_state[key]), low), high)
        session.change(lambda scenario: put(scenario, chosen))
        session.redraw_previewed()

    st.slider(
        label,
        low,
        high,
        value=st.session_state[key],
        step=step,
        key=key,
        help=help_text,
        on_change=changed,
        disabled=disabled,
    )


def steps(
    label: str,
    key: str,
    options: tuple[float, ...],
    value: float,
    put: Callable[[float], None],
    shown: str | Callable[[float], str],
    help_text: str,
) -> None:
    """A slider over a few values; one that the link brought besides joins them."""
    known = sorted({*options, value})
    session.hold(key, value)
    as_text = shown if callable(shown) else shown.format
    times = Counter(map(as_text, known))

    def label_of(option: float) -> str:
        # The browser knows steps by their labels: two alike would be one.
        text = as_text(option)
        return text if times[text] < 2 else str(option)

    def changed() -> None:
        chosen = st.session_state[key]
        if chosen in known:
            put(chosen)

    st.select_slider(
        label,
        known,
        value=st.session_state[key],
        key=key,
        on_change=changed,
        format_func=label_of,
        help=f"{help_text}.",
    )


def _folded(scenario: Scenario) -> None:
    """Knobs whose change needs a fit, a build or a new world; applied together."""
    with st.form("folded", border=False):
        design = scenario.design
        shown: dict[str, Knob] = {}
        for field in ("generator", "index", "ranker"):
            part = getattr(design, field)
            for knob in part.knobs:
                if knob != getattr(part, "query_knob", None):
                    shown[f"{field}.{knob}"] = part.knobs[knob]
                    number(knob, f"{field}.{knob}", part.knobs[knob], getattr(part, knob))
        st.caption("The world")
        for knob in _WORLD_KNOBS:
            shown[f"world.{knob}"] = KNOBS[knob]
            value = getattr(scenario.world, knob)
            number(knob.replace("_", " "), f"world.{knob}", KNOBS[knob], value)
        # A callback, since it runs before `session.hold` puts the old values back.
        st.form_submit_button("Apply", width="stretch", on_click=_apply, args=(shown,))


def number(label: str, name: str, knob: Knob, value: float) -> None:
    """A number within a form, in the session as ``more_{name}``; it has the knob's range."""
    st.number_input(
        label,
        min_value=knob.low,
        max_value=knob.high,
        value=value,
        step=None if knob.whole else (knob.high - knob.low) / 100,
        format=None if knob.whole else "%.4g",
        key=session.hold(f"more_{name}", value),
        help=capital(knob.meaning) + (f" ({knob.unit})" if knob.unit else ""),
    )


def _apply(shown: dict[str, Knob]) -> None:
    """In the form's callback: take over all its numbers together."""
    given = {name: st.session_state[f"more_{name}"] for name in shown}
    values = {
        name: shown[name].nearest(value) for name, value in given.items() if value is not None
    }

    def of(part: str) -> dict[str, Any]:
        return {
            name.removeprefix(f"{part}."): value
            for name, value in values.items()
            if name.startswith(f"{part}.")
        }

    def apply(scenario: Scenario) -> Scenario:
        world: WorldConfig = replace(scenario.world, **of("world"))
        parts = {
            field: replace(getattr(scenario.design, field), **of(field))
            for field in ("generator", "index", "ranker")
        }
        return replace(
            scenario,
            world=world,
            design=replace(scenario.design, **parts),
            user=min(scenario.user, world.users - 1),
        )

    session.change(apply)
