"""A table of designs side by side, in HTML of our own and as a part of a write-up."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from engine.side_by_side import Choice
from ui.compare.rows import Cell, Row, choice_rows, texts
from ui.html_table import show_table as show_plain
from ui.write_up.parts import Table
from ui.write_up.say import heading, note
from ui.write_up.shown import put

_NOT_AS_A = '<span class="sl-mark" title="differs from A">≠</span>'


def show_table(label: str, what: str, letters: Sequence[str], rows: Sequence[Row]) -> None:
    """The rows under their heads; the table scrolls where it is wider than its place.

    label : what the table holds. what : head of the first column.
    """
    heads = (what, "", *letters)
    put(Table(label, heads, tuple(texts(rows))))
    st.html(html(label, what, letters, rows))


def html(label: str, what: str, letters: Sequence[str], rows: Sequence[Row]) -> str:
    """The table; nothing in it is taken for markup."""
    columns = "".join(
        f'<th scope="col"><span class="sl-pin sl-pin-{letter.lower()}">{letter}</span></th>'
        for letter in letters
    )
    body = "".join(
        f'<tr><th scope="row" title="{escape(row.meaning)}">{escape(row.label)}'
        f"{_quiet(row.note)}</th>{''.join(map(_cell, row.cells))}</tr>"
        for row in rows
    )
    return (
        f'<div class="sl-table sl-compare" role="region" tabindex="0" aria-label="{escape(label)}">'
        f'<table><thead><tr><th scope="col">{escape(what)}</th>{columns}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell) -> str:
    plain = escape(cell.value)
    if not cell.versus:
        return f'<td class="sl-not-as-a">{_NOT_AS_A}{plain}</td>' if cell.marked else _td(plain)
    kind = cell.verdict.name.lower()
    return _td(f'{plain}<span class="sl-verdict sl-{kind}">{escape(cell.versus)}</span>')


def _td(inside: str) -> str:
    return f"<td>{inside}</td>"


def _quiet(text: str) -> str:
    return f'<span class="sl-quiet">{escape(text)}</span>' if text else ""


def show_choices(label: str, letters: Sequence[str], found: Sequence[Choice]) -> None:
    """The choices that differ, marked, and those that are equal behind a fold."""
    differing = [choice for choice in found if choice.differs]
    equal = [choice for choice in found if not choice.differs]
    if len(letters) > 1:
        heading(f"What was chosen differently: {len(differing)} of {len(found)} choices")
        if differing:
            show_table(label, "choice", letters, choice_rows(differing))
        else:
            note("They differ only in choices that have no effect.")
    with st.expander(f"The same in all: {len(equal)} choices" if len(letters) > 1 else label):
        rows = [(choice.name, choice.values[0] or "") for choice in equal]
        show_plain(f"{label} that are equal", ["choice", "in all"], rows)
