"""HNSW: greedy search on a layered graph of neighbours, by hnswlib.

Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
Hierarchical Navigable Small World graphs", 2016. hnswlib calls 1 minus the inner product
a distance; scores here are turned back, so they are exact to about 1e-7 of max(1, score).
"""

import math
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from engine.index.contract import (
    Ids,
    Index,
    IndexConfig,
    Reach,
    Scores,
    Vectors,
    check_k,
    check_queries,
    check_same_build,
    check_seed,
    check_shape,
    check_vectors,
    empty_answers,
    not_finite,
)
from engine.index.storage import damaged, read_manifest, write_manifest
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent

_GRAPH = "graph.hnsw"
_PROGRESS_STEPS = 20
_ONE, _INT64 = np.array(1, np.float32), np.dtype(np.int64)
# Another viewer waits for at most this many searches of a batch.
_ROWS_PER_LOCK = 8


@dataclass(frozen=True, slots=True)
class HNSW(IndexConfig):
    """A graph in which each vector knows about M neighbours per layer.

    Parameters
    ----------
    M : neighbours per vector and layer, 4 to 96 (twice as many on the lowest layer): memory.
    ef_construction : width of the search that finds them, 4 to 2,000: build time. Below M it
        has no effect.
    ef_search : width of the search at query time, 1 to 100,000: recall against latency. Below
        the k that is asked for it has no effect (see `HNSWIndex.effective_ef`).
    """

    name: ClassVar[str] = "hnsw"
    query_knob: ClassVar[str | None] = "ef_search"
    knobs: ClassVar[dict[str, Knob]] = {
        "M": Knob(4, 96, "neighbours of a vector on each layer"),
        "ef_construction": Knob(4, 2_000, "width of the search that finds them"),
        "ef_search": Knob(1, 100_000, "width of the search for a query"),
    }
    M: int = 32
    ef_construction: int = 200
    ef_search: int = 400

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    @property
    def build_part(self) -> Self:
        return replace(self, ef_search=HNSW().ef_search)

    def build(self, vectors: Vectors, seed: int, progress: Progress = silent) -> "HNSWIndex":
        """Insert ``vectors`` one after the other, in one thread, so that builds repeat exactly."""
        vectors, seed = check_vectors(vectors), check_seed(seed)
        start = time.perf_counter()
        n, d = vectors.shape
        graph = _empty_graph(d)
        graph.init_index(n, M=self.M, ef_construction=self.ef_construction, random_seed=seed)
        what = f"Linking {n:,} vectors"
        progress(what, 0.0)
        for ids in np.array_split(np.arange(n), min(n, _PROGRESS_STEPS)):
            graph.add_items(vectors[ids[0] : ids[-1] + 1], ids, num_threads=1)
            progress(what, (int(ids[-1]) + 1) / n)
        return HNSWIndex(self, n, d, time.perf_counter() - start, graph, threading.Lock())

    def load(self, directory: Path) -> "HNSWIndex":
        manifest = read_manifest(self, directory, [_GRAPH])
        path = directory / _GRAPH
        graph = _empty_graph(manifest.dim)
        try:
            graph.load_index(str(path))
        except RuntimeError as error:
            raise damaged(path) from error
        size = graph.get_current_count()
        return HNSWIndex(self, size, manifest.dim, manifest.build_seconds, graph, threading.Lock())


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class HNSWIndex(Index):
    """A view of a graph that all views over one build share, with the lock that guards it.

    ``graph`` is the `hnswlib.Index`, for reading its links. Never call its ``set_ef`` or
    search it without ``lock``: ef belongs to the graph, not to a search.
    """

    config: HNSW
    graph: Any
    lock: threading.Lock

    @property
    def memory_bytes(self) -> int:
        """Bytes of vectors, links and labels: what the graph takes when saved."""
        return int(self.graph.index_file_size())

    def effective_ef(self, k: int) -> int:
        """The width that a search for k really has: hnswlib raises ef to k where it is below."""
        return max(self.config.ef_search, check_k(k, self.size))

    def reach(self, k: int) -> Reach:
        return Reach((), min(self.effective_ef(k), self.size))

    def search(self, query: Vectors, k: int) -> tuple[Ids, Scores]:
        """The best k of those that the walk met; fewer where the graph leads to fewer."""
        query, k = check_shape(query, self.dim), check_k(k, self.size)
        with self.lock:
            self.graph.set_ef(self.config.ef_search)
            try:
                ids, distances = self.graph.knn_query(query, k, 1)
            except RuntimeError:
                ids, distances = self._all_reachable(query, k)
        # A value of the query that is not finite makes every distance so: one look is enough.
        if not math.isfinite(distances.item(0)):
            raise not_finite("query")
        scores = distances[0]
        return ids[0].view(_INT64), np.subtract(_ONE, scores, scores)

    def search_many(self, queries: Vectors, k: int) -> tuple[Ids, Scores]:
        queries = check_queries(queries, self.dim)
        ids, scores = empty_answers(len(queries), k)
        cut = check_k(k, self.size)
        for first in range(0, len(queries), _ROWS_PER_LOCK):
            rows = slice(first, first + _ROWS_PER_LOCK)
            self._search_rows(queries[rows], ids[rows, :cut], scores[rows, :cut])
            # Without a pause this thread takes the lock again before a waiting one wakes up.
            time.sleep(0)
        return ids, scores

    def tuned(self, config: IndexConfig) -> Self:
        return replace(self, config=check_same_build(self.config, config))

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.graph.save_index(str(directory / _GRAPH))
        write_manifest(self, directory, [_GRAPH])

    def _search_rows(self, queries: Vectors, ids: Ids, scores: Scores) -> None:
        """Answer ``queries`` into ``ids`` and ``scores`` under one hold of the lock."""
        with self.lock:
            self.graph.set_ef(self.config.ef_search)
            try:
                labels, distances = self.graph.knn_query(queries, ids.shape[1], 1)
            except RuntimeError:
                # One row that reaches too few fails the whole batch.
                for row, query in enumerate(queries):
                    labels, distances = self._all_reachable(query, ids.shape[1])
                    found = labels.shape[1]
                    ids[row, :found], scores[row, :found] = labels[0], _ONE - distances[0]
                return
        ids[:], scores[:] = labels, _ONE - distances

    def _all_reachable(self, query: Vectors, k: int) -> tuple[Any, Any]:
        """hnswlib's answer for the largest k that it can fill; the caller holds the lock.

        hnswlib raises when a walk meets fewer than k vectors (parts of a graph can be cut
        off). It then met all that it can, at any width from there on.
        """
        low, high = 1, k
        answer: tuple[Any, Any] = self.graph.knn_query(query, low, 1)
        while low < high:
            middle = (low + high + 1) // 2
            try:
                answer = self.graph.knn_query(query, middle, 1)
                low = middle
            except RuntimeError:
                high = middle - 1
        return answer


def _empty_graph(dim: int) -> Any:
    import hnswlib  # imported late: a configuration needs no library

    return hnswlib.Index(space="ip", dim=dim)
