"""Logistic regression on standardised features: linear, fast, the first thing to beat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from engine.features import FeatureTable
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.rankers.contract import Contributions, Ranker, require_both_classes


@dataclass(frozen=True, slots=True)
class Logistic:
    """L2-regularised logistic regression, fitted by scikit-learn (L-BFGS).

    C : inverse strength of the penalty.
    """

    name: ClassVar[str] = "logistic"
    knobs: ClassVar[dict[str, Knob]] = {
        "C": Knob(0.0001, 10_000.0, "inverse strength of the penalty"),
    }
    C: float = 1.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def fit(
        self,
        table: FeatureTable,
        clicked: NDArray[np.bool_],
        seed: int = 0,
        progress: Progress = silent,
    ) -> Ranker:
        from sklearn.linear_model import LogisticRegression

        require_both_classes(clicked)
        progress("fitting logistic regression", 0.0)
        preparation = Preparation.fitted(table)
        model = LogisticRegression(C=self.C, max_iter=300)
        model.fit(preparation.matrix(table), clicked)
        return LogisticRanker(preparation, model.coef_[0], float(model.intercept_[0]))

    def load(self, directory: Path) -> Ranker:
        with np.load(directory / "logistic.npz", allow_pickle=False) as saved:
            preparation = Preparation(
                saved["mean"], saved["scale"], saved["missing"], int(saved["categories"])
            )
            return LogisticRanker(preparation, saved["weights"], float(saved["intercept"]))


@dataclass(frozen=True, slots=True, eq=False)
class Preparation:
    """From a feature table to a matrix that a linear model can use.

    Numbers are standardised with missing ones at the mean and an indicator beside them;
    the hour becomes a point on a circle; the category becomes one column a value.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    missing: NDArray[np.bool_]  # which columns had missing values when fitted
    categories: int

    @classmethod
    def fitted(cls, table: FeatureTable) -> Preparation:
        """Take means, scales and the number of categories from a table."""
        values = table.values.astype(np.float64)
        missing = np.isnan(values)
        # A column that is missing throughout counts as 0 everywhere: it then says nothing.
        values[:, missing.all(axis=0)] = 0.0
        scale = np.nanstd(values, axis=0)
        return cls(
            mean=np.nanmean(values, axis=0),
            scale=np.where(scale > 0, scale, 1.0),
            missing=np.asarray(missing.any(axis=0)),
            categories=int(np.nanmax(table.column(table.categorical[0]))) + 1,
        )

    def matrix(self, table: FeatureTable) -> NDArray[np.float64]:
        """The prepared matrix, (n, columns) float64."""
        [category] = table.categorical
        numbers = [i for i, name in enumerate(table.columns) if name not in (category, "hour")]
        values = table.values[:, numbers].astype(np.float64)
        absent = np.isnan(values)
        values = np.where(absent, 0.0, (values - self.mean[numbers]) / self.scale[numbers])
        angle = 2 * np.pi * table.column("hour").astype(np.float64) / 24
        one_hot = table.column(category)[:, None] == np.arange(self.categories)
        return np.column_stack(
            [values, absent[:, self.missing[numbers]], np.cos(angle), np.sin(angle), one_hot]
        )

    def features(self, table: FeatureTable) -> NDArray[np.int64]:
        """The place in the table of the feature that each prepared column comes from."""
        place = {name: i for i, name in enumerate(table.columns)}
        [category] = table.categorical
        numbers = np.array([i for name, i in place.items() if name not in (category, "hour")])
        circle, one_hot = [place["hour"]] * 2, [place[category]] * self.categories
        return np.concatenate([numbers, numbers[self.missing[numbers]], circle, one_hot])


class LogisticRanker(Ranker):
    """Weights of the prepared columns."""

    gives_probabilities = True

    def __init__(
        self, preparation: Preparation, weights: NDArray[np.float64], intercept: float
    ) -> None:
        self._preparation = preparation
        self._weights = weights
        self._intercept = intercept

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        logits = self._preparation.matrix(table) @ self._weights + self._intercept
        clicked: NDArray[np.float32] = expit(logits).astype(np.float32)
        return clicked

    def contributions(self, table: FeatureTable) -> Contributions:
        """Weight times prepared column, summed over the columns that come from one feature.

        The base is the intercept: the log-odds of a row whose numbers are all at their mean.
        """
        weighted = self._preparation.matrix(table) * self._weights
        member = self._preparation.features(table)[:, None] == np.arange(len(table.columns))
        return Contributions(weighted @ member, table.columns, self._intercept)

    def save(self, directory: Path) -> None:
        preparation = self._preparation
        np.savez(
            directory / "logistic.npz",
            mean=preparation.mean,
            scale=preparation.scale,
            missing=preparation.missing,
            categories=preparation.categories,
            weights=self._weights,
            intercept=self._intercept,
        )
