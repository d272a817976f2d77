"""Words on a page that a write-up holds as well: drawn by Streamlit, and kept."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ui.write_up.parts import Table, Words
from ui.write_up.shown import entitle, put


def title(question: str) -> None:
    """The page's question, once a page."""
    entitle(question)
    st.title(question, anchor=False)


def heading(text: str) -> None:
    """What the part of the page below is about, in plain text."""
    put(Words(text, "heading"))
    st.subheader(text, anchor=False)


def say(text: str) -> None:
    """Sentences, in Markdown."""
    put(Words(text))
    st.markdown(text)


def note(text: str) -> None:
    """A quiet line, in Markdown."""
    put(Words(text, "note"))
    st.caption(text)


def table_of(label: str, frame: pd.DataFrame, decimals: int = 3) -> Table:
    """The rows of a frame as they are read; what is missing is a dash."""

    def shown(value: object) -> str:
        if pd.isna(value):
            return "–"
        if isinstance(value, float):
            return f"{value:.{decimals}f}".replace("-", "−")
        return f"{value:,}" if isinstance(value, int) else str(value)

    columns = [[shown(value) for value in column.tolist()] for _, column in frame.items()]
    return Table(
        label,
        tuple(map(str, frame.columns)),
        tuple(zip(*columns, strict=True)),
        tuple(column.dtype.kind in "iuf" for _, column in frame.items()),
    )
