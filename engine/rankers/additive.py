"""Logistic regression whose ids are pulled to zero as hard as the training rows say.

What the linear and the gradient-trained rankers share. One penalty for all ids is wrong for most
of them: users differ in how much they click, the items of one creator hardly do. So each field
has a normal prior of its own, and its variance is estimated along with the weights.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, logit

from engine.preparation import Preparation, PreparedRows, known_words
from engine.progress import Progress

ROUNDS = 6
"""Times that variances are estimated and weights fitted again; the first are far from the last."""
_FIRST_PULL = 30.0
_LEAST_PULL, _MOST_PULL = 0.25, 10_000.0
_MOST_ITERATIONS = 200
_TOLERANCE, _LAST_TOLERANCE = 1e-5, 1e-6


class Additive(NamedTuple):
    """Weights of a logistic regression on prepared rows.

    dense : float64 (numbers,).
    places : float64 (size of the vocabulary,); 0 for the unknown place.
    bias : the log-odds of a row whose numbers are all at their mean, and whose ids are unknown.
    pull : float64 (size,), the penalty of each place's weight: one over the variance of its field.
        With ``pull / (p (1 - p))`` rows a place says half of what it would with very many.
    """

    dense: NDArray[np.float64]
    places: NDArray[np.float64]
    bias: float
    pull: NDArray[np.float64]


def fit_additive(
    preparation: Preparation,
    rows: PreparedRows,
    clicked: NDArray[np.bool_],
    C: float,
    progress: Progress,
) -> Additive:
    """Maximise the posterior of the weights, and the evidence of each field's variance by turns.

    C : what all variances are multiplied by in the end; that of the numbers is 1 before.

    Source: MacKay (1992), "The evidence framework applied to classification networks", with a
    diagonal Hessian.
    """
    data = _Data(rows.dense.astype(np.float64), _one_hot(rows, preparation.size), clicked)
    numbers, field = preparation.width, preparation.field_of_place()
    rate = float(clicked.mean())
    weights = np.append(np.zeros(numbers + len(field)), logit(rate))
    curvature = rate * (1.0 - rate) * data.squares(np.ones(len(data)))
    pull = np.full(len(field), _FIRST_PULL)
    turns = ROUNDS if preparation.vocabulary else 1
    for turn in range(turns):
        progress("fitting logistic regression", turn / (turns + 1))
        penalty = np.concatenate([np.ones(numbers), pull, [0.0]])
        last = turn + 1 == turns
        tolerance = _LAST_TOLERANCE if last else _TOLERANCE
        weights = _fitted(data, penalty, curvature, weights, tolerance)
        if not last:
            curvature = data.curvature(weights)
            of = slice(numbers, -1)
            pull = _pull(weights[of], curvature[of], pull, field)
    if C != 1.0:
        progress("fitting logistic regression", turns / (turns + 1))
        weights = _fitted(data, penalty / C, curvature, weights, _LAST_TOLERANCE)
    return Additive(weights[:numbers], weights[numbers:-1], float(weights[-1]), pull / C)


def line_of(params: Mapping[str, Any], dense: Any, places: Any, words: Any, known: Any) -> Any:
    """Log-odds of weights called as in `Additive`, (n,); in NumPy and in JAX.

    known : (n,), what a bag of words is divided by.
    """
    of_ids = params["places"][places].sum(axis=1) + params["places"][words].sum(axis=1) / known
    return params["bias"] + dense @ params["dense"] + of_ids


class _Data:
    """The design matrix: dense columns, then places, then a column of ones."""

    def __init__(
        self, dense: NDArray[np.float64], hot: csr_matrix, clicked: NDArray[np.bool_]
    ) -> None:
        self.dense, self.hot, self.to_places = dense, hot, hot.T.tocsr()
        self.clicked = clicked.astype(np.float64)

    def __len__(self) -> int:
        return len(self.dense)

    def logits(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        numbers = self.dense.shape[1]
        of_places = self.hot @ weights[numbers:-1]
        z: NDArray[np.float64] = self.dense @ weights[:numbers] + of_places + weights[-1]
        return z

    def back(self, of_rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """From something a row to its sum over each column."""
        return np.concatenate([of_rows @ self.dense, self.to_places @ of_rows, [of_rows.sum()]])

    def squares(self, of_rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of squares of each column, weighted by row."""
        dense = of_rows @ self.dense**2
        return np.concatenate([dense, self.to_places.power(2) @ of_rows, [of_rows.sum()]])

    def curvature(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """The diagonal of the Hessian of the loss, without penalties."""
        p = expit(self.logits(weights))
        return self.squares(p * (1.0 - p))


def _fitted(
    data: _Data,
    penalty: NDArray[np.float64],
    curvature: NDArray[np.float64],
    start: NDArray[np.float64],
    tolerance: float,
) -> NDArray[np.float64]:
    """Weights of least penalised log loss, by L-BFGS in coordinates of equal curvature.

    Without these, rare ids and common numbers differ so much that it stops long before.
    """
    from scipy.optimize import minimize  # a sixth of a second that serving need not wait for

    scale = 1.0 / np.sqrt(np.maximum(curvature + penalty, 1e-12))
    n = len(data)

    def loss(scaled: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        weights = scaled * scale
        z = data.logits(weights)
        fit = np.logaddexp(0.0, z).sum() - data.clicked @ z
        slope = data.back(expit(z) - data.clicked) + penalty * weights
        return float(fit + 0.5 * penalty @ weights**2) / n, slope * scale / n

    options = {"maxiter": _MOST_ITERATIONS, "ftol": tolerance, "gtol": 1e-8}
    found = minimize(loss, start / scale, jac=True, method="L-BFGS-B", options=options)
    weights: NDArray[np.float64] = found.x * scale
    return weights


def _pull(
    weights: NDArray[np.float64],
    curvature: NDArray[np.float64],
    penalty: NDArray[np.float64],
    field: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The next penalty of each place: well-determined weights of its field over their squares."""
    determined = np.bincount(field, curvature / (curvature + penalty))
    squares = np.bincount(field, weights**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.nan_to_num(determined / squares, nan=_FIRST_PULL, posinf=_MOST_PULL)
    return np.clip(pull, _LEAST_PULL, _MOST_PULL)[field]


def _one_hot(rows: PreparedRows, size: int) -> csr_matrix:
    """A column a place of the vocabulary; the unknown place stays empty, words share 1."""
    places = np.hstack([rows.places, rows.words])
    share = np.hstack(
        [
            np.ones(rows.places.shape),
            np.broadcast_to(1.0 / known_words(rows.words, np)[:, None], rows.words.shape),
        ]
    )
    share = np.where(places > 0, share, 0.0)
    n, width = places.shape
    hot = csr_matrix((share.ravel(), places.ravel(), width * np.arange(n + 1)), shape=(n, size))
    hot.eliminate_zeros()
    return hot
