from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.index import HNSW
from engine.index.contract import Vectors
from engine.index.hnsw import HNSWIndex
from engine.search_walk import HNSWWalk, walk_hnsw
from engine.search_walk.graph import Graph
from engine.search_walk.hnsw import _descent, _ground


@pytest.fixture(scope="module")
def indexes(vectors: Vectors) -> dict[int, HNSWIndex]:
    return {M: HNSW(M=M, ef_construction=40).build(vectors, seed=5) for M in (4, 8, 24)}


@pytest.mark.parametrize("M", [4, 8, 24])
@pytest.mark.parametrize(("ef", "k"), [(1, 1), (1, 30), (10, 10), (64, 10), (400, 300)])
def test_walk_ends_in_the_answer_of_the_library(
    indexes: dict[int, HNSWIndex], queries: Vectors, M: int, ef: int, k: int
) -> None:
    index = indexes[M].tuned(HNSW(M=M, ef_construction=40, ef_search=ef))
    for query in queries:
        walk = walk_hnsw(index, query, k)
        ids, scores = index.search(query, k)
        assert np.array_equal(walk.ids, ids)
        assert np.array_equal(walk.scores, scores)
        assert walk.ef == max(ef, k)


@pytest.mark.parametrize(("M", "ef"), [(4, 10), (8, 100), (24, 300)])
def test_walk_lets_in_the_same_items_in_the_same_order_as_the_library(
    indexes: dict[int, HNSWIndex], queries: Vectors, M: int, ef: int
) -> None:
    """hnswlib asks a filter about each item that it is about to let in on layer 0."""
    index = indexes[M].tuned(HNSW(M=M, ef_construction=40, ef_search=ef))
    for query in queries:
        let_in: list[int] = []

        def note(item: int, into: list[int] = let_in) -> bool:
            into.append(item)
            return True

        index.graph.set_ef(ef)
        index.graph.knn_query(query, k=10, num_threads=1, filter=note)
        walk = walk_hnsw(index, query, 10)
        ground = [hop for hop in walk.hops if hop.layer == 0]
        assert let_in == [ground[0].node, *(i for hop in ground for i in hop.entered.tolist())]


def test_items_at_the_same_distance_do_not_change_the_distances_found(vectors: Vectors) -> None:
    twice = np.repeat(np.round(vectors[:400], 0), 2, axis=0) + np.float32(0.5)
    index = HNSW(M=6, ef_search=40).build(twice, seed=1)
    for query in vectors[:20]:
        walk, (_, scores) = walk_hnsw(index, query, 20), index.search(query, 20)
        assert np.array_equal(walk.scores, scores)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**16), st.integers(1, 60), st.integers(4, 10), st.integers(1, 40))
def test_walk_of_any_small_index_keeps_its_own_books(seed: int, n: int, M: int, ef: int) -> None:
    rng = np.random.default_rng(seed)
    index = HNSW(M=M, ef_search=ef).build(rng.normal(size=(n, 5)).astype(np.float32), seed=seed)
    query = rng.normal(size=5).astype(np.float32)
    walk = walk_hnsw(index, query, 3)
    assert np.array_equal(walk.ids, index.search(query, 3)[0])
    kept: set[int] = set()
    for hop in walk.hops:
        if hop.layer == 0:
            kept = kept or {hop.node}
            kept = (kept | set(hop.entered.tolist())) - set(hop.evicted.tolist())
            assert hop.kept == len(kept) <= walk.ef
            assert hop.best == min(walk.distances[list(kept)])
            assert hop.worst == max(walk.distances[list(kept)])
    assert set(walk.ids.tolist()) <= kept
    assert sum(walk.computed_by_layer.values()) == walk.computed
    new = sum(int(hop.new.sum()) for hop in walk.hops)
    assert walk.computed == new + 2  # the entry point, and where the descent arrived once more
    assert len(set(walk.touched.tolist())) == len(walk.touched) <= n
    assert 0 <= walk.recall <= 1


def test_no_node_is_expanded_twice_and_none_is_new_twice_on_layer_0(
    indexes: dict[int, HNSWIndex], queries: Vectors
) -> None:
    walk = walk_hnsw(indexes[8], queries[0], 10)
    ground = [hop for hop in walk.hops if hop.layer == 0]
    nodes = [hop.node for hop in ground]
    new = [item for hop in ground for item in hop.looked[hop.new].tolist()]
    assert len(nodes) == len(set(nodes))
    assert len(new) == len(set(new))


def test_descent_goes_down_layer_by_layer_and_never_farther_away(
    indexes: dict[int, HNSWIndex], queries: Vectors
) -> None:
    for query in queries:
        walk = walk_hnsw(indexes[4], query, 10)
        upper = [hop for hop in walk.hops if hop.layer > 0]
        layers = [hop.layer for hop in walk.hops]
        assert layers == sorted(layers, reverse=True)
        assert upper[0].node == walk.entry
        assert all(a.best >= b.best for a, b in pairwise(upper))
        assert all(hop.new.all() for hop in upper)


# A chain on layer 1 over five items in a row: 0 - 2 - 4; layer 0 links each to the next.
#   distances to the query: 5, 4, 3, 2, 1
def _row_of_five() -> tuple[Graph, np.ndarray]:
    ground = [[1, 1, 0], [2, 0, 2], [2, 1, 3], [2, 2, 4], [1, 3, 0]]
    upper = [[1, 2, 0], [2, 0, 4], [1, 2, 0]]
    graph = Graph(
        entry=0,
        levels=np.array([1, 0, 1, 0, 1], np.int32),
        ground=np.array(ground, np.uint32),
        upper=np.array(upper, np.uint32),
        first_block=np.array([0, 1, 1, 2, 2]),
        ruler=SimpleNamespace(),
    )
    return graph, np.array([5, 4, 3, 2, 1], np.float32)


def test_descent_of_a_graph_worked_by_hand() -> None:
    hops = _descent(*_row_of_five())
    assert [(hop.layer, hop.node, hop.looked.tolist()) for hop in hops] == [
        (1, 0, [2]),
        (1, 2, [0, 4]),
        (1, 4, [2]),
    ]
    assert [hop.entered.tolist() for hop in hops] == [[2], [4], []]
    assert [hop.evicted.tolist() for hop in hops] == [[0], [2], []]
    assert [hop.best for hop in hops] == [3, 1, 1]
    assert [hop.computed for hop in hops] == [2, 4, 5]  # the entry point's own is the first


def test_search_of_layer_0_of_a_graph_worked_by_hand() -> None:
    hops, kept = _ground(*_row_of_five(), start=4, ef=2, computed=5)
    assert kept == [4, 3]
    assert [(hop.node, hop.looked.tolist(), hop.new.tolist()) for hop in hops] == [
        (4, [3], [True]),
        (3, [2, 4], [True, False]),
    ]
    assert [hop.entered.tolist() for hop in hops] == [[3], []]
    assert [(hop.best, hop.worst) for hop in hops] == [(1, 2), (1, 2)]
    assert [hop.waiting for hop in hops] == [1, 0]
    assert [hop.computed for hop in hops] == [7, 8]  # the start is looked at again


def test_search_of_layer_0_from_the_far_end_pushes_out_what_it_kept() -> None:
    hops, kept = _ground(*_row_of_five(), start=0, ef=2, computed=1)
    assert kept == [4, 3]
    assert [hop.node for hop in hops] == [0, 1, 2, 3, 4]
    assert [hop.evicted.tolist() for hop in hops] == [[], [0], [1], [2], []]
    assert [hop.worst for hop in hops] == [5, 4, 3, 2, 2]


def test_walk_refuses_what_the_index_refuses(indexes: dict[int, HNSWIndex]) -> None:
    with pytest.raises(ValueError, match="query"):
        walk_hnsw(indexes[4], np.zeros(3, np.float32), 5)
    with pytest.raises(ValueError, match="k=0"):
        walk_hnsw(indexes[4], np.zeros(24, np.float32), 0)


def test_walk_counts_layer_0_apart(indexes: dict[int, HNSWIndex], queries: Vectors) -> None:
    walk: HNSWWalk = walk_hnsw(indexes[8], queries[0], 10)
    upper = sum(len(hop.looked) for hop in walk.hops if hop.layer > 0)
    assert sum(v for layer, v in walk.computed_by_layer.items() if layer) == upper + 1
