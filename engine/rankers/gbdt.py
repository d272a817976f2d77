"""Gradient-boosted trees: thresholds and crosses that a linear model cannot see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.features import FeatureTable
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.rankers.contract import Contributions, Ranker, require_both_classes
from engine.seeding import stream

if TYPE_CHECKING:
    from lightgbm import Booster


@dataclass(frozen=True, slots=True)
class GBDT:
    """LightGBM with the binary objective.

    trees : boosting rounds.
    leaves : leaves of a tree.
    learning_rate : shrinkage of each tree.
    """

    name: ClassVar[str] = "gbdt"
    knobs: ClassVar[dict[str, Knob]] = {
        "trees": Knob(1, 1000, "boosting rounds"),
        "leaves": Knob(2, 255, "leaves of a tree"),
        "learning_rate": Knob(0.001, 1.0, "shrinkage of each tree"),
    }
    trees: int = 150
    leaves: int = 31
    learning_rate: float = 0.08

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def fit(
        self,
        table: FeatureTable,
        clicked: NDArray[np.bool_],
        seed: int = 0,
        progress: Progress = silent,
    ) -> Ranker:
        import lightgbm

        require_both_classes(clicked)
        data = lightgbm.Dataset(
            table.values,
            label=clicked.astype(np.float32),
            feature_name=list(table.columns),
            categorical_feature=[table.columns.index(name) for name in table.categorical],
            params={"verbose": -1},
        )
        booster = lightgbm.train(
            {
                "objective": "binary",
                "num_leaves": self.leaves,
                "learning_rate": self.learning_rate,
                "min_data_in_leaf": 100,
                "seed": int(stream(seed, "ranker/gbdt").integers(2**31)),
                "deterministic": True,
                "force_row_wise": True,
                "num_threads": 1,
                "verbose": -1,
            },
            data,
            num_boost_round=self.trees,
            callbacks=[
                lambda env: progress("growing trees", (env.iteration + 1) / env.end_iteration)
            ],
        )
        return GBDTRanker(booster)

    def load(self, directory: Path) -> Ranker:
        from lightgbm import Booster

        return GBDTRanker(Booster(model_file=str(directory / "gbdt.txt")))


class GBDTRanker(Ranker):
    """A LightGBM booster, predicting on one thread."""

    gives_probabilities = True

    def __init__(self, booster: Booster) -> None:
        self._booster = booster

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        scores = self._booster.predict(table.values, num_threads=1)
        return np.asarray(scores, dtype=np.float32)

    def contributions(self, table: FeatureTable) -> Contributions:
        """Shapley values of the trees (Lundberg et al., 2020), as LightGBM works them out.

        The base is the mean log-odds that the trees give to the rows they were trained on.
        """
        # LightGBM fails on no row at all: one more makes sure that there is one.
        spare = np.zeros((1, len(table.columns)), dtype=np.float32)
        rows = np.vstack([table.values, spare])
        values = np.asarray(
            self._booster.predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64
        )
        return Contributions(values[:-1, :-1], table.columns, float(values[-1, -1]))

    def save(self, directory: Path) -> None:
        self._booster.save_model(str(directory / "gbdt.txt"))
