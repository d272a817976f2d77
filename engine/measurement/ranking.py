"""The second stage alone: how long features and scores of so many candidates take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.measurement.machine import Machine, this_machine
from engine.measurement.stopwatch import Run, request_contexts, turn, turns
from engine.measurement.timing import now
from engine.pipeline import System

ROWS = (1, 10, 50, 100, 200, 300, 500, 1_000)
"""Numbers of candidates that are timed."""
PARTS = ("features", "ranking")
_WARM_UP = 5


@dataclass(frozen=True, slots=True, eq=False)
class RankingTiming:
    """Time of features and scores for single requests, one at a time, on one thread.

    rows : numbers of candidates.
    nanoseconds : int64 (len(rows), requests, 2), features and ranking.
    taken_at : Unix seconds.
    """

    rows: tuple[int, ...]
    nanoseconds: NDArray[np.int64]
    taken_at: float
    machine: Machine

    @property
    def requests(self) -> int:
        """Behind each number of candidates."""
        return int(self.nanoseconds.shape[1])

    def percentile(self, rows: int, q: float) -> float:
        """Of features and ranking together, ms.

        Raises
        ------
        ValueError : a number of candidates that was not timed.
        """
        if rows not in self.rows:
            raise ValueError(f"rows={rows!r}: must be one of {self.rows}")
        whole = self.nanoseconds[self.rows.index(rows)].sum(axis=1)
        return float(np.percentile(whole, q)) / 1e6

    def split(self, q: float) -> NDArray[np.float64]:
        """A percentile for each number of candidates, shared out to the parts as they share the
        mean; (len(rows), 2) in ms."""
        whole = np.percentile(self.nanoseconds.sum(axis=2), q, axis=1) / 1e6
        mean = self.nanoseconds.mean(axis=1)
        shares: NDArray[np.float64] = whole[:, None] * mean / mean.sum(axis=1, keepdims=True)
        return shares

    def at(self, candidates: float, q: float) -> NDArray[np.float64]:
        """`split` between the timed numbers of candidates, (2,) in ms."""
        parts = self.split(q)
        return np.array([np.interp(candidates, self.rows, column) for column in parts.T])

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "rows": list(self.rows),
            "nanoseconds": self.nanoseconds.tolist(),
            "taken_at": self.taken_at,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> RankingTiming:
        """From what `plain` gave on this machine."""
        nanoseconds = np.array(plain["nanoseconds"], dtype=np.int64)
        return cls(tuple(plain["rows"]), nanoseconds, plain["taken_at"], this_machine())


def measure_ranking(
    systems: Sequence[System], rows: Sequence[int] = ROWS, requests: int = 100
) -> list[RankingTiming]:
    """Time the second stage of systems in turn, over the same users and numbers of candidates.

    Candidates are the generator's own best, found before the stopwatch runs; where it proposes
    fewer, other items fill them up. Numbers beyond the catalogue are left out.

    Raises
    ------
    ValueError : a number of requests or of candidates below 1, or none within the catalogue.
    """
    run = RankingRun(systems, rows, requests)
    run.go_on()
    return run.timings()


class RankingRun(Run):
    """`measure_ranking`, bit by bit."""

    def __init__(
        self, systems: Sequence[System], rows: Sequence[int] = ROWS, requests: int = 100
    ) -> None:
        if requests < 1:
            raise ValueError(f"requests={requests!r}: must be at least 1")
        if not rows or min(rows) < 1:
            raise ValueError(f"rows={rows!r}: must be numbers from 1")
        most = len(systems[0].world.items)
        counts = tuple(n for n in rows if n <= most)
        if not counts:
            raise ValueError(f"rows={rows!r}: must hold a number within the catalogue's {most}")
        super().__init__()
        self._systems, self._counts = systems, counts
        shape = len(systems), len(counts), requests, len(PARTS)
        self._taken = np.empty(shape, dtype=np.int64)

    def timings(self) -> list[RankingTiming]:
        """A timing for each system, once all is timed."""
        moment = now()
        return [RankingTiming(self._counts, row, moment, this_machine()) for row in self._taken]

    def plain(self) -> dict[str, Any]:
        """The first system's timing as JSON can hold it, once all is timed."""
        return self.timings()[0].plain()

    def _timed(self) -> Iterator[None]:
        systems, counts, requests = self._systems, self._counts, self._taken.shape[2]
        cases = [(place, size) for place in range(len(systems)) for size in range(len(counts))]
        users, times = request_contexts(systems[0], requests, 0)
        for request, order in enumerate(turns(len(cases), requests, 0)):
            user, at = int(users[request]), float(times[request])
            found = [self._candidates(system, user, at) for system in systems]
            for case in order:
                place, size = cases[case]
                serve = partial(_time, systems[place], user, found[place][: counts[size]], at)
                if request == 0:
                    for _ in range(_WARM_UP):
                        serve()
                with turn():
                    self._warm_again(serve)
                    self._taken[place, size, request] = serve()
                yield

    def _candidates(self, system: System, user: int, at: float) -> NDArray[np.int64]:
        most = max(self._counts)
        return _filled(system.exact_candidates(user, at, most), most, len(system.world.items))


def _filled(items: NDArray[np.int64], n: int, most: int) -> NDArray[np.int64]:
    """The items, and after them others of the catalogue up to n."""
    if len(items) >= n:
        return items
    return np.concatenate([items, np.setdiff1d(np.arange(most), items)[: n - len(items)]])


def _time(system: System, user: int, items: NDArray[np.int64], at: float) -> tuple[int, int]:
    started = perf_counter_ns()
    table = system.features.table(user, items, at)
    joined = perf_counter_ns()
    system.ranker.scores(table)
    return joined - started, perf_counter_ns() - joined
