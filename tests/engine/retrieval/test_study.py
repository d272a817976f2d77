"""Indexes measured on small vectors."""

from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from engine.index import HNSW, IVFPQ, Exact, Index, IVFFlat
from engine.metrics import recall_at_k
from engine.retrieval import (
    IndexPoint,
    Vectors,
    by_build,
    measure_group,
    query_recalls,
    sweep_indexes,
    true_requests,
    worst_queries,
)
from engine.retrieval.study import timed_searches
from engine.store import PartStore
from engine.world import World

WIDTHS = [HNSW(M=4, ef_construction=10, ef_search=ef) for ef in (20, 200)]
CONFIGS = [
    Exact(),
    *WIDTHS,
    *(IVFFlat(nlist=16, nprobe=nprobe) for nprobe in (2, 16)),
    *(IVFPQ(nlist=16, nprobe=4, m=4, nbits=5, refine=refine) for refine in (0, 4)),
]


@pytest.fixture(scope="module")
def points(catalogue: Vectors, tiny_world: World, tiny_store: PartStore) -> list[IndexPoint]:
    return sweep_indexes(catalogue, 20, tiny_world, tiny_store, configs=CONFIGS)


def test_each_configuration_has_a_point_in_the_order_given(
    points: list[IndexPoint], catalogue: Vectors
) -> None:
    assert [point.config for point in points] == CONFIGS
    for point in points:
        assert (point.n, point.k, point.requests) == (len(catalogue.ids), 20, 200)
        assert 0 < point.p50.value <= point.p95.value
        assert np.isnan(point.p99.value)  # too few requests
        assert point.recall.n == 200
        assert point.build_seconds > 0
        assert point.memory_bytes > 0
        assert 0 <= point.held_up <= 1


def test_exact_search_finds_all_and_so_does_a_search_of_all_lists(
    points: list[IndexPoint],
) -> None:
    recalls = {point.config: point.recall.value for point in points}
    assert recalls[Exact()] == recalls[IVFFlat(nlist=16, nprobe=16)] == 1.0
    assert recalls[WIDTHS[0]] < recalls[WIDTHS[1]]
    assert recalls[CONFIGS[5]] < recalls[CONFIGS[6]] < 1.0


def test_the_true_top_10_is_looked_for_after_exclusions(
    points: list[IndexPoint], catalogue: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    """By hand: score all, leave out what may not be shown, cut, and count."""
    behind = true_requests(catalogue, tiny_world, tiny_store)
    assert behind is not None
    shares = []
    for row in range(len(behind.users)):
        scores = catalogue.items @ catalogue.queries[row]
        scores[behind.excluded[row]] = -np.inf
        best = np.argsort(-scores)[:20]
        wanted = behind.ideal[row][behind.ideal[row] != -2]
        shares.append(np.isin(wanted, best).sum() / len(wanted))
    exact = points[0].top10
    assert exact is not None
    assert exact.value == pytest.approx(np.mean(shares), abs=1e-3)
    assert exact.n == len(shares)
    assert exact.low < exact.value < exact.high


def test_recall_of_each_query_is_what_the_point_is_the_mean_of(
    points: list[IndexPoint], catalogue: Vectors, tiny_store: PartStore
) -> None:
    for point in points:
        recalls = query_recalls(catalogue, point.config, 20, tiny_store)
        assert recalls.shape == (200,)
        assert recalls.mean() == pytest.approx(point.recall.value, abs=1e-9)


def test_recall_by_score_is_recall_by_id_where_there_are_no_ties(
    drawn: Vectors, tiny_store: PartStore
) -> None:
    config = WIDTHS[0]
    truth = np.argsort(-(drawn.queries @ drawn.items.T), axis=1)[:, :20]
    found = drawn.index(config, tiny_store).search_many(drawn.queries, 20)[0]
    by_id = [recall_at_k(a, b, 20) for a, b in zip(found, truth, strict=True)]
    np.testing.assert_allclose(query_recalls(drawn, config, 20, tiny_store), by_id, atol=1e-9)


def test_the_worst_queries_are_those_that_lose_most() -> None:
    assert worst_queries(np.array([1.0, 0.2, 0.5, 0.2]), 3).tolist() == [1, 3, 2]


def test_points_stream_group_by_group_and_progress_rises_to_its_end(
    drawn: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    seen: list[list[IndexPoint]] = []
    shares: list[float] = []
    points = sweep_indexes(
        drawn,
        10,
        tiny_world,
        tiny_store,
        lambda what, done: shares.append(done),
        seen.append,
        CONFIGS,
    )
    assert [[point.config for point in group] for group in seen] == by_build(CONFIGS)
    assert [point.config for point in points] == CONFIGS
    assert all(point.top10 is None for point in points)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


class Stopped(Exception):
    """Nobody wants the rest."""


def test_a_sweep_ends_where_its_progress_raises_and_what_came_before_was_told(
    drawn: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    seen: list[list[IndexPoint]] = []

    def report(what: str, done: float) -> None:
        if seen:
            raise Stopped

    with pytest.raises(Stopped):
        sweep_indexes(drawn, 10, tiny_world, tiny_store, report, seen.append, CONFIGS)
    assert len(seen) == 1


def test_timed_searches_take_turns_over_the_same_queries(
    drawn: Vectors, tiny_store: PartStore
) -> None:
    built = drawn.index(WIDTHS[0], tiny_store)
    indexes = [built.tuned(config) for config in WIDTHS]
    taken, processor, found = timed_searches(indexes, drawn.queries[:30], 10, 70)
    assert taken.shape == processor.shape == (2, 70)
    assert (taken > 0).all()
    for place, index in enumerate(indexes):
        np.testing.assert_array_equal(found[place], index.search_many(drawn.queries[:30], 10)[0])
    _, _, few = timed_searches(indexes, drawn.queries[:30], 10, 3)
    np.testing.assert_array_equal(few, found[:, :3])


class Heard:
    """An index that writes down which query it is asked."""

    size = 50

    def __init__(self, asked: list[float]) -> None:
        self.asked = asked

    def search(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        self.asked.append(float(query[0]))
        return np.arange(k), np.zeros(k)


def test_no_index_finds_in_the_caches_what_another_read_for_the_same_query() -> None:
    queries = np.arange(30, dtype=np.float32)[:, None]
    heard: list[list[float]] = [[] for _ in range(3)]
    indexes = cast("list[Index]", [Heard(asked) for asked in heard])
    timed_searches(indexes, queries, 5, 60)
    asked = np.array(heard)[:, -60:]  # what comes before is the warming up
    apart = np.array([asked[0] - asked[1], asked[1] - asked[2], asked[2] - asked[0]])
    assert (np.abs(apart) >= 10).all()
    for of_one in asked:
        assert np.unique(of_one, return_counts=True)[1].tolist() == [2] * 30


@pytest.mark.parametrize(
    ("configs", "k", "named"),
    [([], 10, "configs: "), (CONFIGS, 10, "configs: "), ([Exact()], 0, "k=0: ")],
)
def test_what_cannot_be_measured_is_named(
    drawn: Vectors,
    tiny_world: World,
    tiny_store: PartStore,
    configs: list[HNSW],
    k: int,
    named: str,
) -> None:
    with pytest.raises(ValueError, match=f"^{named}"):
        measure_group(drawn, configs, k, tiny_world, tiny_store)
    with pytest.raises(ValueError, match=r"^requests=0: "):
        measure_group(drawn, [Exact()], 5, tiny_world, tiny_store, requests=0)


def test_more_than_there_is_is_cut_to_it(
    drawn: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    (point,) = measure_group(drawn, [Exact()], 5_000, tiny_world, tiny_store, requests=10)
    assert (point.k, point.n, point.requests) == (5_000, 1_000, 10)
    assert (point.recall.value, point.recall.n) == (1.0, 10)
