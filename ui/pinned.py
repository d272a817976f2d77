"""The pinned design A: its figures, and the differences of the current design to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.comparison import Comparison, compare, compare_timings
from engine.figures import MeasuredDifference
from engine.measurement import P99_FROM
from engine.scenario import Scenario
from ui.jobs import Cancelled
from ui.prepared import Prepared, as_vectors_allow
from ui.studio import failed, studio
from ui.view import Pinned, View


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is known of a pinned design by now.

    pinned : None where nothing is pinned, or where it is not judged yet.
    pending : whether more will be known soon. what, done : what is being done, and the share done.
    error : what to tell where it cannot be had.
    lines : what the vectors that there are made of its index, a line each.
    """

    pinned: Pinned | None = None
    pending: bool = False
    what: str = ""
    done: float = 0.0
    error: str = ""
    lines: tuple[str, ...] = ()


def held(scenario: Scenario) -> Held:
    """A's own figures, begun by asking where nobody asked before."""
    if scenario.pinned is None:
        return Held()
    return figures_of(replace(scenario, design=scenario.pinned, pins=()))


def figures_of(scenario: Scenario) -> Held:
    """The figures of a scenario's design as those of a pinned one, begun by asking."""
    job = studio().prepare(scenario)
    if not job.ended:
        return Held(pending=True, what=job.what, done=job.done)
    if job.error is not None:
        if isinstance(job.error, Cancelled):
            studio().drop(scenario)  # who looks at it now wants it
        return Held(error=f"The pinned design could not be made ready: {_why(job.error)}.")
    ready: Prepared = job.result
    there = ready.allowed(scenario)
    lines = tuple(as_vectors_allow(ready.system, scenario.design)[1])
    view = studio().known(there)
    if view is None:
        future = studio().measured(ready, there)
        if failed(future):
            return Held(error="The pinned design could not be measured.")
        return Held(pending=True, what="judging and timing", done=1.0)
    view = studio().with_judged_curve(ready, view)
    if not view.curve_judged:
        studio().judge_curve(ready, view.design)
        return Held(pending=True, what="judging other numbers of candidates", done=1.0)
    timed = view.with_times(
        studio().ledger.timing(there), studio().latency_grid(ready, there.design)
    )
    return Held(Pinned(timed), lines=lines)


def against(view: View, scenario: Scenario, known: Held) -> tuple[View, bool]:
    """The view with what it differs by from A, and whether more of that will be known soon."""
    if known.pinned is None:
        return view, known.pending
    a = known.pinned.view
    figures = comparison(a, view)
    if figures is None:
        return replace(view, pinned=known.pinned), False
    times, pending = _times(view, scenario, a)
    return replace(view, pinned=Pinned(a, figures, times)), pending


def comparison(pinned: View, view: View) -> Comparison | None:
    """The view's figures less the pinned one's; None where they cannot be paired."""
    if pinned.report is None or view.report is None:
        return None
    try:
        return compare(pinned.report, view.report)
    except ValueError:  # of another world, or over other users
        return None


def times_against(
    scenario: Scenario, a: View, view: View
) -> tuple[dict[str, MeasuredDifference] | None, bool]:
    """What the view's times differ by from a's, timed in turn; whether that is still to come."""
    future = studio().ledger.compare(
        replace(scenario, design=a.design, pins=()), replace(scenario, design=view.design, pins=())
    )
    if not future.done():
        return None, True
    return (None if failed(future) else compare_timings(*future.result())), False


def _times(
    view: View, scenario: Scenario, a: View
) -> tuple[dict[str, MeasuredDifference] | None, bool]:
    """Timed in turn, once the page was left alone long enough for the stopwatch to be done."""
    if a.design == view.design or view.timing is None or view.timing.requests < P99_FROM:
        return None, False
    return times_against(scenario, a, view)


def _why(error: BaseException) -> str:
    """An error in a few words; a library's own are no help to a viewer."""
    if isinstance(error, Cancelled):
        return "somebody cancelled it; it is begun again"
    return str(error).rstrip(".") if isinstance(error, ValueError) else type(error).__name__
