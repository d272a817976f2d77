"""Logistic regression on prepared features: additive, fast, the first thing to beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack
from scipy.special import expit

from engine.knobs import Knob, check_knobs
from engine.preparation import Preparation, PreparedRows
from engine.progress import Progress, silent
from engine.rankers.contract import Contributions, Examples, Ranker, require_both_classes
from engine.table import FeatureTable

_FILE = "logistic.npz"
_MOST_ITERATIONS = 100


@dataclass(frozen=True, slots=True)
class Logistic:
    """L2-regularised logistic regression, fitted by scikit-learn (L-BFGS).

    One weight for each number, and for each value of a category, an id or a word.

    C : inverse strength of the penalty.
    """

    name: ClassVar[str] = "logistic"
    knobs: ClassVar[dict[str, Knob]] = {
        "C": Knob(0.0001, 10_000.0, "inverse strength of the penalty"),
    }
    size: ClassVar[tuple[str, ...]] = ()
    C: float = 1.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def fit(
        self, train: Examples, validation: Examples, seed: int = 0, progress: Progress = silent
    ) -> Ranker:
        from sklearn.linear_model import LogisticRegression

        require_both_classes(train.clicked)
        progress("fitting logistic regression", 0.0)
        preparation = Preparation.fitted(train.table)
        rows = preparation.rows(train.table)
        model = LogisticRegression(C=self.C, max_iter=_MOST_ITERATIONS, tol=1e-3)
        model.fit(_one_hot(rows, preparation.size), train.clicked)
        weights = model.coef_[0].astype(np.float64)
        width = preparation.width
        return LogisticRanker(
            preparation, weights[:width], weights[width:], float(model.intercept_[0])
        )

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
        dense, fields = preparation.sources()
        values = np.zeros((len(table), len(preparation.schema)))
        for column, source in enumerate(dense):
            values[:, source] += rows.dense[:, column] * self._dense_weights[column]
        values[:, fields] += self._place_weights[rows.places]
        if preparation.has_words:
            values[:, preparation.first_word] += self._of_words(rows)
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
        known = np.maximum((rows.words > 0).sum(axis=1), 1)
        of_words: NDArray[np.float64] = self._place_weights[rows.words].sum(axis=1) / known
        return of_words


def _one_hot(rows: PreparedRows, size: int) -> csr_matrix:
    """Numbers, then a column a place of the vocabulary; the unknown place stays empty."""
    n = len(rows)
    known = np.maximum((rows.words > 0).sum(axis=1, keepdims=True), 1)
    places = np.hstack([rows.places, rows.words])
    share = np.hstack(
        [np.ones(rows.places.shape, np.float32), np.broadcast_to(1.0 / known, rows.words.shape)]
    )
    share = np.where(places > 0, share, 0.0)
    row_ends = places.shape[1] * np.arange(n + 1)
    hot = csr_matrix((share.ravel(), places.ravel(), row_ends), shape=(n, size))
    hot.eliminate_zeros()
    return hstack([csr_matrix(rows.dense.astype(np.float64)), hot], format="csr")
