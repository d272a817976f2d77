"""IVF-Flat: search a few lists of whole vectors, by Faiss.

Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", 2011, section IV,
without the codes: what is found is scored exactly, and only what lies in other lists is missed.
"""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

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
from engine.index.storage import read_manifest, write_manifest
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent

_LISTS = "lists.faiss"


@dataclass(frozen=True, slots=True)
class IVFFlat(IndexConfig):
    """Vectors in nlist lists, each vector in that of its nearest centroid.

    Parameters
    ----------
    nlist : number of lists, 1 to 65,536, at most n.
    nprobe : lists searched per query, 1 to 65,536, at most nlist: recall against latency. All
        of them is an exact search.
    """

    name: ClassVar[str] = "ivfflat"
    query_knob: ClassVar[str | None] = "nprobe"
    knobs: ClassVar[dict[str, Knob]] = LIST_KNOBS
    nlist: int = 64
    nprobe: int = 32

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    @property
    def build_part(self) -> Self:
        """As promised by the contract, with nprobe at most nlist, so that it can be built."""
        return replace(self, nprobe=min(IVFFlat().nprobe, self.nlist))

    def repaired(self, n: int, d: int) -> tuple[Self, list[str]]:
        check_int("d", d, 1, 2**16)
        return repair(self, impossible_lists(self, n))

    def build(self, vectors: Vectors, seed: int, progress: Progress = silent) -> "IVFFlatIndex":
        """Train the lists' centroids on ``vectors`` from ``seed``, then file every vector."""
        kept, seed = check_vectors(vectors), check_seed(seed)
        n, d = kept.shape
        refuse(self, impossible_lists(self, n))
        faiss = pin_faiss()  # whose first import is no part of a build
        start = time.perf_counter()
        lists = faiss.IndexIVFFlat(faiss.IndexFlatIP(d), d, self.nlist, faiss.METRIC_INNER_PRODUCT)
        seeded(lists.cp, seed)
        progress(f"Training {self.nlist} lists", 0.0)
        lists.train(kept)
        progress(f"Filing {n:,} vectors", 0.9)
        lists.add(kept)
        progress(f"Filing {n:,} vectors", 1.0)
        return _view(self, lists, time.perf_counter() - start)

    def load(self, directory: Path) -> "IVFFlatIndex":
        check_nprobe(self)
        manifest = read_manifest(self, directory, [_LISTS])
        return _view(self, read_lists(directory / _LISTS), manifest.build_seconds)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IVFFlatIndex(Index):
    """A view of shared ``lists`` (a `faiss.IndexIVFFlat`)."""

    config: IVFFlat
    lists: Any
    lists_bytes: int
    # nprobe goes along with each search, so that views never write to what they share.
    probing: Any

    @property
    def memory_bytes(self) -> int:
        """Bytes of centroids, vectors and ids as serialised."""
        return self.lists_bytes

    def reach(self, k: int) -> Reach:
        check_k(k, self.size)
        return Reach((self.config.nprobe,), self.size)

    def search(self, query: Vectors, k: int) -> tuple[Ids, Scores]:
        """The best k in nprobe lists; fewer where these hold fewer."""
        query = check_query(query, self.dim)
        return search_lists(self.lists, query, check_k(k, self.size), self.probing)

    def tuned(self, config: IndexConfig) -> Self:
        config = check_same_build(self.config, config)
        check_nprobe(config)
        return replace(self, config=config, probing=probing(config.nprobe))

    def save(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        pin_faiss().write_index(self.lists, str(directory / _LISTS))
        write_manifest(self, directory, [_LISTS])


def _view(config: IVFFlat, lists: Any, build_seconds: float) -> IVFFlatIndex:
    lists_bytes = pin_faiss().serialize_index(lists).nbytes
    return IVFFlatIndex(
        config, lists.ntotal, lists.d, build_seconds, lists, lists_bytes, probing(config.nprobe)
    )
