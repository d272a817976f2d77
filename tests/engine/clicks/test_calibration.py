"""Scores made probabilities: a logistic curve, or steps."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from engine.clicks.calibration import fit_calibrator
from engine.metrics import expected_calibration_error, log_loss, roc_auc

N = 20_000


@pytest.fixture(scope="module")
def day() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are too bold, and clicks."""
    rng = np.random.default_rng(0)
    odds = rng.normal(-1.5, 1.0, N)
    return expit(2.0 * odds + 1.0), rng.random(N) < expit(odds)


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_calibration_mends_what_is_wrong_and_keeps_the_order(
    kind: str, day: tuple[np.ndarray, np.ndarray]
) -> None:
    p, clicked = day
    calibrator = fit_calibrator(kind, p[: N // 2], clicked[: N // 2], True)  # type: ignore[arg-type]
    assert calibrator is not None
    mended, later = calibrator(p[N // 2 :]), clicked[N // 2 :]
    assert expected_calibration_error(later, p[N // 2 :]) > 0.05
    assert expected_calibration_error(later, mended) < 0.015
    assert log_loss(later, mended) < log_loss(later, p[N // 2 :]) - 0.02
    assert roc_auc(later, mended) == pytest.approx(roc_auc(later, p[N // 2 :]), abs=0.002)
    order = np.argsort(p[N // 2 :])
    assert (np.diff(mended[order]) >= 0).all()


def test_platt_finds_the_line_of_the_log_odds(day: tuple[np.ndarray, np.ndarray]) -> None:
    calibrator = fit_calibrator("platt", *day, True)
    assert calibrator is not None
    assert calibrator.slope == pytest.approx(0.5, abs=0.03)
    assert calibrator.offset == pytest.approx(-0.5, abs=0.06)


def test_platt_makes_probabilities_of_any_score() -> None:
    rng = np.random.default_rng(1)
    scores = rng.normal(10.0, 3.0, N)
    clicked = rng.random(N) < expit(0.3 * scores - 4.0)
    calibrator = fit_calibrator("platt", scores, clicked, False)
    assert calibrator is not None
    assert np.abs(calibrator(scores) - expit(0.3 * scores - 4.0)).max() < 0.05


def test_steps_are_those_of_scikit_learn_but_for_the_edges(
    day: tuple[np.ndarray, np.ndarray],
) -> None:
    p, clicked = day
    calibrator = fit_calibrator("isotonic", p, clicked, True)
    assert calibrator is not None
    steps = IsotonicRegression(out_of_bounds="clip").fit(p, clicked)
    np.testing.assert_allclose(calibrator(p), steps.predict(p), atol=0.5 / N + 1e-12)
    assert calibrator(np.array([0.0]))[0] > 0
    assert calibrator(np.array([1.0]))[0] < 1


@pytest.mark.parametrize("kind", ["platt", "isotonic"])
def test_constant_scores_become_the_rate_of_the_day(kind: str) -> None:
    clicked = np.arange(400) % 4 == 0
    calibrator = fit_calibrator(kind, np.full(400, 0.9), clicked, True)  # type: ignore[arg-type]
    assert calibrator is not None
    np.testing.assert_allclose(calibrator(np.array([0.9])), 0.25, atol=1e-6)


@pytest.mark.parametrize("clicks", [0, 19, 381, 400])
def test_too_few_rows_of_a_kind_are_not_calibrated_by(clicks: int) -> None:
    clicked = np.arange(400) < clicks
    assert fit_calibrator("platt", np.linspace(0.1, 0.9, 400), clicked, True) is None


def test_no_calibration_is_none() -> None:
    assert fit_calibrator("none", logit(np.full(100, 0.5)), np.arange(100) % 2 == 0, True) is None
