"""From a design to its report: fit once, then correct, calibrate and judge as often as asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.calibration import FEWEST, Calibrator, fit_calibrator
from engine.clicks.ceilings import attainable_p
from engine.clicks.days import days_of
from engine.clicks.design import ClickDesign
from engine.clicks.features import ClickFeatures
from engine.clicks.fitting import FittedClicks, fit_clicks
from engine.clicks.judging import judged_log_loss
from engine.clicks.log import ClickLog
from engine.clicks.report import ClickReport, judge
from engine.clicks.rows import AdRows
from engine.progress import Progress, silent, within
from engine.rankers import Ranker
from engine.store import PartStore, Recipe, default_store, part_key
from engine.training import undo_sampling

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClickModel:
    """A fitted design: what answers requests.

    features : as they stood at the cut-off; ranker: fitted before it.
    kept : share of the rows without a click that is undone; 1 where nothing is.
    calibrator : None where the probabilities are left as they are.
    """

    features: ClickFeatures
    ranker: Ranker
    kept: float
    calibrator: Calibrator | None

    @property
    def gives_probabilities(self) -> bool:
        """Whether `predict` gives probabilities rather than scores."""
        return self.ranker.gives_probabilities or self.calibrator is not None

    def predict(self, rows: AdRows) -> Array:
        """The probability of a click on each row, or its score where there are none, (n,)."""
        return self.finished(self.ranker.scores(self.features.table(rows)))

    def finished(self, scores: NDArray[np.float32]) -> Array:
        """Scores corrected for sampling and calibrated, (n,)."""
        values = corrected(scores, self.kept)
        return values if self.calibrator is None else self.calibrator(values)


def run_clicks(
    log: ClickLog,
    design: ClickDesign | None = None,
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> ClickReport:
    """Judge a design on the test days of a log, position as logged.

    What is fitted is kept: a design that differs only in what needs no fit (the correction, the
    calibration) is judged at once.

    Parameters
    ----------
    store : where fitted models are kept; the one that the process shares by default.
    progress : called with what is running and the share done, 0 to 1.

    Raises
    ------
    ValueError : days that the log lacks, or training days without a click or with nothing else.
    """
    design, store = design or ClickDesign(), store or default_store()
    days = days_of(log.config, design)
    fitted = fit_clicks(log, design, store, within(progress or silent, 0.0, 0.95))
    calibrator = calibrator_of(log, design, fitted)
    test = log.between(*days.test)
    clicked, truth = log.clicked[test], log.p[test]
    scores = finished(fitted.test_scores, design, fitted, calibrator)
    is_probability = fitted.ranker.gives_probabilities or calibrator is not None
    p = scores if is_probability else np.empty(0)
    return ClickReport(
        design=design,
        log=log.identity,
        days=days,
        judged=judge(clicked, truth, scores, p),
        ceiling=ceilings_of(log, design, store),
        clicked=clicked,
        truth=truth,
        scores=scores,
        p=p,
        validation_log_loss=_validation_loss(log, design, fitted, calibrator),
        notes=(*fitted.notes, *_notes(log, design, fitted, calibrator)),
        seconds=fitted.seconds,
        rows=fitted.rows,
        clicks=fitted.clicks,
        course=fitted.course,
        parameters=fitted.ranker.parameters,
        size_bytes=fitted.ranker.size_bytes,
    )


def click_model(
    log: ClickLog,
    design: ClickDesign,
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> ClickModel:
    """The fitted design as it would answer requests; parameters and errors as in `run_clicks`."""
    store = store or default_store()
    days = days_of(log.config, design)
    fitted = fit_clicks(log, design, store, progress or silent)
    features = store.part(
        part_key("click-features", log.identity, design.fitted_part),
        Recipe(make=lambda _: ClickFeatures.of(log, design, days.train[0], days.cutoff)),
    )
    return ClickModel(
        features, fitted.ranker, _undone(design, fitted), calibrator_of(log, design, fitted)
    )


def choose_model(
    log: ClickLog,
    designs: Sequence[ClickDesign],
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> tuple[ClickDesign, list[ClickReport]]:
    """The design with the least log loss on its validation day, and the reports of all.

    Raises
    ------
    ValueError : no design that gives probabilities; else as `run_clicks`.
    """
    progress = progress or silent
    n = len(designs)
    reports = [
        run_clicks(log, design, store, within(progress, place / n, (place + 1) / n))
        for place, design in enumerate(designs)
    ]
    losses = np.array([report.validation_log_loss for report in reports])
    if not np.isfinite(losses).any():
        raise ValueError("designs: must hold one whose scores are probabilities")
    return designs[int(np.nanargmin(losses))], reports


def ceilings_of(
    log: ClickLog, design: ClickDesign, store: PartStore
) -> dict[str, dict[str, float]]:
    """Ceilings of all figures for a model of the design's age, by `CEILINGS`."""
    days = days_of(log.config, design)

    def make(_: Progress) -> dict[str, dict[str, float]]:
        test = log.between(*days.test)
        clicked, truth = log.clicked[test], log.p[test]
        attainable = attainable_p(log.truth, log.rows.rows(test), days.cutoff)
        predictions = {"full": truth, "attainable": attainable}
        return {
            name: {figure: found.value for figure, found in judge(clicked, truth, p, p).items()}
            for name, p in predictions.items()
        }

    return store.part(part_key("click-ceilings", log.identity, days.cutoff), Recipe(make=make))


def calibrator_of(log: ClickLog, design: ClickDesign, fitted: FittedClicks) -> Calibrator | None:
    """The calibration fitted to the model's validation day; None where none is asked for."""
    if design.calibration == "none":
        return None
    values = corrected(fitted.validation_scores, _undone(design, fitted))
    part = log.between(*days_of(log.config, design).validation)
    clicked = log.clicked[part]
    if design.position == "first_only":
        first = log.rows.position[part] == 1
        values, clicked = values[first], clicked[first]
    return fit_calibrator(design.calibration, values, clicked, fitted.ranker.gives_probabilities)


def finished(
    scores: NDArray[np.float32],
    design: ClickDesign,
    fitted: FittedClicks,
    calibrator: Calibrator | None,
) -> Array:
    """Scores corrected for sampling and calibrated as a design asks, (n,)."""
    values = corrected(scores, _undone(design, fitted))
    return values if calibrator is None else calibrator(values)


def corrected(scores: NDArray[np.float32], kept: float) -> Array:
    """Probabilities as if all rows had trained the model, (n,)."""
    values = scores.astype(np.float64)
    return undo_sampling(values, kept) if kept < 1.0 else values


def _undone(design: ClickDesign, fitted: FittedClicks) -> float:
    return design.negatives if design.correct and fitted.ranker.gives_probabilities else 1.0


def _validation_loss(
    log: ClickLog, design: ClickDesign, fitted: FittedClicks, calibrator: Calibrator | None
) -> float:
    if not fitted.ranker.gives_probabilities and calibrator is None:
        return float("nan")
    p = finished(fitted.validation_scores, design, fitted, calibrator)
    clicked = log.clicked[log.between(*days_of(log.config, design).validation)]
    return judged_log_loss(clicked.astype(np.float64), p).value if len(clicked) else float("nan")


def _notes(
    log: ClickLog, design: ClickDesign, fitted: FittedClicks, calibrator: Calibrator | None
) -> list[str]:
    notes = []
    if design.calibration != "none" and calibrator is None:
        notes.append(
            f"The validation day holds fewer than {FEWEST} clicks, or other rows: too few to "
            "calibrate by, so nothing was calibrated."
        )
    if not fitted.ranker.gives_probabilities and calibrator is None:
        notes.append(
            f"The scores of {design.model.name} are no probabilities: only their order is judged. "
            "A calibration makes probabilities of them."
        )
    clicked = log.clicked[log.between(*days_of(log.config, design).test)]
    if clicked.all() or not clicked.any():
        notes.append("The test days lack clicks or other rows: only the truth can judge.")
    return notes
