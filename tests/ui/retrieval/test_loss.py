"""What the index loses is told over the same users, whoever else was asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.index import HNSW, Exact
from tests.ui.retrieval.searches import grid, point, view
from ui.retrieval import words
from ui.retrieval.view import SearchGrid, with_grid


@pytest.mark.parametrize("found", [0.2, 0.4, 0.9])
def test_the_loss_does_not_hang_on_who_was_asked_for_the_mark(found: float) -> None:
    """The grid's own users: exact search finds 70%, an ef of 200 finds 40%."""
    asked = replace(view(point(HNSW(ef_search=200), 0.97, 0.2, top10=found)), judged=50)
    shown = with_grid(asked, grid())
    assert shown.lost == pytest.approx(0.3)
    assert f"exact search itself would bring {found + 0.3:.1%}" in words.sentence(shown, None)
    assert words.headlines(shown)[1].note == f"exact search {found + 0.3:.1%}"


def test_what_exact_search_would_bring_the_same_users_is_one_number_at_any_width() -> None:
    found = ((100, 0.3), (150, 0.41), (200, 0.4))
    shown = [view(point(HNSW(ef_search=ef), 0.97, 0.2, 1_000, top10)) for ef, top10 in found]
    notes = {words.headlines(with_grid(one, grid()))[1].note for one in shown}
    assert notes == {"exact search 80.0%"}


def test_exact_search_loses_nothing_against_itself() -> None:
    row = (point(Exact(), 1.0, 2.0, 100, top10=0.6),)
    asked_less = replace(view(point(Exact(), 1.0, 2.0, 100, top10=0.5)), judged=50)
    shown = with_grid(asked_less, SearchGrid((row,), (0.6,)))
    assert shown.lost == 0.0
    assert words.sentence(shown, None).endswith("and the index nothing you can see.")
    assert "would bring 50.0%" in words.sentence(shown, None)


def test_curves_of_other_queries_say_so() -> None:
    joined = with_grid(view(), grid())
    assert "curves over" not in words.captions(joined, None)["two_recalls"]
    fewer = replace(joined, queries=200)
    assert "curves over 500 queries, marks over 200" in words.captions(fewer, None)["two_recalls"]
