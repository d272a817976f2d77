"""Every figure of a report against a slow, plain computation, for each generator, index, ranker."""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation import Evaluator, Report
from engine.pipeline import System
from engine.world import World
from tests.engine.conftest import TRIPLES, SystemOf

SERVING, LAST = 13.0, 14.0
CLOSE = {"rtol": 0, "atol": 1e-9}


@dataclass
class Plain:
    """Figures of one user, by loops."""

    ndcg: float
    ndcg_observed: float
    recall: float
    ann_recall: float
    index_cost: float
    generation: float
    index: float
    ranking: float
    slate: list[int]


def dcg(gains: list[float]) -> float:
    return sum(gain / log2(place + 2) for place, gain in enumerate(gains[:10]))


def best(items: list[int], relevance: NDArray[np.float64]) -> list[float]:
    return sorted((float(relevance[item]) for item in items), reverse=True)


def judge(
    system: System, user: int, clicked: dict[int, set[int]], later: dict[int, set[int]]
) -> Plain:
    world, n = system.world, system.design.candidates
    slate = system.recommend(user)
    relevance = world.relevance(user, np.arange(len(world.items)), slate.at)
    out = {item for item in range(len(world.items)) if float(world.items.released[item]) > slate.at}
    banned = clicked[user] | out
    eligible = [item for item in range(len(world.items)) if item not in banned]
    ideal = dcg(best(eligible, relevance))
    top_10 = sorted(eligible, key=lambda item: -relevance[item])[:10]

    known = [i for i in system.generator.top(user, len(world.items)).tolist() if i not in banned]
    fit = dict(zip(known, system.generator.scores(user, np.array(known)).tolist(), strict=True))
    exact = sorted(known, key=lambda item: -fit[item])[:n]
    if system.index is None:
        returned = exact
    else:
        found_if_asked = banned & set(system.index_items.tolist())
        places, _ = system.index.search(system.generator.query(user), n + len(found_if_asked))
        found = system.index_items[places].tolist()
        returned = [item for item in found if item not in banned][:n]

    def ranked(candidates: list[int]) -> list[int]:
        table = system.features.table(user, np.array(candidates, dtype=np.int64), slate.at)
        scores = system.ranker.scores(table)
        return [candidates[i] for i in np.argsort(-scores, kind="stable")[:10]]

    kth = min(fit[item] for item in exact) - 2e-6 * max(abs(fit[item]) for item in exact)
    best_exact, best_returned = (dcg(best(items, relevance)) / ideal for items in (exact, returned))
    ndcg = dcg([float(relevance[item]) for item in slate.items.tolist()]) / ideal
    on_exact = dcg([float(relevance[item]) for item in ranked(exact)]) / ideal
    seen = later[user] - banned
    hits = [1.0 if item in seen else 0.0 for item in slate.items.tolist()]
    return Plain(
        ndcg=ndcg,
        ndcg_observed=dcg(hits) / dcg([1.0] * len(seen)) if seen else float("nan"),
        recall=sum(item in set(returned) for item in top_10) / 10,
        ann_recall=sum(fit[item] >= kth for item in returned) / len(exact),
        index_cost=on_exact - ndcg,
        generation=1 - best_exact,
        index=best_exact - best_returned,
        ranking=best_returned - ndcg,
        slate=slate.items.tolist(),
    )


@pytest.fixture(scope="module")
def clicks(tiny_world: World) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
    """Items that each user clicked before serving, and on the last day."""
    log = tiny_world.impressions
    before: dict[int, set[int]] = {user: set() for user in range(len(tiny_world.users))}
    later: dict[int, set[int]] = {user: set() for user in range(len(tiny_world.users))}
    rows = zip(log.user.tolist(), log.item.tolist(), log.at.tolist(), log.clicked, strict=True)
    for user, item, at, clicked in rows:
        if clicked:
            (before if at < SERVING else later)[user].add(item)
    return before, later


@pytest.fixture(scope="module", params=TRIPLES, ids="-".join)
def judged(
    request: pytest.FixtureRequest,
    system_of: SystemOf,
    tiny_evaluator: Evaluator,
    clicks: tuple[dict[int, set[int]], dict[int, set[int]]],
) -> tuple[System, Report, list[Plain]]:
    system = system_of(*request.param)
    users = tiny_evaluator.panel.users.tolist()
    return system, tiny_evaluator.report(system), [judge(system, u, *clicks) for u in users]


Judged = tuple[System, Report, list[Plain]]


def test_figures_of_every_user_are_the_plain_ones(judged: Judged) -> None:
    _, report, plain = judged
    for name in ("ndcg", "ndcg_observed", "recall", "ann_recall", "index_cost"):
        expected = [getattr(row, name) for row in plain]
        found = getattr(report.per_user, name)
        np.testing.assert_allclose(found, expected, **CLOSE, err_msg=name)


def test_losses_of_every_user_are_the_plain_ones(judged: Judged) -> None:
    _, report, plain = judged
    for stage in ("generation", "index", "ranking"):
        expected = [getattr(row, stage) for row in plain]
        found = getattr(report.per_user.loss, stage)
        np.testing.assert_allclose(found, expected, **CLOSE, err_msg=stage)
        assert report.loss[stage].value == pytest.approx(np.mean(expected), abs=1e-9), stage


def test_losses_of_every_user_add_up_to_what_ndcg_lacks(judged: Judged) -> None:
    _, report, _ = judged
    loss = report.per_user.loss
    total = loss.generation + loss.index + loss.ranking
    np.testing.assert_allclose(total, 1 - report.per_user.ndcg, **CLOSE)


def test_reported_means_are_those_of_the_users(judged: Judged) -> None:
    _, report, plain = judged
    for name, field in {
        "ndcg@10": "ndcg",
        "ndcg_observed@10": "ndcg_observed",
        "recall@candidates": "recall",
        "ann_recall": "ann_recall",
        "index_cost": "index_cost",
    }.items():
        rows = np.array([getattr(row, field) for row in plain])
        rows = rows[~np.isnan(rows)]
        assert report[name].value == pytest.approx(rows.mean(), abs=1e-9)
        assert report[name].n == len(rows)
        assert report[name].low < report[name].value < report[name].high or rows.std() == 0
    shown = {item for row in plain for item in row.slate}
    assert report["coverage"].value == pytest.approx(len(shown) / 400, abs=1e-12)


def test_evaluators_slates_are_those_of_the_system(
    judged: Judged, tiny_evaluator: Evaluator
) -> None:
    system, _, plain = judged
    returned = tiny_evaluator.returned(system, system.design.candidates)
    slates = np.take_along_axis(returned.items, returned.order(), axis=1)
    for mine, row in zip(slates.tolist(), plain, strict=True):
        assert [item for item in mine if item >= 0] == row.slate


def test_perfect_stages_lose_nothing(judged: Judged) -> None:
    system, report, _ = judged
    if system.index is None or system.design.index.name == "exact":
        np.testing.assert_array_equal(report.per_user.loss.index, 0.0)
        np.testing.assert_array_equal(report.per_user.index_cost, 0.0)
        np.testing.assert_array_equal(report.per_user.ann_recall, 1.0)
    else:
        assert report["ann_recall"].value < 1
        assert report.per_user.loss.index.max() > 0
    assert report.per_user.loss.generation.min() > -1e-9
    assert report.per_user.loss.ranking.min() > -1e-9


def test_index_may_help_by_what_it_misses_and_that_is_shown(
    tiny_evaluator: Evaluator, system_of: SystemOf
) -> None:
    # What it returns in place of a missed item lies beyond the exact cut, and may be better.
    least = min(
        tiny_evaluator.report(system_of("mf", "ivfpq", "none", n)).per_user.loss.index.min()
        for n in (10, 20, 30, 40)
    )
    assert least < -1e-6


def test_all_items_as_candidates_lose_nothing_to_generation_but_unknown_items(
    tiny_world: World, system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    report = tiny_evaluator.report(system_of("popularity", "exact", "none", 400))
    popularity = system_of("popularity", "exact", "none", 400)
    known = set(popularity.generator.top(0, 400).tolist())
    for row, ideal in enumerate(tiny_evaluator.panel.ideal_items.tolist()):
        lost = report.per_user.loss.generation[row]
        assert (lost < 1e-9) == set(ideal).issubset(known)


def test_ceilings_are_no_lower_than_any_design(judged: Judged) -> None:
    _, report, _ = judged
    assert report.ceiling["ndcg@10"] == 1.0
    assert report["ndcg@10"].value < 1
    assert report["auc"].value < report.ceiling["auc"]
    if report["log_loss"].n:
        assert report["log_loss"].value > report.ceiling["log_loss"]
    assert 0 < report.ceiling["ndcg_observed@10"] < 1
