"""What does a search through the index contract cost beside the raw library's call?

Run as ``python -m benchmarks.retrieval_overhead``. Interleaved query by query in one run, one
thread: hnswlib's `knn_query`; Faiss's `search` on the same lists, and where IVF-PQ re-ranks, the
exact second look written out by hand. Clustered vectors, 20,000 x 64.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.index import HNSW, IVFPQ, Index, IndexConfig, IVFFlat
from engine.index.inverted import probing
from engine.measurement.stopwatch import turn, turns, undisturbed
from engine.retrieval.data import VectorData
from engine.retrieval.synthetic import drawn_vectors

REQUESTS = 2_000
ALLOWED = 1.10
_DATA = VectorData(kind="clustered", n=20_000, d=64)
_CASES: tuple[tuple[IndexConfig, int], ...] = (
    (HNSW(ef_search=100), 100),
    (HNSW(ef_search=400), 100),
    (HNSW(ef_search=400), 300),
    (IVFFlat(nprobe=8), 100),
    (IVFFlat(nprobe=32), 300),
    (IVFPQ(nprobe=8, refine=0), 100),
    (IVFPQ(nprobe=32, refine=0), 300),
    (IVFPQ(nprobe=8, refine=4), 100),
    (IVFPQ(nprobe=32, refine=4), 300),
)
Search = Callable[[NDArray[np.float32], int], NDArray[np.int64]]


def main() -> int:
    """Print the ratio at p50 of each case; 1 if one is over what is allowed."""
    items, queries = drawn_vectors(_DATA, REQUESTS)
    built: dict[IndexConfig, Any] = {}
    worst = 0.0
    busy = os.getloadavg()[0]
    for config, k in _CASES:
        part = config.build_part
        index = built[part] = (built.get(part) or part.build(items, 7)).tuned(config)
        raw = _raw(config, index, items)
        same = sum(
            set(raw(query, k).tolist()) == set(index.search(query, k)[0].tolist())
            for query in queries[:100]
        )
        times = _timed(_ours(index), raw, queries, k)
        ours, theirs = np.median(times, axis=1) / 1e6
        worst = max(worst, ours / theirs)
        print(
            f"{config}, k {k}: p50 {ours:.4f} ms, raw call {theirs:.4f} ms: "
            f"ratio {ours / theirs:.3f}; same answer for {same} of 100",
            flush=True,
        )
        assert same >= 99, "another answer proves nothing of its cost"
    print(f"worst ratio {worst:.3f}, at most {ALLOWED}; load of the machine before: {busy:.1f}")
    return int(worst > ALLOWED)


def _timed(ours: Search, theirs: Search, queries: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Nanoseconds of both, (2, requests), taking turns over the same queries."""
    searches = (ours, theirs)
    times = np.empty((2, len(queries)), dtype=np.int64)
    with undisturbed():
        for query in queries[:20]:
            ours(query, k)
            theirs(query, k)
        for row, order in enumerate(turns(2, len(queries), 0)):
            query = queries[row]
            for which in order:
                search = searches[which]
                with turn():
                    started = perf_counter_ns()
                    search(query, k)
                    times[which, row] = perf_counter_ns() - started
    return times


def _ours(index: Index) -> Search:
    return lambda query, k: index.search(query, k)[0]


def _raw(config: IndexConfig, index: Any, items: NDArray[np.float32]) -> Search:
    """The library's own call on the index's own structure, as one would write it by hand."""
    if isinstance(config, HNSW):
        return _raw_hnsw(config, index.graph)
    params = probing(config.nprobe)  # type: ignore[attr-defined]
    if isinstance(config, IVFFlat):
        lists = index.lists
        return lambda query, k: lists.search(query[None], k, params=params)[1][0]
    codes, refine = index.codes, config.refine  # type: ignore[attr-defined]
    if not refine:
        return lambda query, k: codes.search(query[None], k, params=params)[1][0]

    def re_ranked(query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        near = codes.search(query[None], refine * k, params=params)[1][0]
        near = near[near >= 0]
        scores = items[near] @ query
        best = np.argpartition(-scores, k)[:k] if k < len(near) else np.arange(len(near))
        found: NDArray[np.int64] = near[best[np.argsort(-scores[best])]]
        return found

    return re_ranked


def _raw_hnsw(config: HNSW, graph: Any) -> Search:
    def search(query: NDArray[np.float32], k: int) -> NDArray[np.int64]:
        # One index serves searches of several widths, so that each must set its own.
        graph.set_ef(config.ef_search)
        found: NDArray[np.int64] = graph.knn_query(query, k, num_threads=1)[0][0]
        return found

    return search


if __name__ == "__main__":
    sys.exit(main())
