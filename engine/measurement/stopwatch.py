"""The one stopwatch: single requests, one at a time, warm, on one thread, undisturbed."""

from __future__ import annotations

import fcntl
import gc
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import perf_counter_ns, thread_time_ns

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from engine.evaluation import panel_users
from engine.measurement.machine import this_machine
from engine.measurement.timing import Timing, now
from engine.pipeline import STAGES, Recommender, request_time
from engine.seeding import stream

# The second request after a pause takes 1.02 times as long as later ones, the fourth no longer.
WARM_UP = 4
_TURN = Path(tempfile.gettempdir()) / "shortlist-measuring.lock"


def measure(system: Recommender, requests: int = 1_000, start: int = 0) -> Timing:
    """Time single requests of a panel of users.

    Parameters
    ----------
    requests : how many, from 1; users of the panel come in turn.
    start : how many of the panel were timed before, so that users go on from there.

    Raises
    ------
    ValueError : a number of requests below 1.
    """
    return measure_interleaved([system], requests, start)[0]


def measure_interleaved(
    systems: Sequence[Recommender], requests: int = 1_000, start: int = 0
) -> list[Timing]:
    """Time several systems in turn, request by request, on the same users.

    Row i of each timing is the same user at about the same moment, so that rows pair. The order
    is drawn for every other request, and turned round for the next: who comes later finds the
    user's data in the processor's caches, and would seem faster.
    """
    run = InterleavedRun(systems, requests, start)
    run.go_on()
    return run.timings()


class Run:
    """Something that is timed bit by bit, so that who waits for something else has a turn."""

    def __init__(self) -> None:
        self._steps = self._timed()
        self._interrupted = False

    def go_on(self, seconds: float = math.inf) -> bool:
        """Time on for about so long, one step at least; whether all is timed."""
        with undisturbed():
            until = time.monotonic() + seconds  # the collection before it is no part of the bit
            for _ in self._steps:
                if time.monotonic() >= until:
                    self._interrupted = True
                    return False
        return True

    def _timed(self) -> Iterator[None]:
        """Time a step after the other, a yield after each."""
        raise NotImplementedError

    def _warm_again(self, serve: Callable[[], object]) -> None:
        """After an interruption what was at work meanwhile has the processor's caches."""
        if self._interrupted:
            self._interrupted = False
            serve()


class InterleavedRun(Run):
    """`measure_interleaved`, bit by bit."""

    def __init__(
        self, systems: Sequence[Recommender], requests: int = 1_000, start: int = 0
    ) -> None:
        if requests < 1:
            raise ValueError(f"requests={requests!r}: must be at least 1")
        super().__init__()
        self._systems, self._requests = systems, requests
        self._contexts = [request_contexts(system, requests, start) for system in systems]
        self._orders = turns(len(systems), requests, start)
        self._rows = np.empty((len(systems), requests, len(STAGES) + 1), dtype=np.int64)
        self._processor = np.empty((len(systems), requests), dtype=np.int64)
        self._first = np.empty((len(systems), len(STAGES) + 1), dtype=np.int64)

    def timings(self) -> list[Timing]:
        """A timing for each system, once all is timed."""
        taken = now()
        return [
            Timing(rows, processor, first, taken, this_machine())
            for rows, processor, first in zip(self._rows, self._processor, self._first, strict=True)
        ]

    def _timed(self) -> Iterator[None]:
        for place in range(len(self._systems)):
            self._warm_up(place)
            yield
        for request, order in enumerate(self._orders):
            for place in order:
                serve = partial(self._serve, place, request)
                with turn():
                    self._warm_again(serve)
                    self._rows[place, request], self._processor[place, request] = serve()
                yield

    def _warm_up(self, place: int) -> None:
        system, (users, at) = self._systems[place], self._contexts[place]
        with turn():
            self._first[place], _ = self._serve(place, 0)
            for again in range(WARM_UP):
                which = -1 - again % self._requests
                system.recommend(int(users[which]), float(at[which]))

    def _serve(self, place: int, request: int) -> tuple[list[int], int]:
        users, at = self._contexts[place]
        return _time(self._systems[place], int(users[request]), float(at[request]))


def request_contexts(
    system: Recommender, requests: int, start: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Users in turn and their request times, (requests,) each."""
    world = system.world
    panel = panel_users(world, min(len(world.users), 1_000))
    users = panel[(start + np.arange(requests)) % len(panel)]
    return users, np.array([request_time(world, int(user)) for user in users])


def turns(systems: int, requests: int, start: int) -> list[list[int]]:
    """In which order the systems answer each request, (requests, systems) places."""
    drawn = [
        stream(0, "measurement/turns", request // 2).permutation(systems).tolist()
        for request in range(start, start + requests)
    ]
    return [order[:: -1 if (start + place) % 2 else 1] for place, order in enumerate(drawn)]


@contextmanager
def undisturbed() -> Iterator[None]:
    """Library threads at one, and no garbage collection meanwhile."""
    collecting = gc.isenabled()
    with threadpool_limits(limits=1):
        gc.collect()
        gc.disable()
        try:
            yield
        finally:
            if collecting:
                gc.enable()


@contextmanager
def turn() -> Iterator[None]:
    """Hold the machine's one turn to measure, against other processes, whoever runs them."""
    handle = os.open(_TURN, os.O_CREAT | os.O_RDONLY, 0o644)  # to lock it, reading suffices
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _time(system: Recommender, user: int, at: float) -> tuple[list[int], int]:
    """Nanoseconds of the stages and the whole, and of the processor's work."""
    at_work = thread_time_ns()
    started = perf_counter_ns()
    slate = system.recommend(user, at)
    whole = perf_counter_ns() - started
    at_work = thread_time_ns() - at_work
    return [round(slate.trace[stage] * 1e3) for stage in STAGES] + [whole], at_work
