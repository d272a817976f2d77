"""What a search costs as the catalogue grows, at one recall, and where an index begins to pay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.index import HNSW, INDEXES, IVFPQ, Exact, Index, IndexConfig, IVFFlat
from engine.intervals import mean_estimate
from engine.measurement.timing import now
from engine.metrics import recall_with_ties
from engine.progress import Progress, silent, within
from engine.retrieval.points import search_times
from engine.retrieval.study import timed_searches
from engine.retrieval.vectors import Vectors
from engine.seeding import stream

SIZES = (2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
TARGET = 0.95
"""Recall at which costs are compared."""
_NEIGHBOURS = 10
_STEP = 1.05  # from one value of a query knob to the next
_REFINED = (2, 4, 8)
_RESAMPLES = 1_000
Ladder = list[IndexConfig]


@dataclass(frozen=True, slots=True)
class Crossing:
    """From how many vectors on an index is faster than exact search.

    n : 0 where it is so from the smallest size measured, infinite where it is not at the largest.
    low : from where on it may be faster: where the upper bound of the speed-up first crosses.
    high : from where on it surely stays so: where the lower bound crosses for the last time. Both
        are 0 and infinite alike; 95% each over requests. Knobs that are whole numbers and builds
        let the speed-up rise and fall from size to size by more than that.
    """

    index: str
    n: float
    low: float
    high: float


def grown(items: NDArray[np.float32], n: int, seed: int) -> NDArray[np.float32]:
    """A catalogue of n vectors like ``items``, float32 (n, d).

    A smaller one is a draw from them. A larger one holds all of them, and besides vectors that
    lie at random between one of them and one of its ten nearest by cosine, so that lengths and
    clusters stay what they are.

    Source: Chawla et al. (2002), "SMOTE: synthetic minority over-sampling technique".
    """
    rng = stream(seed, "vectors/grown", n)
    if n <= len(items):
        return items[np.sort(rng.permutation(len(items))[:n])]
    parents = rng.integers(len(items), size=n - len(items))
    near = _nearest(items)[parents, rng.integers(_NEIGHBOURS, size=len(parents))]
    share = rng.random((len(parents), 1), dtype=np.float32)
    between = items[parents] + share * (items[near] - items[parents])
    return np.concatenate([items, between])


def measure_size(
    vectors: Vectors,
    n: int,
    k: int,
    target: float = TARGET,
    requests: int | None = None,
    progress: Progress = silent,
) -> pd.DataFrame:
    """Each type of index on n vectors like these: the cheapest query knob that reaches a recall.

    All of them are timed in turn over the same queries.

    Returns
    -------
    A row a type of index: ``n``; ``k``; ``index`` and its knobs as in a link; ``reached``, whether
    the recall was; ``recall`` with ``_low`` and ``_high`` over so many ``queries``;
    ``build_seconds``; ``memory_bytes``; ``p50_ms``, ``p95_ms`` over so many ``requests``;
    ``held_up``; ``speedup``, exact search's p50 over its own, with ``_low`` and ``_high``
    (bootstrap over queries, paired); ``taken_at``, Unix seconds.
    """
    items = grown(vectors.items, n, vectors.seed)
    exact = Exact().build(items, vectors.seed)
    truth = exact.search_many(vectors.queries, min(k, n))[1]

    def recalls(index: Index) -> NDArray[np.float64]:
        found = index.search_many(vectors.queries, min(k, n))[1]
        return recall_with_ties(found, truth, k)

    ladders = size_ladders(n, items.shape[1], k)
    chosen: list[Index] = [exact]
    for place, ladder in enumerate(ladders):
        share = within(progress, place / len(ladders), (place + 1) / len(ladders))
        built = next(
            (index for index in chosen if index.config.build_part == ladder[0].build_part), None
        ) or ladder[0].build(items, vectors.seed, share)
        chosen.append(_cheapest(built, ladder, target, recalls))
    found = [recalls(index) for index in chosen]
    taken, processor, _ = timed_searches(chosen, vectors.queries, k, requests)
    moment = now()
    rows = []
    for place, index in enumerate(chosen):
        p50, p95, _ = search_times(taken[place], moment)
        recall = mean_estimate(found[place])
        speedup, low, high = _speedup(taken[0], taken[place], vectors.seed)
        rows.append(
            {
                "n": n,
                "k": k,
                "index": index.config.name,
                **{f"index.{knob}": value for knob, value in asdict(index.config).items()},
                "reached": recall.value >= target,
                "recall": recall.value,
                "recall_low": recall.low,
                "recall_high": recall.high,
                "queries": recall.n,
                "build_seconds": index.build_seconds,
                "memory_bytes": index.memory_bytes,
                "p50_ms": p50.value,
                "p95_ms": p95.value,
                "requests": p50.n,
                "held_up": float(np.mean(taken[place] > 1.1 * processor[place])),
                "speedup": speedup,
                "speedup_low": low,
                "speedup_high": high,
                "taken_at": moment,
            }
        )
    return _best_of_each(pd.DataFrame(rows))


def size_ladders(n: int, d: int, k: int) -> list[Ladder]:
    """Configurations from cheap to dear that share a build, for a catalogue of n vectors.

    Lists grow with the square root of n; IVF-Flat is tried with twice and half as many too, for
    where one number of lists is good it is not at the next size. IVF-PQ has a ladder for each
    depth of its re-ranking.
    """
    lists = 2 ** round(np.log2(np.sqrt(n)))
    widths = _rising(k, min(n, 16 * k))
    probes = _rising(1, lists)
    ladders: list[Ladder] = [[HNSW(ef_search=ef) for ef in widths]]
    for few in (lists // 2, lists, 2 * lists):
        ladders.append([IVFFlat(nlist=few, nprobe=nprobe) for nprobe in _rising(1, few)])
    for refine in _REFINED:
        usual, _ = IVFPQ(nlist=lists, nprobe=1, refine=refine).repaired(n, d)
        ladders.append([replace(usual, nprobe=nprobe) for nprobe in probes])
    return ladders


def crossings(frame: pd.DataFrame) -> list[Crossing]:
    """Where each type of index begins to beat exact search, from the rows of `measure_size`.

    Between two sizes the logarithm of the speed-up is drawn straight over that of n. A size at
    which the recall was not reached counts as one where exact search wins.
    """
    found = []
    for name in INDEXES:
        rows = frame[(frame["index"] == name) & (name != Exact.name)].sort_values("n")
        if not len(rows):
            continue
        sizes = rows["n"].to_numpy(dtype=np.float64)
        best, most, least = (
            np.where(rows["reached"], rows[column], 0.0)
            for column in ("speedup", "speedup_high", "speedup_low")
        )
        low = _crossing(sizes, most, first=True)
        found.append(Crossing(name, _crossing(sizes, best), low, _crossing(sizes, least)))
    return found


def _crossing(
    sizes: NDArray[np.float64], speedups: NDArray[np.float64], first: bool = False
) -> float:
    """The size from which on the speed-up stays at 1 or more, or at which it first is."""
    if first and (faster := np.flatnonzero(speedups >= 1.0)).size:
        sizes, speedups = sizes[: faster[0] + 1], speedups[: faster[0] + 1]
    slower = np.flatnonzero(speedups < 1.0)
    if not len(slower):
        return 0.0
    last = int(slower[-1])
    if last == len(sizes) - 1:
        return float("inf")
    if speedups[last] == 0.0:
        return float(sizes[last + 1])
    before, after = np.log(speedups[last : last + 2])
    start, stop = np.log(sizes[last : last + 2])
    return float(np.exp(start + (stop - start) * before / (before - after)))


def _cheapest(
    built: Index, ladder: Ladder, target: float, recalls: Callable[[Index], NDArray[np.float64]]
) -> Index:
    """The first of a ladder that reaches the target, by bisection; the last where none does."""
    low, high = 0, len(ladder) - 1
    while low < high:
        middle = (low + high) // 2
        if recalls(built.tuned(ladder[middle])).mean() >= target:
            high = middle
        else:
            low = middle + 1
    return built.tuned(ladder[low])


def _best_of_each(frame: pd.DataFrame) -> pd.DataFrame:
    """Of each type the fastest row that reached the recall, or that which came nearest."""
    missed = np.where(frame["reached"], 0.0, 1.0 - frame["recall"])
    order = frame.assign(missed=missed).sort_values(["missed", "p50_ms"], kind="stable")
    best = order.drop_duplicates("index").drop(columns="missed")
    return best.sort_index().reset_index(drop=True)


def _speedup(
    exact: NDArray[np.int64], own: NDArray[np.int64], seed: int
) -> tuple[float, float, float]:
    """Ratio of the medians with its 95% interval over requests, paired."""
    rng = stream(seed, "sizes/speedup")
    ratios = np.empty(_RESAMPLES)
    for draw in range(_RESAMPLES):
        rows = rng.integers(len(own), size=len(own))
        ratios[draw] = np.median(exact[rows]) / np.median(own[rows])
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(np.median(exact) / np.median(own)), float(low), float(high)


def _rising(low: int, high: int) -> list[int]:
    """Whole numbers from low to high, each the next or larger by `_STEP`."""
    values = [low]
    while values[-1] < high:
        values.append(min(high, max(values[-1] + 1, int(values[-1] * _STEP))))
    return values


def _nearest(items: NDArray[np.float32]) -> NDArray[np.int64]:
    """The ten nearest other vectors of each by cosine, in no order, (n, 10)."""
    lengths = np.linalg.norm(items, axis=1, keepdims=True)
    unit = items / np.where(lengths > 0, lengths, 1)
    near = np.empty((len(items), _NEIGHBOURS), dtype=np.int64)
    for first in range(0, len(items), 500):
        rows = np.arange(first, min(first + 500, len(items)))
        cosine = unit[rows] @ unit.T
        cosine[np.arange(len(rows)), rows] = -np.inf
        near[rows] = np.argpartition(-cosine, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    return near
