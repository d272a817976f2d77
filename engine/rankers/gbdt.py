"""Gradient-boosted trees: thresholds and crosses that a linear model cannot see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.rankers.boosting import Trees, TreesRanker, dataset, grown
from engine.rankers.contract import Examples, Ranker, require_both_classes


@dataclass(frozen=True, slots=True)
class GBDT:
    """LightGBM with the binary objective.

    trees : boosting rounds at most; fewer where the validation days gain no more.
    leaves : leaves of a tree.
    learning_rate : shrinkage of each tree.
    """

    name: ClassVar[str] = "gbdt"
    knobs: ClassVar[dict[str, Knob]] = {
        "trees": Knob(1, 1000, "boosting rounds at most"),
        "leaves": Knob(2, 255, "leaves of a tree"),
        "learning_rate": Knob(0.001, 1.0, "shrinkage of each tree"),
    }
    size: ClassVar[tuple[str, ...]] = ("trees", "leaves")
    trees: int = 150
    leaves: int = 31
    learning_rate: float = 0.08

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def fit(
        self, train: Examples, validation: Examples, seed: int = 0, progress: Progress = silent
    ) -> Ranker:
        require_both_classes(train.clicked)
        data = dataset(train)
        later = dataset(validation, data) if validation.both_classes else None
        parameters = {
            "objective": "binary",
            "metric": "binary_logloss",
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": 100,
        }
        booster, course = grown(parameters, self.trees, data, later, seed, progress)
        return GBDTRanker(Trees(booster), course)

    def load(self, directory: Path) -> Ranker:
        return GBDTRanker(Trees.read(directory / GBDTRanker.file))


class GBDTRanker(TreesRanker):
    """Trees whose sum is the log-odds of a click."""

    gives_probabilities = True
    file = "gbdt.txt"
