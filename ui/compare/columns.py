"""What is known of each pinned design by now: a column each, A first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.comparison import Comparison, compare
from engine.design import Design
from engine.evaluation import Report
from engine.figures import Estimate, MeasuredDifference
from engine.measurement import P99_FROM
from engine.pins import LETTERS
from engine.scenario import Scenario
from engine.side_by_side import clearly_best
from ui.names import told_apart
from ui.pinned import figures_of, times_against
from ui.remembered import Remembered
from ui.view import View


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One pinned design.

    view : its figures, once there are some. less_a : what it has more than A, paired by user.
    times_less_a : what its requests take longer, timed in turn with A's.
    waiting : what is being done for it, and the share done; empty where nothing is.
    error : why it cannot be had. lines : what was repaired.
    """

    letter: str
    design: Design
    view: View | None = None
    less_a: Comparison | None = None
    times_less_a: dict[str, MeasuredDifference] | None = None
    waiting: str = ""
    done: float = 0.0
    error: str = ""
    lines: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The design in short, with what tells it from others."""
        return told_apart(self.design)

    @property
    def state(self) -> object:
        """What a page that shows it has to be drawn again for."""
        return (
            *(self.view is None, self.times_less_a is None, self.is_refined),
            *(self.waiting, self.error),
        )

    @property
    def is_refined(self) -> bool:
        """Whether as many requests are timed as will be, or none can be."""
        if self.view is None or self.view.timing is None:
            return self.view is not None or bool(self.error)
        return self.view.timing.requests >= P99_FROM


def columns(scenario: Scenario) -> tuple[Column, ...]:
    """The pinned designs of a scenario; what is not known is begun by asking, one by one."""
    found: list[Column] = []
    for letter, design in zip(LETTERS, scenario.pins, strict=False):
        if any(column.view is None and not column.error for column in found):
            found.append(Column(letter, design, waiting="waits for its turn"))
            continue
        held = figures_of(replace(scenario, design=design, pins=()))
        view = None if held.pinned is None else held.pinned.view
        found.append(
            Column(
                letter,
                design if view is None else view.design,
                view,
                waiting=held.what if held.pending else "",
                done=held.done,
                error=held.error,
                lines=held.lines,
            )
        )
    # Timed while others are being fitted, both would be held up by what they are to be free of.
    calm = all(column.view is not None or column.error for column in found)
    return tuple([_against_a(column, found[0], scenario, calm) for column in found])


def _against_a(column: Column, a: Column, scenario: Scenario, calm: bool) -> Column:
    """The column with what it differs by from A; times once that is calm."""
    if column is a or a.view is None or column.view is None:
        return column
    less_a = compared(a.view.report, column.view.report)
    times, pending = None, False
    if calm and a.view.timing is not None and column.view.timing is not None:
        times, pending = times_against(scenario, a.view, column.view)
    waiting = f"timing {column.letter} and A in turn" if pending else ""
    return replace(column, less_a=less_a, times_less_a=times, waiting=waiting, done=1.0)


def compared(a: Report | None, b: Report | None) -> Comparison | None:
    """What b has more than a, paired; None where the two do not pair."""
    if a is None or b is None:
        return None
    try:
        return _compared(a, b)
    except ValueError:  # of another world, or over other users
        return None


_compared = Remembered(compare)


def known(found: Sequence[Column]) -> dict[str, View]:
    """Letter -> figures, of the designs that have some."""
    return {column.letter: column.view for column in found if column.view is not None}


def best_slate(found: Sequence[Column]) -> str | None:
    """The letter of the design whose slates are clearly the best; None where noise leaves it
    open."""
    views = known(found)

    def less(name: str, other: str) -> Estimate | None:
        difference = compared(views[other].report, views[name].report)
        return None if difference is None else difference["ndcg@10"]

    return clearly_best(list(views), less, higher_is_better=True)
