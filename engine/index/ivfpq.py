"""IVF-PQ: search a few lists of compressed vectors, then re-rank the best exactly, by Faiss.

Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from engine.index.contract import (
    Ids,
    Index,
    IndexConfig,
    Reach,
    Scores,
    Vectors,
    check_int,
    check_k,
    check_query,
    check_same_build,
    check_seed,
    check_vectors,
)
from engine.index.inverted import (
    LIST_KNOBS,
    Impossible,
    check_nprobe,
    impossible_lists,
    pin_faiss,
    probing,
    read_lists,
    refuse,
    repair,
    search_lists,
    seeded,
)
from engine.index.storage import read_manifest, read_vectors, write_manifest
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.topk import best_first

_CODES, _VECTORS = "codes.faiss", "vectors.npy"
_MAX_M = 256
# Faiss's own 25 rounds over up to 256 points a centroid take 2.4 to 3 times as long and gain
# less than .002 recall (20,000 x 64, clustered).
_CODEBOOK_ROUNDS, _CODEBOOK_POINTS = 10, 64


@dataclass(frozen=True, slots=True)
class IVFPQ(IndexConfig):
    """Vectors in nlist lists, each kept as m codes of nbits bits.

    Parameters
    ----------
    nlist : number of lists, 1 to 65,536, at most n.
    nprobe : lists searched per query, 1 to 65,536, at most nlist: recall against latency.
    m : parts that a vector is cut into, 1 to 256; divides d. Code size is m * nbits bits.
    nbits : bits per part, 1 to 12, with 2**nbits at most n.
    refine : the best refine * k by codes are re-scored exactly with the stored vectors, 0 to
        1,000; 0 is off, and leaves approximate scores.
    """

    name: ClassVar[str] = "ivfpq"
    query_knob: ClassVar[str | None] = "nprobe"
    knobs: ClassVar[dict[str, Knob]] = LIST_KNOBS | {
        "m": Knob(1, 256, "parts that a vector is cut into"),
        "nbits": Knob(1, 12, "bits that code a part"),
        "refine": Knob(0, 1_000, "times k that are re-ranked exactly; 0 is off"),
    }
    nlist: int = 64
    nprobe: int = 32
    m: int = 16
    nbits: int = 8
    refine: int = 4

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    @property
    def build_part(self) -> Self:
        """As promised by the contract, with nprobe at most nlist, so that it can be built."""
        default = IVFPQ()
        return replace(self, nprobe=min(default.nprobe, self.nlist), refine=default.refine)

    def repaired(self, n: int, d: int) -> tuple[Self, list[str]]:
        """As promised by the contract; ValueError for n = 1, which no codebook can serve."""
        return repair(self, self._impossible(n, d))

    def build(self, vectors: Vectors, seed: int, progress: Progress = silent) -> "IVFPQIndex":
        """Train lists and codebooks on ``vectors`` from ``seed``, then file every vector."""
        kept, seed = check_vectors(vectors), check_seed(seed)
        n, d = kept.shape
        refuse(self, self._impossible(n, d))
        pin_faiss()  # whose first import is no part of a build
        start = time.perf_counter()
        codes = _untrained(self, d, seed)
        progress(f"Training {self.nlist} lists and {self.m} codebooks", 0.0)
        codes.train(kept)
        progress(f"Encoding {n:,} vectors", 0.9)
        codes.add(kept)
        progress(f"Encoding {n:,} vectors", 1.0)
        return _view(self, codes, kept, time.perf_counter() - start)

    def load(self, directory: Path) -> "IVFPQIndex":
        check_nprobe(self)
        manifest = read_manifest(self, directory, [_CODES, _VECTORS])
        codes = read_lists(directory / _CODES)
        return _view(self, codes, read_vectors(directory / _VECTORS), manifest.build_seconds)

    def _impossible(self, n: int, d: int) -> list[Impossible]:
        """Each knob that n vectors of d dimensions cannot serve."""
        check_int("n", n, 2, 2**31)
        check_int("d", d, 1, 2**16)
        found = impossible_lists(self, n)
        if d % self.m:
            divisors = [m for m in range(1, min(d, _MAX_M) + 1) if d % m == 0]
            nearest = min(divisors, key=lambda m: abs(m - self.m))
            found.append(("m", nearest, f"{d} dimensions cannot be cut into {self.m} equal parts"))
        if 2**self.nbits > n:
            nbits = n.bit_length() - 1
            found.append(("nbits", nbits, f"{n:,} vectors cannot train {2**self.nbits:,} codes"))
        return found


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IVFPQIndex(Index):
    """A view of shared ``codes`` (a `faiss.IndexIVFPQ`) and ``vectors`` (float32 [n, d])."""

    config: IVFPQ
    codes: Any
    vectors: Vectors
    codes_bytes: int
    # nprobe goes along with each search, so that views never write to what they share.
    probing: Any

    @property
    def memory_bytes(self) -> int:
        """Bytes of lists, codes and codebooks as serialised, and of the vectors if refined.

        With refine = 0 this is what such a design needs: the vectors are not counted, although
        they stay in memory for the views that refine.
        """
        return self.codes_bytes + (self.vectors.nbytes if self.config.refine else 0)

    def reach(self, k: int) -> Reach:
        """Re-ranking looks at refine * k, so each k of a refined search finds its own."""
        k = check_k(k, self.size)
        depth = k if self.config.refine else self.size
        return Reach((self.config.nprobe, self.config.refine), depth)

    def search(self, query: Vectors, k: int) -> tuple[Ids, Scores]:
        """The best k in nprobe lists; fewer where these hold fewer.

        Scores are inner products, or their approximation by the codes where refine is 0.
        """
        query, k = check_query(query, self.dim), check_k(k, self.size)
        depth = min(k * max(self.config.refine, 1), self.size)
        ids, approximate = search_lists(self.codes, query, depth, self.probing)
        if self.config.refine == 0:
            return ids, approximate
        ids.sort()
        scores = self.vectors[ids] @ query
        best = best_first(scores, min(k, len(ids)))
        return ids[best], scores[best]

    def tuned(self, config: IndexConfig) -> Self:
        config = check_same_build(self.config, config)
        check_nprobe(config)
        return replace(self, config=config, probing=probing(config.nprobe))

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        pin_faiss().write_index(self.codes, str(directory / _CODES))
        np.save(directory / _VECTORS, self.vectors, allow_pickle=False)
        write_manifest(self, directory, [_CODES, _VECTORS])


def _untrained(config: IVFPQ, d: int, seed: int) -> Any:
    faiss = pin_faiss()
    codes = faiss.IndexIVFPQ(
        faiss.IndexFlatIP(d), d, config.nlist, config.m, config.nbits, faiss.METRIC_INNER_PRODUCT
    )
    for clustering in (codes.cp, codes.pq.cp):
        seeded(clustering, seed)
    codes.pq.cp.niter = _CODEBOOK_ROUNDS
    codes.pq.cp.max_points_per_centroid = _CODEBOOK_POINTS
    return codes


def _view(config: IVFPQ, codes: Any, vectors: Vectors, build_seconds: float) -> IVFPQIndex:
    n, d = vectors.shape
    codes_bytes = pin_faiss().serialize_index(codes).nbytes
    return IVFPQIndex(
        config, n, d, build_seconds, codes, vectors, codes_bytes, probing(config.nprobe)
    )
