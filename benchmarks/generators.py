"""What does each generator cost and give, and is our iALS what `implicit` gives by hand?

Run as ``python -m benchmarks.generators``. Prints for the shipped world the seconds of a fresh fit,
the size of what is fitted, and the true NDCG@10 of the generator's own order; EASE on a world of
5,000 items. By hand is `AlternatingLeastSquares` on the same clicks with the same knobs, asked by
its own `recommend`: from the same start as ours, and from others, which tells what the start alone
makes. It is compared over users with a click, since it knows nothing of the others.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from engine.design import Design
from engine.evaluation import Evaluator, evaluator_for
from engine.generators import GENERATORS, MF, GeneratorConfig, interactions_before
from engine.index import Exact
from engine.intervals import mean_estimate, paired_difference
from engine.log import clicks_before, split_days
from engine.pipeline import build
from engine.progress import silent
from engine.rankers import NoRanker
from engine.sample import load_sample, open_world
from engine.seeding import stream
from engine.store import PartStore, default_store
from engine.world import World, WorldConfig

USERS = 2_000
ALLOWED_DIFFERENCE = 0.005
OTHER_STARTS = (1, 2, 3)
MEDIUM = WorldConfig(items=5_000)


def main() -> int:
    """Print the table and the differences; 1 if ours is not the library's."""
    store = default_store()
    sample = load_sample()
    kinds = [kind() for kind in GENERATORS.values()]
    print(f"{len(sample.items):,} items, {USERS:,} users")
    of_mf = _table(sample, kinds, store)["mf"]
    print(f"{MEDIUM.items:,} items, {USERS:,} users")
    _table(open_world(MEDIUM, store), kinds, store)
    return int(_by_hand(sample, of_mf, store))


def _table(
    world: World, configs: Sequence[GeneratorConfig], store: PartStore
) -> dict[str, NDArray[np.float64]]:
    """Print a line a generator; returns the true NDCG@10 of each user."""
    evaluator = evaluator_for(world, USERS, store)
    found = {}
    interactions = interactions_before(world, split_days(world.config.days).serving[1])
    for config in configs:
        if why := config.why_not(len(world.items)):
            print(f"  {config.name:12s} {why}")
            continue
        started = perf_counter()
        generator = config.fit(interactions, world.config.seed, silent)
        seconds = perf_counter() - started
        design = Design(config, Exact(), candidates=10, ranker=NoRanker())
        report = evaluator.report(build(world, design, store=store))
        found[config.name] = report.per_user.ndcg
        print(
            f"  {config.name:12s} fit {seconds:6.2f} s, {generator.memory_bytes / 1e6:7.1f} MB, "
            f"true NDCG@10 {report['ndcg@10']}",
            flush=True,
        )
    return found


def _by_hand(world: World, ours: NDArray[np.float64], store: PartStore) -> bool:
    """Print how far iALS by hand is from ours; whether that is too far."""
    evaluator = evaluator_for(world, USERS, store)
    clicks = clicks_before(world, split_days(world.config.days).serving[1])
    warm = np.diff(clicks.indptr)[evaluator.panel.users] > 0
    start = int(stream(world.config.seed, "generator/mf").integers(2**31))
    same = _ndcg_by_hand(evaluator, start)
    difference = paired_difference(same[warm], ours[warm])
    print(f"iALS by hand {mean_estimate(same[warm])}, over users with a click")
    print(f"ours less that, from the same start: {difference} (within {ALLOWED_DIFFERENCE})")
    for other in OTHER_STARTS:
        moved = _ndcg_by_hand(evaluator, other)[warm]
        print(f"ours less that, from start {other}: {paired_difference(moved, ours[warm])}")
    print(f"users without a click: by hand {mean_estimate(same[~warm])}", end=", ")
    print(f"ours {mean_estimate(ours[~warm])}")
    return abs(difference.value) > ALLOWED_DIFFERENCE


def _ndcg_by_hand(evaluator: Evaluator, start: int) -> NDArray[np.float64]:
    """True NDCG@10 of each user of the panel by the library's own fit and answer."""
    from implicit.cpu.als import AlternatingLeastSquares

    world, panel, config = evaluator.panel.world, evaluator.panel, MF()
    clicks = clicks_before(world, split_days(world.config.days).serving[1])
    with threadpool_limits(limits=1, user_api="blas"):
        model = AlternatingLeastSquares(
            factors=config.factors,
            regularization=config.regularization,
            alpha=config.alpha,
            iterations=config.iterations,
            num_threads=1,
            random_state=start,
        )
        model.fit(clicks, show_progress=False)
        slates = np.full((len(panel), 10), -1, dtype=np.int64)
        for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
            pending = np.flatnonzero(~world.released(at))
            slates[row], _ = model.recommend(user, clicks[user], N=10, filter_items=pending)
    return evaluator.slates_ndcg(slates)


if __name__ == "__main__":
    sys.exit(main())
