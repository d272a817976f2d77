"""Designs side by side: which choices differ, what each differs by from the first, and what of
that can be told from noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from engine.clicks import ClickDesign
from engine.comparison import inside_noise
from engine.design import Design
from engine.figures import Estimate, MeasuredDifference
from engine.query import as_text
from engine.training import Training

Difference = Estimate | MeasuredDifference
_WITHOUT = "training.without"


class Verdict(StrEnum):
    """What may be said of a design's difference to the first."""

    BETTER = "better"
    WORSE = "worse"
    DIFFERENT = "different"  # of a figure without a better direction
    NOISE = "inside the noise"
    SAME = "as A"
    UNKNOWN = "not defined"

    @property
    def is_clear(self) -> bool:
        """Whether the difference is told from noise."""
        return self in (Verdict.BETTER, Verdict.WORSE, Verdict.DIFFERENT)


def verdict(difference: Difference | None, higher_is_better: bool | None) -> Verdict:
    """What a paired difference to the first design says, at the level of its interval.

    Parameters
    ----------
    difference : with its interval; None where there is none.
    higher_is_better : None where neither direction is.
    """
    if difference is None or difference.value != difference.value:
        return Verdict.UNKNOWN
    if difference.value == difference.low == difference.high == 0:
        return Verdict.SAME
    if inside_noise(difference):
        return Verdict.NOISE
    if higher_is_better is None:
        return Verdict.DIFFERENT
    return Verdict.BETTER if (difference.value > 0) == higher_is_better else Verdict.WORSE


def clearly_best(
    names: Sequence[str], less: Callable[[str, str], Difference | None], higher_is_better: bool
) -> str | None:
    """The one that is clearly better than each of the others; None where noise leaves it open.

    less : (name, other) -> what the first has more of the figure than the other, paired.
    """
    for name in names:
        others = [other for other in names if other != name]
        told = [verdict(less(name, other), higher_is_better) for other in others]
        if told and all(one is Verdict.BETTER for one in told):
            return name
    return None


@dataclass(frozen=True, slots=True)
class Choice:
    """One choice of several designs. values : in their order; None where a design has none."""

    name: str
    values: tuple[str | None, ...]

    @property
    def differs(self) -> bool:
        """Whether they are not all equal."""
        return len(set(self.values)) > 1


def choices(designs: Sequence[Design]) -> tuple[Choice, ...]:
    """Every choice of the designs, by its name in a link; those that differ stand first.

    Parts of one kind are told knob by knob; parts of several kinds in one choice, each with its
    knobs.
    """
    trainings = [design.training for design in designs]
    numbers = {f"training.{knob}": knob for knob in Training.knobs}
    told = [
        *_part("generator", [design.generator for design in designs]),
        # Without vectors there is nothing to search.
        *_part("index", [d.index if d.generator.has_vectors else None for d in designs]),
        Choice("candidates", tuple(str(design.candidates) for design in designs)),
        *_part("ranker", [design.ranker for design in designs]),
        *(_knob(name, knob, trainings) for name, knob in numbers.items()),
        Choice(_WITHOUT, tuple(", ".join(one.without) or "nothing" for one in trainings)),
        *_part("rerank", [design.rerank for design in designs]),
        Choice("slate", tuple(str(design.slate) for design in designs)),
    ]
    return _differing_first(told)


def click_choices(designs: Sequence[ClickDesign]) -> tuple[Choice, ...]:
    """Every choice of click designs, as above."""
    told = [
        *_part("model", [design.model for design in designs]),
        *(_knob(knob, knob, designs) for knob in ClickDesign.knobs),
        Choice("correct", tuple(str(int(design.correct)) for design in designs)),
        *(
            Choice(name, tuple(str(getattr(design, name)) for design in designs))
            for name in ClickDesign.choices
        ),
    ]
    return _differing_first(told)


def _differing_first(told: Sequence[Choice]) -> tuple[Choice, ...]:
    return tuple(sorted(told, key=lambda choice: not choice.differs))


def _part(family: str, parts: Sequence[Any]) -> list[Choice]:
    """One part of each design; None where a design has none."""
    if len({None if part is None else part.name for part in parts}) > 1:
        return [Choice(family, tuple(None if part is None else _whole(part) for part in parts))]
    if parts[0] is None:
        return []
    knobs = [_knob(f"{family}.{knob}", knob, parts) for knob in parts[0].knobs]
    return [Choice(family, tuple(part.name for part in parts)), *knobs]


def _knob(name: str, knob: str, parts: Sequence[Any]) -> Choice:
    return Choice(name, tuple(as_text(getattr(part, knob)) for part in parts))


def _whole(part: Any) -> str:
    """A part with its knobs, in a line."""
    knobs = ", ".join(f"{knob} {as_text(getattr(part, knob))}" for knob in part.knobs)
    return f"{part.name} ({knobs})" if knobs else str(part.name)
