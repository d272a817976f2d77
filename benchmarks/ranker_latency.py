"""How long does each ranker take for one request, and what does LightGBM lose by our contract?

Run as ``python -m benchmarks.ranker_latency`` on a machine that does nothing else. One request at
a time on one thread, on the world that ships: features of the candidates and their scores. The
raw call is the booster's own predict on columns that were picked before, in turns with ours.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter_ns

import numpy as np
from numpy.typing import NDArray

import engine
from engine.measurement.stopwatch import request_contexts, turn, undisturbed
from engine.pipeline import System
from engine.rankers import RANKERS
from engine.rankers.boosting import Trees
from engine.rankers.gradient import GradientRanker
from engine.seeding import stream

CANDIDATES = (1, 100, 500)
REQUESTS = 1_000
WARM_UP = 20
PREPARATION_MS = 1.5
ALLOWED_RATIO = 1.1

Request = tuple[int, float, NDArray[np.int64]]


def requests_of(system: System, candidates: int) -> list[Request]:
    """Users of the panel in turn, each with items drawn from all."""
    users, at = request_contexts(system, REQUESTS, 0)
    rng = stream(0, "benchmark/candidates")
    items = len(system.world.items)
    return [
        (int(user), float(time), rng.choice(items, size=candidates, replace=False))
        for user, time in zip(users, at, strict=True)
    ]


def times_of(calls: list[Callable[[Request], object]], asked: list[Request]) -> NDArray[np.int64]:
    """Nanoseconds of each call for each request, in turns, (calls, requests)."""
    times = np.empty((len(calls), len(asked)), dtype=np.int64)
    for call in calls:
        for request in asked[:WARM_UP]:
            call(request)
    for row, request in enumerate(asked):
        # The order changes by turns, so that neither always finds a warm cache.
        for which in range(len(calls)) if row % 2 else reversed(range(len(calls))):
            with turn():
                started = perf_counter_ns()
                calls[which](request)
                times[which, row] = perf_counter_ns() - started
    return times


def line(name: str, times: NDArray[np.int64]) -> float:
    """Print p50 and p95 in ms; return the first."""
    p50, p95 = np.percentile(times, (50, 95)) / 1e6
    print(f"{name:34s} p50 {p50:7.3f}  p95 {p95:7.3f} ms", flush=True)
    return float(p50)


def preparation_ms(system: System) -> float:
    """Of features, and of what linear and deep models compute with, for most candidates."""
    ranker = system.ranker
    assert isinstance(ranker, GradientRanker)

    def prepared(request: Request) -> object:
        user, at, items = request
        return ranker.preparation.rows(system.features.table(user, items, at))

    n = CANDIDATES[-1]
    return line(f"preparation alone, {n}", times_of([prepared], requests_of(system, n))[0])


def predict_ratio(system: System) -> float:
    """Scores by our contract over the booster's own call, at p50, for most candidates."""
    trees: Trees = system.ranker.trees  # type: ignore[attr-defined]
    booster, rounds = trees._booster, trees._rounds
    names = booster.feature_name()
    asked = requests_of(system, CANDIDATES[-1])
    tables = [system.features.table(user, items, at) for user, at, items in asked]
    columns = [tables[0].columns.index(name) for name in names]
    picked = [table.values[:, columns] for table in tables]
    place = {id(request): row for row, request in enumerate(asked)}

    def ours(request: Request) -> object:
        return system.ranker.scores(tables[place[id(request)]])

    def raw(request: Request) -> object:
        values = picked[place[id(request)]]
        return booster.predict(values, num_iteration=rounds, num_threads=1)

    mine, theirs = np.percentile(times_of([ours, raw], asked), 50, axis=1) / 1e6
    print(f"LightGBM by our contract {mine:.3f} ms, its own call {theirs:.3f} ms")
    return float(mine / theirs)


def main() -> int:
    """Print the times of each ranker; 1 if a bar is missed."""
    world = engine.load_sample()
    systems = {
        name: engine.build(world, engine.Design(ranker=kind())) for name, kind in RANKERS.items()
    }
    with undisturbed():
        for name, system in systems.items():

            def ranked(request: Request, system: System = system) -> object:
                user, at, items = request
                return system.ranker.scores(system.features.table(user, items, at))

            for n in CANDIDATES:
                line(f"{name}, {n} candidates", times_of([ranked], requests_of(system, n))[0])
        preparation = preparation_ms(systems["dcn"])
        ratio = predict_ratio(systems["gbdt"])
    print(f"preparation at most {PREPARATION_MS} ms; ratio {ratio:.3f} of at most {ALLOWED_RATIO}")
    return int(preparation > PREPARATION_MS or ratio > ALLOWED_RATIO)


if __name__ == "__main__":
    sys.exit(main())
