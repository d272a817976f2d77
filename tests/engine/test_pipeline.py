"""From a design to a system that answers requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from time import perf_counter_ns

import numpy as np
import pytest

from engine.design import Design
from engine.generators import MF
from engine.index import HNSW, IVFPQ
from engine.pipeline import STAGES, build, repaired_for, request_time
from engine.rankers import Logistic
from engine.rerankers import Rules
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import QUICK, TRIPLES, SystemOf, quick_design

SERVING = 13.0
USERS = (0, 1, 17, 60, 111, 199)


def test_exact_index_returns_the_generators_own_best(system_of: SystemOf) -> None:
    # In the same order but for scores that differ in the last bit: one sums by a matrix product.
    system = system_of("mf", "exact", "none")
    for user in range(50):
        at = request_time(system.world, user)
        exact = system.exact_candidates(user, at, 100)
        found = system.retrieve(user, at, 100)[0]
        scores = system.generator.scores(user, exact)
        assert (np.diff(scores) <= 0).all()
        np.testing.assert_allclose(system.generator.scores(user, found), scores, atol=1e-6)
        assert system.recommend(user).items.tolist() == exact[:10].tolist()


@pytest.mark.parametrize("triple", TRIPLES, ids="-".join)
def test_slate_is_the_candidates_by_falling_score_of_the_ranker(
    system_of: SystemOf, triple: tuple[str, str, str]
) -> None:
    system = system_of(*triple)
    for user in USERS:
        slate = system.recommend(user)
        assert (slate.user, slate.at) == (user, request_time(system.world, user))
        candidates = system.retrieve(user, slate.at, system.design.candidates)[0]
        scores = system.ranker.scores(system.features.table(user, candidates, slate.at))
        order = sorted(range(len(candidates)), key=lambda i: (-scores[i], i))[:10]
        np.testing.assert_array_equal(slate.items, candidates[order])
        np.testing.assert_array_equal(slate.scores, scores[order])
        assert (slate.items.dtype, slate.scores.dtype) == (np.int64, np.float32)


def test_longer_slate_begins_with_the_shorter_one(system_of: SystemOf) -> None:
    system = system_of()
    longer = system.tuned(replace(system.design, slate=30))
    for user in USERS:
        items = longer.recommend(user).items
        assert len(items) == len(set(items.tolist())) == 30
        np.testing.assert_array_equal(items[:10], system.recommend(user).items)


def test_slate_is_short_where_the_index_finds_too_few(
    tiny_world: World, tiny_store: PartStore
) -> None:
    torn = IVFPQ(nlist=128, nprobe=1, m=4, nbits=5)
    for ranker in ("none", "logistic", "gbdt"):
        design = replace(quick_design("mf", "exact", ranker, 10), index=torn)
        system = build(tiny_world, design, store=tiny_store)
        sizes = [len(system.recommend(user).items) for user in range(200)]
        assert min(sizes) == 0
        assert max(sizes) > 1


@pytest.mark.parametrize("triple", TRIPLES, ids="-".join)
def test_same_request_has_the_same_answer_again_and_from_two_threads(
    system_of: SystemOf, triple: tuple[str, str, str]
) -> None:
    system = system_of(*triple)
    once = [system.recommend(user).items.tolist() for user in range(40)]
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(lambda: [system.recommend(user).items.tolist() for user in range(40)])
            for _ in range(2)
        ]
        assert [job.result() for job in jobs] == [once, once]


@pytest.mark.parametrize(
    ("index", "knob", "values"),
    [
        (QUICK["hnsw"], "ef_search", (1, 300)),
        (QUICK["ivfflat"], "nprobe", (1, 16)),
        (QUICK["ivfpq"], "nprobe", (1, 16)),
    ],
    ids=["hnsw", "ivfflat", "ivfpq"],
)
def test_two_tunings_used_at_once_never_see_each_others_answers(
    tiny_world: World, tiny_store: PartStore, index: object, knob: str, values: tuple[int, int]
) -> None:
    design = replace(quick_design("mf", "exact", "none", 10), index=index)
    system = build(tiny_world, design, store=tiny_store)
    tunings = [
        system.tuned(replace(design, index=replace(design.index, **{knob: value})))
        for value in values
    ]

    def ask(tuning: int, times: int) -> list[list[int]]:
        return [
            tunings[tuning].recommend(user).items.tolist()
            for _ in range(times)
            for user in range(60)
        ]

    alone = [ask(0, 1), ask(1, 1)]
    assert alone[0] != alone[1]
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(ask, number % 2, 3) for number in range(4)]
        for number, job in enumerate(jobs):
            assert job.result() == 3 * alone[number % 2]


def test_tuned_system_shares_what_was_fitted_and_leaves_the_first_as_it_was(
    system_of: SystemOf,
) -> None:
    system = system_of()
    before = [system.recommend(user).items.tolist() for user in USERS]
    tuned = system.tuned(
        replace(system.design, candidates=15, index=replace(QUICK["hnsw"], ef_search=15))
    )
    for part in ("world", "generator", "features", "ranker", "exclusions", "index_items"):
        assert getattr(tuned, part) is getattr(system, part)
    assert tuned.index.graph is system.index.graph  # type: ignore[union-attr]
    assert tuned.design.candidates == 15
    assert [tuned.recommend(user).items.tolist() for user in USERS] != before
    assert [system.recommend(user).items.tolist() for user in USERS] == before


def test_tuned_system_re_ranks_without_a_fit(system_of: SystemOf) -> None:
    system = system_of()
    tuned = system.tuned(replace(system.design, rerank=Rules(diversity=1.0)))
    for part in ("world", "generator", "features", "ranker", "exclusions", "index_items"):
        assert getattr(tuned, part) is getattr(system, part)
    assert any(
        tuned.recommend(user).items.tolist() != system.recommend(user).items.tolist()
        for user in USERS
    )


@pytest.mark.parametrize(
    "change",
    [
        {"generator": MF(factors=8)},
        {"generator": "popularity"},
        {"ranker": Logistic(C=3.0)},
        {"ranker": "none"},
        {"index": "exact"},
        {"index": HNSW(M=5)},
    ],
    ids=str,
)
def test_tuned_refuses_a_design_that_needs_a_fit(
    system_of: SystemOf, change: dict[str, object]
) -> None:
    system = system_of()
    with pytest.raises(ValueError, match="must have"):
        system.tuned(replace(system.design, **change))


@pytest.mark.parametrize("user", [-1, 200, 10**12, True, 1.0, "3", None])
def test_unknown_user_is_named_with_what_is_allowed(system_of: SystemOf, user: object) -> None:
    for at in (None, 13.5):
        with pytest.raises(ValueError, match=r"^user=.*: must be (from 0 to 199|a whole number)$"):
            system_of().recommend(user, at)  # type: ignore[arg-type]


@pytest.mark.parametrize("at", [float("nan"), float("inf"), 12.999, 0.0, -1.0])
def test_time_that_the_statistics_have_seen_is_refused(system_of: SystemOf, at: float) -> None:
    with pytest.raises(ValueError, match=r"^at=.*: must be 13 days or later"):
        system_of().recommend(3, at)


def test_numpy_integer_is_a_user_too(system_of: SystemOf) -> None:
    system = system_of()
    np.testing.assert_array_equal(
        system.recommend(np.int64(5)).items,  # type: ignore[arg-type]
        system.recommend(5).items,
    )


def test_request_times_lie_on_the_last_day_and_belong_to_the_user(tiny_world: World) -> None:
    times = [request_time(tiny_world, user) for user in range(200)]
    assert min(times) >= SERVING
    assert max(times) < 14.0
    assert len(set(times)) == 200
    assert times == [request_time(tiny_world, user) for user in range(200)]


def test_answer_depends_on_the_request_time(system_of: SystemOf) -> None:
    system = system_of()
    slates = {tuple(system.recommend(17, at).items.tolist()) for at in (13.05, 13.4, 13.8)}
    assert len(slates) > 1


def test_trace_has_every_stage_and_adds_up_to_no_more_than_the_request(
    system_of: SystemOf,
) -> None:
    system = system_of()
    for user in range(20):
        started = perf_counter_ns()
        trace = system.recommend(user).trace
        whole = (perf_counter_ns() - started) / 1e3
        assert tuple(trace) == STAGES
        assert trace["reranking"] == 0.0  # there is none
        assert min(trace[stage] for stage in STAGES[:-1]) > 0
        assert sum(trace.values()) <= whole


def test_generator_without_vectors_spends_no_time_in_an_index(system_of: SystemOf) -> None:
    trace = system_of("popularity", "hnsw", "none").recommend(3).trace
    assert trace["index"] == 0
    assert trace["generation"] > 0


def test_progress_of_building_rises_from_0_to_1(tiny_world: World) -> None:
    seen: list[tuple[str, float]] = []
    build(
        tiny_world,
        quick_design("mf", "hnsw", "gbdt"),
        lambda what, done: seen.append((what, done)),
        PartStore(None),
    )
    shares = [done for _, done in seen]
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] == 1.0
    assert len({what for what, _ in seen}) >= 4


def test_design_larger_than_the_catalogue_is_refused(
    tiny_world: World, tiny_store: PartStore
) -> None:
    with pytest.raises(
        ValueError, match=r"^candidates=401: must be at most the catalogue's 400 items$"
    ):
        build(tiny_world, Design(candidates=401), store=tiny_store)


def test_index_that_its_vectors_do_not_allow_is_refused_and_repaired_for_the_number_of_vectors(
    tiny_world: World, tiny_store: PartStore
) -> None:
    wanted = replace(
        quick_design("mf", "exact", "none"), index=IVFPQ(nlist=390, nprobe=390, m=5, nbits=8)
    )
    with pytest.raises(ValueError, match="nlist"):
        build(tiny_world, wanted, store=tiny_store)
    design, lines = repaired_for(tiny_world, wanted, tiny_store)
    system = build(tiny_world, design, store=tiny_store)
    assert design.index.nlist == system.index.size < 390  # type: ignore[union-attr]
    assert len(lines) == 3  # nlist, nprobe, m
    assert repaired_for(tiny_world, design, tiny_store) == (design, [])


def test_generator_without_vectors_needs_no_repair_of_its_index(
    tiny_world: World, tiny_store: PartStore
) -> None:
    design = replace(quick_design("popularity", "exact", "none"), index=IVFPQ(nlist=60_000, m=7))
    assert repaired_for(tiny_world, design, tiny_store) == (design, [])
    assert build(tiny_world, design, store=tiny_store).index is None
