"""What every ranker can do. It sees tables of features, and nothing else."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob
from engine.progress import Progress
from engine.table import FeatureTable


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Shown items to learn from, or to stop early by; rows of one request stand together.

    table : a row a shown item.
    clicked : bool (n,), whether it was clicked.
    request : int (n,), which request it was shown in.
    """

    table: FeatureTable
    clicked: NDArray[np.bool_]
    request: NDArray[np.integer]

    def __len__(self) -> int:
        return len(self.clicked)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.integer] | slice) -> Examples:
        """Some of the rows."""
        return Examples(self.table.rows(which), self.clicked[which], self.request[which])

    @property
    def both_classes(self) -> bool:
        """Whether there are clicks and rows without."""
        return bool(self.clicked.any() and not self.clicked.all())


class RankerConfig(Protocol):
    """The knobs of a ranker: a frozen dataclass.

    size : the knobs that say how large the model is, the first one first; none where it has
        no size.
    """

    name: ClassVar[str]
    knobs: ClassVar[dict[str, Knob]]
    size: ClassVar[tuple[str, ...]]

    def fit(self, train: Examples, validation: Examples, seed: int, progress: Progress) -> Ranker:
        """Fit to examples; stop where those of later days, ``validation``, gain no more.

        Without clicks and other rows in ``validation`` there is nothing to stop by, and all
        rounds are run.

        Raises
        ------
        ValueError : ``train`` without a click, or with nothing else.
        """
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


class Course(NamedTuple):
    """How a fit went on, round by round: trees, or epochs.

    losses : the loss of the validation examples after each round, the lower the better; empty
        where a fit has no rounds, or nothing to stop by.
    kept : after how many rounds the model that is used was taken; 0 where it has no rounds.
    loss : the name of the loss.
    """

    losses: tuple[float, ...] = ()
    kept: int = 0
    loss: str = "log loss"


class Ranker(ABC):
    """A fitted ranker. Read-only."""

    gives_probabilities: ClassVar[bool]
    """Whether `scores` are probabilities of a click at the table's position."""

    course: Course = Course()
    """How its fit went; not saved with it."""

    @abstractmethod
    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        """A score a row, float32 (n,); higher is better."""

    @abstractmethod
    def contributions(self, table: FeatureTable) -> Contributions:
        """What made the score of each row, feature by feature; see `Contributions`."""

    @abstractmethod
    def save(self, directory: Path) -> None:
        """Write the fitted parameters, without pickle, into an existing directory."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """How many numbers were learned."""

    @property
    @abstractmethod
    def size_bytes(self) -> int:
        """Size of all that scoring needs."""

    def gain(self) -> dict[str, float] | None:
        """What each feature gained in training, of a total of 1; None where that is not told."""
        return None


def require_both_classes(clicked: NDArray[np.bool_]) -> None:
    """Raise ValueError where there is nothing to learn from."""
    if clicked.all() or not clicked.any():
        found = "only clicks" if len(clicked) and clicked.all() else "no click"
        raise ValueError(f"clicked: must hold clicks and other rows, found {found}")
