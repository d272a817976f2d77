"""Trees that learn the order within a request, not the probability of a click."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.rankers.boosting import Trees, TreesRanker, dataset, grown
from engine.rankers.contract import Examples, Ranker, require_both_classes


@dataclass(frozen=True, slots=True)
class LambdaRank:
    """LightGBM with the lambdarank objective (Burges, 2010), a request a query.

    A swap of two rows counts as much as it would change NDCG; requests without a click teach
    nothing. Its scores are no probabilities.

    trees, leaves, learning_rate : as in `GBDT`.
    """

    name: ClassVar[str] = "lambdarank"
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
        data = dataset(train, group=sizes(train.request))
        later = None
        if validation.both_classes:
            later = dataset(validation, data, group=sizes(validation.request))
        parameters = {
            "objective": "lambdarank",
            "metric": "ndcg",
            "eval_at": [10],
            "num_leaves": self.leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": 100,
        }
        booster, course = grown(parameters, self.trees, data, later, seed, progress)
        return LambdaRanker(Trees(booster), course)

    def load(self, directory: Path) -> Ranker:
        return LambdaRanker(Trees.read(directory / LambdaRanker.file))


class LambdaRanker(TreesRanker):
    """Trees whose sum orders the rows of one request."""

    gives_probabilities = False
    file = "lambdarank.txt"


def sizes(request: NDArray[np.integer]) -> NDArray[np.int64]:
    """How many rows each request has, in their order; rows of one stand together."""
    starts = np.flatnonzero(np.diff(request, prepend=request[:1] - 1))
    return np.diff(starts, append=len(request))
