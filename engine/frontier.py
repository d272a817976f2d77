"""Quality against latency over many designs: which are measured, and what was."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from engine.design import Design
from engine.generators import MF, GeneratorConfig, Popularity
from engine.index import HNSW, IVFPQ, Exact, IndexConfig
from engine.rankers import GBDT, Logistic, NoRanker, RankerConfig
from engine.sample import SAMPLE

FRONTIER = SAMPLE / "frontier.csv"
_FINE = (20, 50, 100, 200, 300, 500, 1_000)
_COARSE = (20, 50, 100, 300, 1_000)


def frontier_designs() -> list[Design]:
    """Designs over generator, index, query knob, candidates and ranker, each a trade of its own.

    Designs that share fitted parts stand together. Without a ranker more candidates than a
    slate change hardly anything, and popularity has no use for an index: few of those are here.
    """
    mf, small = MF(), MF(factors=16)
    none, logistic, gbdt = NoRanker(), Logistic(), GBDT()
    spread: list[tuple[GeneratorConfig, IndexConfig, RankerConfig, tuple[int, ...]]] = [
        (Popularity(), HNSW(), none, (20,)),
        (Popularity(), HNSW(), logistic, _COARSE),
        (Popularity(), HNSW(), gbdt, _COARSE),
        (small, HNSW(), none, (20,)),
        (small, HNSW(), logistic, _COARSE[1:]),
        (small, HNSW(), gbdt, _COARSE[1:]),
        (mf, Exact(), none, (20, 1_000)),
        (mf, HNSW(), none, (20, 100, 300)),
        (mf, HNSW(ef_search=10), none, (20,)),
        (mf, IVFPQ(), none, (20,)),
        (mf, IVFPQ(nprobe=4), none, (20,)),
        (mf, HNSW(), GBDT(trees=50, leaves=15), _COARSE[1:]),
    ]
    for ranker in (logistic, gbdt):
        spread += [
            (mf, Exact(), ranker, _COARSE),
            (mf, HNSW(), ranker, _FINE),
            (mf, HNSW(ef_search=10), ranker, _COARSE[:3]),
            (mf, IVFPQ(), ranker, _COARSE[1:]),
            (mf, IVFPQ(nprobe=4), ranker, _COARSE[1:]),
        ]
    return [
        Design(generator, index, candidates, ranker)
        for generator, index, ranker, counts in spread
        for candidates in counts
    ]


def single_stage_designs() -> list[Design]:
    """Designs whose rankers are to rank the whole catalogue; see `SingleStage`."""
    return [replace(Design(), index=Exact(), ranker=ranker) for ranker in (Logistic(), GBDT())]


def load_frontier() -> pd.DataFrame:
    """The designs that were measured for the shipped world, a row each; by `make frontier`.

    Columns: ``stages``, 2, or 1 where the ranker scored the whole catalogue; the design as in
    a link (`Scenario.spelled_out` without its user; index and candidates empty for one stage);
    ``ndcg@10`` (simulated) with ``_low`` and ``_high`` over so many ``users``; ``p50_ms``,
    ``p95_ms`` and ``p99_ms`` of the whole request (measured) over so many ``requests``, all
    designs in turn; ``held_up``, the share of them that other work held up; ``memory_bytes``
    of the index; ``machine`` and ``versions``; ``measured_on``, a date.

    Raises
    ------
    ValueError : the file is missing or cannot be read; the error names the remedy.
    """
    try:
        return pd.read_csv(FRONTIER)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{FRONTIER.name}: {type(error).__name__}; make it again with `make frontier`"
        ) from error
