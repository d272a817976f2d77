"""A factorisation machine: logistic regression, and a cross of every two features."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from engine.knobs import Knob, check_knobs
from engine.preparation import UNKNOWN, Preparation, known_words
from engine.progress import Progress, silent, within
from engine.rankers.additive import fit_additive, line_of
from engine.rankers.contract import Contributions, Examples, Ranker, require_both_classes
from engine.rankers.gradient import Descent, GradientRanker, descend, labelled
from engine.seeding import stream
from engine.table import FeatureTable

_BY_PLACE = ("places", "place_factors")
_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class FM:
    """A factorisation machine of order two (Rendle, 2010), trained by Adam.

    Every number, every id and the title's words have a vector; two features together add the
    product of their vectors to the log-odds. So a cross of two ids that were never seen together
    is told from what each did with others. It starts from logistic regression and keeps its
    penalties; training adds the crosses.

    factors : length of the vectors.
    learning_rate : of Adam.
    penalty : L2 penalty of the vectors, as in logistic regression.
    epochs : passes over the rows at most; fewer where the validation days gain no more.
    """

    name: ClassVar[str] = "fm"
    knobs: ClassVar[dict[str, Knob]] = {
        "factors": Knob(1, 64, "length of the vectors"),
        "learning_rate": Knob(0.0001, 0.1, "step of Adam"),
        "penalty": Knob(0.01, 10_000.0, "L2 penalty of the vectors"),
        "epochs": Knob(1, 50, "passes over the rows, at most"),
    }
    size: ClassVar[tuple[str, ...]] = ("factors",)
    factors: int = 8
    learning_rate: float = 0.002
    penalty: float = 100.0
    epochs: int = 20

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def fit(
        self, train: Examples, validation: Examples, seed: int = 0, progress: Progress = silent
    ) -> Ranker:
        require_both_classes(train.clicked)
        preparation = Preparation.fitted(train.table)
        rows = labelled(preparation, train)
        later = labelled(preparation, validation) if validation.both_classes else None
        line = fit_additive(preparation, *rows, 1.0, within(progress, 0.0, 0.2))
        rng = stream(seed, "ranker/fm")
        factors = rng.normal(0.0, _SPREAD, (preparation.width + preparation.size, self.factors))
        factors[preparation.width + UNKNOWN] = 0.0
        start = {
            "bias": np.array(line.bias),
            "dense": line.dense,
            "places": line.places,
            "dense_factors": factors[: preparation.width],
            "place_factors": factors[preparation.width :],
        }
        descent = Descent(
            logits=logits,
            by_place=_BY_PLACE,
            penalties={
                "dense": 1.0,
                "places": line.pull,
                "dense_factors": self.penalty,
                "place_factors": self.penalty,
            },
            learning_rate=self.learning_rate,
            epochs=self.epochs,
        )
        params, course = descend(descent, start, rows, later, rng, within(progress, 0.2, 1.0))
        return FMRanker(preparation, params, course)

    def load(self, directory: Path) -> Ranker:
        return FMRanker.read(directory)


def logits(params: Mapping[str, Any], dense: Any, places: Any, words: Any, xp: Any) -> Any:
    """Log-odds, (n,): the line, and 1/2 (|sum of vectors|^2 - sum of |vectors|^2)."""
    vectors = params["place_factors"]
    known = known_words(words, xp).astype(dense.dtype)
    of_places = vectors[places]
    of_words = vectors[words].sum(axis=1) / known[:, None]
    total = dense @ params["dense_factors"] + of_places.sum(axis=1) + of_words
    squares = (
        (dense * dense) @ (params["dense_factors"] ** 2).sum(axis=1)
        + (of_places * of_places).sum(axis=(1, 2))
        + (of_words * of_words).sum(axis=1)
    )
    line = line_of(params, dense, places, words, known)
    return line + 0.5 * ((total * total).sum(axis=1) - squares)


class FMRanker(GradientRanker):
    """Weights and vectors of the prepared columns."""

    logits = staticmethod(logits)
    by_place = _BY_PLACE

    def contributions(self, table: FeatureTable) -> Contributions:
        """A feature's own weight, and half of each of its crosses.

        These are its Shapley values against a row whose numbers are at their mean and whose ids
        are unknown: the base is the log-odds of such a row. The words of the title count
        together, under the first of them.
        """
        preparation, params = self.preparation, self.precise()
        rows = preparation.rows(table)
        dense, factors = rows.dense.astype(np.float64), params["dense_factors"]
        of_places = params["place_factors"][rows.places]
        known = known_words(rows.words, np)
        of_words = params["place_factors"][rows.words].sum(axis=1) / known[:, None]
        total = dense @ factors + of_places.sum(axis=1) + of_words
        # A vector's cross with all others: with the sum of all, less with itself.
        crosses = (
            dense * (total @ factors.T) - dense**2 * (factors**2).sum(axis=1),
            ((total[:, None, :] - of_places) * of_places).sum(axis=2),
            ((total - of_words) * of_words).sum(axis=1),
        )
        own = (
            dense * params["dense"],
            params["places"][rows.places],
            params["places"][rows.words].sum(axis=1) / known,
        )
        values = preparation.by_column(*(o + 0.5 * c for o, c in zip(own, crosses, strict=True)))
        return Contributions(values, preparation.columns, float(params["bias"]))
