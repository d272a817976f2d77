"""A plain table in HTML of our own."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from ui.write_up.parts import Table
from ui.write_up.shown import put


def html_table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose first column are headings; it scrolls where it is wider than its place."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="sl-table" role="region" tabindex="0" aria-label="{escape(label)}"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def show_table(label: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The table on the page, and in a write-up of it."""
    put(Table(label, tuple(heads), tuple(tuple(row) for row in rows)))
    st.html(html_table(label, heads, rows))
