"""Shapley values by sampled orders: what each feature adds to the output of any model.

A feature's value is what it adds when it joins those that are known already, averaged over the
orders in which features may join. Drawn orders give an unbiased estimate, and along each of them
the additions telescope: their sum is exact however few are drawn.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from engine.preparation import UNKNOWN, Preparation, PreparedRows
from engine.seeding import stream

ORDERS = 32
"""Drawn orders; each is also taken backwards, which takes out most of the noise of crosses."""


def shapley_values(
    preparation: Preparation,
    rows: PreparedRows,
    output: Callable[[PreparedRows], NDArray[np.float64]],
) -> tuple[NDArray[np.float64], float]:
    """What each column of the schema adds to the output of each row, and the base.

    The base is the output of a row whose numbers are at their mean and whose ids and words are
    unknown; a row's values and the base add up to its output. The orders are the same for all
    rows and calls. The words of a title join together, under the first of them.

    output : (n,) float64 of prepared rows, each by itself.

    Returns
    -------
    float64 (n, len(schema)), and the base.

    Source: Castro, Gomez and Tejada (2009), "Polynomial calculation of the Shapley value based on
    sampling"; Strumbelj and Kononenko (2014), "Explaining prediction models and individual
    predictions with feature contributions"; backwards: Mitchell et al. (2022), "Sampling
    permutations for Shapley value estimation".
    """
    dense, fields = preparation.sources()
    players = list(dict.fromkeys([*dense, *fields]))
    if preparation.has_words:
        players.append(preparation.first_word)
    orders = _orders(len(players))
    # Before step t the features are known whose turn is earlier than t.
    turn = np.argsort(orders, axis=1)
    joined = turn[:, None, :] < np.arange(len(players) + 1)[:, None]
    known = np.zeros((joined.shape[0] * joined.shape[1], len(preparation.schema)), dtype=bool)
    known[:, players] = joined.reshape(-1, len(players))
    values = np.zeros((len(rows), len(preparation.schema)))
    for row in range(len(rows)):  # by itself, so that what stands beside it cannot matter
        some = PreparedRows(
            dense=np.where(known[:, dense], rows.dense[row], np.float32(0.0)),
            places=np.where(known[:, fields], rows.places[row], np.int32(UNKNOWN)),
            words=_words(preparation, rows.words[row], known),
        )
        steps = np.diff(output(some).reshape(len(orders), -1), axis=1)
        values[row, players] = np.take_along_axis(steps, turn, axis=1).mean(axis=0)
    return values, float(output(_nothing_known(preparation, rows))[0])


def _orders(players: int) -> NDArray[np.int64]:
    """Orders of joining, each forwards and backwards, (2 * ORDERS, players)."""
    rng = stream(0, "shapley")
    drawn = np.argsort(rng.random((ORDERS, players)), axis=1)
    return np.vstack([drawn, drawn[:, ::-1]])


def _words(
    preparation: Preparation, words: NDArray[np.int32], known: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """The bag of a row where it is known, (len(known), words)."""
    if not preparation.has_words:
        return np.empty((len(known), 0), dtype=np.int32)
    return np.where(known[:, [preparation.first_word]], words, np.int32(UNKNOWN))


def _nothing_known(preparation: Preparation, like: PreparedRows) -> PreparedRows:
    """One row of base values."""
    return PreparedRows(
        dense=np.zeros((1, preparation.width), dtype=np.float32),
        places=np.full((1, preparation.fields), UNKNOWN, dtype=np.int32),
        words=np.full((1, like.words.shape[1]), UNKNOWN, dtype=np.int32),
    )
