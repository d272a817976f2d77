"""Figures of a section behind the fold: smaller than the headline, each with its note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from engine.figures import Kind
from ui.write_up.parts import Figure, Figures
from ui.write_up.shown import put

NONE = "–"


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure. note: its kind, or what it is out of; meaning: shown on hover."""

    label: str
    value: str
    note: str
    meaning: str = ""


def html(facts: Sequence[Fact]) -> str:
    """The figures as one block that wraps with the window; a slider's preview finds them there."""
    cells = "".join(
        f'<div class="sl-fact" title="{escape(fact.meaning)}"><dt>{escape(fact.label)}</dt>'
        f'<dd class="sl-fact-value" data-live="{escape(fact.label)}.value">'
        f"{escape(fact.value)}</dd>"
        f'<dd class="sl-fact-note" data-live="{escape(fact.label)}.note">'
        f"{escape(fact.note)}</dd></div>"
        for fact in facts
    )
    return f'<dl class="sl-facts">{cells}</dl>'


def show(facts: Sequence[Fact]) -> None:
    """The block on the page, and in a write-up of it."""
    put(Figures(tuple(map(_written, facts))))
    st.html(html(facts))


def live_texts(facts: Sequence[Fact]) -> dict[str, str]:
    """What of the block follows a slider, by its `data-live` name."""
    return {
        f"{fact.label}.{part}": getattr(fact, part) for fact in facts for part in ("value", "note")
    }


def _written(fact: Fact) -> Figure:
    """The same figure with its kind apart, where the note begins with one."""
    kind, _, note = fact.note.partition(": " if ": " in fact.note else ", ")
    if kind not in set(Kind):
        kind, note = "", fact.note
    return Figure(fact.label, fact.value, kind=kind, note=note)
