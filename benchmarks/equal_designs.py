"""How often are equal designs called different? It should be in about 5% of runs, at 95%.

Run as ``python -m benchmarks.equal_designs``; ``--runs 40`` for a quicker look. On a world of
its own, made for this:

- quality: one design is judged twice on the same users, under two request times of each user
  that are drawn independently. What any user's NDCG@10 differs by then has a true mean of 0.
- latency: two systems of one design are timed interleaved over 200 requests.

Prints how many runs found a difference that the compare page would call better or worse, which is
to say that `verdict` calls clear, and an exact binomial test against 5%.
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
from scipy.stats import binomtest

import engine
from engine.comparison import compare, compare_timings
from engine.evaluation import evaluator_for
from engine.measurement import measure_interleaved
from engine.side_by_side import verdict
from engine.store import PartStore

WORLD = engine.WorldConfig(users=1_000, items=1_000, impressions=60_000, seed=11)
DESIGN = engine.Design(candidates=100, ranker=engine.Logistic())
RUNS, USERS, REQUESTS = 400, 200, 200
LEVEL = 0.05
SURE = 0.001  # chance that a true 5% fails this benchmark


def main(arguments: list[str]) -> int:
    """Print both shares; 1 if one of them cannot be 5%."""
    parser = argparse.ArgumentParser(description="How often are equal designs called different?")
    parser.add_argument("--runs", type=int, default=RUNS)
    runs = parser.parse_args(arguments).runs
    store = PartStore(None)
    world = engine.make_world(WORLD)
    system = engine.build(world, DESIGN, store=store)
    kept = [
        told(f"true NDCG@10, {USERS} users", [quality_differs(system, run) for run in range(runs)]),
        told(f"p50, {REQUESTS} requests", [latency_differs(system, run) for run in range(runs)]),
    ]
    return int(not all(kept))


def quality_differs(system: engine.System, run: int) -> bool:
    """Whether one design, judged under two draws of request times, seems to differ from itself."""
    store = PartStore(None)
    a, b = (
        evaluator_for(system.world, USERS, store, draw=draw).report(system)
        for draw in (2 * run + 1, 2 * run + 2)
    )
    return verdict(compare(a, b)["ndcg@10"], higher_is_better=True).is_clear


def latency_differs(system: engine.System, run: int) -> bool:
    """Whether two systems of one design seem to differ in p50."""
    twin = system.tuned(system.design)
    a, b = measure_interleaved([system, twin], REQUESTS, start=run * REQUESTS)
    return verdict(compare_timings(a, b)["p50"], higher_is_better=False).is_clear


def told(figure: str, different: list[bool]) -> bool:
    """Print how often a figure was called different; whether that can be 5%."""
    count, runs = int(np.sum(different)), len(different)
    test = binomtest(count, runs, LEVEL)
    interval = test.proportion_ci()
    print(
        f"{figure}: equal designs called different in {count} of {runs} runs, "
        f"{count / runs:.1%} ({interval.low:.1%} to {interval.high:.1%}); "
        f"exact binomial test against {LEVEL:.0%}: p = {test.pvalue:.3f}"
    )
    return bool(test.pvalue >= SURE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
