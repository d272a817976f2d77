"""B against A: what stands under each figure, and in the sentence."""

from __future__ import annotations

from typing import Any

import pytest

from engine.comparison import Comparison
from engine.design import Design
from engine.figures import Estimate, MeasuredDifference
from tests.ui.views import a_view
from ui import versus
from ui.headline import two_stage_headlines
from ui.view import Pinned

NOTHING = Estimate(0.0, 0.0, 0.0, 500)
A = Design(candidates=100)


def differences(**clear: float) -> Comparison:
    """All zero but those named, which are clear; `ndcg__10` stands for `ndcg@10`."""
    figures = dict.fromkeys(("ndcg@10", "recall@candidates", "ann_recall", "auc"), NOTHING)
    named = {name.replace("__", "@"): value for name, value in clear.items()}
    return Comparison(
        figures | {name: Estimate(x, x - 0.001, x + 0.001, 500) for name, x in named.items()}, {}
    )


def slower(value: float, margin: float) -> dict[str, MeasuredDifference]:
    one = MeasuredDifference(value, value - margin, value + margin, "ms", 1_000, 0.0)
    return {"p50": one, "p95": one, "p99": one}


def pinned(**changes: Any) -> Pinned:
    return Pinned(a_view(design=A), **changes)


def under(one: Pinned) -> dict[str, str]:
    view = a_view(pinned=one)
    return {headline.label: headline.versus for headline in two_stage_headlines(view)}


def test_without_a_pin_nothing_stands_under_the_figures() -> None:
    assert {headline.versus for headline in two_stage_headlines(a_view())} == {""}
    assert versus.sentence(a_view()) == ""


def test_a_clear_difference_has_its_sign_and_its_interval() -> None:
    lines = under(pinned(figures=differences(ndcg__10=0.02, recall__candidates=-0.05)))
    assert lines["NDCG@10, true"] == "+0.020 ± 0.001 to A"
    assert lines["True top-10 among candidates"] == "−5.0 ± 0.1 points to A"


def test_what_is_equal_is_as_a_and_what_is_not_clear_is_inside_the_noise() -> None:
    figures = differences()
    unclear = Comparison({**figures, "auc": Estimate(0.001, -0.002, 0.004, 500)}, {})
    lines = under(pinned(figures=unclear))
    assert lines["NDCG@10, true"] == "as A"
    assert lines["AUC of the ranker"] == "+0.001 to A, inside the noise"
    assert lines["Index memory"] == "as A"


@pytest.mark.parametrize(
    ("margin", "words"),
    [(0.1, "+0.40 ± 0.10 ms to A"), (0.5, "+0.40 ms to A, inside the noise")],
)
def test_latency_is_held_against_a_once_both_were_timed_in_turn(margin: float, words: str) -> None:
    waiting = pinned(figures=differences())
    assert under(waiting)["p95 latency"].startswith("A ")
    timed = pinned(figures=differences(), times=slower(0.4, margin))
    assert under(timed)["p95 latency"] == words


def test_a_preview_names_as_own_figures_and_claims_no_difference() -> None:
    lines = under(pinned())
    assert lines["NDCG@10, true"] == "A 0.800"
    assert not any("to A" in lines[label] for label in lines if label != "Index memory")


def test_the_sentence_weighs_gain_against_time() -> None:
    one = pinned(figures=differences(ndcg__10=0.02), times=slower(0.4, 0.1))
    assert versus.sentence(a_view(pinned=one)) == (
        "Against A: **+0.020 NDCG** (± 0.001) for **+0.40 ms** p95 (± 0.10)."
    )


def test_the_sentence_says_where_metrics_disagree() -> None:
    one = pinned(figures=differences(ndcg__10=-0.02, ann_recall=0.01, auc=0.01))
    words = versus.sentence(a_view(pinned=one))
    assert "The metrics disagree: better in ANN recall and AUC; worse in True NDCG@10." in words


def test_the_pinned_design_itself_is_said_to_be() -> None:
    same = Pinned(a_view(), figures=differences())
    assert versus.sentence(a_view(pinned=same)) == "This is the pinned design A itself."


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0125, "+0.013"), (-0.0125, "−0.013"), (0.0004, "0.000"), (-0.0004, "0.000"), (0, "0.000")],
)
def test_a_sign_stands_on_all_but_what_rounds_to_zero(value: float, text: str) -> None:
    assert versus.signed(value) == text
