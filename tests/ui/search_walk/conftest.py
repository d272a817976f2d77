from __future__ import annotations

import numpy as np
import pytest

from engine.index import HNSW, IVFPQ, Exact
from engine.index.contract import IndexConfig, Vectors
from engine.search_walk import Projection, project, walk_through
from ui.search_walk.words import Walk

CONFIGS: dict[str, IndexConfig] = {
    "hnsw": HNSW(M=8, ef_construction=40, ef_search=40),
    "ivfpq": IVFPQ(nlist=16, nprobe=4, m=4, nbits=4, refine=3),
    "exact": Exact(),
}


@pytest.fixture(scope="package")
def vectors() -> Vectors:
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(10, 16))
    themed = centres[rng.integers(10, size=2_000)] + 0.6 * rng.normal(size=(2_000, 16))
    return themed.astype(np.float32)


@pytest.fixture(scope="package")
def walks(vectors: Vectors) -> dict[str, Walk]:
    """A search for 10 by each kind of index."""
    return {
        kind: walk_through(config.build(vectors, seed=2), vectors[7] + np.float32(0.1), 10)
        for kind, config in CONFIGS.items()
    }


@pytest.fixture(scope="package")
def projection(vectors: Vectors) -> Projection:
    return project(vectors)
