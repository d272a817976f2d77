"""The ledger of what was measured: one measurement for all who ask for the same design."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from engine.ad_study import AdStudy
from engine.clicks import InferenceTiming
from engine.grid import LatencyGrid
from engine.index import IndexConfig
from engine.live_measurement.process import MeasuringError, MeasuringProcess
from engine.measurement import P99_FROM, RankingTiming, Timing, this_machine
from engine.retrieval import QUERIES, IndexPoint, plain_config
from engine.scenario import Scenario

T = TypeVar("T")
FIRST_LOOK = 20
_CHUNK = 40  # a first look waits for one at most
_STILL_WANTED_S = 5.0  # pages ask once a second for what they show
_CALM_S = 4.0  # after a first look: somebody may be stepping through designs
_MOST_KEPT = 500
_MOST_PAIRS = 50


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


_Pair = tuple[Scenario, Scenario, int]


@dataclass(slots=True)
class _PairEntry:
    future: Future[tuple[Timing, Timing]] = field(default_factory=Future)
    timings: tuple[Timing, Timing] | None = None

    @property
    def requests(self) -> int:
        return 0 if self.timings is None else self.timings[0].requests

    @property
    def of_use(self) -> bool:
        """Whether who asks now may share it: under way, or done without an error."""
        future = self.future
        return not future.cancelled() and not (future.done() and future.exception())


class Ledger:
    """Timings by design, taken once for all who ask, and refined while nobody waits.

    A design that is new is timed with a first look of 20 requests, newest first; designs
    that are still looked at are then refined up to 1,000. Two designs that are compared are
    timed together, for timings of different moments do not compare.
    """

    def __init__(self, process: MeasuringProcess) -> None:
        self._process = process
        self._entries: OrderedDict[Scenario, _Entry] = OrderedDict()
        self._studies: list[Callable[[], None]] = []
        self._pairs: OrderedDict[_Pair, _PairEntry] = OrderedDict()
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
            design = _design_alone(scenario)
            for pair in [pair for pair in self._pairs if design in pair[:2]]:
                if self._pairs[pair].future.done():
                    del self._pairs[pair]

    def grid(self, scenario: Scenario) -> Future[LatencyGrid]:
        """Time a grid of designs around this one; it takes a few seconds."""
        return self._study("grid", scenario, LatencyGrid.from_plain)

    def ranking(self, scenario: Scenario) -> Future[RankingTiming]:
        """Time the second stage of this design alone, over numbers of candidates."""
        return self._study("ranking", _design_alone(scenario), RankingTiming.from_plain)

    def clicks(self, study: AdStudy, requests: int) -> Future[InferenceTiming]:
        """Time a click model on requests of as many ads as bid."""
        return self._study("clicks", Scenario(ads=study), _inference, requests=requests)

    def indexes(
        self,
        scenario: Scenario,
        configs: Sequence[IndexConfig],
        k: int | None = None,
        queries: int = QUERIES,
    ) -> Future[list[IndexPoint]]:
        """Measure configurations that share one build, on the scenario's vectors.

        k : how many a search is asked for; by default the design's candidates.
        queries : how many of them ask, at most; few for a first look.
        """
        asked = replace(_design_alone(scenario), vectors=scenario.vectors)
        k = scenario.design.candidates if k is None else k
        plain = [plain_config(config) for config in configs]
        return self._study("indexes", asked, _points, k=k, configs=plain, queries=queries)

    def size(self, scenario: Scenario, n: int, k: int) -> Future[pd.DataFrame]:
        """Measure each type of index on n vectors like the scenario's; see `measure_size`."""
        asked = replace(_design_alone(scenario), vectors=scenario.vectors)
        return self._study("size", asked, _rows, n=n, k=k)

    def _study(
        self, what: str, scenario: Scenario, read: Callable[[dict[str, Any]], T], **more: Any
    ) -> Future[T]:
        """Have the process carry out one long task, in turn, and bit by bit where it answers so."""
        future: Future[T] = Future()
        task = {"what": what, "scenario": scenario.to_query()} | more

        def work() -> None:
            if not (future.running() or future.set_running_or_notify_cancel()):
                return
            try:
                answer = self._process.call(task)
                if "unfinished" not in answer:
                    future.set_result(read(answer))
                    return
                with self._changed:
                    self._studies.append(work)
            except Exception as error:  # the thread must outlive whatever goes wrong
                future.set_exception(MeasuringError(_in_words(error)))

        with self._changed:
            self._studies.append(work)
            self._started()
            self._changed.notify_all()
        return future

    def compare(
        self, a: Scenario, b: Scenario, requests: int = P99_FROM
    ) -> Future[tuple[Timing, Timing]]:
        """Time two designs interleaved, so that row i of both pairs; see `compare_timings`.

        Who asks for the same pair shares the future; one that failed or was cancelled is
        measured anew when next asked for. It fails with `MeasuringError`.

        Raises
        ------
        ValueError : scenarios of two worlds, whose requests do not pair; requests below 1.
        """
        if a.world != b.world:
            raise ValueError("b: must be of the world of a, or their requests do not pair")
        if requests < 1:
            raise ValueError(f"requests={requests!r}: must be at least 1")
        pair = (_design_alone(a), _design_alone(b), requests)
        with self._changed:
            if pair not in self._pairs or not self._pairs[pair].of_use:
                self._pairs[pair] = _PairEntry()
            self._pairs.move_to_end(pair)
            done = [key for key, entry in self._pairs.items() if entry.future.done()]
            for key in done[: max(0, len(self._pairs) - _MOST_PAIRS)]:
                del self._pairs[key]
            self._started()
            self._changed.notify_all()
            return self._pairs[pair].future

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
        """A first look that somebody waits for, else a study, a pair, or a refinement."""
        newest = [entry for entry in reversed(self._entries.values()) if not entry.given_up]
        for entry in newest:
            if entry.keeps_waiting and entry.requests < FIRST_LOOK:
                self._first_look_at = time.monotonic()
                return lambda: self._extend(entry, FIRST_LOOK)
        if self._studies:
            return self._studies.pop(0)
        for pair, paired in reversed(self._pairs.items()):
            if not paired.future.done():
                return lambda: self._extend_pair(pair, paired)
        now = time.monotonic()
        calm = now > self._first_look_at + _CALM_S
        for entry in newest:
            wanted = calm and entry.wanted_at > now - _STILL_WANTED_S
            if entry.requests < P99_FROM and (entry.keeps_waiting or wanted):
                return lambda: self._extend(entry, min(_CHUNK, P99_FROM - entry.requests))
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
            more = _timing(answer)
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

    def _extend_pair(self, pair: _Pair, entry: _PairEntry) -> None:
        if not (entry.future.running() or entry.future.set_running_or_notify_cancel()):
            return
        a, b, requests = pair
        try:
            answer = self._process.call(
                {
                    "what": "pair",
                    "scenario": a.to_query(),
                    "other": b.to_query(),
                    "requests": min(_CHUNK, requests - entry.requests),
                    "start": entry.requests,
                }
            )
            more_a, more_b = map(_timing, answer["timings"])
        except Exception as error:  # as in `_extend`
            entry.future.set_exception(MeasuringError(_in_words(error)))
            return
        if entry.timings is None:
            entry.timings = more_a, more_b
        else:
            entry.timings = entry.timings[0].joined(more_a), entry.timings[1].joined(more_b)
        if entry.requests >= requests:
            entry.future.set_result(entry.timings)


def _timing(answer: dict[str, Any]) -> Timing:
    return Timing(
        np.array(answer["nanoseconds"], dtype=np.int64),
        np.array(answer["processor"], dtype=np.int64),
        np.array(answer["first"], dtype=np.int64),
        answer["taken_at"],
        this_machine(),
    )


def _rows(answer: dict[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(answer["rows"])


def _points(answer: dict[str, Any]) -> list[IndexPoint]:
    return [IndexPoint.from_plain(plain) for plain in answer["points"]]


def _inference(answer: dict[str, Any]) -> InferenceTiming:
    return InferenceTiming(
        answer["ads"],
        np.array(answer["nanoseconds"], dtype=np.int64),
        np.array(answer["processor"], dtype=np.int64),
        np.array(answer["first"], dtype=np.int64),
        answer["taken_at"],
        this_machine(),
    )


def _in_words(error: Exception) -> str:
    return str(error) if isinstance(error, MeasuringError) else f"{type(error).__name__}: {error}"


def _design_alone(scenario: Scenario) -> Scenario:
    """Who is served on the page does not change how long requests take."""
    return Scenario(scenario.world, scenario.design, 0)
