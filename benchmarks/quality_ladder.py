"""Does each step of the ladder pay? popularity < MF < logistic < the best ranker, 2,000 users.

Run as ``python -m benchmarks.quality_ladder``. Prints true NDCG@10 of each design on the
shipped world and the paired difference to the step before, with a bootstrap interval; all
rankers, of which the best is chosen by the order of the validation day; and what HNSW at the
default design returns of the exact answer, and costs.
"""

from __future__ import annotations

import sys

import engine
from engine.intervals import paired_difference
from engine.seeding import stream

USERS = 2_000
LADDER = {
    "popularity": engine.Design(generator=engine.Popularity(), ranker=engine.NoRanker()),
    "mf": engine.Design(ranker=engine.NoRanker()),
    "logistic": engine.Design(ranker=engine.Logistic()),
}


def main() -> int:
    """Print the ladder; 1 if a step does not pay."""
    world = engine.load_sample()
    reports = {
        name: engine.evaluate(engine.build(world, design), users=USERS)
        for name, design in LADDER.items()
    }
    systems = {
        name: engine.build(world, engine.Design(ranker=kind()))
        for name, kind in engine.RANKERS.items()
        if kind.knobs
    }
    rankers = {name: engine.evaluate(system, users=USERS) for name, system in systems.items()}
    for name, report in rankers.items():
        order = systems[name].learned.validation_ndcg
        print(f"{name:12s} true NDCG@10 {report['ndcg@10']}, validation day {order:.4f}")
    chosen = max(systems, key=lambda name: systems[name].learned.validation_ndcg)
    reports[f"best: {chosen}"] = rankers[chosen]
    failed = False
    before = None
    for name, report in reports.items():
        line = f"{name:12s} true NDCG@10 {report['ndcg@10']}"
        if before is not None:
            step = paired_difference(
                reports[before].per_user.ndcg,
                report.per_user.ndcg,
                rng=stream(world.config.seed, "benchmark/ladder"),
            )
            failed |= step.low <= 0
            line += f"   over {before}: {step}"
        print(line)
        before = name
    default = rankers["gbdt"]
    print(f"HNSW, default design: ANN recall {default['ann_recall']} (at least .95)")
    print(f"its realised cost: {default['index_cost']} NDCG (at most .005)")
    losses = default.per_user.loss
    total = losses.generation + losses.index + losses.ranking
    gap = abs(total - (1.0 - default.per_user.ndcg)).max()
    print(f"three losses against 1 - NDCG, largest gap over {USERS:,} users: {gap:.1e}")
    failed |= default["ann_recall"].value < 0.95 or default["index_cost"].value > 0.005
    return int(failed or gap > 1e-9)


if __name__ == "__main__":
    sys.exit(main())
