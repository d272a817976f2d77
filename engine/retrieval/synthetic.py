"""Vectors that are drawn: with clusters or without, asked from within or from elsewhere."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.retrieval.data import VectorData
from engine.seeding import stream

_CENTRES = 100
_SPREAD = 0.5
# Times the usual length of a centre. Items that lean one way and queries that lean the other:
# the longest way from a query, where hardly any link of a graph leads, is where its answers lie.
_SHIFT = 1.5


def drawn_vectors(
    data: VectorData, queries: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Items (n, d) and queries (queries, d), float32, before they are normalised."""
    items = stream(data.seed, "vectors/items")
    asked = stream(data.seed, "vectors/queries")
    if data.kind == "isotropic":
        pair = _normal(items, data.n, data.d), _normal(asked, queries, data.d)
    else:
        centres = _normal(stream(data.seed, "vectors/centres"), _CENTRES, data.d)
        pair = _around(items, centres, data.n), _around(asked, centres, queries)
    if not data.shifted:
        return pair
    shift = _normal(stream(data.seed, "vectors/shift"), 1, data.d)
    shift *= np.float32(_SHIFT * math.sqrt(data.d) / np.linalg.norm(shift))
    return pair[0] + shift, pair[1] - shift


def _normal(rng: np.random.Generator, n: int, d: int) -> NDArray[np.float32]:
    return rng.standard_normal((n, d), dtype=np.float32)


def _around(rng: np.random.Generator, centres: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Points around centres, each centre as likely as any other."""
    chosen = centres[rng.integers(len(centres), size=n)]
    return chosen + np.float32(_SPREAD) * _normal(rng, n, centres.shape[1])
