"""Indexes measured: query-time variants of one build take turns, search by search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns, thread_time_ns

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import K
from engine.index import Index, IndexConfig
from engine.intervals import mean_estimate
from engine.measurement.stopwatch import turn, turns, undisturbed
from engine.measurement.timing import now
from engine.metrics import recall_with_ties
from engine.progress import Progress, silent, within
from engine.retrieval.grid import by_build, index_configs
from engine.retrieval.points import IndexPoint, search_times
from engine.retrieval.vectors import Requests, Vectors, true_requests, true_scores
from engine.store import PartStore
from engine.world import World

_WARM_UP = 10
_ROWS = 100  # of answers that are scored at once, so that their vectors stay in the cache


def measure_group(
    vectors: Vectors,
    configs: Sequence[IndexConfig],
    k: int,
    world: World,
    store: PartStore,
    progress: Progress = silent,
    requests: int | None = None,
) -> list[IndexPoint]:
    """Measure configurations that share one built index, a point each, in the order given.

    Parameters
    ----------
    requests : searches of each configuration that are timed, users in turn; by default one of
        each query.

    Raises
    ------
    ValueError : no configuration, several builds, a k or a number of requests below 1, or an
        index that cannot be built on these vectors.
    """
    if k < 1:
        raise ValueError(f"k={k!r}: must be at least 1")
    if len(by_build(configs)) != 1:
        raise ValueError("configs: must be at least one, and share one build")
    built = vectors.index(configs[0], store, within(progress, 0.0, 0.5))
    indexes = [built.tuned(config) for config in configs]
    truth = true_scores(vectors, k, store)
    behind = true_requests(vectors, world, store, within(progress, 0.5, 0.7))
    progress("timing single searches in turn", 0.7)
    taken, processor, found = timed_searches(indexes, vectors.queries, k, requests)
    moment = now()
    points = []
    for place, index in enumerate(indexes):
        p50, p95, p99 = search_times(taken[place], moment)
        recalls = _recalls(vectors, found[place], truth, k)
        points.append(
            IndexPoint(
                config=index.config,
                n=index.size,
                k=k,
                recall=mean_estimate(recalls),
                top10=None if behind is None else mean_estimate(_top10(index, vectors, behind, k)),
                p50=p50,
                p95=p95,
                p99=p99,
                build_seconds=index.build_seconds,
                memory_bytes=index.memory_bytes,
                held_up=float(np.mean(taken[place] > 1.1 * processor[place])),
            )
        )
        progress("searching for what users truly like", 0.8 + 0.2 * (place + 1) / len(indexes))
    return points


def sweep_indexes(
    vectors: Vectors,
    k: int,
    world: World,
    store: PartStore,
    progress: Progress = silent,
    on_points: Callable[[list[IndexPoint]], None] = lambda points: None,
    configs: Sequence[IndexConfig] | None = None,
) -> list[IndexPoint]:
    """Measure a grid of configurations, group by group; by default that of `index_configs`.

    progress : may raise to end the sweep, as a job that was cancelled does.
    on_points : called with each group's points as they come.
    """
    if configs is None:
        configs = index_configs(k, *vectors.items.shape)
    points: list[IndexPoint] = []
    done = 0
    for group in by_build(configs):
        share = within(progress, done / len(configs), (done + len(group)) / len(configs))
        fresh = measure_group(vectors, group, k, world, store, share)
        done += len(group)
        on_points(fresh)
        points += fresh
    progress("ready", 1.0)
    return points


def timed_searches(
    indexes: Sequence[Index], queries: NDArray[np.float32], k: int, requests: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Time single searches of several indexes in turn, over the same queries.

    Each index is elsewhere among the queries: what another one has just read for the same query
    would be at hand in the processor's caches, and IVF-Flat took a quarter less than alone.

    Returns
    -------
    nanoseconds : int64 (indexes, requests), and those in which a processor was at work.
    found : int32 (indexes, min(q, requests), k), ids of each query's answer; -1 beyond its end.
    """
    requests = len(queries) if requests is None else requests
    if requests < 1:
        raise ValueError(f"requests={requests!r}: must be at least 1")
    taken = np.empty((len(indexes), requests), dtype=np.int64)
    processor = np.empty_like(taken)
    asked = min(len(queries), requests)
    found = np.full((len(indexes), asked, min(k, indexes[0].size)), -1, dtype=np.int32)
    orders = turns(len(indexes), requests, 0)
    apart = [place * asked // len(indexes) for place in range(len(indexes))]
    with undisturbed():
        for index in indexes:
            with turn():
                for place in range(_WARM_UP):
                    index.search(queries[-1 - place % len(queries)], k)
        for moment, order in enumerate(orders):
            for place in order:
                request = (moment + apart[place]) % requests
                row = request % len(queries)
                query = queries[row]
                search = indexes[place].search
                with turn():
                    at_work, started = thread_time_ns(), perf_counter_ns()
                    ids, _ = search(query, k)
                    taken[place, request] = perf_counter_ns() - started
                    processor[place, request] = thread_time_ns() - at_work
                found[place, row, : len(ids)] = ids
    return taken, processor, found


def query_recalls(
    vectors: Vectors, config: IndexConfig, k: int, store: PartStore
) -> NDArray[np.float64]:
    """Recall of each query's exact k, ties counted, (q,)."""
    index = vectors.index(config, store)
    found = index.search_many(vectors.queries, min(k, index.size))[0].astype(np.int32)
    return _recalls(vectors, found, true_scores(vectors, k, store), k)


def worst_queries(recalls: NDArray[np.float64], n: int = 10) -> NDArray[np.int64]:
    """Places of the n queries that lose most, the worst first."""
    worst: NDArray[np.int64] = np.argsort(recalls, kind="stable")[:n]
    return worst


def _recalls(
    vectors: Vectors, found: NDArray[np.int32], truth: NDArray[np.float32], k: int
) -> NDArray[np.float64]:
    """Recall of the first queries, (rows,), by true scores: since codes give approximate ones."""
    recalls = np.empty(len(found))
    for first in range(0, len(found), _ROWS):
        rows = slice(first, first + _ROWS)
        ids = found[rows]
        asked = vectors.queries[first : first + len(ids), None, :]
        scores = np.where(ids < 0, -np.inf, np.vecdot(vectors.items[ids], asked))
        recalls[rows] = recall_with_ties(scores, truth[first : first + len(ids)], k)
    return recalls


def _top10(index: Index, vectors: Vectors, behind: Requests, k: int) -> NDArray[np.float64]:
    """Share of each user's true top-10 among k retrieved items, exclusions left out, (users,)."""
    shares = np.full(min(len(behind.users), len(vectors.queries)), np.nan)
    for row in range(len(shares)):
        excluded, ideal = behind.excluded[row], behind.ideal[row]
        found, _ = index.search(vectors.queries[row], k + len(excluded))
        kept = found[~np.isin(found, excluded)][:k]
        wanted = ideal[ideal > -2]
        if len(wanted):
            shares[row] = np.isin(wanted, kept).sum() / min(K, len(wanted))
    return shares
