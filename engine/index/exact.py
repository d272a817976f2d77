"""Exact search: the inner product with every vector. The truth that other indexes approach."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from engine.index.contract import (
    Ids,
    Index,
    IndexConfig,
    Reach,
    Scores,
    Vectors,
    check_k,
    check_query,
    check_same_build,
    check_seed,
    check_vectors,
)
from engine.index.storage import read_manifest, read_vectors, write_manifest
from engine.knobs import Knob
from engine.progress import Progress, silent
from engine.topk import best_first

_VECTORS = "vectors.npy"


@dataclass(frozen=True, slots=True)
class Exact(IndexConfig):
    """Scan all vectors: recall 1, and time that grows with n times d. It has no knobs."""

    name: ClassVar[str] = "exact"
    query_knob: ClassVar[str | None] = None
    knobs: ClassVar[dict[str, Knob]] = {}

    @property
    def build_part(self) -> Self:
        return self

    def build(self, vectors: Vectors, seed: int, progress: Progress = silent) -> "ExactIndex":
        """Keep ``vectors`` (float32 [n, d]); nothing is random, so ``seed`` has no effect."""
        check_seed(seed)
        start = time.perf_counter()
        kept = check_vectors(vectors)
        progress("Keeping the vectors", 1.0)
        return _over(kept, self, time.perf_counter() - start)

    def load(self, directory: Path) -> "ExactIndex":
        manifest = read_manifest(self, directory, [_VECTORS])
        return _over(read_vectors(directory / _VECTORS), self, manifest.build_seconds)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ExactIndex(Index):
    """All vectors, float32 [n, d]; one matrix-vector product a search."""

    config: Exact
    vectors: Vectors

    @property
    def memory_bytes(self) -> int:
        """Bytes of the vectors."""
        return self.vectors.nbytes

    def reach(self, k: int) -> Reach:
        check_k(k, self.size)
        return Reach((), self.size)

    def search(self, query: Vectors, k: int) -> tuple[Ids, Scores]:
        """The true top k; among equal scores the smaller id comes first."""
        query = check_query(query, self.dim)
        scores = self.vectors @ query
        ids = best_first(scores, check_k(k, self.size))
        return ids, scores[ids]

    def tuned(self, config: IndexConfig) -> Self:
        return replace(self, config=check_same_build(self.config, config))

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        np.save(directory / _VECTORS, self.vectors, allow_pickle=False)
        write_manifest(self, directory, [_VECTORS])


def _over(vectors: Vectors, config: Exact, build_seconds: float) -> ExactIndex:
    n, d = vectors.shape
    return ExactIndex(config, n, d, build_seconds, vectors)
