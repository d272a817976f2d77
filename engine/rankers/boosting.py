"""What the two LightGBM rankers share: how trees are grown, stopped, read and taken apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.progress import Progress
from engine.rankers.contract import Contributions, Course, Examples, Ranker
from engine.seeding import stream
from engine.table import Column, FeatureTable

if TYPE_CHECKING:
    from lightgbm import Booster, Dataset

PATIENCE = 20
"""Rounds without a gain on the validation days after which no more trees are grown."""
_AS_LOSS: dict[str, tuple[str, Callable[[float], float]]] = {
    "binary_logloss": ("log loss", lambda value: value),
    "ndcg@10": ("1 - NDCG@10", lambda value: 1.0 - value),
}


def tree_columns(schema: tuple[Column, ...]) -> list[int]:
    """The columns that trees split on.

    Not ids and words: a split on thousands of values learns the training rows by heart.
    """
    return [place for place, c in enumerate(schema) if c.kind not in ("id", "token")]


def dataset(examples: Examples, reference: Dataset | None = None, **more: Any) -> Dataset:
    """Examples as LightGBM's data; validation data takes the bins of its ``reference``.

    Raises
    ------
    ValueError : a table of ids and words alone.
    """
    import lightgbm

    schema = examples.table.schema
    kept = tree_columns(schema)
    if not kept:
        raise ValueError("table: must have a column that trees split on: ids and words are none")
    return lightgbm.Dataset(
        examples.table.values[:, kept],
        label=examples.clicked.astype(np.float32),
        feature_name=[schema[place].name for place in kept],
        categorical_feature=[
            place for place, column in enumerate(kept) if schema[column].kind == "category"
        ],
        reference=reference,
        params={"verbose": -1},
        **more,
    )


def grown(
    parameters: Mapping[str, Any],
    trees: int,
    train: Dataset,
    validation: Dataset | None,
    seed: int,
    progress: Progress,
) -> tuple[Booster, Course]:
    """Grow trees until the validation data gain no more.

    validation : None grows them all.
    """
    import lightgbm

    shared = {
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbose": -1,
        "seed": int(stream(seed, f"ranker/{parameters['objective']}").integers(2**31)),
    }
    told: dict[str, Any] = {}
    callbacks: list[Any] = [
        lambda env: progress("growing trees", (env.iteration + 1) / env.end_iteration),
        lightgbm.record_evaluation(told),
    ]
    stopping = validation is not None
    if stopping:
        callbacks.append(lightgbm.early_stopping(PATIENCE, verbose=False))
    booster = lightgbm.train(
        shared | dict(parameters),
        train,
        num_boost_round=trees,
        valid_sets=None if validation is None else [validation],
        valid_names=["validation"] if stopping else None,
        callbacks=callbacks,
    )
    if not stopping:
        return booster, Course(kept=booster.num_trees())
    [(metric, values)] = told["validation"].items()
    loss, as_loss = _AS_LOSS[metric]
    return booster, Course(tuple(map(as_loss, values)), booster.best_iteration, loss)


class Trees:
    """A LightGBM booster that predicts on one thread from tables that have its columns."""

    def __init__(self, booster: Booster) -> None:
        self._booster = booster
        # What grew after the best round stays out, on disk as well.
        self._rounds = booster.best_iteration if booster.best_iteration > 0 else -1
        self._names = tuple(booster.feature_name())
        self._model = booster.model_to_string(num_iteration=self._rounds)

    @classmethod
    def read(cls, path: Path) -> Trees:
        """What `write` wrote."""
        from lightgbm import Booster

        return cls(Booster(model_file=str(path)))

    def write(self, path: Path) -> None:
        """Write the trees as LightGBM's own text."""
        path.write_text(self._model)

    def raw(self, table: FeatureTable, **how: Any) -> NDArray[np.float64]:
        """What the booster predicts, (n,) or, of contributions, (n, columns + 1).

        Raises
        ------
        ValueError : a table without a column that the trees know.
        """
        values = table.named(self._names)
        predicted = self._booster.predict(values, num_iteration=self._rounds, num_threads=1, **how)
        return np.asarray(predicted)

    def contributions(self, table: FeatureTable) -> Contributions:
        """Shapley values of the trees (Lundberg et al., 2020), as LightGBM works them out.

        The base is the mean raw score that the trees give to the rows they were trained on.
        """
        # LightGBM fails on no row at all: one more makes sure that there is one.
        spare = np.zeros((1, len(table.schema)), dtype=np.float32)
        rows = FeatureTable(np.vstack([table.values, spare]), table.schema)
        values = self.raw(rows, pred_contrib=True).astype(np.float64)
        return Contributions(values[:-1, :-1], self._names, float(values[-1, -1]))

    def gain(self) -> dict[str, float]:
        """The share of each column in what all splits gained."""
        gains = self._booster.feature_importance("gain", iteration=self._rounds)
        total = max(float(gains.sum()), 1e-300)
        return {name: float(g) / total for name, g in zip(self._names, gains, strict=True)}

    @property
    def parameters(self) -> int:
        """A threshold and a column for each split, a value for each leaf."""
        frame = self._booster.dump_model(num_iteration=self._rounds)["tree_info"]
        leaves = sum(tree["num_leaves"] for tree in frame)
        return int(sum(2 * (tree["num_leaves"] - 1) for tree in frame) + leaves)

    @property
    def size_bytes(self) -> int:
        """Of the model as text."""
        return len(self._model.encode())


class TreesRanker(Ranker):
    """A ranker whose raw score is the sum of trees."""

    file: ClassVar[str]
    """Where the trees are kept, in the directory of the ranker."""

    def __init__(self, trees: Trees, course: Course | None = None) -> None:
        self.trees = trees
        self.course = course or Course()

    def scores(self, table: FeatureTable) -> NDArray[np.float32]:
        return self.trees.raw(table).astype(np.float32)

    def contributions(self, table: FeatureTable) -> Contributions:
        return self.trees.contributions(table)

    def save(self, directory: Path) -> None:
        self.trees.write(directory / self.file)

    @property
    def parameters(self) -> int:
        return self.trees.parameters

    @property
    def size_bytes(self) -> int:
        return self.trees.size_bytes

    def gain(self) -> dict[str, float]:
        return self.trees.gain()
