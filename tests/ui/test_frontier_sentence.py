"""The sentence of the frontier: who beats the design shown, and when that is noise."""

from __future__ import annotations

from dataclasses import replace

from tests.ui.points import a_point
from ui.frontier_points import Point
from ui.frontier_sentence import frontier_sentence

TWIN = a_point(9, 0.7)
HERE = replace(TWIN, p95=3, p50=1, source="this visit")
SLOWER = a_point(20, 0.75)


def said(*others: Point, here: Point | None = HERE) -> str:
    return frontier_sentence((TWIN, *others), here)


def test_nothing_beats_what_is_fastest_or_best() -> None:
    assert said(SLOWER, a_point(1, 0.6)) == (
        "**Nothing measured beats this design**: of 2 others timed beside it none is as good and "
        "as fast."
    )


def test_a_single_other_is_told_in_the_singular() -> None:
    assert "of 1 other timed beside it none" in said(SLOWER)


def test_a_gain_whose_intervals_are_apart_is_told_with_its_size() -> None:
    assert said(a_point(5, 0.725), a_point(6, 0.73), SLOWER) == (
        "In the shipped grid **0.73 in 6** gives **+0.030 NDCG** at less p95: "
        "6.0 instead of 9.0 ms."
    )


def test_a_gain_whose_intervals_overlap_is_inside_the_noise() -> None:
    assert said(a_point(5, 0.705), a_point(0.5, 0.7), a_point(6, 0.719)) == (
        "In the shipped grid **0.7 in 0.5** is as good (0.000 NDCG, inside the noise) at less p95: "
        "0.50 instead of 9.0 ms."
    )


def test_worse_quality_beats_nothing_however_fast() -> None:
    assert "Nothing measured" in said(a_point(0.1, 0.699))


def test_what_is_slower_at_the_median_beats_nothing() -> None:
    assert "Nothing measured" in said(a_point(5, 0.8, p50=6))


def test_shipped_times_are_never_held_against_times_of_this_visit() -> None:
    shipped_faster_than_twin_only = a_point(5, 0.8)
    assert "5.0 instead of 9.0 ms" in said(shipped_faster_than_twin_only)
    assert "not milliseconds" in frontier_sentence((shipped_faster_than_twin_only,), HERE)


def test_designs_of_one_visit_are_held_against_each_other() -> None:
    tried = a_point(2, 0.8, p50=0.5, source="this visit", name="the other")
    assert frontier_sentence((tried,), HERE) == (
        "In this visit **the other** gives **+0.100 NDCG** at less p95: 2.0 instead of 3.0 ms."
    )


def test_a_preview_is_held_against_nothing_of_this_visit() -> None:
    preview = replace(HERE, source="preview")
    tried = a_point(2, 0.8, p50=0.5, source="this visit")
    assert frontier_sentence((tried,), preview).startswith("This design takes its place once")
    assert "Nothing measured" in said(SLOWER, tried, here=preview)


def test_the_first_design_of_a_visit_and_one_that_was_not_timed_say_so() -> None:
    assert frontier_sentence((), HERE).startswith("The first design of this visit")
    assert said(here=None).startswith("This design was not timed")
