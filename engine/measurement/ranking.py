"""The second stage alone: how long features and scores of so many candidates take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.measurement.machine import Machine, this_machine
from engine.measurement.stopwatch import request_contexts, turn, turns, undisturbed
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
    if requests < 1:
        raise ValueError(f"requests={requests!r}: must be at least 1")
    if not rows or min(rows) < 1:
        raise ValueError(f"rows={rows!r}: must be numbers from 1")
    most = len(systems[0].world.items)
    counts = tuple(n for n in rows if n <= most)
    if not counts:
        raise ValueError(f"rows={rows!r}: must hold a number within the catalogue's {most}")
    cases = [(place, size) for place in range(len(systems)) for size in range(len(counts))]
    taken = np.empty((len(systems), len(counts), requests, len(PARTS)), dtype=np.int64)
    users, times = request_contexts(systems[0], requests, 0)
    with undisturbed():
        for request, order in enumerate(turns(len(cases), requests, 0)):
            user, at = int(users[request]), float(times[request])
            found = {
                place: _filled(system.exact_candidates(user, at, max(counts)), max(counts), most)
                for place, system in enumerate(systems)
            }
            for case in order:
                place, size = cases[case]
                items = found[place][: counts[size]]
                if request == 0:
                    for _ in range(_WARM_UP):
                        _time(systems[place], user, items, at)
                with turn():
                    taken[place, size, request] = _time(systems[place], user, items, at)
    moment = now()
    return [RankingTiming(counts, row, moment, this_machine()) for row in taken]


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
