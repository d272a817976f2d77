"""What every re-ranker can do. It sees the best of the ranked candidates, and nothing is fitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob
from engine.world import Items


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """The best ranked candidates of n requests, each row best first; rows may end early.

    scores : float64 (n, m), the ranker's; -inf beyond a row's end.
    topic : (n, m).
    age : float64 (n, m), days since release.
    vectors : float32 (n, m, d), the generator's item vectors; None where it has none.
    """

    scores: NDArray[np.float64]
    topic: NDArray[np.integer]
    age: NDArray[np.float64]
    vectors: NDArray[np.float32] | None

    @classmethod
    def of(
        cls,
        catalogue: Items,
        vectors: NDArray[np.float32] | None,
        items: NDArray[np.integer],
        scores: NDArray[np.floating],
        at: NDArray[np.float64],
    ) -> Pool:
        """Join what is known of the items.

        Parameters
        ----------
        vectors : (items, d) of the generator, or None.
        items : (n, m) ids in ranked order, -1 beyond a row's end.
        scores : (n, m), -inf beyond a row's end.
        at : (n,) request times, days.
        """
        ids = np.maximum(items, 0)
        released = catalogue.released[ids].astype(np.float64)
        return cls(
            scores=scores.astype(np.float64),
            topic=catalogue.topic[ids],
            age=at[:, None] - released,
            vectors=None if vectors is None else vectors[ids],
        )


class RerankerConfig(Protocol):
    """The knobs of a re-ranker: a frozen dataclass, which needs no fit."""

    name: ClassVar[str]
    knobs: ClassVar[dict[str, Knob]]

    def looks_at(self, slate: int) -> int:
        """How many ranked candidates it chooses a slate from; 0 leaves the slate as ranked."""
        ...

    def places(self, pool: Pool, k: int) -> NDArray[np.int64]:
        """The places within the pool of each row's slate, in slate order, (n, min(k, m)).

        No place comes twice, and those beyond a row's end come last. The first places are
        the same for any k.
        """
        ...
