"""A user's slate against the truth, recomputed by brute force."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from engine.pipeline import System, request_time
from engine.rerankers import NoReranking
from engine.walk import walk
from ui.slate import SlateView, look_at

K = 10
DESIGNS = {
    "lossy graph": {"index__ef_search": "10", "candidates": "30"},
    "exact search": {"index": "exact"},
    "no index": {"generator": "popularity"},
    "generator's order": {"ranker": "none", "index": "exact", "candidates": "10"},
    "a slate of fifty": {"candidates": "60", "slate": "50"},
    "re-ranked": {"candidates": "60", "rerank": "rules", "rerank__diversity": "0.9"},
}
USERS = [0, 17, 64, 119]
SystemOf = Callable[..., System]


def eligible(system: System, user: int) -> dict[int, float]:
    """Item -> true relevance, of all that a slate may hold, from the log and the catalogue."""
    world, at = system.world, request_time(system.world, user)
    log = world.impressions
    trained = (log.user == user) & log.clicked & (log.at < system.serving_from)
    barred = set(log.item[trained].tolist())
    barred |= set(np.flatnonzero(world.items.released > at).tolist())
    return {
        item: float(world.relevance(user, item, at))
        for item in range(len(world.items))
        if item not in barred
    }


def ideal_ten(truth: dict[int, float]) -> list[int]:
    return sorted(truth, key=lambda item: (-truth[item], item))[:K]


def titles(system: System, items: list[int]) -> list[str]:
    return [str(system.world.items.title[item]) for item in items]


@pytest.fixture(params=[(name, user) for name in DESIGNS for user in USERS], ids=str)
def case(request: pytest.FixtureRequest, own_system: SystemOf) -> tuple[System, int, SlateView]:
    name, user = request.param
    system = own_system(**DESIGNS[name])
    return system, user, look_at(walk(system, user))


def test_cards_hold_the_slate_with_its_true_relevance_and_true_ranks(
    case: tuple[System, int, SlateView],
) -> None:
    system, user, seen = case
    truth = eligible(system, user)
    slate = system.recommend(user).items.tolist()
    assert [card.rank for card in seen.cards] == list(range(1, len(slate) + 1))
    assert [card.title for card in seen.cards] == titles(system, slate)
    for card, item in zip(seen.cards, slate, strict=True):
        assert card.relevance == pytest.approx(truth[item], rel=1e-6)
        better = sum(other > truth[item] for other in truth.values())
        assert card.true_rank == better + 1


def test_the_ndcg_of_the_slate_is_its_gain_over_the_ideal_tens(
    case: tuple[System, int, SlateView],
) -> None:
    system, user, seen = case
    truth = eligible(system, user)

    def gain(items: list[int]) -> float:
        return sum(truth[item] / math.log2(place + 2) for place, item in enumerate(items[:K]))

    slate = system.recommend(user).items.tolist()
    assert seen.ndcg == pytest.approx(gain(slate) / gain(ideal_ten(truth)), rel=1e-6)
    assert seen.hour == int(request_time(system.world, user) % 1 * 24)


def test_what_is_missed_and_what_is_shown_make_up_the_ideal_ten(
    case: tuple[System, int, SlateView],
) -> None:
    system, user, seen = case
    ideal = ideal_ten(eligible(system, user))
    slate = set(system.recommend(user).items.tolist())
    missed = [item for item in ideal if item not in slate]
    assert len(seen.missed) + seen.others_missed == len(missed)
    assert [item.title for item in seen.missed] == titles(system, missed[: len(seen.missed)])
    assert [item.true_rank for item in seen.missed] == [
        ideal.index(item) + 1 for item in missed[: len(seen.missed)]
    ]
    assert len(seen.missed) == len(missed) or len(seen.missed) == 4


def test_each_missed_item_is_charged_to_the_first_stage_that_lost_it(
    case: tuple[System, int, SlateView],
) -> None:
    system, user, seen = case
    truth = eligible(system, user)
    every = np.array(sorted(truth))
    known = every if system.index is None else every[system.generator.item_vectors[every].any(1)]
    scores = system.generator.scores(user, known)
    if system.index is None:
        known, scores = known[scores > 0], scores[scores > 0]
    n = system.design.candidates
    proposed = set(known[np.argsort(-scores, kind="stable")][:n].tolist())
    returned = set(system.retrieve(user, request_time(system.world, user), n)[0].tolist())
    as_ranked = system.tuned(replace(system.design, rerank=NoReranking())).recommend(user)
    by_title = dict(zip(titles(system, ideal_ten(truth)), ideal_ten(truth), strict=True))
    for missed in seen.missed:
        item = by_title[missed.title]
        if item in as_ranked.items.tolist():
            stage = "reranking"
        elif item in returned:
            stage = "ranking"
        elif item in proposed:
            stage = "index"
        else:
            stage = "generation"
        assert missed.lost_in == stage
        assert missed.relevance == pytest.approx(truth[item], rel=1e-6)


def test_each_stage_loses_something_somewhere(own_system: SystemOf) -> None:
    """Else the tests above would pass on a page that always blames one stage."""
    system = own_system(**DESIGNS["lossy graph"])
    blamed = {m.lost_in for user in range(40) for m in look_at(walk(system, user)).missed}
    assert blamed == {"generation", "index", "ranking"}
    system = own_system(**DESIGNS["re-ranked"])
    blamed = {m.lost_in for user in range(40) for m in look_at(walk(system, user)).missed}
    assert blamed >= {"ranking", "reranking"}


def test_an_item_without_clicks_is_said_to_have_no_vector(own_system: SystemOf) -> None:
    system = own_system(index="exact", candidates="300")
    reasons = {
        (missed.lost_in, missed.reason)
        for user in range(60)
        for missed in look_at(walk(system, user)).missed
    }
    assert ("generation", "nobody clicked it yet, so it has no vector") in reasons
    assert not any("best 300" in reason for _, reason in reasons)


def test_a_user_who_clicked_everything_has_an_empty_slate_and_misses_nothing(
    own_system: SystemOf,
) -> None:
    system = own_system()
    items = np.arange(len(system.world.items))
    offsets = np.concatenate([[0], np.full(len(system.world.users), len(items))])
    sated = replace(system.exclusions, offsets=offsets, clicked=items)
    seen = look_at(walk(replace(system, exclusions=sated, skipped=sated), 0))
    assert (seen.cards, seen.missed, seen.others_missed) == ((), (), 0)
    assert math.isnan(seen.ndcg)


def test_a_user_with_three_items_left_has_a_slate_of_three(own_system: SystemOf) -> None:
    system = own_system(index="exact", candidates="300")
    left = system.recommend(0).items[:3]
    out = np.setdiff1d(np.arange(len(system.world.items)), left)
    offsets = np.concatenate([[0], np.full(len(system.world.users), len(out))])
    rules = replace(system.exclusions, offsets=offsets, clicked=out)
    seen = look_at(walk(replace(system, exclusions=rules, skipped=rules), 0))
    assert len(seen.cards) == 3
    assert seen.missed == ()
    assert 0 < seen.ndcg <= 1
