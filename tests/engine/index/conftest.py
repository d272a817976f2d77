"""Small seeded catalogues, and one index over them for each configuration."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.index import HNSW, IVFPQ, Exact, Index, IndexConfig, IVFFlat

SEED = 11

CONFIGS = {
    "exact": Exact(),
    "hnsw": HNSW(M=8, ef_construction=50, ef_search=60),
    "hnsw-torn": HNSW(M=4, ef_construction=4, ef_search=10),
    "ivfflat": IVFFlat(nlist=16, nprobe=4),
    "ivfpq": IVFPQ(nlist=16, nprobe=4, m=4, nbits=6, refine=4),
    "ivfpq-codes": IVFPQ(nlist=16, nprobe=4, m=4, nbits=6, refine=0),
}


def clustered(n: int, d: int, seed: int = SEED) -> NDArray[np.float32]:
    """float32 [n, d] around ten centres: an HNSW graph of few links falls into parts there."""
    rng = np.random.default_rng(seed)
    centres = 3 * rng.standard_normal((10, d))
    points = centres[rng.integers(10, size=n)] + 0.3 * rng.standard_normal((n, d))
    return points.astype(np.float32)


@pytest.fixture(scope="session")
def vectors() -> NDArray[np.float32]:
    return clustered(600, 8)


@pytest.fixture(scope="session")
def queries() -> NDArray[np.float32]:
    return np.random.default_rng(SEED + 1).standard_normal((40, 8)).astype(np.float32)


@pytest.fixture(scope="session")
def catalogue() -> Callable[..., NDArray[np.float32]]:
    return clustered


@pytest.fixture(params=CONFIGS.values(), ids=CONFIGS.keys(), scope="session")
def config(request: pytest.FixtureRequest) -> IndexConfig:
    chosen: IndexConfig = request.param
    return chosen


@pytest.fixture(scope="session")
def index(config: IndexConfig, vectors: NDArray[np.float32]) -> Index:
    return config.build(vectors, SEED)


@pytest.fixture(scope="session")
def exact(vectors: NDArray[np.float32]) -> Index:
    return Exact().build(vectors, SEED)
