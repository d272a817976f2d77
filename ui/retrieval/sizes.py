"""Cost against the size of the catalogue on the page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine.retrieval.sizes import crossings
from ui.live_figure import live_figure
from ui.retrieval.shipped import shipped_sizes
from ui.retrieval.size_charts import crossing_words, over_size, size_table

_KINDS = {"p50_ms": "size_time", "memory_bytes": "size_memory", "build_seconds": "size_build"}


def show_sizes(n: int) -> None:
    """Where an index begins to pay: time, memory and build over sizes, as they ship."""
    with st.container(key="sizes_part"):
        st.subheader("From how many items on?", anchor=False)
        try:
            frame = shipped_sizes()
        except ValueError as error:
            st.warning(f"The shipped sizes cannot be read: {error}.", icon=":material/error:")
            return
        found = crossings(frame)
        st.markdown(crossing_words(frame, found, n))
        line = _line(frame)
        wide, *narrow = (st.container(), *st.columns(2, gap="large"))
        for place, height, column in zip((wide, *narrow), (380, 300, 300), _KINDS, strict=True):
            with place:
                figure = over_size(frame, column, found, n)
                live_figure(
                    figure,
                    key=_KINDS[column],
                    height=height,
                    alt=f"{figure['layout']['title']['text']}. {line}",
                    filename=_KINDS[column].replace("_", "-"),
                    table=size_table(frame),
                    caption=line,
                )


def _line(frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    return (
        f"measured on {first['machine']}, {first['measured_on']}, {int(first['requests']):,} "
        f"single searches each, k {int(first['k']):,}, MF of the shipped catalogue grown and cut, "
        "the cheapest knob that reaches the recall"
    )
