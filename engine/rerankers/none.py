"""No re-ranking: the slate is shown as ranked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob
from engine.rerankers.contract import Pool


@dataclass(frozen=True, slots=True)
class NoReranking:
    """Show what the ranker puts first; takes no time."""

    name: ClassVar[str] = "none"
    knobs: ClassVar[dict[str, Knob]] = {}

    def looks_at(self, slate: int) -> int:
        return 0

    def places(self, pool: Pool, k: int) -> NDArray[np.int64]:
        n, m = pool.scores.shape
        return np.tile(np.arange(min(k, m)), (n, 1))
