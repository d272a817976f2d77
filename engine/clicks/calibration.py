"""Scores made probabilities by the rows of a day that the model was not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from engine.clicks.design import Calibration

FEWEST = 20
"""Clicks, and rows without one, from which a calibration is fitted."""
_EDGE = 1e-7

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibrator:
    """A rising function from scores to probabilities: a logistic curve, or steps.

    kind : "platt": ``sigmoid(slope * x + offset)``, x the log-odds of probabilities or the score
        itself; "isotonic": straight lines between points, flat outside.
    """

    kind: Calibration
    of_probabilities: bool
    slope: float = 1.0
    offset: float = 0.0
    x: Array | None = None
    y: Array | None = None

    def __call__(self, scores: Array) -> Array:
        """Probabilities, (n,)."""
        p: Array
        if self.kind == "platt":
            p = expit(self.slope * _axis(scores, self.of_probabilities) + self.offset)
        elif self.x is not None and self.y is not None:
            p = np.interp(scores, self.x, self.y)
        else:
            p = scores
        return p


def fit_calibrator(
    kind: Calibration, scores: Array, clicked: NDArray[np.bool_], of_probabilities: bool
) -> Calibrator | None:
    """Fit a calibration by scikit-learn; None where there is nothing to fit it to.

    Parameters
    ----------
    scores : (n,) of the validation day, corrected for sampling where the design says so.
    of_probabilities : whether they are probabilities.

    Sources: Platt (1999); Zadrozny & Elkan (2002), by isotonic regression.
    """
    clicks = int(clicked.sum())
    if kind == "none" or min(clicks, len(clicked) - clicks) < FEWEST:
        return None
    if kind == "platt":
        from sklearn.linear_model import LogisticRegression

        x = _axis(scores, of_probabilities)
        if np.ptp(x) == 0:  # all scores alike: the rate of the day is all there is to fit
            return Calibrator(kind, of_probabilities, 0.0, float(logit(clicked.mean())))
        model = LogisticRegression(C=1e6, tol=1e-8).fit(x[:, None], clicked)
        return Calibrator(
            kind, of_probabilities, float(model.coef_[0, 0]), float(model.intercept_[0])
        )
    from sklearn.isotonic import IsotonicRegression

    # A step of no click at all would call the next one impossible.
    edge = 0.5 / len(clicked)
    steps = IsotonicRegression(y_min=edge, y_max=1.0 - edge, out_of_bounds="clip")
    steps.fit(scores, clicked.astype(np.float64))
    return Calibrator(
        kind,
        of_probabilities,
        x=np.asarray(steps.X_thresholds_, dtype=np.float64),
        y=np.asarray(steps.y_thresholds_, dtype=np.float64),
    )


def _axis(scores: Array, of_probabilities: bool) -> Array:
    if not of_probabilities:
        return scores
    odds: Array = logit(np.clip(scores, _EDGE, 1.0 - _EDGE))
    return odds
