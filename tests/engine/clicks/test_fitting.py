"""Models are fitted once, on the rows that a design asks for, and say what is odd."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from engine.clicks import ClickDesign, ClickLog, ClickLogConfig, days_of, make_clicks, run_clicks
from engine.clicks.design import MODELS
from engine.clicks.fitting import fit_clicks
from engine.progress import Progress
from engine.rankers import GBDT, Examples, Prior, Ranker
from engine.store import PartStore
from tests.engine.clicks.models import quick_model


@pytest.fixture
def fits() -> Iterator[list[tuple[Examples, Examples]]]:
    """The examples of each fit of a `Prior`, as they happen."""
    seen: list[tuple[Examples, Examples]] = []
    fit = Prior.fit

    def watched(
        self: Prior, train: Examples, validation: Examples, seed: int, progress: Progress
    ) -> Ranker:
        seen.append((train, validation))
        return fit(self, train, validation, seed, progress)

    with patch.object(Prior, "fit", watched):
        yield seen


PRIOR = ClickDesign(model=Prior())


def test_nothing_is_fitted_twice(
    small_clicks: ClickLog, tmp_path: Path, fits: list[tuple[Examples, Examples]]
) -> None:
    store = PartStore(tmp_path)
    for changes in ({}, {"correct": False}, {"calibration": "platt"}, {"encoding": "none"}):
        run_clicks(small_clicks, replace(PRIOR, **changes), store)  # type: ignore[arg-type]
    assert len(fits) == 1
    run_clicks(small_clicks, PRIOR, PartStore(tmp_path))  # another process: read from disk
    assert len(fits) == 1
    run_clicks(small_clicks, replace(PRIOR, age_days=3), store)
    assert len(fits) == 2


def test_days_of_training_and_validation_are_those_of_the_design(
    small_clicks: ClickLog, fits: list[tuple[Examples, Examples]]
) -> None:
    design = replace(PRIOR, age_days=2)
    fit_clicks(small_clicks, design, PartStore(None))
    days = days_of(small_clicks.config, design)
    [(train, validation)] = fits
    for examples, span in ((train, days.train), (validation, days.validation)):
        part = small_clicks.between(*span)
        np.testing.assert_array_equal(examples.clicked, small_clicks.clicked[part])
        np.testing.assert_array_equal(examples.request, small_clicks.rows.request[part])


def test_rows_without_a_click_are_left_out_of_training_and_validation_alike(
    small_clicks: ClickLog, fits: list[tuple[Examples, Examples]]
) -> None:
    fit_clicks(small_clicks, replace(PRIOR, negatives=0.25), PartStore(None))
    days = days_of(small_clicks.config, PRIOR)
    [(train, validation)] = fits
    for examples, span in ((train, days.train), (validation, days.validation)):
        clicked = small_clicks.clicked[small_clicks.between(*span)]
        assert examples.clicked.sum() == clicked.sum()
        kept = (~examples.clicked).sum() / (~clicked).sum()
        assert kept == pytest.approx(0.25, abs=0.05)


def test_first_position_alone_trains_where_that_is_asked_for(
    small_clicks: ClickLog, fits: list[tuple[Examples, Examples]]
) -> None:
    fitted = fit_clicks(small_clicks, replace(PRIOR, position="first_only"), PartStore(None))
    days = days_of(small_clicks.config, PRIOR)
    first = small_clicks.rows.position == 1
    part = small_clicks.between(*days.train)
    np.testing.assert_array_equal(fits[0][0].clicked, small_clicks.clicked[part][first[part]])
    test = small_clicks.between(*days.test)
    assert len(fitted.test_scores) == test.stop - test.start


@pytest.mark.parametrize("name", MODELS)
def test_model_read_back_says_the_same(name: str, small_clicks: ClickLog, tmp_path: Path) -> None:
    design = ClickDesign(model=quick_model(name))
    made = fit_clicks(small_clicks, design, PartStore(tmp_path))
    read = fit_clicks(small_clicks, design, PartStore(tmp_path))
    np.testing.assert_array_equal(read.test_scores, made.test_scores)
    np.testing.assert_array_equal(read.validation_scores, made.validation_scores)
    assert (read.course, read.notes, read.rows, read.clicks) == (
        made.course,
        made.notes,
        made.rows,
        made.clicks,
    )
    assert read.ranker.parameters == made.ranker.parameters


def test_unseen_ids_are_told_with_their_share(small_clicks: ClickLog) -> None:
    fitted = fit_clicks(small_clicks, PRIOR, PartStore(None))
    days = days_of(small_clicks.config, PRIOR)
    trained, tested = (
        small_clicks.rows.ad[small_clicks.between(*span)] for span in (days.train, days.test)
    )
    share = np.mean(~np.isin(tested, trained))
    assert share > 0.03
    assert any(f"ad {share:.1%}" in note for note in fitted.notes)


def test_constant_features_are_told(small_clicks: ClickLog) -> None:
    counts = small_clicks.rows.counts.copy()
    counts[:, 2], counts[:, 4] = 5.0, np.nan
    flat = replace(small_clicks, rows=replace(small_clicks.rows, counts=counts))
    fitted = fit_clicks(replace(flat, identity="flat"), PRIOR, PartStore(None))
    assert (
        "The same in all training rows, so they say nothing: ads_seen, page_words." in fitted.notes
    )


@pytest.mark.parametrize("name", MODELS)
def test_every_model_works_with_constant_features(name: str, small_clicks: ClickLog) -> None:
    counts = np.full_like(small_clicks.rows.counts, np.nan)
    counts[:, :4] = 7.0
    flat = replace(small_clicks, rows=replace(small_clicks.rows, counts=counts), identity="flat")
    design = ClickDesign(model=quick_model(name))
    scores = fit_clicks(flat, design, PartStore(None)).test_scores
    assert np.isfinite(scores).all()


@pytest.mark.parametrize("label", [False, True])
def test_one_class_in_training_is_refused_in_one_line(small_clicks: ClickLog, label: bool) -> None:
    clicked = np.full(len(small_clicks), label)
    one_class = replace(small_clicks, clicked=clicked, identity=f"all {label}")
    found = "only clicks" if label else "no click"
    with pytest.raises(ValueError, match=f"log: days 7 to 17 must hold .*, found {found}") as error:
        run_clicks(one_class, ClickDesign(), PartStore(None))
    assert "\n" not in str(error.value)


def test_few_clicks_are_told() -> None:
    log = make_clicks(ClickLogConfig(rows=5_000, base_rate=0.01, users=200, sites=20, ads=100))
    report = run_clicks(log, ClickDesign(calibration="platt"), PartStore(None))
    assert report.clicks < 200
    assert any(note.startswith(f"Only {report.clicks} clicks train") for note in report.notes)
    assert any("nothing was calibrated" in note for note in report.notes)
    assert np.isfinite(report.p).all()


def test_validation_day_of_one_class_stops_nothing_and_that_is_told(
    small_clicks: ClickLog,
) -> None:
    clicked = small_clicks.clicked & (small_clicks.rows.day != 18)
    quiet = replace(small_clicks, clicked=clicked, identity="quiet day")
    report = run_clicks(quiet, ClickDesign(model=GBDT(trees=15)), PartStore(None))
    assert report.course.kept == 15
    assert any("The validation day lacks clicks" in note for note in report.notes)


def test_trap_is_told(small_clicks: ClickLog) -> None:
    design = ClickDesign(model=GBDT(trees=5), encoding="leave_one_out")
    fitted = fit_clicks(small_clicks, design, PartStore(None))
    assert any("give the label of that one away" in note for note in fitted.notes)
