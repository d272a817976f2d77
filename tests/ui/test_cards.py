"""The slate in HTML: every card, every missed item, and no text that becomes markup."""

from __future__ import annotations

import re

from ui.cards import html
from ui.slate import Card, Missed, SlateView


def a_card(rank: int, title: str = "Bridges", relevance: float = 0.42) -> Card:
    return Card(rank, title, "Engineering", relevance, true_rank=1_234)


def a_slate(
    cards: tuple[Card, ...], missed: tuple[Missed, ...] = (), others_missed: int = 0
) -> SlateView:
    return SlateView(17, 20, 0.8, cards, missed, others_missed)


def test_there_is_one_card_an_item_in_the_order_shown() -> None:
    block = html(a_slate(tuple(a_card(rank, f"Title {rank}") for rank in range(1, 11))))
    assert re.findall(r'sl-title">([^<]*)<', block) == [f"Title {rank}" for rank in range(1, 11)]
    assert re.findall(r'sl-rank">(\d+)<', block) == [str(rank) for rank in range(1, 11)]


def test_a_card_tells_the_true_relevance_in_words_as_well_as_by_a_bar() -> None:
    block = html(a_slate((a_card(1),)))
    assert 'aria-label="true relevance 0.42"' in block
    assert "width:42%" in block
    assert "0.42 · truly #1,234" in block


def test_missed_items_name_the_stage_that_lost_them() -> None:
    missed = Missed("Tides", 0.9, 2, "index", "the search passed it by")
    block = html(a_slate((a_card(1),), (missed,), others_missed=3))
    assert '<b>Tides</b> truly #2, relevance 0.90: lost in <b class="sl-index">index</b>' in block
    assert "and 3 more" in block
    assert "more" not in html(a_slate((a_card(1),), (missed,)))


def test_a_perfect_slate_and_an_empty_one_say_so() -> None:
    assert "Nothing missed" in html(a_slate((a_card(1),)))
    assert "nothing is left to show" in html(a_slate(()))


def test_a_title_cannot_bring_markup_along() -> None:
    nasty = '<img src=x onerror="alert(1)">'
    missed = Missed(nasty, 0.9, 2, "ranking", nasty)
    block = html(a_slate((a_card(1, nasty),), (missed,)))
    assert "<img" not in block
    assert block.count("&lt;img") == 3
