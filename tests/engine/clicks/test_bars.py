"""What is claimed of the default log, on its own seed; five seeds are in the benchmark."""

from dataclasses import replace

import pytest

from engine.clicks import (
    ClickDesign,
    ClickLog,
    ClickLogConfig,
    compare_clicks,
    make_clicks,
    relative_difference,
    run_clicks,
)
from engine.rankers import FM, Logistic
from engine.store import PartStore

STORE = PartStore(None)


@pytest.fixture(scope="module")
def log() -> ClickLog:
    return make_clicks(ClickLogConfig())


@pytest.mark.slow
def test_trees_beat_factorisation_which_beats_a_line_and_the_truth_is_in_sight(
    log: ClickLog,
) -> None:
    line, machine, trees = (
        run_clicks(log, design, STORE)
        for design in (ClickDesign(model=Logistic()), ClickDesign(model=FM()), ClickDesign())
    )
    assert compare_clicks(line, machine)["auc"].low > 0
    assert compare_clicks(machine, trees)["auc"].low > 0
    assert trees.validation_log_loss < machine.validation_log_loss
    assert 0.012 <= compare_clicks(line, trees)["auc"].value <= 0.030
    assert trees.ceiling["full"]["auc"] - trees["auc"].value <= 0.05


@pytest.mark.slow
def test_model_seven_days_old_loses_one_to_two_percent_of_normalised_entropy(
    log: ClickLog,
) -> None:
    fresh, old = (run_clicks(log, ClickDesign(age_days=age), STORE) for age in (0, 7))
    assert 0.01 <= relative_difference(fresh, old, "normalized_entropy").value <= 0.02


@pytest.mark.slow
def test_leaving_one_out_is_worse_than_no_rates_and_earlier_days_are_best(log: ClickLog) -> None:
    best, none, trap = (
        run_clicks(log, ClickDesign(encoding=encoding), STORE)  # type: ignore[arg-type]
        for encoding in ("earlier_days", "none", "leave_one_out")
    )
    assert compare_clicks(none, best)["auc"].low > 0.03
    assert compare_clicks(none, trap)["auc"].high < -0.01


@pytest.mark.slow
def test_a_tenth_of_the_negatives_is_corrected_to_within_a_twentieth() -> None:
    rare = make_clicks(ClickLogConfig(base_rate=0.05))
    design = ClickDesign(negatives=0.1)
    plain = run_clicks(rare, replace(design, correct=False), STORE)
    corrected = run_clicks(rare, design, STORE)
    assert plain["calibration_ratio"].value > 4
    assert corrected["calibration_ratio"].value == pytest.approx(1.0, abs=0.05)
    assert len(plain.course.losses) > 0  # stopped, or not, by a validation day sampled alike
