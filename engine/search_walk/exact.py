"""An exact search: every vector is looked at, in the order in which they lie in memory."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.index.contract import Vectors, check_k, check_query
from engine.index.exact import ExactIndex
from engine.search_walk.record import Distances, Ids, SearchWalk

PARTS = 50
"""In how many parts a scan is told. The library makes one product of all rows in this order."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A run of rows scanned.

    Attributes
    ----------
    first, last : the rows, ``last`` included.
    entered, evicted : int64, who is among the best k after this part and was not before, nearest
        first, and who no longer is.
    kept : how many are kept after it.
    best, worst : smallest and largest distance kept.
    computed : distances since the start of the scan, this part's included.
    """

    first: int
    last: int
    entered: Ids
    evicted: Ids
    kept: int
    best: float
    worst: float
    computed: int


@dataclass(frozen=True, slots=True, eq=False)
class ExactWalk(SearchWalk):
    """A scan of all vectors (see `SearchWalk`), told in `parts`."""

    kind: ClassVar[str] = "exact"

    parts: tuple[Part, ...]

    @property
    def computed(self) -> int:
        return self.n

    @property
    def touched(self) -> Ids:
        return np.arange(self.n)


def walk_exact(index: ExactIndex, query: Vectors, k: int) -> ExactWalk:
    """Search ``index`` for the k nearest of ``query``, and tell the scan in parts."""
    query, k = check_query(query, index.dim), check_k(k, index.size)
    ids, scores = index.search(query, k)
    distances: Distances = np.float32(1) - index.vectors @ query
    return ExactWalk(k, query, ids, scores, distances, _parts(distances, k))


def _parts(distances: Distances, k: int) -> tuple[Part, ...]:
    parts, kept = [], np.empty(0, np.int64)
    for rows in np.array_split(np.arange(len(distances)), min(PARTS, len(distances))):
        pool = np.concatenate([kept, rows])
        # Rows rise, so that a stable order lets the smaller id win, as the index does.
        best = pool[np.argsort(distances[pool], kind="stable")[:k]]
        parts.append(
            Part(
                first=int(rows[0]),
                last=int(rows[-1]),
                entered=best[np.isin(best, rows)],
                evicted=kept[~np.isin(kept, best)],
                kept=len(best),
                best=float(distances[best[0]]),
                worst=float(distances[best[-1]]),
                computed=int(rows[-1]) + 1,
            )
        )
        kept = best
    return tuple(parts)
