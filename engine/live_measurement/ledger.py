"""The ledger of what was measured: one measurement for all who ask for the same design."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from engine.grid import LatencyGrid
from engine.live_measurement.process import MeasuringError, MeasuringProcess
from engine.measurement import P99_FROM, Timing, this_machine
from engine.scenario import Scenario

FIRST_LOOK = 100
_CHUNK = 100
_STILL_WANTED_S = 5.0  # pages ask once a second for what they show
_CALM_S = 4.0  # after a first look: somebody may be stepping through designs
_MOST_KEPT = 500


@dataclass(slots=True)
class _Entry:
    scenario: Scenario
    timing: Timing | None = None
    wanted_at: float = field(default_factory=time.monotonic)
    awaited: list[int] = field(default_factory=list)  # requests, one of each who waits
    forgotten: int = 0  # how often
    failures: int = 0
    why: str = ""  # of the last failure
    given_up: bool = False  # until somebody waits again

    @property
    def requests(self) -> int:
        return 0 if self.timing is None else self.timing.requests

    @property
    def keeps_waiting(self) -> bool:
        """Whether somebody waits for more requests than there are."""
        return any(self.requests < awaited for awaited in self.awaited)


class Ledger:
    """Timings by design, taken once for all who ask, and refined while nobody waits.

    A design that is new is timed with a first look of 100 requests, newest first; designs
    that are still looked at are then refined up to 1,000.
    """

    def __init__(self, process: MeasuringProcess) -> None:
        self._process = process
        self._entries: OrderedDict[Scenario, _Entry] = OrderedDict()
        self._grids: list[tuple[Scenario, Future[LatencyGrid]]] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._first_look_at = -_CALM_S

    def timing(self, scenario: Scenario) -> Timing | None:
        """What is known of a scenario's design now; asking keeps it being refined."""
        with self._changed:
            entry = self._entry(scenario)
            self._changed.notify_all()
            return entry.timing

    def wait(self, scenario: Scenario, requests: int, patience_s: float) -> Timing | None:
        """Wait until so many requests are timed; what is known when patience ends.

        Raises
        ------
        MeasuringError : the design could not be measured.
        """
        deadline = time.monotonic() + patience_s
        with self._changed:
            entry = self._entry(scenario)
            failures, entry.given_up = entry.failures, False
            entry.awaited.append(requests)
            self._changed.notify_all()
            try:
                while entry.requests < requests:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        break
                    self._changed.wait(left)
                    if entry.failures > failures:
                        raise MeasuringError(entry.why)
            finally:
                entry.awaited.remove(requests)
            return entry.timing

    def forget(self, scenario: Scenario) -> None:
        """Drop what is known of a scenario's design, so that it is measured anew."""
        with self._changed:
            entry = self._entries.get(_design_alone(scenario))
            if entry is not None:  # it stays, since somebody may be waiting
                entry.timing, entry.given_up = None, False
                entry.forgotten += 1
                self._changed.notify_all()

    def grid(self, scenario: Scenario) -> Future[LatencyGrid]:
        """Time a grid of designs around this one; it takes a few seconds."""
        future: Future[LatencyGrid] = Future()
        with self._changed:
            self._grids.append((scenario, future))
            self._started()
            self._changed.notify_all()
        return future

    def _entry(self, scenario: Scenario) -> _Entry:
        key = _design_alone(scenario)
        entry = self._entries.setdefault(key, _Entry(key))
        entry.wanted_at = time.monotonic()
        self._entries.move_to_end(key)
        while len(self._entries) > _MOST_KEPT:
            self._entries.popitem(last=False)
        self._started()
        return entry

    def _started(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="ledger", daemon=True)
            self._thread.start()

    def _work(self) -> None:
        while True:
            with self._changed:
                while (job := self._next()) is None:
                    self._changed.wait(_CALM_S or None)
            job()

    def _next(self) -> Callable[[], None] | None:
        """A first look that somebody waits for, else a grid, else a refinement."""
        newest = [entry for entry in reversed(self._entries.values()) if not entry.given_up]
        for entry in newest:
            if entry.keeps_waiting and entry.requests < FIRST_LOOK:
                self._first_look_at = time.monotonic()
                return lambda: self._extend(entry, FIRST_LOOK)
        if self._grids:
            scenario, future = self._grids.pop(0)
            return lambda: self._measure_grid(scenario, future)
        now = time.monotonic()
        calm = now > self._first_look_at + _CALM_S
        for entry in newest:
            wanted = calm and entry.wanted_at > now - _STILL_WANTED_S
            if entry.requests < P99_FROM and (entry.keeps_waiting or wanted):
                return lambda: self._extend(entry, _CHUNK)
        return None

    def _extend(self, entry: _Entry, requests: int) -> None:
        with self._changed:
            start, forgotten = entry.requests, entry.forgotten
        try:
            answer = self._process.call(
                {
                    "what": "requests",
                    "scenario": entry.scenario.to_query(),
                    "requests": requests,
                    "start": start,
                }
            )
            more = Timing(
                np.array(answer["nanoseconds"], dtype=np.int64),
                np.array(answer["processor"], dtype=np.int64),
                np.array(answer["first"], dtype=np.int64),
                answer["taken_at"],
                this_machine(),
            )
        except Exception as error:  # the thread must outlive whatever goes wrong
            with self._changed:
                entry.failures += 1
                entry.why, entry.given_up = _in_words(error), True
                self._changed.notify_all()
            return
        with self._changed:
            if entry.forgotten == forgotten:
                entry.timing = more if entry.timing is None else entry.timing.joined(more)
            self._changed.notify_all()

    def _measure_grid(self, scenario: Scenario, future: Future[LatencyGrid]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            answer = self._process.call({"what": "grid", "scenario": scenario.to_query()})
            arrays = {
                name: np.array(answer[name]) for name in ("knobs", "candidates", "p50", "p95")
            }
            grid = LatencyGrid(
                **arrays,
                requests=answer["requests"],
                taken_at=answer["taken_at"],
                held_up=answer["held_up"],
            )
        except Exception as error:  # as in `_extend`
            future.set_exception(MeasuringError(_in_words(error)))
        else:
            future.set_result(grid)


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, MeasuringError) else f"{type(error).__name__}: {error}"


def _design_alone(scenario: Scenario) -> Scenario:
    """Who is served on the page does not change how long requests take."""
    return Scenario(scenario.world, scenario.design, 0)
