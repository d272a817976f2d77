"""Which ranker wins in which world? Logistic regression, trees, and crosses of ids, in turn.

Run as ``python -m benchmarks.ladder_worlds``; ``--seeds 1`` for a quicker look. In each preset
world, over five seeds, the ladder is fitted at its defaults and judged by true NDCG@10 on 1,000
users. Prints the mean of each ranker, and for the family that should win what its best member is
ahead of the best of all others, with a t-test over seeds.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import numpy as np
from scipy.stats import ttest_1samp

import engine
from engine.evaluation import evaluator_for
from engine.presets import PRESETS
from engine.rankers import RANKERS
from engine.store import PartStore

SEEDS, USERS = 5, 1_000
RIVALS = [name for name in RANKERS if name not in ("none", "prior")]
WINNERS = {
    "additive": ("logistic",),
    "thresholds": ("gbdt", "lambdarank"),
    "crosses": ("fm", "dcn"),
}
SURE = 0.05


def main(arguments: list[str]) -> int:
    """Print the ladder of each world; 1 if another family wins than should."""
    parser = argparse.ArgumentParser(description="Which ranker wins in which world?")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    seeds = parser.parse_args(arguments).seeds
    won = [told(name, winners, seeds) for name, winners in WINNERS.items()]
    return int(not all(won))


def told(name: str, winners: tuple[str, ...], seeds: int) -> bool:
    """Print one world; whether its winners are ahead for sure."""
    rows = np.array([ladder(name, seed) for seed in range(7, 7 + seeds)])
    means = dict(zip(RIVALS, rows.mean(axis=0).tolist(), strict=True))
    order = sorted(means, key=lambda ranker: -means[ranker])
    print(f"{name}: " + ", ".join(f"{ranker} {means[ranker]:.3f}" for ranker in order), flush=True)
    # Chosen by their means over all seeds, not anew for each.
    best = next(ranker for ranker in order if ranker in winners)
    rival = next(ranker for ranker in order if ranker not in winners)
    ahead = rows[:, RIVALS.index(best)] - rows[:, RIVALS.index(rival)]
    line = f"  {best} is ahead of {rival} by {ahead.mean():+.4f} NDCG@10"
    if seeds == 1:
        print(line)
        return bool(ahead[0] > 0)
    p = float(ttest_1samp(ahead, 0.0, alternative="greater").pvalue)
    print(f"{line}, {ahead.min():+.4f} to {ahead.max():+.4f} over {seeds} seeds, p = {p:.4f}")
    return p < SURE


def ladder(name: str, seed: int) -> list[float]:
    """True NDCG@10 of each rival in one world of a preset."""
    store = PartStore(None)
    world = engine.make_world(replace(PRESETS[name], seed=seed))
    evaluator = evaluator_for(world, USERS, store)
    return [
        evaluator.report(engine.build(world, engine.Design(ranker=RANKERS[ranker]()), store=store))[
            "ndcg@10"
        ].value
        for ranker in RIVALS
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
