"""A deep and cross network: crosses of every order that its layers allow, learned explicitly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob, check_knobs
from engine.preparation import UNKNOWN, Preparation, PreparedRows, known_words
from engine.progress import Progress, silent, within
from engine.rankers.additive import Additive, fit_additive, line_of
from engine.rankers.contract import Contributions, Examples, Ranker, require_both_classes
from engine.rankers.gradient import Descent, GradientRanker, descend, labelled
from engine.rankers.shapley import shapley_values
from engine.seeding import stream
from engine.table import FeatureTable

_BY_PLACE = ("places", "embeddings")
_SPREAD = 0.05


@dataclass(frozen=True, slots=True)
class DCN:
    """DCN-v2 (Wang et al., 2021): cross layers beside a small ReLU layer, trained by Adam.

    Each cross layer multiplies the prepared row, embeddings and all, by a learned mix of what
    the layer before found: a layer more is an order more. Beside both stands a logistic
    regression, from which training starts and whose penalties it keeps: what ids do by
    themselves is better told by it than through embeddings of few numbers.

    factors : length of the embeddings.
    layers : cross layers.
    width : of the ReLU layer.
    learning_rate : of Adam.
    penalty : L2 penalty of the embeddings, as in logistic regression.
    epochs : passes over the rows at most; fewer where the validation days gain no more.
    """

    name: ClassVar[str] = "dcn"
    knobs: ClassVar[dict[str, Knob]] = {
        "factors": Knob(1, 32, "length of the embeddings"),
        "layers": Knob(1, 6, "cross layers"),
        "width": Knob(1, 512, "width of the ReLU layer"),
        "learning_rate": Knob(0.0001, 0.1, "step of Adam"),
        "penalty": Knob(0.01, 10_000.0, "L2 penalty of the embeddings"),
        "epochs": Knob(1, 50, "passes over the rows, at most"),
    }
    size: ClassVar[tuple[str, ...]] = ("width", "layers")
    factors: int = 8
    layers: int = 2
    width: int = 64
    learning_rate: float = 0.003
    penalty: float = 200.0
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
        line = fit_additive(preparation, *rows, 1.0, within(progress, 0.0, 0.1))
        rng = stream(seed, "ranker/dcn")
        start = self._start(preparation, line, rng)
        penalties = dict.fromkeys(start, 1.0) | {"places": line.pull, "embeddings": self.penalty}
        del penalties["bias"]
        descent = Descent(logits, _BY_PLACE, penalties, self.learning_rate, self.epochs)
        params, course = descend(descent, start, rows, later, rng, within(progress, 0.1, 1.0))
        return DCNRanker(preparation, params, course)

    def load(self, directory: Path) -> Ranker:
        return DCNRanker.read(directory)

    def _start(
        self, preparation: Preparation, line: Additive, rng: np.random.Generator
    ) -> dict[str, NDArray[np.float64]]:
        bags = preparation.fields + preparation.has_words
        inputs = preparation.width + bags * self.factors
        embeddings = rng.normal(0.0, _SPREAD, (preparation.size, self.factors))
        embeddings[UNKNOWN] = 0.0

        def drawn(*shape: int, gain: float) -> NDArray[np.float64]:
            return rng.normal(0.0, np.sqrt(gain / max(shape[-2], 1)), shape)

        return {
            "bias": np.array(line.bias),
            "dense": line.dense,
            "places": line.places,
            "embeddings": embeddings,
            "cross": drawn(self.layers, inputs, inputs, gain=0.25),
            "cross_bias": np.zeros((self.layers, inputs)),
            "deep": drawn(inputs, self.width, gain=2.0),
            "deep_bias": np.zeros(self.width),
            "cross_head": np.zeros(inputs),
            "deep_head": drawn(self.width, 1, gain=1.0)[:, 0],
        }


def logits(params: Mapping[str, Any], dense: Any, places: Any, words: Any, xp: Any) -> Any:
    """Log-odds, (n,): ``x_0 * (x_l W_l + b_l) + x_l`` layer by layer, beside ReLU and a line."""
    known = known_words(words, xp).astype(dense.dtype)
    embeddings = params["embeddings"]
    flat = (len(dense), places.shape[1] * embeddings.shape[1])
    parts = [dense, embeddings[places].reshape(flat)]
    if words.shape[1]:
        parts.append(embeddings[words].sum(axis=1) / known[:, None])
    x = first = xp.concatenate(parts, axis=1)
    for weight, bias in zip(params["cross"], params["cross_bias"], strict=True):
        x = first * (x @ weight + bias) + x
    deep = xp.maximum(first @ params["deep"] + params["deep_bias"], 0.0)
    line = line_of(params, dense, places, words, known)
    return line + x @ params["cross_head"] + deep @ params["deep_head"]


class DCNRanker(GradientRanker):
    """Cross layers, a ReLU layer and a line over prepared columns."""

    logits = staticmethod(logits)
    by_place = _BY_PLACE

    def contributions(self, table: FeatureTable) -> Contributions:
        """Sampled Shapley values: see `shapley_values`."""
        params = self.precise()

        def output(rows: PreparedRows) -> NDArray[np.float64]:
            dense = rows.dense.astype(np.float64)
            found: NDArray[np.float64] = logits(params, dense, rows.places, rows.words, np)
            return found

        rows = self.preparation.rows(table)
        values, base = shapley_values(self.preparation, rows, output)
        return Contributions(values, self.preparation.columns, base)
