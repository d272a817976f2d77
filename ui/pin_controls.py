"""Pinning designs as A to D, to hold others against them and to stand side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Generic, TypeVar

import streamlit as st

from engine.ad_study import AdStudy
from engine.clicks import ClickDesign
from engine.design import Design
from engine.pins import LETTERS, MOST_PINS
from engine.scenario import Scenario
from ui import session
from ui.ctr.words import in_short as clicks_in_short
from ui.names import told_apart

_COMPARE = Path(__file__).parents[1] / "pages" / "compare.py"
T = TypeVar("T", Design, ClickDesign)
_Held = Callable[[Scenario], tuple[tuple[T, ...], T]]
_Put = Callable[[Scenario, tuple[T, ...], T], Scenario]


@dataclass(frozen=True, slots=True)
class _Kind(Generic[T]):
    """One kind of design: how a scenario holds its pins and the current one, and takes others.

    noun : what is pinned. prefix : of its letter in labels, and of keys, since a page may have
    both kinds.
    """

    held: _Held[T]
    put: _Put[T]
    short: Callable[[T], str]
    noun: str
    prefix: str
    key: str


def _with_designs(scenario: Scenario, pins: tuple[Design, ...], current: Design) -> Scenario:
    return replace(scenario, pins=pins, design=current)


def _with_models(
    scenario: Scenario, pins: tuple[ClickDesign, ...], current: ClickDesign
) -> Scenario:
    return replace(scenario, ads=replace(scenario.ads, pins=pins, design=current))


_DESIGNS: _Kind[Design] = _Kind(
    lambda scenario: (scenario.pins, scenario.design),
    _with_designs,
    told_apart,
    "design",
    "",
    "pin",
)
_MODELS: _Kind[ClickDesign] = _Kind(
    lambda scenario: (scenario.ads.pins, scenario.ads.design),
    _with_models,
    clicks_in_short,
    "click model",
    "model ",
    "pin_ads",
)


def pin_controls(scenario: Scenario, link: bool = True) -> None:
    """A button to pin the design, and what is pinned with what can be done with it.

    link : whether there is one to the page that compares, which needs none itself.
    """
    _show(_DESIGNS, scenario, link)


def pin_ads(study: AdStudy, link: bool = True) -> None:
    """The same for click models."""
    _show(_MODELS, Scenario(ads=study), link)


def add_design() -> None:
    """In a callback: pin the current design under the next free letter, where there is one."""
    _add(_DESIGNS)


def add_model() -> None:
    """In a callback: pin the current click model, as above."""
    _add(_MODELS)


def _show(kind: _Kind[T], scenario: Scenario, link: bool) -> None:
    pins, current = kind.held(scenario)
    with st.container(key=kind.key, gap="xsmall"):
        if current not in pins:
            _pin_button(kind, len(pins))
        for letter, pin in zip(LETTERS, pins, strict=False):
            _pinned(kind, letter, pin, pin == current)
        if pins and link:
            st.page_link(
                _COMPARE,
                label="Compare side by side",
                icon=":material/compare:",
                help="What each pinned design changes, figure by figure",
            )


def _pin_button(kind: _Kind[T], pinned: int) -> None:
    """Pin the current design under the next free letter, where that can be done."""
    if pinned == MOST_PINS:
        st.caption(f"Four are pinned, and no more can be. Unpin one to pin this {kind.noun}.")
        return
    shown = "Every figure and chart then shows the difference to A"
    st.button(
        f"Pin this {kind.noun} as {LETTERS[pinned]}",
        key=f"{kind.key}_here",
        icon=":material/keep:",
        width="stretch",
        help=shown if pinned == 0 else "It then stands beside A on the compare page",
        on_click=_add,
        args=(kind,),
    )


def _pinned(kind: _Kind[T], letter: str, pin: T, is_current: bool) -> None:
    """One pinned design: what it is, and the ways to it and out of it."""
    with st.container(gap=None):
        name = f"{kind.prefix}{letter}"
        here = " · the current one" if is_current else ""
        st.caption(f"**{name[0].upper()}{name[1:]}** is {kind.short(pin)}{here}")
        _ways(kind, letter, pin, is_current)


def _ways(kind: _Kind[T], letter: str, pin: T, is_current: bool) -> None:
    with st.container(horizontal=True, gap="small"):
        for do, verb in ((_go_to, "Go to"), (_unpin, "Unpin")):
            if do is _go_to and is_current:
                continue
            st.button(
                f"{verb} {kind.prefix}{letter}",
                key=f"{kind.key}_{verb}_{letter}",
                type="tertiary",
                on_click=do,
                args=(kind, pin),
            )


def _add(kind: _Kind[T]) -> None:
    def add(scenario: Scenario) -> Scenario:
        held: tuple[tuple[T, ...], T] = kind.held(scenario)
        pins, current = held  # a slider may have moved since the rail was drawn
        return kind.put(scenario, tuple(chain(pins, (current,)))[:MOST_PINS], current)

    session.change(add)


def _unpin(kind: _Kind[T], pin: T) -> None:
    def unpin(scenario: Scenario) -> Scenario:
        pins, current = kind.held(scenario)
        return kind.put(scenario, tuple(one for one in pins if one != pin), current)

    session.change(unpin)


def _go_to(kind: _Kind[T], pin: T) -> None:
    session.change(lambda scenario: kind.put(scenario, kind.held(scenario)[0], pin))
