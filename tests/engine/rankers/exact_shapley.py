"""Shapley values by their definition: over all subsets of the features."""

from collections.abc import Callable, Mapping
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.preparation import Preparation, PreparedRows

Output = Callable[[PreparedRows], NDArray[np.float64]]


def in_float64(logits: Callable[..., Any], params: Mapping[str, Any]) -> Output:
    """A model as a function of prepared rows, with nothing rounded."""
    precise = {name: np.asarray(value, dtype=np.float64) for name, value in params.items()}
    return lambda rows: logits(precise, rows.dense.astype(np.float64), rows.places, rows.words, np)


def exact_shapley(
    preparation: Preparation, rows: PreparedRows, output: Output
) -> tuple[NDArray[np.float64], float]:
    """Values (n, len(schema)), and the output where nothing is known."""
    dense, fields = preparation.sources()
    words = [preparation.first_word] if preparation.has_words else []
    players = sorted({*dense, *fields, *words})

    def of(known: frozenset[int]) -> NDArray[np.float64]:
        return output(
            PreparedRows(
                rows.dense * np.array([column in known for column in dense]),
                rows.places * np.array([column in known for column in fields], dtype=np.int32),
                rows.words * np.int32(words[:1] != [] and words[0] in known),
            )
        )

    subsets = [frozenset(c) for k in range(len(players) + 1) for c in combinations(players, k)]
    told = {subset: of(subset) for subset in subsets}
    values = np.zeros((len(rows), len(preparation.schema)))
    for player in players:
        for subset in subsets:
            if player not in subset:
                weight = 1 / (len(players) * comb(len(players) - 1, len(subset)))
                values[:, player] += weight * (told[subset | {player}] - told[subset])
    return values, float(told[frozenset()][0])
