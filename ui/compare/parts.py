"""The parts of the compare page that are of recommenders."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.measurement import this_machine
from engine.pins import MOST_PINS
from engine.scenario import Scenario
from engine.side_by_side import choices
from ui.compare import charts, rows, words
from ui.compare.columns import Column, columns, known
from ui.compare.figure import show_figure
from ui.compare.sources import watch
from ui.compare.table import show_choices, show_table
from ui.names import describe
from ui.pin_controls import add_design
from ui.write_up.say import heading, note, say


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
    """What A to D are, and what was repaired."""
    # Requests are timed as long as somebody asks, until a p99 can be told.
    pending = any(column.waiting or not column.is_refined for column in found)
    watch(found, lambda: columns(scenario), words.source_line, pending)
    for column in found:
        for line in column.lines:
            st.caption(f"{column.letter}: {line}")


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
        table = charts.differences_table(panels)
        show_figure(drawn, "differences", height, captions["differences"], table)
    drawn, table = charts.over_candidates(views), charts.over_candidates_table(views)
    show_figure(drawn, "over_candidates", 460, captions["over_candidates"], table)
    left, right = st.columns(2, gap="large")
    with left:
        drawn, table = charts.loss_by_stage(views), charts.loss_table(views)
        show_figure(drawn, "loss_by_stage", 320, captions["loss_by_stage"], table)
    with right:
        drawn, table = charts.latency_percentiles(views), charts.percentiles_table(views)
        show_figure(drawn, "percentiles", 320, captions["percentiles"], table)
