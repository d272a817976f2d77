"""Re-ranking in whole systems: served, judged and charged alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.evaluation import Evaluator, quality_curve
from engine.generators import GENERATORS
from engine.index import IVFPQ
from engine.metrics import ndcg_at_k
from engine.pipeline import System, build
from engine.rankers import RANKERS
from engine.rerankers import RERANKERS, NoReranking, Pool, RerankerConfig, Rules
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import QUICK, SystemOf, quick_design

KINDS = [
    ("popularity", "exact"),
    ("mf", "exact"),
    ("mf", "hnsw"),
    ("mf", "ivfpq"),
    *((name, "hnsw") for name in GENERATORS if name not in ("popularity", "mf")),
]
CHOICES = [
    NoReranking(),
    Rules(),
    Rules(diversity=1.0, topic_cap=1, depth=20),
    Rules(diversity=0.0, freshness=2.0, topic_cap=0, depth=200),
]
USERS = range(0, 200, 7)


def with_rules(system: System, rerank: RerankerConfig, slate: int = 10) -> System:
    return system.tuned(replace(system.design, rerank=rerank, slate=slate))


@pytest.fixture(scope="module", params=KINDS, ids="-".join)
def system(request: pytest.FixtureRequest, system_of: SystemOf) -> System:
    return system_of(*request.param, "gbdt", 120)


@pytest.mark.parametrize("name", RERANKERS)
def test_name_is_that_of_the_register(name: str) -> None:
    assert RERANKERS[name]().name == name


@pytest.mark.parametrize("rerank", CHOICES, ids=str)
@pytest.mark.parametrize("slate", [10, 25])
def test_evaluators_slates_are_those_of_the_system(
    system: System, tiny_evaluator: Evaluator, rerank: RerankerConfig, slate: int
) -> None:
    third = with_rules(system, rerank, slate)
    returned = tiny_evaluator.returned(third, third.design.candidates)
    slates = np.take_along_axis(returned.items, tiny_evaluator.slates(third, returned), axis=1)
    for mine, user in zip(slates.tolist(), tiny_evaluator.panel.users.tolist(), strict=True):
        assert [item for item in mine if item >= 0] == third.recommend(user).items.tolist()


@pytest.mark.parametrize("rerank", CHOICES[1:], ids=str)
def test_slate_is_chosen_from_the_best_ranked_with_their_own_scores(
    system: System, rerank: Rules
) -> None:
    third = with_rules(system, rerank)
    deepest = system.tuned(replace(system.design, slate=50))
    for user in USERS:
        served = third.recommend(user)
        ranked = third.retrieve(user, served.at, 120)[0]
        scores = third.ranker.scores(third.features.table(user, ranked, served.at))
        order = np.argsort(-scores, kind="stable")[: rerank.depth]
        assert len(set(served.items.tolist())) == len(served.items) == 10
        known = dict(zip(ranked[order].tolist(), scores[order].tolist(), strict=True))
        assert [known[item] for item in served.items.tolist()] == served.scores.tolist()
        if rerank.depth <= 50:
            assert set(served.items.tolist()) <= set(deepest.recommend(user).items.tolist())


def test_rules_that_ask_for_nothing_serve_what_was_ranked(system: System) -> None:
    idle = with_rules(system, Rules(diversity=0.0, freshness=0.0, topic_cap=0, distinct=0))
    for user in USERS:
        np.testing.assert_array_equal(idle.recommend(user).items, system.recommend(user).items)


def test_re_ranking_takes_time_only_where_there_is_some(system: System) -> None:
    assert system.recommend(3).trace["reranking"] == 0.0
    assert with_rules(system, Rules()).recommend(3).trace["reranking"] > 0.0


@pytest.mark.parametrize("rerank", CHOICES, ids=str)
def test_losses_of_every_user_add_up_and_the_fourth_is_of_the_two_slates(
    system: System, tiny_evaluator: Evaluator, rerank: RerankerConfig
) -> None:
    third = with_rules(system, rerank)
    per_user = tiny_evaluator.report(third).per_user
    loss = per_user.loss
    total = loss.generation + loss.index + loss.ranking + loss.reranking
    np.testing.assert_allclose(total, 1 - per_user.ndcg, rtol=0, atol=1e-9)
    panel, world = tiny_evaluator.panel, system.world
    for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
        relevance = world.relevance(user, np.arange(len(world.items)), at)
        eligible = np.delete(relevance, panel.excluded[row])
        shown, ranked = (
            float(ndcg_at_k(relevance[one.recommend(user).items], eligible, 10))
            for one in (third, system)
        )
        assert per_user.ndcg[row] == pytest.approx(shown, abs=1e-9)
        assert loss.reranking[row] == pytest.approx(ranked - shown, abs=1e-9)
    if rerank == NoReranking():
        np.testing.assert_array_equal(loss.reranking, 0.0)


def test_re_ranking_leaves_the_loss_of_earlier_stages_as_it_was(
    system: System, tiny_evaluator: Evaluator
) -> None:
    before = tiny_evaluator.report(system)
    after = tiny_evaluator.report(with_rules(system, Rules(diversity=0.8)))
    for stage in ("generation", "index", "ranking"):
        np.testing.assert_array_equal(
            getattr(after.per_user.loss, stage), getattr(before.per_user.loss, stage)
        )
    assert np.abs(after.per_user.loss.reranking).max() > 0
    for name in ("recall@candidates", "ann_recall", "auc"):
        assert after[name] == before[name]


@pytest.mark.parametrize("slate", [10, 25])
def test_figures_of_the_slate_are_of_the_one_shown(
    system: System, tiny_evaluator: Evaluator, slate: int
) -> None:
    third = with_rules(system, Rules(diversity=0.8), slate)
    report = tiny_evaluator.report(third)
    served = [third.recommend(user).items.tolist() for user in tiny_evaluator.panel.users.tolist()]
    shown = {item for items in served for item in items}
    assert report["coverage"].value == pytest.approx(len(shown) / 400, abs=1e-12)
    for row, clicked in enumerate(tiny_evaluator.panel.held_out):
        hits = np.isin(served[row][:10], clicked).astype(float)
        observed = report.per_user.ndcg_observed[row]
        if len(clicked):
            expected = float(ndcg_at_k(hits, np.ones(len(clicked)), 10))
            assert observed == pytest.approx(expected, abs=1e-9)
        else:
            assert np.isnan(observed)


@pytest.mark.parametrize("rerank", CHOICES, ids=str)
def test_point_of_the_curve_is_the_report_of_that_design(
    system: System, tiny_evaluator: Evaluator, rerank: RerankerConfig
) -> None:
    third = with_rules(system, rerank)
    curve = quality_curve(tiny_evaluator, third)
    loss = curve.loss()
    total = loss.generation + loss.index + loss.ranking + loss.reranking
    np.testing.assert_allclose(total, 1 - curve.ndcg, rtol=0, atol=1e-9)
    for place, n in enumerate(curve.candidates):
        report = tiny_evaluator.report(third.tuned(third.design.with_candidates(n)))
        assert curve.ndcg[place] == pytest.approx(report["ndcg@10"].value, rel=0, abs=1e-12)
        for stage, estimate in report.loss.items():
            value = getattr(loss, stage)[place]
            assert value == pytest.approx(estimate.value, rel=0, abs=1e-12)
    if rerank == NoReranking():
        np.testing.assert_array_equal(loss.reranking, 0.0)


@pytest.mark.parametrize("ranker", RANKERS)
def test_topics_of_a_served_slate_keep_to_the_cap_where_the_pool_allows(
    system_of: SystemOf, ranker: str
) -> None:
    capped = with_rules(system_of("mf", "exact", ranker, 120), Rules(topic_cap=3, depth=100))
    topic = capped.world.items.topic
    for user in USERS:
        held = np.bincount(topic[capped.recommend(user).items])
        assert held.max() <= 3


def test_who_is_found_too_few_candidates_gets_a_short_slate(
    tiny_world: World, tiny_store: PartStore, tiny_evaluator: Evaluator
) -> None:
    torn = IVFPQ(nlist=128, nprobe=1, m=4, nbits=5)
    design = replace(quick_design("mf", "exact", "gbdt", 10), index=torn, rerank=Rules())
    system = build(tiny_world, design, store=tiny_store)
    sizes = [len(system.recommend(user).items) for user in range(200)]
    assert min(sizes) == 0
    assert max(sizes) > 1
    per_user = tiny_evaluator.report(system).per_user
    loss = per_user.loss
    total = loss.generation + loss.index + loss.ranking + loss.reranking
    np.testing.assert_allclose(total, 1 - per_user.ndcg, rtol=0, atol=1e-9)


def test_re_ranking_needs_no_part_of_its_own(tiny_world: World) -> None:
    store = PartStore(None)
    plain = replace(quick_design("mf", "hnsw", "gbdt"), index=QUICK["hnsw"])
    first = build(tiny_world, plain, store=store)
    second = build(tiny_world, replace(plain, rerank=Rules()), store=store)
    for part in ("generator", "features", "ranker"):
        assert getattr(second, part) is getattr(first, part)


def test_pool_joins_age_topic_and_vector_of_each_item(tiny_world: World) -> None:
    items = np.array([[5, 3, -1], [0, 5, 9]])
    scores = np.array([[2.0, 1.0, -np.inf], [3.0, 2.0, 1.0]], dtype=np.float32)
    vectors = np.arange(800, dtype=np.float32).reshape(400, 2)
    at = np.array([13.25, 13.5])
    pool = Pool.of(tiny_world.items, vectors, items, scores, at)
    assert pool.scores.dtype == pool.age.dtype == np.float64
    for row, place in ((0, 0), (0, 1), (1, 0), (1, 1), (1, 2)):
        item = items[row, place]
        assert pool.topic[row, place] == tiny_world.items.topic[item]
        assert pool.age[row, place] == at[row] - float(tiny_world.items.released[item])
        np.testing.assert_array_equal(pool.vectors[row, place], vectors[item])  # type: ignore[index]
    assert Pool.of(tiny_world.items, None, items, scores, at).vectors is None
