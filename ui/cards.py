"""A slate as cards, and what it missed, in HTML of our own."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import streamlit as st

from ui.slate import SlateView
from ui.write_up.parts import Table
from ui.write_up.shown import put


def html(slate: SlateView) -> str:
    """The cards of a slate; a bar shows the true relevance."""
    cards = "".join(
        f'<li class="sl-card"><span class="sl-rank">{card.rank}</span>'
        f'<span class="sl-title">{escape(card.title)}</span>'
        f'<span class="sl-topic">{escape(card.topic)}</span>'
        f'<span class="sl-bar" role="img" aria-label="true relevance {card.relevance:.2f}">'
        f'<span style="width:{100 * card.relevance:.0f}%"></span></span>'
        f'<span class="sl-true">{card.relevance:.2f} · truly #{card.true_rank:,}</span></li>'
        for card in slate.cards
    )
    return f'<ol class="sl-slate">{cards}</ol>{_missed(slate)}'


def show(slate: SlateView) -> None:
    """The cards on the page, and in a write-up of it."""
    put(*_tables(slate))
    st.html(html(slate))


def _tables(slate: SlateView) -> Iterator[Table]:
    yield Table(
        f"The slate of user {slate.user:,}",
        ("rank", "title", "topic", "true relevance", "true rank"),
        tuple(
            (f"{c.rank}", c.title, c.topic, f"{c.relevance:.2f}", f"{c.true_rank:,}")
            for c in slate.cards
        ),
        (True, False, False, True, True),
    )
    if slate.missed:
        more = f", and {slate.others_missed} more" if slate.others_missed else ""
        yield Table(
            f"Best items missed{more}",
            ("true rank", "title", "true relevance", "lost in", "why"),
            tuple(
                (f"{m.true_rank}", m.title, f"{m.relevance:.2f}", m.lost_in, m.reason)
                for m in slate.missed
            ),
            (True, False, True, False, False),
        )


def _missed(slate: SlateView) -> str:
    if not slate.cards and not slate.missed:
        return '<p class="sl-missed">This user has clicked every item: nothing is left to show.</p>'
    if not slate.missed:
        return '<p class="sl-missed">Nothing missed: these are the ten truly best items.</p>'
    rows = "".join(
        f"<li><b>{escape(item.title)}</b> truly #{item.true_rank}, relevance "
        f'{item.relevance:.2f}: lost in <b class="sl-{item.lost_in}">{item.lost_in}</b>, '
        f"{escape(item.reason)}</li>"
        for item in slate.missed
    )
    more = f"<li>and {slate.others_missed} more</li>" if slate.others_missed else ""
    return f'<div class="sl-missed"><p>Best items missed</p><ul>{rows}{more}</ul></div>'
