"""Which generator wins in which world? New users, long histories, few items, a short log.

Run as ``python -m benchmarks.cold_start``; ``--seeds 1`` for a quicker look. In each preset world
of the generators, over five seeds, those that a claim names propose by exact search without a
ranker and are judged by true NDCG@10 on one panel of all kinds of users. Prints for each seed how
far the winner is ahead of each rival, paired by user, with its 95% interval, and over the seeds
the mean with its own and a one-sided t-test that it is more than was claimed. Exits with 1 where
a claim does not hold for sure.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t, ttest_1samp

import engine
from engine.evaluation import evaluator_for
from engine.generators import GENERATORS
from engine.index import Exact
from engine.intervals import paired_difference
from engine.presets import GENERATOR_PRESETS
from engine.store import PartStore

SEEDS, USERS = 5, 1_000
SURE = 0.05


@dataclass(frozen=True, slots=True)
class Claim:
    """In a preset world the winner is ahead of each rival by more than ``least`` NDCG@10."""

    preset: str
    winner: str
    rivals: tuple[str, ...]
    least: float = 0.0


CLAIMS = (
    Claim("cold", "two_tower", ("mf",), 0.03),
    Claim("cold", "two_tower", ("popularity", "covisitation", "ease")),
    Claim("long_histories", "mf", ("two_tower", "popularity", "covisitation", "ease")),
    Claim("small_catalogue", "ease", ("covisitation", "mf", "two_tower", "popularity")),
    Claim("short_log", "popularity", ("mf", "two_tower", "covisitation", "ease")),
)


def main(arguments: list[str]) -> int:
    """Print the worlds; 1 if a claim does not hold."""
    parser = argparse.ArgumentParser(description="Which generator wins in which world?")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    seeds = range(7, 7 + parser.parse_args(arguments).seeds)
    held = []
    for preset in GENERATOR_PRESETS:
        judged = [judge(preset, seed) for seed in seeds]
        print(f"{preset}: true NDCG@10 over {len(seeds)} seeds")
        for name in GENERATORS:
            means = [float(np.nanmean(ndcg[name])) for ndcg in judged]
            each = " ".join(f"{mean:.4f}" for mean in means)
            print(f"  {name:12s} {np.mean(means):.4f} ({each})", flush=True)
        held += [
            holds(claim, rival, judged)
            for claim in CLAIMS
            if claim.preset == preset
            for rival in claim.rivals
        ]
    return int(not all(held))


def judge(preset: str, seed: int) -> dict[str, NDArray[np.float64]]:
    """Name of each generator -> true NDCG@10 of each user of the panel."""
    store = PartStore(None)
    world = engine.make_world(replace(GENERATOR_PRESETS[preset], seed=seed))
    evaluator = evaluator_for(world, min(USERS, len(world.users)), store)
    designs = {
        name: engine.Design(kind(), Exact(), candidates=10, ranker="none")  # type: ignore[arg-type]
        for name, kind in GENERATORS.items()
    }
    return {
        name: evaluator.report(engine.build(world, design, store=store)).per_user.ndcg
        for name, design in designs.items()
    }


def holds(claim: Claim, rival: str, judged: list[dict[str, NDArray[np.float64]]]) -> bool:
    """Print how far the winner is ahead of one rival; whether that is more than was claimed."""
    ahead = [paired_difference(ndcg[rival], ndcg[claim.winner]) for ndcg in judged]
    each = ", ".join(f"{one.value:+.4f} [{one.low:+.4f}, {one.high:+.4f}]" for one in ahead)
    print(f"  {claim.winner} - {rival}: {each}")
    values = np.array([one.value for one in ahead])
    if len(values) == 1:
        held = bool(ahead[0].low > claim.least)
        print(f"    {'holds' if held else 'FAILS'}: more than {claim.least:g}")
        return held
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    p = float(ttest_1samp(values, claim.least, alternative="greater").pvalue)
    held = p < SURE
    print(
        f"    mean {values.mean():+.4f} +- {half:.4f}, more than {claim.least:g} with p = {p:.1e}: "
        f"{'holds' if held else 'FAILS'}",
        flush=True,
    )
    return held


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
