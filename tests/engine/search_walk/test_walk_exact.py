from __future__ import annotations

import numpy as np
import pytest

from engine.index import HNSW, IVFPQ, Exact, Index
from engine.index.contract import IndexConfig, Vectors
from engine.index.ivfflat import IVFFlat
from engine.search_walk import ExactWalk, HNSWWalk, IVFWalk, walk_exact, walk_through


def test_scan_looks_at_all_and_ends_in_the_answer_of_the_index(
    vectors: Vectors, queries: Vectors
) -> None:
    index = Exact().build(vectors, seed=0)
    for query in queries:
        walk = walk_exact(index, query, 30)
        assert np.array_equal(walk.ids, index.search(query, 30)[0])
        assert np.array_equal(walk.truth, walk.ids)
        assert walk.recall == 1
        assert walk.computed == len(walk.touched) == walk.n == len(vectors)
        kept: set[int] = set()
        for part in walk.parts:
            kept = (kept | set(part.entered.tolist())) - set(part.evicted.tolist())
            assert part.kept == len(kept)
        assert kept == set(walk.ids.tolist())


def test_parts_of_a_scan_worked_by_hand() -> None:
    vectors = np.array([[3], [1], [4], [1], [5]], np.float32)
    walk = walk_exact(Exact().build(vectors, seed=0), np.array([1], np.float32), 2)
    assert [(part.first, part.last) for part in walk.parts] == [(i, i) for i in range(5)]
    assert [part.entered.tolist() for part in walk.parts] == [[0], [1], [2], [], [4]]
    assert [part.evicted.tolist() for part in walk.parts] == [[], [], [1], [], [0]]
    assert [(part.best, part.worst) for part in walk.parts] == [
        (-2, -2),
        (-2, 0),
        (-3, -2),
        (-3, -2),
        (-4, -3),
    ]
    assert walk.ids.tolist() == [4, 2]


def test_one_as_near_as_the_last_is_no_miss() -> None:
    vectors = np.array([[2], [1], [1], [0.5]], np.float32)
    walk = walk_exact(Exact().build(vectors, seed=0), np.array([1], np.float32), 2)
    other = ExactWalk(2, walk.query, np.array([0, 2]), walk.scores, walk.distances, walk.parts)
    worse = ExactWalk(2, walk.query, np.array([0, 3]), walk.scores, walk.distances, walk.parts)
    assert (other.missed.tolist(), other.recall) == ([], 1.0)
    assert (worse.missed.tolist(), worse.recall) == ([1], 0.5)


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (Exact(), ExactWalk),
        (HNSW(M=4), HNSWWalk),
        (IVFPQ(nlist=4, nprobe=2, nbits=4, m=8), IVFWalk),
        (IVFFlat(nlist=4, nprobe=2), IVFWalk),
    ],
)
def test_every_index_has_its_walk(config: IndexConfig, kind: type, vectors: Vectors) -> None:
    index: Index = config.build(vectors[:200], seed=1)
    walk = walk_through(index, vectors[0], 5)
    assert isinstance(walk, kind)
    assert np.array_equal(walk.ids, index.search(vectors[0], 5)[0])


def test_an_index_without_a_walk_is_named() -> None:
    with pytest.raises(ValueError, match="index="):
        walk_through(object(), np.zeros(2, np.float32), 1)  # type: ignore[arg-type]
