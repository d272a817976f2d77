"""How long requests of ads take, as the measuring process finds it out bit by bit."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

import numpy as np

from engine.ad_study import AdStudy
from engine.clicks import ClickDesign, InferenceTiming
from engine.live_measurement import Ledger
from engine.measurement import P99_FROM
from ui.ctr.view import ClickTimes

FIRST_LOOK = 60
STEPS = (10, 20, 50, 100, 200, 500, 1_000)
"""Numbers of ads in a request that are timed, as far as so many run."""
_CHUNK = 250  # so that others are not kept waiting for long
_CALM_S = 2.0
_STILL_WANTED_S = 4.0  # a page that waits asks every second
_MOST_KEPT = 120


@dataclass(slots=True, eq=False)
class _Entry:
    looks: dict[int, InferenceTiming] = field(default_factory=dict)
    whole: InferenceTiming | None = None
    asked: Future[InferenceTiming] | None = None
    asked_for: tuple[int, int] = (0, 0)  # ads, requests
    failed: str = ""
    wanted_at: float = 0.0


class Times:
    """One measurement for all who ask for the same model, log and number of ads.

    A first look at the number of ads that bid, then at other numbers, then more requests of the
    first, in chunks, until a p99 can be told. One task at a time, so that others get their turn.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._lock = threading.Lock()
        self._first_at = 0.0

    def want(self, study: AdStudy, first_look_alone: bool = False) -> None:
        """Take in what has been measured, and have the next be measured."""
        with self._lock:
            entry = self._entry(study)
            entry.wanted_at = time.monotonic()
            asked = self._ask(entry, study, first_look_alone)
        if asked is not None:
            asked.add_done_callback(lambda _: self._go_on(study, first_look_alone))

    def _go_on(self, study: AdStudy, first_look_alone: bool) -> None:
        """Have the next be measured while somebody still looks."""
        with self._lock:
            entry = self._entry(study)
            wanted = time.monotonic() - entry.wanted_at < _STILL_WANTED_S
            asked = self._ask(entry, study, first_look_alone) if wanted else None
        if asked is not None:
            asked.add_done_callback(lambda _: self._go_on(study, first_look_alone))

    def _ask(
        self, entry: _Entry, study: AdStudy, first_look_alone: bool
    ) -> Future[InferenceTiming] | None:
        if entry.asked is not None:  # it is being timed
            return None
        task = None if entry.failed else self._next(entry, study)
        if task is None or (first_look_alone and task != (study.auction.ads, FIRST_LOOK)):
            return None
        ads, requests = entry.asked_for = task
        auction = replace(study.auction, ads=ads, slots=min(study.auction.slots, ads))
        entry.asked = self._ledger.clicks(replace(study, auction=auction), requests)
        return entry.asked

    def known(self, study: AdStudy) -> ClickTimes:
        """What the stopwatch has read."""
        with self._lock:
            entry = self._entry(study)
            looks = dict(sorted(entry.looks.items()))
            whole = entry.whole
            best = whole if whole is not None and whole.requests >= P99_FROM else None
            return ClickTimes(best or looks.get(study.auction.ads), looks, entry.failed)

    def looked(self, study: AdStudy) -> bool:
        """Whether there was a first look, or there will be none."""
        with self._lock:
            entry = self._entry(study)
            return bool(entry.failed) or study.auction.ads in entry.looks

    def complete(self, study: AdStudy) -> bool:
        """Whether nothing more will be measured."""
        with self._lock:
            entry = self._entry(study)
            done = entry.whole is not None and entry.whole.requests >= P99_FROM
            return bool(entry.failed) or (done and _steps(study) <= entry.looks.keys())

    def _entry(self, study: AdStudy) -> _Entry:
        key = study.log, _timed_part(study.design), study.auction.ads
        entry = self._entries.setdefault(key, _Entry())
        self._entries.move_to_end(key)
        while len(self._entries) > _MOST_KEPT:
            self._entries.popitem(last=False)
        if entry.asked is not None and entry.asked.done():
            self._take_in(entry, entry.asked)
        return entry

    def _take_in(self, entry: _Entry, asked: Future[InferenceTiming]) -> None:
        entry.asked = None
        if asked.cancelled() or asked.exception() is not None:
            entry.failed = str(asked.exception()) if not asked.cancelled() else "cancelled"
            return
        ads, requests = entry.asked_for
        if requests == FIRST_LOOK:
            entry.looks[ads] = asked.result()
        else:
            entry.whole = _joined(entry.whole, asked.result())

    def _next(self, entry: _Entry, study: AdStudy) -> tuple[int, int] | None:
        ads, now = study.auction.ads, time.monotonic()
        if ads not in entry.looks:
            self._first_at = now
            return ads, FIRST_LOOK
        if now - self._first_at < _CALM_S:  # somebody may be stepping through designs
            return None
        for step in sorted(_steps(study) - entry.looks.keys()):
            return step, FIRST_LOOK
        if entry.whole is None or entry.whole.requests < P99_FROM:
            return ads, _CHUNK
        return None


def _steps(study: AdStudy) -> set[int]:
    return {step for step in STEPS if step <= study.log.ads} | {study.auction.ads}


def _timed_part(design: ClickDesign) -> Hashable:
    """What a request's time hangs on; undoing the sampling is a division a row."""
    return design.fitted_part, design.calibration


def _joined(a: InferenceTiming | None, b: InferenceTiming) -> InferenceTiming:
    """Both rows of requests as one."""
    if a is None:
        return b
    return replace(
        b,
        nanoseconds=np.concatenate([a.nanoseconds, b.nanoseconds]),
        processor=np.concatenate([a.processor, b.processor]),
        first=a.first,
    )
