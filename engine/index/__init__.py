"""Find them fast: exact and approximate search over item vectors, under one contract.

>>> index = HNSW(M=16).build(vectors, seed=7)
>>> ids, scores = index.search(query, k=100)
>>> wider = index.tuned(HNSW(M=16, ef_search=800))  # the same graph
"""

from pathlib import Path

from engine.index.contract import Index, IndexConfig, Reach
from engine.index.exact import Exact
from engine.index.hnsw import HNSW
from engine.index.ivfflat import IVFFlat
from engine.index.ivfpq import IVFPQ

INDEXES: dict[str, type[IndexConfig]] = {kind.name: kind for kind in (Exact, HNSW, IVFFlat, IVFPQ)}
"""Name -> configuration class, simplest first."""


def load(config: IndexConfig, directory: Path) -> Index:
    """The index that `Index.save` wrote into ``directory``, searched with ``config``'s knobs."""
    return config.load(directory)


__all__ = ["HNSW", "INDEXES", "IVFPQ", "Exact", "IVFFlat", "Index", "IndexConfig", "Reach", "load"]
