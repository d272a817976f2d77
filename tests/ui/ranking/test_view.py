"""What the ranking page shows of a design: taken from a report, or between judged candidates."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

import engine
from engine.design import Design
from engine.evaluation import Report
from engine.pipeline import System
from engine.store import PartStore
from tests.ui.ranking.rankings import a_ranking, a_timing, against_a, learned
from tests.ui.views import a_curve
from ui.ranking.view import RankingView

SystemOf = Callable[..., System]


@pytest.fixture(scope="module")
def report(own_system: SystemOf, own_store: PartStore) -> Report:
    return engine.evaluate(own_system(), users=60, store=own_store)


def judged(report: Report) -> RankingView:
    return RankingView.judged(Design(), report, learned(), a_timing(), a_curve(), None)


def test_a_judged_view_holds_every_figure_of_its_report_with_its_interval(report: Report) -> None:
    view = judged(report)
    assert view.source == "judged"
    assert set(view.figures) == set(report)
    for name, figure in report.items():
        np.testing.assert_equal(view.figures[name], (figure.value, figure.half_width))
    assert view.ceiling == report.ceiling
    assert view.users == report["ndcg@10"].n


def test_what_ranking_misplaces_and_what_never_reached_it_add_up_to_a_perfect_slate(
    report: Report,
) -> None:
    view = judged(report)
    misplaced, before = view.best_slate - view.figures["ndcg@10"][0], 1.0 - view.best_slate
    assert misplaced == pytest.approx(report.loss["ranking"].value, abs=1e-9)
    assert misplaced + before + view.figures["ndcg@10"][0] == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("place", range(3))
def test_a_preview_at_a_number_that_was_judged_is_what_was_judged(place: int) -> None:
    view = a_ranking()
    curve = view.curve
    assert curve is not None
    seen = view.preview(curve.candidates[place])
    assert (seen.source, seen.design.candidates) == ("grid", curve.candidates[place])
    assert seen.figures["ndcg@10"] == pytest.approx((curve.ndcg[place], curve.half_width[place]))
    assert seen.best_slate == pytest.approx(curve.best_returned[place])


def test_a_preview_between_them_is_linear_in_the_logarithm() -> None:
    view = a_ranking()
    curve = view.curve
    assert curve is not None
    middle = view.preview(round(math.sqrt(10 * 100)))  # 32, nearly halfway
    assert middle.figures["ndcg@10"][0] == pytest.approx(curve.ndcg[:2].mean(), abs=1e-3)
    assert middle.best_slate == pytest.approx(curve.best_returned[:2].mean(), abs=1e-3)


def test_a_preview_keeps_what_hangs_on_no_candidates_and_claims_nothing_else() -> None:
    view = a_ranking()
    figures = view.figures | {"recall@candidates": (0.6, 0.02)}
    seen = replace(view, figures=figures).preview(100)
    assert "recall@candidates" not in seen.figures
    for name in ("auc", "log_loss", "normalized_entropy", "calibration_ratio"):
        assert seen.figures[name] == view.figures[name]
    assert (seen.learned, seen.timing, seen.importances, seen.ceiling) == (
        view.learned,
        view.timing,
        view.importances,
        view.ceiling,
    )


def test_a_preview_keeps_the_pinned_design_and_claims_no_difference_to_it() -> None:
    view = against_a(ndcg_at_10=(0.05, 0.01))
    assert view.pinned is not None
    seen = view.preview(100).pinned
    assert seen is not None
    assert seen.view is view.pinned.view
    assert seen.figures is None


def test_nothing_is_previewed_before_the_curve_is_known() -> None:
    with pytest.raises(ValueError, match=r"^curve: must be known before a preview$"):
        a_ranking(curve=None).preview(100)


@pytest.mark.parametrize(("candidates", "low", "high"), [(300, 300, 300), (400, 300, 500)])
def test_the_time_of_the_stage_is_that_of_its_candidates(
    candidates: int, low: int, high: int
) -> None:
    view, timing = a_ranking(design=Design(candidates=candidates)), a_timing()
    expected = (timing.percentile(low, 95) + timing.percentile(high, 95)) / 2
    assert view.stage_ms(95) == pytest.approx(expected)
    assert view.stage_ms(50) < view.stage_ms(95)


def test_without_a_stopwatch_the_time_of_the_stage_is_not_known() -> None:
    assert math.isnan(a_ranking(timing=None).stage_ms(95))
