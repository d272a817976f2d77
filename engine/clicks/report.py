"""What a click model is worth: figures with their intervals and their ceilings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.days import ClickDays
from engine.clicks.design import ClickDesign
from engine.clicks.judging import (
    NOTHING,
    Judged,
    judged_auc,
    judged_calibration_error,
    judged_entropy,
    judged_log_loss,
    judged_precision,
    judged_ratio,
)
from engine.figures import Estimate
from engine.rankers import Course

Array = NDArray[np.float64]

_OF_ORDER: dict[str, Callable[[Array, Array], Judged]] = {
    "auc": judged_auc,
    "average_precision": judged_precision,
}
_OF_PROBABILITY: dict[str, Callable[[Array, Array], Judged]] = {
    "log_loss": judged_log_loss,
    "normalized_entropy": judged_entropy,
    "calibration_ratio": judged_ratio,
    "ece": judged_calibration_error,
}
FIGURES = ("auc", "log_loss", "normalized_entropy", "calibration_ratio", "ece", "average_precision")
"""Against the true probabilities; each also under its name and ``_observed``, against clicks."""
CEILINGS = ("full", "attainable")
"""See `engine.clicks.ceilings`."""


@dataclass(frozen=True, slots=True, eq=False)
class ClickReport(Mapping[str, Estimate]):
    """A mapping from a figure's name to its Estimate over the rows of the test days.

    A name of `FIGURES` is the figure against the true probabilities: what clicks would give on
    average, without their luck. With ``_observed`` it is against the clicks that were drawn, as
    one must judge in real life. Where scores are no probabilities, only AUC and average
    precision are told; the others are NaN over 0 rows.

    design : what was judged, on the days ``days`` of the log called ``log``.
    ceiling : "full" or "attainable" -> figure -> its value for that prediction.
    clicked, truth : (n,) of the test rows: the clicks, and how probable each was.
    p : (n,) predicted probabilities; empty where there are none. scores: what ranks the rows.
    validation_log_loss : against the clicks of the validation day, to choose a model by; NaN
        where there are no probabilities.
    notes : what was found odd, a sentence each.
    seconds, rows, clicks, course, parameters, size_bytes : of the fit and the model.
    """

    design: ClickDesign
    log: str
    days: ClickDays
    judged: Mapping[str, Judged]
    ceiling: Mapping[str, Mapping[str, float]]
    clicked: NDArray[np.bool_]
    truth: Array
    scores: Array
    p: Array
    validation_log_loss: float
    notes: tuple[str, ...]
    seconds: float
    rows: int
    clicks: int
    course: Course
    parameters: int
    size_bytes: int

    def __getitem__(self, name: str) -> Estimate:
        return self.judged[name].estimate

    def __iter__(self) -> Iterator[str]:
        return iter(self.judged)

    def __len__(self) -> int:
        return len(self.judged)


def judge(clicked: NDArray[np.bool_], truth: Array, scores: Array, p: Array) -> dict[str, Judged]:
    """All figures of a prediction, each against the truth and against the clicks.

    Parameters
    ----------
    scores, p : (n,); p empty where there are no probabilities.
    """
    judged: dict[str, Judged] = {}
    for suffix, target in (("", truth), ("_observed", clicked.astype(np.float64))):
        for name in FIGURES:
            if name in _OF_ORDER:
                found = _OF_ORDER[name](target, scores)
            else:
                found = _OF_PROBABILITY[name](target, p) if len(p) else NOTHING
            judged[name + suffix] = found
    return judged


def compare_clicks(a: ClickReport, b: ClickReport) -> dict[str, Estimate]:
    """Each figure of b less that of a on the same test rows, with a paired interval at 95%.

    Raises
    ------
    ValueError : reports of other logs.
    """
    _require_same_rows(a, b)
    return {name: b.judged[name].less(a.judged[name]).estimate for name in a}


def relative_difference(a: ClickReport, b: ClickReport, name: str) -> Estimate:
    """By which share a figure of b is above that of a on the same test rows, paired.

    Raises
    ------
    ValueError : reports of other logs, or an unknown figure.
    """
    _require_same_rows(a, b)
    if name not in a:
        raise ValueError(f"name={name!r}: must be one of {', '.join(a)}")
    return b.judged[name].relative_to(a.judged[name]).estimate


def _require_same_rows(a: ClickReport, b: ClickReport) -> None:
    if a.log != b.log or a.days.test != b.days.test:
        raise ValueError("b: must be judged on the test rows of a")
