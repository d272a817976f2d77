"""The pinned design A: its figures, and the differences of the current design to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.comparison import Comparison, compare, compare_timings
from engine.figures import MeasuredDifference
from engine.measurement import P99_FROM
from engine.scenario import Scenario
from ui.prepared import Prepared
from ui.studio import failed, studio
from ui.view import Pinned, View


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What is known of A by now.

    pinned : None where nothing is pinned, or where A is not judged yet.
    pending : whether more will be known soon.
    error : what to tell where A cannot be had.
    """

    pinned: Pinned | None = None
    pending: bool = False
    error: str = ""


def held(scenario: Scenario) -> Held:
    """A's own figures, begun by asking where nobody asked before."""
    if scenario.pinned is None:
        return Held()
    job = studio().prepare(_of_a(scenario))
    if not job.ended:
        return Held(pending=True)
    if job.error is not None:
        return Held(error=f"The pinned design could not be made ready: {job.error}.")
    ready: Prepared = job.result
    a = ready.allowed(_of_a(scenario))
    view = studio().known(a)
    if view is None:
        future = studio().measured(ready, a)
        if failed(future):
            return Held(error="The pinned design could not be measured.")
        return Held(pending=True)
    timed = view.with_times(studio().ledger.timing(a), studio().latency_grid(ready, a.design))
    return Held(Pinned(timed))


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


def _times(
    view: View, scenario: Scenario, a: View
) -> tuple[dict[str, MeasuredDifference] | None, bool]:
    """Timed in turn, once the page was left alone long enough for the stopwatch to be done."""
    if a.design == view.design or view.timing is None or view.timing.requests < P99_FROM:
        return None, False
    future = studio().ledger.compare(
        replace(scenario, design=a.design, pins=()), replace(scenario, pins=())
    )
    if not future.done():
        return None, True
    return (None if failed(future) else compare_timings(*future.result())), False


def _of_a(scenario: Scenario) -> Scenario:
    assert scenario.pinned is not None
    return replace(scenario, design=scenario.pinned, pins=())
