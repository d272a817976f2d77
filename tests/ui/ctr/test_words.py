"""What the page of ad clicks says: figures, captions and the one sentence."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from engine.clicks import ClickDesign, run_clicks
from engine.rankers import LambdaRank, Prior
from tests.ui.ctr.studies import DESIGN, STORE, a_log, a_view, against_a, all_known, sold, times
from ui.ctr import words
from ui.ctr.view import ClickTimes


def test_the_large_figures_are_those_of_the_engine_with_both_ceilings() -> None:
    view = all_known()
    report = run_clicks(a_log(), DESIGN, STORE)
    shown = {one.label: one for one in words.headlines(view)}
    assert list(shown) == [
        "Norm. entropy",
        "AUC",
        "LogLoss",
        "Calibration ratio",
        "ECE",
        "p99 of 20 ads",
    ]
    auc = shown["AUC"]
    assert auc.value == f"{report['auc'].value:.3f}"
    assert auc.kind == f"simulated ± {report['auc'].half_width:.3f}"
    attainable, full = (report.ceiling[kind]["auc"] for kind in ("attainable", "full"))
    assert auc.note == f"attainable {attainable:.3f} · full {full:.3f}"
    assert shown["p99 of 20 ads"].kind == "measured, of 30 ms"


def test_a_p99_waits_for_a_thousand_requests() -> None:
    first, whole = (
        words.headlines(replace(a_view(), times=times(requests)))[-1] for requests in (60, 1_000)
    )
    assert (first.value, first.kind) == ("–", "from 1,000 requests")
    assert whole.value.endswith(" ms")
    assert words.headlines(a_view())[-1].kind == "being timed …"


def test_scores_that_are_no_probabilities_are_told_as_such() -> None:
    view = a_view(model=LambdaRank(trees=20))
    shown = {one.label: one for one in words.headlines(view)}
    assert shown["Norm. entropy"].note == shown["ECE"].note == "no probabilities"
    assert shown["AUC"].kind.startswith("simulated")
    assert "no auction can price by them" in words.sentence(view, None)
    assert "nan" not in words.sentence(view, None)


def test_share_of_the_way_is_0_for_the_base_rate_and_below_1_for_a_model() -> None:
    assert abs(words.reached(a_view(model=Prior()).report)) < 0.02
    assert 0.1 < words.reached(a_view().report) < 1


def test_broken_probabilities_are_told_with_the_remedy() -> None:
    view = a_view(negatives=0.05, correct=False)
    text = words.sentence(view, sold(view))
    ratio = view.report["calibration_ratio"].value
    assert ratio > 2
    assert f"promise **{ratio:.2f} times the clicks**: no price can rest on them." in text
    assert "Undoing the sampling mends that." in text
    mended = words.sentence(a_view(negatives=0.05), sold(a_view(negatives=0.05)))
    assert "no price can rest" not in mended


def test_what_the_auction_loses_stands_in_the_sentence() -> None:
    found = sold(a_view())
    lost = found.report["welfare_regret"].value
    assert f"loses **{lost:.1%}** of the welfare" in words.sentence(a_view(), found)
    assert "welfare" not in words.sentence(a_view(), None)


def test_against_a_the_difference_and_its_noise_are_told_and_a_itself_is_known() -> None:
    text = words.sentence(against_a(negatives=0.05, correct=False), None)
    assert "Against A: **−" in text
    lines = [one.versus for one in words.headlines(against_a(calibration="platt"))]
    assert "as A" in lines  # calibration by a rising curve leaves AUC as it is
    assert all(lines)
    assert "This is the pinned design A itself." in words.sentence(against_a(), None)


def test_source_tells_rows_fit_and_stopwatch() -> None:
    view = all_known()
    line = words.source_line(view, now=1_030.0)
    assert f"judged on {len(view.report.truth):,} rows" in line
    assert line.endswith("timed over 1,000 requests, just now")
    assert words.source_line(a_view()).endswith("being timed …")
    failed = replace(a_view(), times=ClickTimes(failed="it stopped"))
    assert words.source_line(failed).endswith("not timed: it stopped")


def test_every_caption_tells_the_kind_and_the_design() -> None:
    for key, line in words.captions(against_a(calibration="platt")).items():
        assert "simulated" in line or "measured" in line, key
        assert "GBDT" in line or "all models" in line, key


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "GBDT"),
        ({"negatives": 0.05}, "GBDT, 5% of the negatives, undone"),
        ({"negatives": 0.05, "correct": False}, "GBDT, 5% of the negatives, not undone"),
        ({"calibration": "isotonic", "age_days": 3}, "GBDT, isotonic, 3 days old"),
        (
            {"position": "first_only", "encoding": "leave_one_out"},
            "GBDT, position: first only, ids: leave one out",
        ),
    ],
)
def test_a_design_in_short_is_what_differs_from_the_default(
    changes: dict[str, object], told: str
) -> None:
    assert words.in_short(replace(ClickDesign(), **changes)) == told


def test_the_trap_is_a_lesson_that_names_both_aucs() -> None:
    trapped, honest = a_view(encoding="leave_one_out"), a_view()
    assert words.lesson(honest, None) == ""
    text = words.lesson(trapped, honest.report)
    for view in (trapped, honest):
        assert f"**{view.report['auc'].value:.3f}**" in text
    assert trapped.report["auc"].value < honest.report["auc"].value
    assert "AUC here" not in words.lesson(trapped, None)


def test_all_figures_stand_beside_what_the_clicks_say() -> None:
    heads, rows = words.all_figures(a_view())
    assert [row[0] for row in rows][:2] == ["AUC", "LogLoss"]
    assert all(len(row) == len(heads) for row in rows)
    seen = a_view().report["auc_observed"].value
    assert rows[0][3] == f"{seen:.4f}"
    assert not math.isnan(seen)
