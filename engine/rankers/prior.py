"""A constant: the click rate of the training rows, whoever asks and whatever is shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from engine.knobs import Knob
from engine.progress import Progress, silent
from engine.rankers.contract import Contributions, Examples, Ranker, require_both_classes
from engine.table import FeatureTable

_FILE = "prior.json"


@dataclass(frozen=True, slots=True)
class Prior:
    """The foot of the ladder: what a model must beat. The candidates keep their order."""

    name: ClassVar[str] = "prior"
    knobs: ClassVar[dict[str, Knob]] = {}
    size: ClassVar[tuple[str, ...]] = ()

    def fit(
        self, train: Examples, validation: Examples, seed: int = 0, progress: Progress = silent
    ) -> Ranker:
        require_both_classes(train.clicked)
        progress("counting clicks", 0.0)
        return PriorRanker(float(train.clicked.mean()))

    def load(self, directory: Path) -> Ranker:
        return PriorRanker(json.loads((directory / _FILE).read_text())["rate"])


class PriorRanker(Ranker):
    """The same probability for every row."""

    gives_probabilities = True

    def __init__(self, rate: float) -> None:
        self._rate = rate

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        return np.full(len(table), self._rate, dtype=np.float32)

    def contributions(self, table: FeatureTable) -> Contributions:
        """No feature adds anything: the base is the log-odds of the click rate."""
        nothing = np.zeros((len(table), len(table.columns)))
        return Contributions(nothing, table.columns, float(logit(self._rate)))

    def save(self, directory: Path) -> None:
        (directory / _FILE).write_text(json.dumps({"rate": self._rate}))

    @property
    def parameters(self) -> int:
        return 1

    @property
    def size_bytes(self) -> int:
        return np.dtype(np.float64).itemsize
