"""The ranker over the whole catalogue, and how it is judged and timed."""

from __future__ import annotations

import numpy as np
import pytest

from engine.evaluation import Evaluator
from engine.measurement import measure
from engine.pipeline import STAGES, request_time
from engine.single_stage import SingleStage
from engine.world import World
from tests.engine.conftest import SystemOf


@pytest.mark.parametrize("ranker", ["none", "logistic", "gbdt"])
def test_slate_is_the_best_of_all_eligible_items_by_the_rankers_score(
    system_of: SystemOf, tiny_world: World, ranker: str
) -> None:
    system = system_of("mf", "hnsw", ranker)
    for user in (0, 17, 199):
        slate = SingleStage(system).recommend(user)
        at = request_time(tiny_world, user)
        banned = set(system.exclusions.of(user, at).tolist())
        items = np.array([i for i in range(len(tiny_world.items)) if i not in banned])
        scores = system.ranker.scores(system.features.table(user, items, at))
        order = sorted(range(len(items)), key=lambda place: (-scores[place], items[place]))
        assert slate.items.tolist() == items[order[: system.design.slate]].tolist()
        np.testing.assert_array_equal(slate.scores, scores[order[: system.design.slate]])
        assert (slate.user, slate.at) == (user, at)
        assert tuple(slate.trace) == STAGES


def test_requests_are_checked_as_those_of_two_stages(system_of: SystemOf) -> None:
    single = SingleStage(system_of())
    with pytest.raises(ValueError, match=r"^user=200: must be from 0 to 199$"):
        single.recommend(200)
    with pytest.raises(ValueError, match=r"^at=1.0: must be 13 days or later"):
        single.recommend(3, at=1.0)


def test_same_stopwatch_times_it(system_of: SystemOf) -> None:
    timing = measure(SingleStage(system_of()), requests=5)
    assert timing.requests == 5
    assert (timing.nanoseconds[:, STAGES.index("index")] == 0).all()
    assert (timing.nanoseconds[:, -1] > 0).all()


def test_slates_are_judged_as_those_of_two_stages(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    system, panel = system_of("mf", "exact", "gbdt"), tiny_evaluator.panel
    slates = np.stack(
        [
            system.recommend(user, at).items
            for user, at in zip(panel.users.tolist(), panel.at.tolist(), strict=True)
        ]
    )
    report = tiny_evaluator.report(system)
    np.testing.assert_allclose(tiny_evaluator.slates_ndcg(slates), report.per_user.ndcg, atol=1e-12)
    perfect = tiny_evaluator.slates_ndcg(panel.ideal_items)
    np.testing.assert_allclose(perfect, 1.0, atol=1e-12)
