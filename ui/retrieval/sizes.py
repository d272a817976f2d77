"""Cost against the size of the catalogue on the page."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from engine.retrieval import VectorData
from engine.retrieval.sizes import crossings
from engine.scenario import Scenario
from engine.world import WorldConfig
from ui.controls import LABELS
from ui.live_figure import live_figure
from ui.retrieval.shipped import shipped_sizes
from ui.retrieval.size_charts import crossing_words, over_size, size_table

_KINDS = {"p50_ms": "size_time", "memory_bytes": "size_memory", "build_seconds": "size_build"}


def show_sizes(n: int, scenario: Scenario) -> None:
    """Where an index begins to pay: time, memory and build over sizes, as they ship.

    n : vectors on the page.
    """
    with st.container(key="sizes_part"):
        st.subheader("From how many items on?", anchor=False)
        try:
            frame, own = sizes_for(shipped_sizes(), scenario)
        except ValueError as error:
            st.warning(f"The shipped sizes cannot be read: {error}.", icon=":material/error:")
            return
        found = crossings(frame)
        st.markdown(crossing_words(frame, found, n, "" if own else _whose(frame)))
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


def sizes_for(frame: pd.DataFrame, scenario: Scenario) -> tuple[pd.DataFrame, bool]:
    """The rows of the generator whose vectors are the most like the page's; whether they are its.

    Vectors that were drawn, or of a generator that is not in the frame, are like no other: they
    get the rows that come first.
    """
    generator = scenario.design.generator
    known = not scenario.vectors.synthetic and generator.name in set(frame["generator"])
    name = generator.name if known else frame["generator"].iloc[0]
    usual = scenario.world == WorldConfig() and scenario.vectors.effective == VectorData()
    return frame[frame["generator"] == name], known and usual and generator == type(generator)()


def _whose(frame: pd.DataFrame) -> str:
    name = str(frame["generator"].iloc[0])
    return LABELS.get(name, name)


def _line(frame: pd.DataFrame) -> str:
    first = frame.iloc[0]
    return (
        f"measured on {first['machine']}, {first['measured_on']}, {int(first['requests']):,} "
        f"single searches each, up to {frame['held_up'].max():.0%} held up by other work, "
        f"k {int(first['k']):,}, {_whose(frame)} of the shipped catalogue grown and cut, "
        "the cheapest knob that reaches the recall"
    )
