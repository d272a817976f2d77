"""Figures of a section behind the fold: smaller than the headline, each with its note."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

NONE = "–"


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure. note: its kind, or what it is out of; meaning: shown on hover."""

    label: str
    value: str
    note: str
    meaning: str = ""


def html(facts: Sequence[Fact]) -> str:
    """The figures as one block that wraps with the window."""
    cells = "".join(
        f'<div class="sl-fact" title="{escape(fact.meaning)}"><dt>{escape(fact.label)}</dt>'
        f'<dd class="sl-fact-value">{escape(fact.value)}</dd>'
        f'<dd class="sl-fact-note">{escape(fact.note)}</dd></div>'
        for fact in facts
    )
    return f'<dl class="sl-facts">{cells}</dl>'
