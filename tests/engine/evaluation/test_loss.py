"""Loss by stage: parts that add up, whatever the candidates."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.design import Design
from engine.evaluation import Evaluator, Judged, Loss
from engine.metrics import ndcg_at_k
from engine.store import PartStore

AS_RANKED: Any = SimpleNamespace(design=Design())


@st.composite
def rankings(draw: st.DrawFn) -> dict[str, Any]:
    """Users with a relevance for each item, an exact list, what was returned, and its scores."""
    users, items = draw(st.integers(1, 4)), draw(st.integers(11, 40))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    relevance = rng.random((users, items)) ** draw(st.sampled_from([1, 8]))
    relevance[rng.random((users, items)) < draw(st.sampled_from([0.0, 0.5, 0.95]))] = 0.0
    exact_n, returned_n = draw(st.integers(1, items)), draw(st.integers(1, items))
    orders = np.array([rng.permutation(items) for _ in range(2 * users)]).reshape(2, users, items)
    exact, returned = orders[0, :, :exact_n], orders[1, :, :returned_n].copy()
    ends = rng.integers(0, returned_n + 1, size=users)  # the index may find fewer
    returned[np.arange(returned_n) >= ends[:, None]] = -1
    scores = rng.integers(0, draw(st.sampled_from([3, 1_000])), size=(users, items)).astype(float)
    return {"relevance": relevance, "exact": exact, "returned": returned, "scores": scores}


def judged(items: np.ndarray, relevance: np.ndarray, scores: np.ndarray) -> Judged:
    rows = np.arange(len(items))[:, None]
    real = items >= 0
    return Judged(
        items=items.astype(np.int32),
        relevance=np.where(real, relevance[rows, items], 0.0),
        scores=np.where(real, scores[rows, items], -np.inf),
        generator_scores=np.where(real, 1.0, -np.inf),
    )


def evaluator_of(relevance: np.ndarray) -> Evaluator:
    """Of a panel that knows its ideal and nothing else."""
    discount = 1 / np.log2(np.arange(2, 12))
    ideal = np.sort(relevance, axis=1)[:, ::-1][:, :10] @ discount
    world = SimpleNamespace(items=range(relevance.shape[1]))
    panel: Any = SimpleNamespace(world=world, ideal_dcg=ideal, relevance=None)
    return Evaluator(panel, PartStore(None))


def parts(case: dict[str, Any]) -> tuple[Loss, np.ndarray, Judged]:
    evaluator = evaluator_of(case["relevance"])
    exact = judged(case["exact"], case["relevance"], case["scores"])
    returned = judged(case["returned"], case["relevance"], case["scores"])
    slate, shown = evaluator.ndcg(AS_RANKED, returned)
    np.testing.assert_array_equal(shown, slate)
    loss = Loss.between(evaluator.best_ndcg(exact), evaluator.best_ndcg(returned), slate)
    return loss, slate, returned


def ndcg(ranked: list[int], relevance: np.ndarray) -> float:
    if not relevance.any():
        return float("nan")
    return float(ndcg_at_k(relevance[ranked], relevance, 10)) if ranked else 0.0


def best(items: list[int], relevance: np.ndarray) -> float:
    return ndcg(sorted(items, key=lambda item: -relevance[item]), relevance)


@given(rankings())
def test_three_parts_add_up_to_what_ndcg_lacks(case: dict[str, Any]) -> None:
    loss, slate, _ = parts(case)
    np.testing.assert_allclose(
        loss.generation + loss.index + loss.ranking, 1 - slate, rtol=0, atol=1e-9
    )
    np.testing.assert_array_equal(loss.reranking, 0.0)


@given(rankings(), st.floats(0, 1))
def test_re_ranking_is_charged_with_what_its_slate_has_less_than_the_ranked_one(
    case: dict[str, Any], shown: float
) -> None:
    loss, slate, _ = parts(case)
    reranked = np.where(np.isnan(slate), np.nan, shown)
    third = Loss.between(1 - loss.generation, 1 - loss.generation - loss.index, slate, reranked)
    np.testing.assert_allclose(third.reranking, slate - reranked, rtol=0, atol=1e-12)
    total = third.generation + third.index + third.ranking + third.reranking
    np.testing.assert_allclose(total, 1 - reranked, rtol=0, atol=1e-9)


@given(rankings())
def test_only_the_index_can_gain(case: dict[str, Any]) -> None:
    loss, _, _ = parts(case)
    judged_users = case["relevance"].any(axis=1)  # the others have nothing to lose, nor to gain
    generation, ranking = loss.generation[judged_users], loss.ranking[judged_users]
    assert (generation > -1e-9).all()
    assert (ranking > -1e-9).all()
    assert (generation < 1 + 1e-9).all()
    assert np.isnan(loss.generation[~judged_users]).all()


@given(rankings())
def test_each_part_is_the_plain_one(case: dict[str, Any]) -> None:
    loss, slate, returned = parts(case)
    for user, relevance in enumerate(case["relevance"]):
        exact = case["exact"][user].tolist()
        found = [item for item in case["returned"][user].tolist() if item >= 0]
        ranked = sorted(found, key=lambda item: -case["scores"][user][item])  # stable
        on_exact, on_found = best(exact, relevance), best(found, relevance)
        np.testing.assert_allclose(
            [slate[user], loss.generation[user], loss.index[user]],
            [ndcg(ranked, relevance), 1 - on_exact, on_exact - on_found],
            rtol=0,
            atol=1e-9,
        )
        shown = returned.items[user][returned.order()[user]].tolist()
        assert [item for item in shown if item >= 0] == ranked[:10]


@given(rankings(), st.integers(1, 60))
def test_order_is_a_stable_sort_at_every_length(case: dict[str, Any], k: int) -> None:
    _, _, returned = parts(case)
    plain = np.argsort(-returned.scores, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(returned.order(k), plain)


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_order_keeps_the_earlier_of_equal_candidates_where_many_are_equal(levels: int) -> None:
    scores = np.random.default_rng(levels).integers(0, levels, size=(30, 400)).astype(float)
    items = np.tile(np.arange(400), (30, 1))
    found = judged(items, np.zeros((30, 400)), scores).order()
    np.testing.assert_array_equal(found, np.argsort(-scores, axis=1, kind="stable")[:, :10])
