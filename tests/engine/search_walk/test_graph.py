from __future__ import annotations

import gc
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from weakref import ref

import numpy as np
import pytest

from engine.index import HNSW
from engine.index.contract import Vectors
from engine.search_walk import read_graph
from engine.search_walk.graph import _read


def test_every_link_leads_to_another_vector_of_its_layer(vectors: Vectors) -> None:
    graph = read_graph(HNSW(M=6).build(vectors, seed=3))
    assert graph.top >= 2
    for layer in range(graph.top + 1):
        for node in np.flatnonzero(graph.levels >= layer).tolist():
            neighbours = graph.neighbours(node, layer)
            assert len(neighbours) <= (12 if layer == 0 else 6)
            assert len(set(neighbours.tolist()) | {node}) == len(neighbours) + 1
            assert (graph.levels[neighbours] >= layer).all()


def test_layers_hold_fewer_the_higher_they_are(vectors: Vectors) -> None:
    graph = read_graph(HNSW(M=6).build(vectors, seed=3))
    sizes = graph.layer_sizes
    assert sizes[0] == len(vectors)
    assert sizes[-1] == np.count_nonzero(graph.levels == graph.top) >= 1
    assert all(below >= above for below, above in pairwise(sizes))


def test_distances_are_those_of_the_library_to_the_last_bit(vectors: Vectors) -> None:
    index = HNSW(M=8, ef_search=3_000).build(vectors, seed=3)
    ids, distances = index.graph.knn_query(vectors[5], k=500, num_threads=1)
    of_all = read_graph(index).distances(vectors[5])
    assert np.array_equal(of_all[ids[0].astype(np.int64)], distances[0])
    np.testing.assert_allclose(of_all, 1 - vectors @ vectors[5], atol=1e-5)


def test_a_graph_is_read_once_for_all_views_and_forgotten_with_its_build(vectors: Vectors) -> None:
    index = HNSW(M=4).build(vectors[:50], seed=3)
    graph = read_graph(index)
    assert read_graph(index.tuned(HNSW(M=4, ef_search=7))) is graph
    build = ref(index.graph)
    del index
    gc.collect()
    assert build() is None
    assert graph not in _read.values()


def test_a_graph_that_was_saved_and_loaded_reads_the_same(vectors: Vectors, tmp_path: Path) -> None:
    index = HNSW(M=6).build(vectors, seed=3)
    index.save(tmp_path)
    first, again = read_graph(index), read_graph(HNSW(M=6).load(tmp_path))
    assert first.entry == again.entry
    for node in (first.entry, 0, 17):
        for layer in range(int(first.levels[node]) + 1):
            assert np.array_equal(first.neighbours(node, layer), again.neighbours(node, layer))


def test_a_graph_whose_vectors_have_other_names_is_refused(vectors: Vectors) -> None:
    index = HNSW(M=4).build(vectors[:20], seed=3)
    index.graph.mark_deleted(3)
    with pytest.raises(ValueError, match="deleted"):
        read_graph(index)
    strange = HNSW(M=4).build(vectors[:20], seed=3)
    (state,) = strange.graph.__getstate__()
    rows = state["data_level0"].reshape(20, -1).copy()
    rows[3, state["label_offset"]] = 99
    state["data_level0"] = rows.ravel()
    read = SimpleNamespace(lock=strange.lock, graph=_Renamed(state))
    with pytest.raises(ValueError, match="0 to n - 1"):
        read_graph(read)  # type: ignore[arg-type]


class _Renamed:
    def __init__(self, state: dict[str, object]) -> None:
        self.state = state

    def __getstate__(self) -> tuple[dict[str, object]]:  # type: ignore[override]
        return (self.state,)
