"""The parts of the compare page that are of recommenders."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from engine.measurement import this_machine
from engine.pins import MOST_PINS
from engine.scenario import Scenario
from engine.side_by_side import choices
from ui import session
from ui.compare import charts, rows, words
from ui.compare.columns import Column, columns, known
from ui.compare.table import show_choices, show_table
from ui.live_figure import Figure, live_figure
from ui.names import describe
from ui.pin_controls import add_design
from ui.write_up.parts import Table
from ui.write_up.say import heading, note, say
from ui.write_up.shown import put

_LOOK_EVERY_S = 1.0
_AGED_EVERY_S = 30.0


def show_designs(scenario: Scenario) -> None:
    """The pinned recommender designs side by side; nothing where none is pinned."""
    if not scenario.pins:
        return
    found = columns(scenario)
    heading("Recommenders")
    with st.container(key="sentence"):
        say(words.sentence(found))
    _offer_current(scenario)
    _show_columns(found, scenario)
    _show_choices(found)
    if known(found):
        _show_figures(found)
        _show_charts(found)


def _offer_current(scenario: Scenario) -> None:
    """Pin the current design too, where there is room and it is not pinned."""
    if scenario.design in scenario.pins or len(scenario.pins) >= MOST_PINS:
        return
    st.button(
        "Add the current design",
        key="add_current",
        icon=":material/add:",
        help=describe(scenario.design),
        on_click=add_design,
    )


def _show_columns(found: Sequence[Column], scenario: Scenario) -> None:
    """What A to D are, how far each is, and where its measured figures come from."""
    state = [column.state for column in found]
    # Asking is what keeps requests being timed, until a p99 can be told.
    pending = any(column.waiting or not column.is_refined for column in found)

    @st.fragment(run_every=_LOOK_EVERY_S if pending else _AGED_EVERY_S)
    def lines() -> None:
        now = columns(scenario)
        if [column.state for column in now] != state:
            session.draw_page_again()
        show_sources(
            [(c.letter, c.name, words.source_line(c, time.time())) for c in now],
            [(c.waiting, c.done) for c in now if c.waiting],
        )

    lines()
    for column in found:
        for line in column.lines:
            st.caption(f"{column.letter}: {line}")


def show_sources(
    sources: Sequence[tuple[str, str, str]], waiting: Sequence[tuple[str, float]]
) -> None:
    """Letter, name and source of each design, and the progress of the first that is waited for."""
    items = "".join(
        f'<li><span class="sl-pin sl-pin-{letter.lower()}">{letter}</span>'
        f"<span>{escape(name)}<span class='sl-quiet'>{escape(line)}</span></span></li>"
        for letter, name, line in sources
    )
    put(Table("Pinned designs", ("", "design", "measured"), tuple(sources)))
    machine = escape(f"Measured on {this_machine()}, one request at a time")
    st.html(f'<ul class="sl-pins" title="{machine}">{items}</ul>')
    if waiting:
        what, done = waiting[0]
        line = f"{what[0].upper()}{what[1:]} …"
        if done < 1.0:
            st.progress(done, text=line)
        else:  # the stopwatch does not say how far it is
            st.caption(line)


def _show_choices(found: Sequence[Column]) -> None:
    """What was chosen differently, and the rest behind a fold."""
    letters = [column.letter for column in found]
    show_choices("Choices", letters, choices([column.design for column in found]))


def _show_figures(found: Sequence[Column]) -> None:
    """Every figure of each design, with its difference to A."""
    letters = [column.letter for column in found]
    users = next(iter(known(found).values())).users
    heading("What they reach, and what it costs")
    note(words.noise_line(users))
    first = [*rows.figure_rows(found, rows.FIRST), *rows.loss_rows(found), *rows.time_rows(found)]
    show_table("Figures side by side", "figure", letters, first)
    note(
        "Simulated figures are the same wherever this link is opened. Measured ones were taken "
        f"here, on {this_machine()}; their differences are of requests timed in turn with A's, "
        "at another moment than the values above them."
    )
    with st.expander("All other figures"):
        more = rows.figure_rows(found, rows.other_figures())
        show_table("Other figures side by side", "figure", letters, more)


def _show_charts(found: Sequence[Column]) -> None:
    """The designs over each other."""
    views = known(found)
    captions = words.captions(views)
    panels = [panel for panel in words.difference_panels(found) if panel[2]]
    if panels:
        drawn = charts.differences(
            "What each gains and pays", "less A's, ± 95%; hollow: inside the noise", panels
        )
        height = 110 + 42 * max(len(told) for _, _, told in panels)
        _figure(drawn, "differences", height, captions, charts.differences_table(panels))
    table: Callable[[Any], pd.DataFrame] = charts.over_candidates_table
    _figure(charts.over_candidates(views), "over_candidates", 460, captions, table(views))
    left, right = st.columns(2, gap="large")
    with left:
        drawn, table = charts.loss_by_stage(views), charts.loss_table
        _figure(drawn, "loss_by_stage", 320, captions, table(views))
    with right:
        drawn, table = charts.latency_percentiles(views), charts.percentiles_table
        _figure(drawn, "percentiles", 320, captions, table(views))


def _figure(
    figure: Figure, key: str, height: int, captions: dict[str, str], table: pd.DataFrame
) -> None:
    title: dict[str, Any] = figure["layout"]["title"]
    live_figure(
        figure,
        key=f"compare_{key}",
        height=height,
        alt=f"{title['text']}. {captions[key]}",
        filename=f"compare-{key.replace('_', '-')}",
        table=table,
        caption=captions[key],
    )
