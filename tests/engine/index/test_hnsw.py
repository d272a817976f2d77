"""HNSW: its graph, its shared ef, and walks that reach too few."""

import sys
import threading
import time
from dataclasses import replace

import hnswlib
import numpy as np
import pytest

from engine.index import HNSW, Exact

SEED = 11


def run_together(look) -> None:
    """Call ``look(0)`` and ``look(1)`` in two threads that start at the same moment."""
    start = threading.Barrier(2)

    def run(viewer: int) -> None:
        start.wait()
        look(viewer)

    threads = [threading.Thread(target=run, args=(viewer,)) for viewer in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_search_as_wide_as_the_catalogue_equals_exact(catalogue, queries):
    vectors = catalogue(600, 8)
    wide = HNSW(M=48, ef_construction=400, ef_search=600).build(vectors, SEED)
    exact = Exact().build(vectors, SEED)
    for k in (1, 10, 600):
        np.testing.assert_array_equal(
            wide.search_many(queries, k)[0], exact.search_many(queries, k)[0]
        )


def test_chunks_of_a_build_give_the_graph_of_one_call(vectors, tmp_path):
    config = HNSW(M=8, ef_construction=50)
    config.build(vectors, SEED).graph.save_index(str(tmp_path / "chunks"))
    graph = hnswlib.Index(space="ip", dim=8)
    graph.init_index(600, M=8, ef_construction=50, random_seed=SEED)
    graph.add_items(vectors, np.arange(600), num_threads=1)
    graph.save_index(str(tmp_path / "one"))
    assert (tmp_path / "chunks").read_bytes() == (tmp_path / "one").read_bytes()


def test_another_seed_gives_another_graph(vectors, tmp_path):
    config = HNSW(M=8, ef_construction=50)
    for seed in (SEED, SEED + 1):
        config.build(vectors, seed).graph.save_index(str(tmp_path / str(seed)))
    assert (tmp_path / f"{SEED}").read_bytes() != (tmp_path / f"{SEED + 1}").read_bytes()


def test_a_build_moves_its_bar_in_about_twenty_steps(vectors):
    seen = []
    HNSW().build(vectors, SEED, lambda what, done: seen.append(done))
    assert len(set(seen)) == 21


def test_its_memory_is_the_size_of_its_saved_graph(vectors, tmp_path):
    index = HNSW().build(vectors, SEED)
    index.save(tmp_path)
    assert index.memory_bytes == (tmp_path / "graph.hnsw").stat().st_size


def test_where_a_walk_reaches_fewer_than_k_it_gives_all_that_it_reached(vectors, queries, exact):
    torn = HNSW(M=4, ef_construction=4, ef_search=10).build(vectors, SEED)
    lengths = []
    for query in queries:
        ids, scores = torn.search(query, 600)
        lengths.append(len(ids))
        with pytest.raises(RuntimeError):
            torn.graph.knn_query(query, len(ids) + 1, 1)
        np.testing.assert_allclose(scores, vectors[ids] @ query, rtol=1e-5, atol=1e-5)
        # The reached ones come in the order of the true scores.
        true_ids, _ = exact.search(query, 600)
        np.testing.assert_array_equal(ids, true_ids[np.isin(true_ids, ids)])
    assert 1 <= min(lengths) < max(lengths) < 600


@pytest.mark.parametrize(("ef", "k", "width"), [(400, 10, 400), (10, 400, 400), (10, 9_999, 600)])
def test_ef_below_k_is_raised_to_k(vectors, queries, ef, k, width):
    index = HNSW(M=8, ef_construction=50, ef_search=ef).build(vectors, SEED)
    assert index.effective_ef(k) == width
    same = index.tuned(HNSW(M=8, ef_construction=50, ef_search=width))
    np.testing.assert_array_equal(index.search_many(queries, k)[0], same.search_many(queries, k)[0])


def test_a_wider_view_finds_more_and_leaves_its_sibling_alone(vectors, queries, exact):
    narrow = HNSW(M=4, ef_construction=20, ef_search=1).build(vectors, SEED)
    before = narrow.search_many(queries, 5)[0]
    wide = narrow.tuned(HNSW(M=4, ef_construction=20, ef_search=600))
    truth = exact.search_many(queries, 5)[0]
    after = wide.search_many(queries, 5)[0]
    assert wide.graph is narrow.graph
    assert (after == truth).mean() > (before == truth).mean() + 0.1
    np.testing.assert_array_equal(narrow.search_many(queries, 5)[0], before)


def test_views_have_equal_reach_where_their_effective_ef_is_equal(vectors, queries):
    wide = HNSW(M=8, ef_construction=50, ef_search=90).build(vectors, SEED)
    narrow = wide.tuned(HNSW(M=8, ef_construction=50, ef_search=5))
    assert wide.reach(20) == narrow.reach(90) != narrow.reach(20)
    np.testing.assert_array_equal(
        wide.search_many(queries, 20)[0], narrow.search_many(queries, 90)[0][:, :20]
    )


class SlowGraph:
    """A graph that lets another thread run between the start and the end of each search."""

    def __init__(self, graph):
        self.graph, self.ef, self.broken = graph, 0, []

    def set_ef(self, ef):
        self.ef = ef

    def knn_query(self, queries, k, num_threads):
        before = self.ef
        time.sleep(1e-3)
        self.broken += [self.ef] if self.ef != before else []
        return self.graph.knn_query(queries, k, num_threads)


@pytest.mark.parametrize("search", ["search", "search_many"])
def test_ef_cannot_change_while_a_search_of_another_view_runs(vectors, queries, search):
    index = HNSW(M=8, ef_construction=50, ef_search=10).build(vectors, SEED)
    slow = SlowGraph(index.graph)
    index = replace(index, graph=slow)
    views = [index, index.tuned(HNSW(M=8, ef_construction=50, ef_search=300))]
    asked = queries if search == "search_many" else queries[0]

    def look(view) -> None:
        for _ in range(10):
            getattr(view, search)(asked, 5)

    run_together(lambda viewer: look(views[viewer]))
    assert slow.broken == []


@pytest.fixture
def eager_switching():
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("eager_switching")
def test_two_viewers_of_one_graph_never_see_each_others_ef(catalogue):
    vectors = catalogue(4_000, 16)
    queries = catalogue(150, 16, seed=3)
    narrow = HNSW(M=4, ef_construction=20, ef_search=1).build(vectors, SEED)
    views = [narrow, narrow.tuned(HNSW(M=4, ef_construction=20, ef_search=500))]
    alone = [[view.search(query, 5)[0] for query in queries] for view in views]
    differing = sum(list(a) != list(b) for a, b in zip(*alone, strict=True))
    assert differing > 50

    wrong = [0, 0]

    def look(viewer: int) -> None:
        for _ in range(6):
            for query, expected in zip(queries, alone[viewer], strict=True):
                found = views[viewer].search(query, 5)[0]
                wrong[viewer] += not np.array_equal(found, expected)
        many = views[viewer].search_many(queries, 5)[0]
        wrong[viewer] += sum(
            list(row[row >= 0]) != list(one) for row, one in zip(many, alone[viewer], strict=True)
        )

    run_together(look)
    assert wrong == [0, 0]
