"""From a design to its report."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.clicks import (
    MODELS,
    ClickDesign,
    ClickLog,
    ClickReport,
    choose_model,
    click_model,
    days_of,
    run_clicks,
)
from engine.rankers import GBDT, LambdaRank
from engine.store import PartStore
from engine.training import undo_sampling
from tests.engine.clicks.models import quick_model

ROOT = Path(__file__).parents[3]


def test_predictions_are_those_of_the_model_that_answers_requests(
    small_clicks: ClickLog, quick: ClickDesign, quick_report: ClickReport, clicks_store: PartStore
) -> None:
    model = click_model(small_clicks, quick, clicks_store)
    rows = small_clicks.rows.rows(small_clicks.between(*quick_report.days.test))
    np.testing.assert_allclose(model.predict(rows), quick_report.p, rtol=1e-6)
    part = rows.rows(slice(100, 120))
    np.testing.assert_allclose(model.predict(part), quick_report.p[100:120], rtol=1e-6)


def test_report_judges_the_rows_of_the_test_days(
    small_clicks: ClickLog, quick_report: ClickReport
) -> None:
    test = small_clicks.between(19, 21)
    np.testing.assert_array_equal(quick_report.clicked, small_clicks.clicked[test])
    np.testing.assert_array_equal(quick_report.truth, small_clicks.p[test])
    assert quick_report["auc"].n == test.stop - test.start


def test_model_learns_and_stays_below_its_ceilings(quick_report: ClickReport) -> None:
    assert quick_report["auc"].low > 0.65
    assert quick_report["normalized_entropy"].high < 1.0
    full, attainable = quick_report.ceiling["full"], quick_report.ceiling["attainable"]
    assert quick_report["auc"].value < attainable["auc"] < full["auc"]
    assert quick_report["log_loss"].value > attainable["log_loss"] > full["log_loss"]
    assert (full["ece"], full["calibration_ratio"]) == (0.0, 1.0)


def test_prior_is_the_foot_of_the_ladder(small_clicks: ClickLog, clicks_store: PartStore) -> None:
    report = run_clicks(small_clicks, ClickDesign(model="prior"), clicks_store)  # type: ignore[arg-type]
    assert report["auc"].value == 0.5
    assert report["normalized_entropy"].value == pytest.approx(1.0, abs=0.01)


def test_correction_undoes_the_sampling(small_clicks: ClickLog, clicks_store: PartStore) -> None:
    design = ClickDesign(model=GBDT(trees=30), negatives=0.1)
    plain = run_clicks(small_clicks, replace(design, correct=False), clicks_store)
    corrected = run_clicks(small_clicks, design, clicks_store)
    np.testing.assert_allclose(corrected.p, undo_sampling(plain.p, 0.1), rtol=1e-6)
    assert plain["calibration_ratio"].low > 2.0
    assert corrected["calibration_ratio"].value == pytest.approx(1.0, abs=0.12)
    assert corrected["auc"].value == pytest.approx(plain["auc"].value, abs=1e-6)


@pytest.mark.parametrize("calibration", ["platt", "isotonic"])
def test_calibration_mends_uncorrected_sampling(
    small_clicks: ClickLog, clicks_store: PartStore, calibration: str
) -> None:
    design = ClickDesign(model=GBDT(trees=30), negatives=0.1, correct=False)
    plain = run_clicks(small_clicks, design, clicks_store)
    mended = run_clicks(
        small_clicks,
        replace(design, calibration=calibration),  # type: ignore[arg-type]
        clicks_store,
    )
    assert mended["calibration_ratio"].value == pytest.approx(1.0, abs=0.12)
    assert mended["ece"].value < 0.15 * plain["ece"].value
    # Steps tie rows that the model tells apart.
    assert mended["auc"].value == pytest.approx(plain["auc"].value, abs=0.01)


def test_order_alone_is_judged_by_order_alone_until_it_is_calibrated(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    design = ClickDesign(model=LambdaRank(trees=20))
    report = run_clicks(small_clicks, design, clicks_store)
    assert report["auc"].low > 0.6
    assert report["average_precision"].n > 0
    for name in ("log_loss", "normalized_entropy", "calibration_ratio", "ece_observed"):
        assert np.isnan(report[name].value)
        assert report[name].n == 0
    assert any("are no probabilities" in note for note in report.notes)
    assert np.isnan(report.validation_log_loss)
    mended = run_clicks(small_clicks, replace(design, calibration="platt"), clicks_store)
    assert mended["calibration_ratio"].value == pytest.approx(1.0, abs=0.12)
    assert mended["auc"].value == pytest.approx(report["auc"].value, abs=1e-6)
    assert not any("are no probabilities" in note for note in mended.notes)


def test_model_is_chosen_by_its_validation_day(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    names = ("prior", "logistic", "lambdarank")
    designs = [ClickDesign(model=name) for name in names]  # type: ignore[arg-type]
    chosen, reports = choose_model(small_clicks, designs, clicks_store)
    assert chosen == designs[1]
    losses = [report.validation_log_loss for report in reports]
    assert losses[1] < losses[0]
    days = days_of(small_clicks.config, designs[0])
    clicked = small_clicks.clicked[small_clicks.between(*days.validation)]
    prior = small_clicks.clicked[small_clicks.between(*days.train)].mean()
    expected = -np.mean(np.where(clicked, np.log(prior), np.log1p(-prior)))
    assert losses[0] == pytest.approx(expected, rel=1e-6)


def test_choice_among_scores_that_are_no_probabilities_is_refused(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    with pytest.raises(ValueError, match="designs: must hold one whose scores are probabilities"):
        choose_model(small_clicks, [ClickDesign(model="lambdarank")], clicks_store)  # type: ignore[arg-type]


def test_first_position_alone_predicts_for_the_first_position(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    design = ClickDesign(model=GBDT(trees=30), position="first_only")
    report = run_clicks(small_clicks, design, clicks_store)
    rows = small_clicks.rows.rows(small_clicks.between(*report.days.test))
    truth = small_clicks.truth.probability(replace(rows, position=np.ones_like(rows.position)))
    assert report.p.mean() == pytest.approx(truth.mean(), rel=0.1)
    assert report["calibration_ratio"].value > 1.4  # as logged, most rows stand lower
    calibrated = run_clicks(small_clicks, replace(design, calibration="platt"), clicks_store)
    assert calibrated.p.mean() == pytest.approx(report.p.mean(), rel=0.1)


def test_test_days_of_one_class_leave_the_truth_to_judge(
    small_clicks: ClickLog, quick: ClickDesign
) -> None:
    clicked = small_clicks.clicked & (small_clicks.rows.day < 19)
    quiet = replace(small_clicks, clicked=clicked, identity="quiet end")
    report = run_clicks(quiet, quick, PartStore(None))
    assert report["auc"].low > 0.6
    assert np.isnan(report["auc_observed"].value)
    assert any("only the truth can judge" in note for note in report.notes)


def test_days_that_the_log_lacks_are_refused_before_anything_is_fitted(
    small_clicks: ClickLog,
) -> None:
    store = PartStore(None)
    with pytest.raises(ValueError, match=r"age_days=30: must be at most 7"):
        run_clicks(small_clicks, ClickDesign(age_days=30), store)
    assert not store._parts


def test_progress_rises(small_clicks: ClickLog) -> None:
    told: list[float] = []
    design = ClickDesign(model=GBDT(trees=5))
    run_clicks(small_clicks, design, PartStore(None), lambda _, done: told.append(done))
    assert len(told) > 5
    assert told == sorted(told)


@pytest.mark.slow
def test_same_seed_gives_the_same_scores_in_two_processes(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    code = f"""
import numpy as np, sys
from engine.clicks import *
from engine.store import PartStore
from tests.engine.clicks.models import quick_model
log = make_clicks({small_clicks.config!r})
for name in MODELS:
    report = run_clicks(log, ClickDesign(model=quick_model(name)), PartStore(None))
    print(*np.round(report.scores, 9)[:200])
"""
    command = [sys.executable, "-c", code]
    other = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    here = [
        run_clicks(small_clicks, ClickDesign(model=quick_model(name)), clicks_store).scores[:200]
        for name in MODELS
    ]
    there = np.array(other.communicate()[0].split(), dtype=np.float64)
    assert other.returncode == 0
    assert len(there) == 200 * len(MODELS)
    np.testing.assert_allclose(np.concatenate(here), there, atol=1e-6)
