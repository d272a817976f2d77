"""The fitted model of a design, with its scores of the validation and the test days."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from engine.clicks.days import ClickDays, days_of
from engine.clicks.design import ClickDesign
from engine.clicks.encoding import ids_of, sizes_of
from engine.clicks.features import ClickFeatures, training_table
from engine.clicks.log import ClickLog
from engine.clicks.rows import AdRows
from engine.progress import Progress, silent, within
from engine.rankers import Course, Examples, Ranker, RankerConfig
from engine.store import PartStore, Recipe, part_key
from engine.table import FeatureTable
from engine.training import kept_negatives

FEW_CLICKS = 200
"""Clicks in training below which it is said that they are few."""
_FIT, _SCORES = "fit.json", "scores.npz"


@dataclass(frozen=True, slots=True, eq=False)
class FittedClicks:
    """A model and what it says of the validation day and of the test days.

    validation_scores, test_scores : float32 (n,), before any correction.
    seconds : that the fit took, where and when it was done.
    rows, clicks : that it learned from; validation_rows: that stopped it.
    notes : what was found odd in the data, a sentence each.
    """

    ranker: Ranker
    validation_scores: NDArray[np.float32]
    test_scores: NDArray[np.float32]
    seconds: float
    rows: int
    clicks: int
    validation_rows: int
    course: Course
    notes: tuple[str, ...] = field(default=())


def model_key(log: ClickLog, design: ClickDesign) -> str:
    """The name of the fitted model in a store: equal for designs that share it."""
    return part_key("click-model", log.identity, design.fitted_part)


def fit_clicks(
    log: ClickLog, design: ClickDesign, store: PartStore, progress: Progress = silent
) -> FittedClicks:
    """The model of a design, fitted once for the log and all that the fit hangs on.

    Raises
    ------
    ValueError : days that the log lacks, or training days without a click or with nothing else.
    """
    days = days_of(log.config, design)  # before anything is waited for
    fitted = design.fitted_part
    return store.part(
        model_key(log, design),
        Recipe(
            make=lambda report: _fit(log, fitted, days, report),
            save=_save,
            load=lambda directory: _load(fitted.model, directory),
        ),
        progress,
    )


def _fit(log: ClickLog, design: ClickDesign, days: ClickDays, progress: Progress) -> FittedClicks:
    progress("joining features to the log", 0.0)
    start, stop = days.train
    train = _examples(log, days.train, training_table(log, design, days))
    later = ClickFeatures.of(log, design, start, stop).table(_rows(log, days.validation))
    validation = _examples(log, days.validation, later)
    learned = _learned_from(train, design, log, days.train)
    stopping = _learned_from(validation, design, log, days.validation)
    _require_both(learned, days)
    started = perf_counter()
    ranker = design.model.fit(learned, stopping, log.config.seed, within(progress, 0.05, 0.95))
    seconds = perf_counter() - started
    progress("scoring the test days", 0.95)
    serving = ClickFeatures.of(log, design, start, days.cutoff)
    return FittedClicks(
        ranker=ranker,
        validation_scores=ranker.scores(validation.table),
        test_scores=ranker.scores(serving.table(_rows(log, days.test))),
        seconds=seconds,
        rows=len(learned),
        clicks=int(learned.clicked.sum()),
        validation_rows=len(stopping),
        course=ranker.course,
        notes=tuple(_notes(log, design, days, learned, stopping)),
    )


def _rows(log: ClickLog, span: tuple[int, int]) -> AdRows:
    return log.rows.rows(log.between(*span))


def _examples(log: ClickLog, span: tuple[int, int], table: FeatureTable) -> Examples:
    part = log.between(*span)
    return Examples(table, log.clicked[part], log.rows.request[part])


def _learned_from(
    examples: Examples, design: ClickDesign, log: ClickLog, span: tuple[int, int]
) -> Examples:
    """The rows that a design looks at in training and in stopping, sampled alike in both."""
    kept = np.ones(len(examples), dtype=bool)
    if design.negatives < 1.0:
        kept = kept_negatives(examples, design.negatives, log.config.seed)
    if design.position == "first_only":
        kept &= log.rows.position[log.between(*span)] == 1
    return examples if kept.all() else examples.rows(kept)


def _require_both(train: Examples, days: ClickDays) -> None:
    if not train.both_classes:
        found = "only clicks" if train.clicked.any() else "no click"
        first, last = days.train[0], days.train[1] - 1
        raise ValueError(
            f"log: days {first} to {last} must hold clicks and other rows, found {found} in "
            f"{len(train):,} rows; a longer log or a higher base rate helps"
        )


def _notes(
    log: ClickLog, design: ClickDesign, days: ClickDays, train: Examples, validation: Examples
) -> list[str]:
    notes = []
    clicks = int(train.clicked.sum())
    if clicks < FEW_CLICKS:
        notes.append(f"Only {clicks} clicks train the model: much of what it learned is chance.")
    if not validation.both_classes:
        notes.append(
            "The validation day lacks clicks or other rows: nothing stops the fit early, "
            "and nothing can be calibrated."
        )
    constant = [
        column.name
        for column, values in zip(train.table.schema, train.table.values.T, strict=True)
        if _constant(values)
    ]
    if constant:
        notes.append(f"The same in all training rows, so they say nothing: {', '.join(constant)}.")
    unseen = _unseen(log, days)
    if unseen:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in unseen.items())
        notes.append(f"Test rows with an id that no training row holds: {shares}.")
    if design.sees_rates and design.encoding == "leave_one_out":
        notes.append(
            "Click rates of all rows but one give the label of that one away: in training "
            "the model looks far better than it is."
        )
    return notes


def _constant(values: NDArray[np.float32]) -> bool:
    present = values[~np.isnan(values)]
    # A column that is missing in some rows says something by that.
    return not len(present) or (len(present) == len(values) and bool((values == values[0]).all()))


def _unseen(log: ClickLog, days: ClickDays) -> dict[str, float]:
    """Share of the test rows whose id training did not see, where there are any."""
    seen_in = ids_of(_rows(log, days.train), log.catalogue)
    shares = {}
    for name, ids in ids_of(_rows(log, days.test), log.catalogue).items():
        seen = np.zeros(sizes_of(log.config, log.catalogue)[name], dtype=bool)
        seen[seen_in[name]] = True
        if len(ids) and not seen[ids].all():
            shares[name] = float(np.mean(~seen[ids]))
    return shares


def _save(fitted: FittedClicks, directory: Path) -> None:
    fitted.ranker.save(directory)
    np.savez(directory / _SCORES, validation=fitted.validation_scores, test=fitted.test_scores)
    told = {
        "seconds": fitted.seconds,
        "rows": fitted.rows,
        "clicks": fitted.clicks,
        "validation_rows": fitted.validation_rows,
        "course": fitted.course._asdict(),
        "notes": fitted.notes,
    }
    (directory / _FIT).write_text(json.dumps(told), encoding="utf-8")


def _load(config: RankerConfig, directory: Path) -> FittedClicks:
    told = json.loads((directory / _FIT).read_text(encoding="utf-8"))
    course, notes = told.pop("course"), told.pop("notes")
    with np.load(directory / _SCORES, allow_pickle=False) as scores:
        validation, test = scores["validation"], scores["test"]
    return FittedClicks(
        ranker=config.load(directory),
        validation_scores=validation,
        test_scores=test,
        course=Course(tuple(course["losses"]), course["kept"], course["loss"]),
        notes=tuple(notes),
        **told,
    )
