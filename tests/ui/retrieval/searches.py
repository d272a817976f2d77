"""Measured searches by hand, for tests of the retrieval page."""

from __future__ import annotations

from math import nan

from engine.design import Design
from engine.figures import Estimate, Measurement
from engine.index import HNSW, IVFPQ, Exact, IndexConfig, IVFFlat
from engine.rankers import NoRanker
from engine.retrieval import IndexPoint, VectorData
from ui.retrieval.tradeoff import Sweep
from ui.retrieval.view import RetrievalView, SearchGrid


def point(
    config: IndexConfig,
    recall: float,
    ms: float,
    k: int = 100,
    top10: float | None = 0.4,
    memory: int = 4_000_000,
) -> IndexPoint:
    """A search of 10,000 vectors by 500 queries, ± .01."""
    about = None if top10 is None else Estimate(top10, top10 - 0.02, top10 + 0.02, 500)
    times = [Measurement(ms * factor, "ms", 500, 1_000.0) for factor in (1.0, 1.5)]
    return IndexPoint(
        config=config,
        n=10_000,
        k=k,
        recall=Estimate(recall, recall - 0.01, min(1.0, recall + 0.01), 500),
        top10=about,
        p50=times[0],
        p95=times[1],
        p99=Measurement(nan, "ms", 500, 1_000.0),
        build_seconds=2.0,
        memory_bytes=memory,
        held_up=0.0,
    )


POINTS = (
    point(Exact(), 1.0, 2.0, memory=2_560_000),
    point(HNSW(ef_search=100), 0.92, 0.1),
    point(HNSW(ef_search=200), 0.97, 0.2),
    point(HNSW(M=8, ef_search=100), 0.91, 0.3),  # beaten by both
    point(IVFFlat(nprobe=4), 0.90, 0.4),
    point(IVFPQ(refine=0, nprobe=16), 0.70, 0.05, memory=300_000),
)
SWEEP = Sweep(POINTS, 100, "shipped: six indexes")


def design(index: IndexConfig | None = None, candidates: int = 100) -> Design:
    return Design(index=index or HNSW(ef_search=200), candidates=candidates, ranker=NoRanker())


def view(measured: IndexPoint | None = None, data: VectorData | None = None) -> RetrievalView:
    measured = measured or POINTS[2]
    shown = design(measured.config, measured.k)
    return RetrievalView.measured(shown, data or VectorData(), 64, measured)


def grid() -> SearchGrid:
    """HNSW at ef 100 and 300, k 10 and 1,000; recall and time are linear in between."""
    rows = [
        tuple(
            point(HNSW(ef_search=ef), recall, ms, k, top10)
            for ef, recall, ms, top10 in ((100, low, 0.1, 0.3), (300, low + 0.1, 0.3, 0.5))
        )
        for k, low in ((10, 0.88), (1_000, 0.68))
    ]
    return SearchGrid(tuple(rows), (0.6, 0.8))
