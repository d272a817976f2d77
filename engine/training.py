"""What a ranker is trained on: which days, how many rows, which of them, and which features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.features import GROUPS
from engine.knobs import Knob, check_knobs
from engine.rankers import Contributions, Course, Examples, Ranker
from engine.seeding import stream
from engine.table import FeatureTable

_ALL_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class Training:
    """The examples of a ranker, the same whichever of the ladder it is.

    days : of impressions that train it, those before the validation day. What is left before
        them fits the generator and the statistics that it leans on; at most half of the days
        before the validation day are used, so that something is.
    rows : impressions at most, whole requests drawn evenly; a smaller number is part of a larger.
    negatives : share of the rows without a click that is kept.
    correct : 1 undoes in the probabilities what leaving out rows without a click did to them.
    without : groups of features that are left out, of `GROUPS`.

    Raises
    ------
    ValueError : a number out of range, an unknown group, or no group left.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "days": Knob(1, 30, "days of impressions that train the ranker", "days"),
        "rows": Knob(500, _ALL_ROWS, "impressions that train the ranker, at most", "rows"),
        "negatives": Knob(0.01, 1.0, "share of the rows without a click that is kept", "share"),
        "correct": Knob(0, 1, "1 undoes in the probabilities what the sampling did"),
    }
    days: int = 4
    rows: int = _ALL_ROWS
    negatives: float = 1.0
    correct: int = 1
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)
        for group in self.without:
            if group not in GROUPS:
                raise ValueError(f"without={group!r}: must be one of {', '.join(GROUPS)}")
        if set(self.without) == set(GROUPS):
            raise ValueError(f"without={self.without!r}: must leave a group of features")
        # Equal choices must be equal values.
        object.__setattr__(self, "without", tuple(g for g in GROUPS if g in self.without))

    @property
    def fitted_part(self) -> Training:
        """Without what needs no fit."""
        return Training(self.days, self.rows, self.negatives, 1, self.without)


def sampled(examples: Examples, training: Training, seed: int) -> Examples:
    """The examples that are learned from: whole requests, less some of the rows without a click.

    Both draws are over all examples, so that fewer rows stay part of more whatever is kept.
    """
    kept = np.ones(len(examples), dtype=bool)
    if len(examples) > training.rows:
        kept &= _some_requests(examples, training.rows, seed)
    if training.negatives < 1.0:
        kept &= kept_negatives(examples, training.negatives, seed)
    return examples if kept.all() else examples.rows(kept)


def kept_negatives(examples: Examples, share: float, seed: int) -> NDArray[np.bool_]:
    """All clicks, and about a share of the other rows; a smaller share is part of a larger."""
    draw = stream(seed, "training/negatives").random(len(examples))
    return examples.clicked | (draw < share)


def _some_requests(examples: Examples, rows: int, seed: int) -> NDArray[np.bool_]:
    """Whole requests, in a drawn order, as long as their rows fit."""
    requests, of_row, size = np.unique(examples.request, return_inverse=True, return_counts=True)
    order = stream(seed, "training/requests").permutation(len(requests))
    fits = np.cumsum(size[order]) <= rows
    kept = np.zeros(len(requests), dtype=bool)
    kept[order[fits]] = True
    return kept[of_row]


def undo_sampling(p: NDArray[np.floating], kept: float) -> NDArray[np.float64]:
    """Probabilities as if all rows without a click had been there: ``p / (p + (1 - p) / kept)``.

    kept : the share of rows without a click that the model was trained on.

    Source: He et al. (2014), "Practical lessons from predicting clicks on ads at Facebook".
    """
    q = np.asarray(p, dtype=np.float64)
    return q / (q + (1.0 - q) / kept)


class Corrected(Ranker):
    """A ranker of sampled rows whose probabilities are those of all rows; its order is the same."""

    gives_probabilities = True

    def __init__(self, ranker: Ranker, kept: float) -> None:
        self.ranker, self.kept = ranker, kept

    @property
    def course(self) -> Course:  # type: ignore[override]
        return self.ranker.course

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        return undo_sampling(self.ranker.scores(table), self.kept).astype(np.float32)

    def contributions(self, table: FeatureTable) -> Contributions:
        """As without the correction, which moves all log-odds alike, by log of the share kept."""
        made = self.ranker.contributions(table)
        return made._replace(base=made.base + float(np.log(self.kept)))

    def save(self, directory: object) -> None:
        raise TypeError("a correction is not saved: it follows from the training")

    @property
    def parameters(self) -> int:
        return self.ranker.parameters

    @property
    def size_bytes(self) -> int:
        return self.ranker.size_bytes

    def gain(self) -> dict[str, float] | None:
        return self.ranker.gain()
