"""One request taken apart: its counts, fates and losses, against brute force and the evaluator."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.evaluation import LOSS_STAGES, Evaluator
from engine.figures import Kind
from engine.pipeline import STAGES, System, request_time
from engine.rerankers import NoReranking, Rules
from engine.walk import KEPT, LEFT_OUT, Fate, Walk, walk
from tests.engine.conftest import TRIPLES, SystemOf

USERS = (0, 17, 60, 199)
each_system = pytest.mark.parametrize(
    "system", [*TRIPLES, ("mf", "hnsw", "gbdt", "rules")], ids="-".join, indirect=True
)


@pytest.fixture
def system(request: pytest.FixtureRequest, system_of: SystemOf) -> System:
    """The system of three names, re-ranked where a fourth says so."""
    generator, index, ranker, *rerank = request.param
    found = system_of(generator, index, ranker)
    return reranked(found) if rerank else found


def reranked(system: System) -> System:
    return system.tuned(replace(system.design, rerank=Rules(diversity=0.9)))


def by_hand(**changes: Any) -> Walk:
    """Twelve items. The generator knows 0 to 6 and proposes four; two are shown, one re-ranked."""
    ids = {
        "generation": [3, 1, 4, 0, 5, 2, 6],
        "index": [3, 4, 5],
        "ranking": [5, 3, 4],
        "reranking": [3, 4],
    }
    orders = {stage: np.array(order) for stage, order in ids.items()}
    relevance = np.array([0.9, 0.5, 0.5, 0.8, 0.1, 0.7, 0.2, 0.99, 0.98, 0.6, 0.3, 0.4])
    fields: dict[str, Any] = {
        "system": None,
        "user": 0,
        "at": 13.5,
        "left_out": {Fate.CLICKED: np.array([7]), Fate.UNRELEASED: np.array([8])},
        "orders": orders,
        "survivors": orders | {"generation": orders["generation"][:4], "ranking": np.array([5, 3])},
        "scores": {},
        "relevance": relevance,
        "ascending": np.sort(np.delete(relevance, [7, 8])),
        "ideal": np.array([0, 3, 5]),
        "ndcg": 0.9,
        "loss": {},
        "milliseconds": {},
    }
    return Walk(**fields | changes)


def test_each_item_has_the_fate_that_a_reader_would_give_it() -> None:
    shown, generation, index = Fate.SHOWN, Fate.GENERATION, Fate.INDEX
    assert by_hand().fates(np.arange(12)) == [
        index,  # 0: proposed, passed by
        index,
        generation,  # 2: sixth of the generator's order
        shown,
        shown,  # 4: ranked third, and brought back
        Fate.RERANKING,  # 5: an error of the search brought it in
        generation,
        Fate.CLICKED,
        Fate.UNRELEASED,
        generation,  # 9 to 11: unknown to the generator
        generation,
        generation,
    ]


def test_ranks_are_places_in_a_stages_order() -> None:
    seen = by_hand()
    assert seen.ranks("generation").tolist() == [4, 2, 6, 1, 3, 5, 7, 0, 0, 0, 0, 0]
    assert seen.ranks("index").tolist() == [0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0]
    assert seen.ranks("ranking").tolist() == [0, 0, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0]
    assert seen.passed_by.tolist() == [1, 0]
    assert seen.ranks("reranking").tolist() == [0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0]
    assert seen.slate.tolist() == [3, 4]


def test_true_ranks_leave_out_what_may_not_be_shown_and_share_the_best_among_equals() -> None:
    seen = by_hand()
    assert seen.true_ranks(np.arange(12)).tolist() == [1, 5, 5, 2, 10, 3, 9, 0, 0, 4, 8, 7]
    assert seen.true_ranks([2, 0]).tolist() == [5, 1]


def test_every_stage_that_can_lose_an_item_is_a_fate() -> None:
    """A further stage of the pipeline must be named here too."""
    assert {*map(str, Fate)} - {Fate.SHOWN, *LEFT_OUT} == set(LOSS_STAGES)


@each_system
def test_walk_is_the_request_as_the_system_answers_it(system: System) -> None:
    for user in USERS:
        seen, slate = walk(system, user), system.recommend(user)
        n = system.design.candidates
        assert (seen.user, seen.at) == (user, slate.at)
        assert seen.slate.tolist() == slate.items.tolist()
        as_ranked = system.tuned(replace(system.design, rerank=NoReranking())).recommend(user)
        assert seen.survivors["ranking"].tolist() == as_ranked.items.tolist()
        returned = system.retrieve(user, slate.at, n)[0]
        assert seen.survivors["index"].tolist() == returned.tolist()
        exact = system.exact_candidates(user, slate.at, n)
        assert seen.survivors["generation"].tolist() == exact.tolist()
        assert set(seen.passed_by.tolist()) == set(exact.tolist()) - set(returned.tolist())
        np.testing.assert_array_equal(seen.scores["ranking"][slate.items], slate.scores)
        not_candidates = np.delete(np.arange(seen.catalogue), returned)
        assert np.isnan(seen.scores["ranking"][not_candidates]).all()


@each_system
def test_every_item_has_one_fate_and_that_of_brute_force(system: System) -> None:
    log, released = system.world.impressions, system.world.items.released
    for user in USERS:
        seen = walk(system, user)
        clicks = (log.user == user) & log.clicked & (log.at < system.serving_from)
        clicked = set(log.item[clicks].tolist())
        n = system.design.candidates
        exact = set(system.exact_candidates(user, seen.at, n).tolist())
        returned = set(system.retrieve(user, seen.at, n)[0].tolist())
        shown = set(system.recommend(user).items.tolist())
        as_ranked = system.tuned(replace(system.design, rerank=NoReranking())).recommend(user)
        ranked = set(as_ranked.items.tolist())
        for item, fate in enumerate(seen.fates(np.arange(seen.catalogue))):
            if item in shown:
                told = "shown"
            elif item in clicked:
                told = "clicked"
            elif float(released[item]) > seen.at:
                told = "unreleased"
            elif item in returned:
                told = "reranking" if item in ranked else "ranking"
            else:
                told = "index" if item in exact else "generation"
            assert fate == told, item


@each_system
def test_loss_and_ndcg_are_the_evaluators_for_the_panels_own_requests(
    system: System, tiny_evaluator: Evaluator
) -> None:
    panel = tiny_evaluator.panel
    judged = tiny_evaluator.report(system).per_user
    for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
        seen = walk(system, user, at)
        assert seen.ideal.tolist() == panel.ideal_items[row].tolist()
        assert seen.ndcg == pytest.approx(judged.ndcg[row], abs=1e-6)
        assert sum(seen.loss.values()) == pytest.approx(1 - seen.ndcg, abs=1e-9)
        assert tuple(seen.loss) == LOSS_STAGES
        for stage in LOSS_STAGES:
            told = getattr(judged.loss, stage)[row]
            assert seen.loss[stage] == pytest.approx(told, abs=1e-6), stage


def test_all_stages_lose_something_somewhere(system_of: SystemOf) -> None:
    """Else the tests above would pass on a walk that always blames one stage."""
    walks = [walk(reranked(system_of()), user) for user in range(40)]
    for stage in LOSS_STAGES:
        assert max(seen.loss[stage] for seen in walks) > 0.01
    blamed = {fate for seen in walks for fate in seen.fates(seen.ideal)}
    assert blamed == {Fate.SHOWN, *map(Fate, LOSS_STAGES)}


@each_system
def test_rows_of_a_stage_are_what_came_before_it_with_what_it_kept_on_top(system: System) -> None:
    seen = walk(system, 17)
    before: set[int] = set(range(seen.catalogue))
    for stage in LOSS_STAGES:
        rows, kept = seen.rows(stage), seen.survivors[stage]
        assert rows["item"].is_unique
        assert rows["item"].head(len(kept)).tolist() == kept.tolist()
        assert set(rows["item"]) == before | set(kept.tolist())
        fates = rows["fate"].tolist()
        assert fates[: len(kept)] == [KEPT] * len(kept)
        allowed = {stage, *LEFT_OUT} if stage == LOSS_STAGES[0] else {stage}
        assert set(fates[len(kept) :]) <= allowed
        ranks = rows[f"{stage}_rank"].dropna().astype(int)
        assert ranks.is_monotonic_increasing
        assert rows["why"].ne("").tolist() == rows["fate"].ne(KEPT).tolist()
        before = set(kept.tolist())


def test_rows_of_the_catalogue_count_who_was_left_out(system_of: SystemOf) -> None:
    seen = walk(system_of(), 17, 13.2)
    counts = Counter(seen.rows("generation")["fate"])
    assert counts[KEPT] == 40
    for rule in LEFT_OUT:
        assert counts[rule] == len(seen.left_out[rule]) > 0
    assert sum(counts.values()) == seen.catalogue == 400


def test_item_is_unreleased_until_its_release_and_not_the_least_bit_longer(
    system_of: SystemOf,
) -> None:
    system = system_of()
    released = system.world.items.released
    item = int(np.flatnonzero(released > system.serving_from)[0])
    out = float(released[item])
    assert walk(system, 17, float(np.nextafter(out, 0.0))).fates([item]) == [Fate.UNRELEASED]
    assert walk(system, 17, out).fates([item]) != [Fate.UNRELEASED]


def test_table_tells_of_each_item_what_the_world_knows(system_of: SystemOf) -> None:
    system = system_of()
    seen, items = walk(system, 17), system.world.items
    table = seen.table(seen.ideal)
    assert table["item"].tolist() == seen.ideal.tolist()
    assert table["title"].tolist() == items.title[seen.ideal].tolist()
    assert table["true_rank"].tolist() == list(range(1, 11))
    assert table["relevance"].is_monotonic_decreasing
    assert table["fate"].tolist() == seen.fates(seen.ideal)
    assert table["why"].tolist() == seen.why(seen.ideal)
    lost = table["fate"].isin(["generation", "index"])
    assert table["ranking_rank"].isna().tolist() == lost.tolist()
    assert table["ranking_score"].isna().tolist() == lost.tolist()
    exact = system.generator.scores(17, seen.ideal)
    np.testing.assert_array_equal(table["generation_score"], exact)
    assert len(seen.table([])) == 0
    assert seen.table([]).columns.tolist() == table.columns.tolist()


@pytest.mark.parametrize(
    ("generator", "why"), [("mf", "it has no vector"), ("popularity", "it is never proposed")]
)
def test_reason_tells_an_unknown_item_from_one_that_ranked_too_low(
    system_of: SystemOf, generator: str, why: str
) -> None:
    system = system_of(generator, "exact", "none", 10)
    seen = walk(system, 17, 13.9)
    fates = np.array(seen.fates(np.arange(seen.catalogue)))
    lost = np.flatnonzero(fates == Fate.GENERATION)
    unknown = ~np.isin(lost, system.generator.known_items())
    told = np.array(seen.why(lost))
    assert set(told[unknown]) == {f"nobody clicked it yet, so {why}"}
    assert set(told[~unknown]) == {"not among the generator's best 10"}


def test_exact_search_and_a_generator_without_vectors_lose_nothing_to_the_index(
    system_of: SystemOf,
) -> None:
    for generator, index in (("mf", "exact"), ("popularity", "hnsw")):
        for user in USERS:
            seen = walk(system_of(generator, index, "gbdt"), user)
            assert seen.loss["index"] == pytest.approx(0, abs=1e-12)


def test_times_are_one_measured_reading_of_each_stage(system_of: SystemOf) -> None:
    times = walk(system_of(), 3).milliseconds
    assert tuple(times) == STAGES
    for reading in times.values():
        assert (reading.kind, reading.unit, reading.n) == (Kind.MEASURED, "ms", 1)
        assert 0 <= reading.value < 1_000
        assert reading.taken_at > 1.6e9
    assert [stage for stage, reading in times.items() if not reading.value] == ["reranking"]
    assert walk(reranked(system_of()), 3).milliseconds["reranking"].value > 0


def without_items(system: System) -> System:
    items = np.arange(len(system.world.items))
    offsets = np.concatenate([[0], np.full(len(system.world.users), len(items))])
    sated = replace(system.exclusions, offsets=offsets, clicked=items, pending=items[:0],
                    pending_released=np.empty(0))  # fmt: skip
    return replace(system, exclusions=sated, skipped=sated)


@each_system
def test_user_with_nothing_left_has_an_empty_slate_and_no_ndcg(system: System) -> None:
    seen = walk(without_items(system), 0)
    assert len(seen.slate) == len(seen.ideal) == 0
    assert np.isnan([seen.ndcg, *seen.loss.values()]).all()
    assert set(seen.fates(np.arange(seen.catalogue))) <= set(LEFT_OUT)
    for stage in LOSS_STAGES:
        assert set(seen.rows(stage)["fate"]) <= set(LEFT_OUT)


def test_request_is_checked_as_recommend_checks_it(system_of: SystemOf) -> None:
    system = system_of()
    with pytest.raises(ValueError, match=r"^user=200: must be from 0 to 199$"):
        walk(system, 200)
    with pytest.raises(ValueError, match=r"^at=12\.9: must be 13 days or later"):
        walk(system, 3, 12.9)
    assert walk(system, 3).at == request_time(system.world, 3)


@pytest.mark.parametrize(
    ("items", "told"),
    [
        ([3, 12], r"^item=12: must be from 0 to 11$"),
        (-1, r"^item=-1: must be from 0 to 11$"),
        ([0.5], r"^item=\[0\.5\]: must be a whole number"),
        ([True], "must be a whole number"),
        ([[1]], "must be a whole number"),
        (["3"], "must be a whole number"),
    ],
    ids=str,
)
def test_unknown_item_is_named_with_what_is_allowed(items: Any, told: str) -> None:
    for ask in (by_hand().fates, by_hand().true_ranks, by_hand().why, by_hand().table):
        with pytest.raises(ValueError, match=told):
            ask(items)


def test_unknown_stage_is_named_with_what_is_allowed() -> None:
    for ask in (by_hand().ranks, by_hand().rows):
        with pytest.raises(ValueError, match=r"^stage='features': must be one of generation, "):
            ask("features")
