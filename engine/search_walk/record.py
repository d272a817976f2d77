"""What every walk of a search records, whatever the index."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.topk import best_first

Ids = NDArray[np.int64]
Distances = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class SearchWalk(ABC):
    """One search of a real index, step by step.

    A distance is 1 minus the inner product with the query, as hnswlib has it: smaller is nearer,
    and it may be negative. Ids are rows of the vectors that the index was built from.

    Attributes
    ----------
    k : how many were asked for.
    query : float32 [d].
    ids, scores : the answer, int64 and float32 [k'], best first, as `Index.search` gives it.
    distances : float32 [n] of every vector, for the eye; the search did not compute them all.
    """

    kind: ClassVar[str]

    k: int
    query: NDArray[np.float32]
    ids: Ids
    scores: NDArray[np.float32]
    distances: Distances

    @property
    def n(self) -> int:
        """Number of vectors in the index."""
        return len(self.distances)

    @property
    def truth(self) -> Ids:
        """The k nearest of all, int64, nearest first: what an exact search answers."""
        return best_first(-self.distances, self.k)

    @property
    def missed(self) -> Ids:
        """Those of `truth` that the answer lacks, nearest first; one as near is no miss."""
        truth = self.truth
        within = np.count_nonzero(self.distances[self.ids] <= self.distances[truth[-1]])
        return truth[~np.isin(truth, self.ids)][: max(0, len(truth) - int(within))]

    @property
    def recall(self) -> float:
        """Share of the exact answer that was found, from 0 to 1."""
        return 1.0 - len(self.missed) / len(self.truth)

    @property
    @abstractmethod
    def computed(self) -> int:
        """Exact distance computations (inner products of d numbers) that the search made."""

    @property
    @abstractmethod
    def touched(self) -> Ids:
        """Items whose distance, exact or by codes, the search worked out; int64, in order."""
