"""The control rail of the page of ad clicks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from engine.ad_study import AdStudy
from engine.clicks import (
    CLICK_PRESETS,
    KNOBS,
    MODELS,
    SAMPLE_CONFIG,
    Auction,
    ClickDesign,
    ClickLogConfig,
    most_age,
)
from engine.clicks.days import TEST_DAYS
from engine.clicks.design import TREES
from ui import session
from ui.controls import number, steps
from ui.ctr.auction_controls import auction_controls
from ui.ctr.view import NAMES

T = TypeVar("T")
_OWN = "as in the link"
LOGS = {"default": ClickLogConfig()} | CLICK_PRESETS | {"small sample": SAMPLE_CONFIG}
_LOG_MEANINGS = {
    "default": "ids, steps, crosses and all, 500,000 rows",
    "additive": "each id and number by itself: linear models do best",
    "thresholds": "steps in the numbers: trees do best",
    "crosses": "pairs of ids: factorisation does best",
    "small sample": "60,000 rows, ready at once",
}
_NEGATIVES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_RATES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3)
_CALIBRATIONS = {"none": "none", "platt": "Platt", "isotonic": "isotonic"}
_POSITIONS = {"feature": "a feature", "ignore": "ignored", "first_only": "first alone"}
_ENCODINGS = {"earlier_days": "earlier days", "leave_one_out": "all rows but one", "none": "none"}


def log_choice(study: AdStudy) -> None:
    """Which log: what decides there, and hence which model wins."""
    here = preset_of(study.log)
    key = session.hold("choose_click_log", here or _OWN)

    def changed() -> None:
        if (name := st.session_state[key]) in LOGS:
            _put(lambda held: replace(held, log=_of_rate(LOGS[name], held.log.base_rate)))

    st.segmented_control(
        "The log",
        [*LOGS, *([] if here else [_OWN])],
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        on_change=changed,
        help=" · ".join(f"{name}: {_LOG_MEANINGS.get(name, '')}" for name in LOGS),
    )


def click_controls(study: AdStudy) -> None:
    """The five primary controls, and the rest folded away."""
    _model(study.design)
    _negatives(study.design)
    _segmented(
        "Calibration",
        "calibration",
        _CALIBRATIONS,
        study.design,
        "Fitted to the clicks of the validation day, after the sampling is undone: Platt a "
        "logistic curve, isotonic any rising steps",
    )
    _age(study)
    _base_rate(study.log)
    with st.expander("The auction", expanded=study.auction != Auction()):
        auction_controls(study)
    with st.expander("More settings"):
        _folded(study)


def preset_of(log: ClickLogConfig) -> str | None:
    """The name of the log, whatever its base rate."""
    alike = {name: _of_rate(config, log.base_rate) for name, config in LOGS.items()}
    return next((name for name, config in alike.items() if config == log), None)


def _of_rate(log: ClickLogConfig, base_rate: float) -> ClickLogConfig:
    return replace(log, base_rate=base_rate)


def _put(make: Any) -> None:
    session.change(lambda held: replace(held, ads=make(held.ads)))


def _put_design(**values: Any) -> None:
    _put(lambda held: replace(held, design=replace(held.design, **values)))


def _model(design: ClickDesign) -> None:
    key = session.hold("choose_click_model", design.model.name)

    def changed() -> None:
        if (name := st.session_state[key]) in MODELS:
            _put_design(model=MODELS[name]())

    st.segmented_control(
        "Model",
        list(MODELS),
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        width="stretch",
        format_func=lambda name: NAMES.get(name, name),
        on_change=changed,
    )


def _negatives(design: ClickDesign) -> None:
    steps(
        "Negatives kept",
        "click_negatives",
        _NEGATIVES,
        design.negatives,
        lambda share: _put_design(negatives=float(share)),
        "{:.0%}",
        "Share of the rows without a click that trains the model",
    )
    key = session.hold("click_correct", design.correct)

    def changed() -> None:
        _put_design(correct=bool(st.session_state[key]))
        _figures_alone()

    st.toggle(
        "Undo the sampling",
        value=st.session_state[key],
        key=key,
        on_change=changed,
        disabled=design.negatives >= 1.0,
        help="q = p / (p + (1 − p) / share kept). The order stays the same, probabilities do not. "
        "Needs no new fit.",
    )


def _segmented(
    label: str,
    field: str,
    options: dict[str, str],
    design: ClickDesign,
    help_text: str,
    disabled: bool = False,
) -> None:
    key = session.hold(f"choose_click_{field}", getattr(design, field))

    def changed() -> None:
        if (name := st.session_state[key]) in options:
            _put_design(**{field: name})
            if field == "calibration":
                _figures_alone()

    st.segmented_control(
        label,
        list(options),
        default=st.session_state[key],
        key=key,
        required=True,
        wrap=True,
        width="stretch",
        format_func=lambda name: options.get(name, name),
        on_change=changed,
        help=f"{help_text}.",
        disabled=disabled,
    )


def _figures_alone() -> None:
    """After a change that needs no fit: the rail shows nothing of it but what is pinned."""
    if session.scenario().ads.pinned is None:
        session.redraw_previewed()


def _age(study: AdStudy) -> None:
    most = most_age(study.log, study.design)
    if most < 1:
        st.caption("All days before the test train the model: it cannot be older.")
        return
    key = session.hold("click_age", study.design.age_days)

    def changed() -> None:
        _put_design(age_days=min(max(int(st.session_state[key]), 0), most))

    st.slider(
        "Model age, days",
        0,
        most,
        value=st.session_state[key],
        key=key,
        on_change=changed,
        help="Days between the newest data of the model and the test days; equally many train it.",
    )


def _base_rate(log: ClickLogConfig) -> None:
    steps(
        "Base rate",
        "click_base_rate",
        _RATES,
        log.base_rate,
        lambda rate: _put(
            lambda held: replace(held, log=_of_rate(held.log, KNOBS["base_rate"].nearest(rate)))
        ),
        "{:.0%}",
        "Share of the rows that are clicked: another log, and a new fit",
    )


def _folded(study: AdStudy) -> None:
    design = study.design
    _segmented(
        "Position in the slot",
        "position",
        _POSITIONS,
        design,
        "As a feature the model learns what a place is worth; ignored, it takes the place's merit "
        "for the ad's; first alone, it learns from position 1 only",
    )
    trees = isinstance(design.model, TREES)
    _segmented(
        "Ids as click rates of",
        "encoding",
        _ENCODINGS,
        design,
        "How trees see ids. All rows but one is a trap: it gives the label away"
        if trees
        else "Only trees see ids as click rates; this model sees the ids themselves",
        disabled=not trees,
    )
    with st.form("click_more", border=False):
        for name, knob in design.model.knobs.items():
            value = getattr(design.model, name)
            number(name.replace("_", " "), f"click.{name}", knob, value)
        number("training days, 0: all", "click.train_days", _days(study), design.train_days)
        st.form_submit_button("Apply", width="stretch", on_click=_apply, args=(type(design.model),))


def _apply(kind: type) -> None:
    """In the form's callback: take over all its numbers together."""
    given = {name: st.session_state.get(f"more_click.{name}") for name in (*kind.knobs, _TRAIN)}  # type: ignore[attr-defined]

    def put(held: AdStudy) -> AdStudy:
        design = held.design
        if type(design.model) is kind:
            values = {
                name: design.model.knobs[name].nearest(value)
                for name, value in given.items()
                if value is not None and name in design.model.knobs
            }
            design = replace(design, model=replace(design.model, **values))  # type: ignore[type-var]
        if (days := given[_TRAIN]) is not None:
            design = replace(design, train_days=int(_days(held).nearest(days)))
        return replace(held, design=design)

    _put(put)


_TRAIN = "train_days"


def _days(study: AdStudy) -> Any:
    knob = ClickDesign.knobs[_TRAIN]
    return replace(knob, high=min(int(knob.high), study.log.days - TEST_DAYS - 1))
