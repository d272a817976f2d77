"""The sliders that the browser previews by itself: their values, and a design at other values."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from engine.design import MIN_CANDIDATES, Design
from engine.grid import with_knob
from engine.rerankers import Rules

RERANK_STEPS = {"diversity": 0.05, "freshness": 0.1}
"""Knobs of re-ranking on sliders, with their steps."""

_RERANK_KNOTS = {"diversity": (0.0, 0.25, 0.5, 0.75, 1.0), "freshness": (0.0, 0.5, 1.0, 1.5, 2.0)}


def slider_key(label: str) -> str:
    """The key of the slider with this label; it is part of a CSS class as it stands."""
    return f"slide_{re.sub(r'[^A-Za-z0-9]+', '_', label)}"


@dataclass(frozen=True, slots=True)
class Slider:
    """One choice of a design that is a slider.

    field : "candidates", or a knob of the index or of re-ranking.
    """

    label: str
    field: str

    @property
    def key(self) -> str:
        """Of the widget."""
        return slider_key(self.label)

    @property
    def reranks(self) -> bool:
        """Whether it is a knob of re-ranking."""
        return self.field in RERANK_STEPS

    def value(self, design: Design) -> float:
        """The design's value."""
        if self.field == "candidates":
            return design.candidates
        part = design.rerank if self.reranks else design.index
        value: float = getattr(part, self.field)
        return value

    def at(self, design: Design, value: float) -> Design:
        """The design at another value."""
        if self.field == "candidates":
            return design.with_candidates(int(value))
        if not self.reranks:
            return with_knob(design, int(value))
        assert isinstance(design.rerank, Rules)
        knob: dict[str, Any] = {self.field: value}
        return replace(design, rerank=replace(design.rerank, **knob))

    def rerank_knots(self) -> tuple[float, ...]:
        """The values at which re-ranking is judged for a preview."""
        return _RERANK_KNOTS[self.field]


def candidate_knots(design: Design, measured: Iterable[float]) -> tuple[int, ...]:
    """Where a preview over candidates is drawn: from where the slider begins, and as measured."""
    least = max(MIN_CANDIDATES, design.slate)
    return (least, *(int(n) for n in measured if n > least))


def sliders(design: Design) -> list[Slider]:
    """The sliders that a design has."""
    found = [Slider("Candidates", "candidates")]
    knob = design.index.query_knob
    if knob is not None:
        found.append(Slider(knob, knob))
    if isinstance(design.rerank, Rules):
        found += [Slider(name.capitalize(), name) for name in RERANK_STEPS]
    return found


def slider_values(design: Design) -> dict[str, float]:
    """Keys of the design's sliders, and its values."""
    return {slider.key: slider.value(design) for slider in sliders(design)}
