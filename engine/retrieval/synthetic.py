"""Vectors that are drawn: with clusters or without, asked from within or from elsewhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.data import VectorData
from engine.seeding import stream

_CENTRES = 100
_SPREAD = 0.5


def drawn_vectors(
    data: VectorData, queries: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Items (n, d) and queries (queries, d), float32."""
    items = stream(data.seed, "vectors/items")
    asked = stream(data.seed, "vectors/queries")
    if data.kind == "isotropic":
        return _normal(items, data.n, data.d), _normal(asked, queries, data.d)
    centres = _normal(stream(data.seed, "vectors/centres"), _CENTRES, data.d)
    return _around(items, centres, data.n), _around(asked, centres, queries)


def _normal(rng: np.random.Generator, n: int, d: int) -> NDArray[np.float32]:
    return rng.standard_normal((n, d), dtype=np.float32)


def _around(rng: np.random.Generator, centres: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    chosen = centres[rng.integers(len(centres), size=n)]
    return chosen + np.float32(_SPREAD) * _normal(rng, n, centres.shape[1])
