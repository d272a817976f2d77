"""What every ranker can do. A ranker sees feature tables only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.features import FeatureTable
from engine.knobs import Knob
from engine.progress import Progress


class RankerConfig(Protocol):
    """The knobs of a ranker: a frozen dataclass."""

    name: ClassVar[str]
    knobs: ClassVar[dict[str, Knob]]

    def fit(
        self, table: FeatureTable, clicked: NDArray[np.bool_], seed: int, progress: Progress
    ) -> Ranker:
        """Fit to impressions: one row a shown item, and whether it was clicked."""
        ...

    def load(self, directory: Path) -> Ranker:
        """Read what `Ranker.save` wrote."""
        ...


class Contributions(NamedTuple):
    """What each feature adds to the raw score of each row.

    The raw score is the log-odds where scores are probabilities, else the score itself. A row's
    values and the base add up to it, to 1e-6.

    values : float64 (n, len(names)).
    names : of the features, in the order of the values.
    base : the raw score before any feature speaks, the same for all rows.
    """

    values: NDArray[np.float64]
    names: tuple[str, ...]
    base: float


class Ranker(ABC):
    """A fitted ranker. Read-only."""

    gives_probabilities: ClassVar[bool]
    """Whether `scores` are probabilities of a click at the table's position."""

    @abstractmethod
    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        """A score a row, float32 (n,); higher is better."""

    @abstractmethod
    def contributions(self, table: FeatureTable) -> Contributions:
        """What made the score of each row, feature by feature; see `Contributions`."""

    @abstractmethod
    def save(self, directory: Path) -> None:
        """Write the fitted parameters, without pickle, into an existing directory."""


def require_both_classes(clicked: NDArray[np.bool_]) -> None:
    """Raise ValueError where there is nothing to learn from."""
    if clicked.all() or not clicked.any():
        found = "only clicks" if len(clicked) and clicked.all() else "no click"
        raise ValueError(f"clicked: must hold clicks and other rows, found {found}")
