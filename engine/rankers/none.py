"""No ranker: the generator's own exact score decides."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob
from engine.progress import Progress, silent
from engine.rankers.contract import Contributions, Examples, Ranker
from engine.table import FeatureTable


@dataclass(frozen=True, slots=True)
class NoRanker:
    """Rank by the generator's exact score; what a single-stage system does."""

    name: ClassVar[str] = "none"
    knobs: ClassVar[dict[str, Knob]] = {}
    size: ClassVar[tuple[str, ...]] = ()

    def fit(
        self, train: Examples, validation: Examples, seed: int = 0, progress: Progress = silent
    ) -> Ranker:
        return GeneratorOrder()

    def load(self, directory: Path) -> Ranker:
        return GeneratorOrder()


class GeneratorOrder(Ranker):
    """Hands the generator's score through."""

    gives_probabilities = False

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        return table.column("generator_score")

    def contributions(self, table: FeatureTable) -> Contributions:
        score = self.scores(table).astype(np.float64)
        return Contributions(score[:, None], ("generator_score",), 0.0)

    def save(self, directory: Path) -> None:
        """Nothing was fitted, so nothing is written."""

    @property
    def parameters(self) -> int:
        return 0

    @property
    def size_bytes(self) -> int:
        return 0
