"""Logistic regression on prepared features: additive, fast, the first thing to beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.knobs import Knob, check_knobs
from engine.preparation import Preparation, PreparedRows, known_words
from engine.progress import Progress, silent
from engine.rankers.additive import fit_additive
from engine.rankers.contract import Contributions, Examples, Ranker, require_both_classes
from engine.table import FeatureTable

_FILE = "logistic.npz"


@dataclass(frozen=True, slots=True)
class Logistic:
    """L2-regularised logistic regression.

    One weight for each number, and for each value of a category, an id or a word. How strongly
    the weights of a field are pulled to zero is estimated from the training rows: see
    `fit_additive`.

    C : inverse strength of all penalties; 1 is what the estimates say.
    """

    name: ClassVar[str] = "logistic"
    knobs: ClassVar[dict[str, Knob]] = {
        "C": Knob(0.0001, 10_000.0, "inverse strength of the penalties"),
    }
    size: ClassVar[tuple[str, ...]] = ()
    C: float = 1.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def fit(
        self, train: Examples, validation: Examples, seed: int = 0, progress: Progress = silent
    ) -> Ranker:
        require_both_classes(train.clicked)
        preparation = Preparation.fitted(train.table)
        rows = preparation.rows(train.table)
        found = fit_additive(preparation, rows, train.clicked, self.C, progress)
        return LogisticRanker(preparation, found.dense, found.places, found.bias)

    def load(self, directory: Path) -> Ranker:
        with np.load(directory / _FILE, allow_pickle=False) as saved:
            return LogisticRanker(
                Preparation.from_arrays(saved),
                saved["dense_weights"],
                saved["place_weights"],
                float(saved["intercept"]),
            )


class LogisticRanker(Ranker):
    """Weights of the prepared columns."""

    gives_probabilities = True

    def __init__(
        self,
        preparation: Preparation,
        dense_weights: NDArray[np.float64],
        place_weights: NDArray[np.float64],
        intercept: float,
    ) -> None:
        self._preparation = preparation
        self._dense_weights = dense_weights
        self._place_weights = place_weights
        self._intercept = intercept

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        rows = self._preparation.rows(table)
        logits = rows.dense @ self._dense_weights + self._intercept
        logits += self._place_weights[rows.places].sum(axis=1) + self._of_words(rows)
        clicked: NDArray[np.float32] = expit(logits).astype(np.float32)
        return clicked

    def contributions(self, table: FeatureTable) -> Contributions:
        """Weight times prepared column, summed over the columns that come from one feature.

        The words of the title count together, under the first of them. The base is the
        intercept: the log-odds of a row whose numbers are all at their mean.
        """
        preparation = self._preparation
        rows = preparation.rows(table)
        values = preparation.by_column(
            rows.dense * self._dense_weights, self._place_weights[rows.places], self._of_words(rows)
        )
        return Contributions(values, preparation.columns, self._intercept)

    def save(self, directory: Path) -> None:
        np.savez(
            directory / _FILE,
            dense_weights=self._dense_weights,
            place_weights=self._place_weights,
            intercept=self._intercept,
            **self._preparation.arrays(),  # type: ignore[arg-type]
        )

    @property
    def parameters(self) -> int:
        # The unknown place has no weight of its own.
        return len(self._dense_weights) + len(self._place_weights) - 1 + 1

    @property
    def size_bytes(self) -> int:
        weights = self._dense_weights.nbytes + self._place_weights.nbytes
        return weights + sum(array.nbytes for array in self._preparation.arrays().values())

    def _of_words(self, rows: PreparedRows) -> NDArray[np.float64]:
        """Mean weight of the words that are known, (n,); 0 without any."""
        total = self._place_weights[rows.words].sum(axis=1)
        mean: NDArray[np.float64] = total / known_words(rows.words, np)
        return mean
