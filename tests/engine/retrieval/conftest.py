"""Made-up points of indexes, and small vectors that are really searched."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine.figures import Estimate, Measurement
from engine.generators import MF
from engine.index import HNSW, IVFPQ, IndexConfig, IVFFlat
from engine.retrieval import IndexPoint, VectorData, Vectors, open_vectors
from engine.store import PartStore
from engine.world import World

SMALL = VectorData(kind="clustered", n=1_000, d=8)


def a_point(
    config: IndexConfig | None = None, recall: float = 0.95, p50: float = 0.2, spread: float = 0.01
) -> IndexPoint:
    """A point whose figures were not measured."""
    times = [Measurement(ms, "ms", 200, 100.0) for ms in (p50, 2 * p50, math.inf)]
    return IndexPoint(
        config=config or HNSW(),
        n=5_000,
        k=100,
        recall=Estimate(recall, recall - spread, recall + spread, 200),
        top10=None,
        p50=times[0],
        p95=times[1],
        p99=times[2],
        build_seconds=1.5,
        memory_bytes=9_000,
        held_up=0.25,
    )


def quick_ladders(n: int, d: int, k: int) -> list[list[IndexConfig]]:
    """As `size_ladders`, of indexes that are soon built."""
    return [
        [HNSW(M=8, ef_construction=20, ef_search=ef) for ef in (k, 2 * k, 4 * k, 8 * k)],
        [IVFFlat(nlist=16, nprobe=nprobe) for nprobe in range(1, 17)],
        [IVFPQ(nlist=16, nprobe=nprobe, m=4, nbits=5, refine=8) for nprobe in range(1, 17)],
    ]


@pytest.fixture(scope="session")
def drawn(tiny_world: World, tiny_store: PartStore) -> Vectors:
    """Clustered vectors that nobody's taste is behind, asked less often."""
    whole = open_vectors(SMALL, tiny_world, MF(), tiny_store)
    return replace(whole, queries=whole.queries[:200], identity=(*whole.identity, "a few"))


@pytest.fixture(scope="session")
def catalogue(tiny_world: World, tiny_store: PartStore) -> Vectors:
    """The vectors of a quick matrix factorisation of the tiny world."""
    return open_vectors(VectorData(), tiny_world, MF(factors=16, iterations=4), tiny_store)
