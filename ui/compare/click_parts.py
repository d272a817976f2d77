"""The parts of the compare page that are of click models."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from engine.ad_study import AdStudy
from engine.pins import MOST_PINS
from engine.side_by_side import click_choices
from ui.compare import charts, click_charts, click_rows, click_words
from ui.compare.clicks import ClickColumn, click_columns
from ui.compare.figure import show_figure
from ui.compare.sources import watch
from ui.compare.table import show_choices, show_table
from ui.ctr.words import in_short
from ui.pin_controls import add_model
from ui.write_up.say import heading, note, say


def show_click_designs(study: AdStudy) -> None:
    """The pinned click models side by side; nothing where none is pinned."""
    if not study.pins:
        return
    found = click_columns(study)
    heading("Click models")
    with st.container(key="ads_sentence"):
        say(click_words.sentence(found))
    _offer_current(study)
    pending = any(column.waiting for column in found)
    watch(found, lambda: click_columns(study), click_words.source_line, pending)
    letters = [column.letter for column in found]
    show_choices("Choices of click models", letters, click_choices(study.pins))
    if any(column.report is not None for column in found):
        _show_figures(found, study, letters)
        _show_charts(found)


def _offer_current(study: AdStudy) -> None:
    if study.design in study.pins or len(study.pins) >= MOST_PINS:
        return
    st.button(
        "Add the current click model",
        key="add_current_ads",
        icon=":material/add:",
        help=in_short(study.design),
        on_click=add_model,
    )


def _show_figures(found: Sequence[ClickColumn], study: AdStudy, letters: list[str]) -> None:
    rows = _rows(found)
    heading("What their probabilities are worth, and what they cost")
    note(click_words.noise_line(rows))
    figures = click_rows.click_rows(found)
    times = click_rows.click_time_rows(found, study.auction.ads)
    show_table("Figures of click models side by side", "figure", letters, [*figures, *times])
    with st.expander("The same figures against the clicks that were drawn"):
        seen = click_rows.click_rows(found, observed=True)
        show_table("Figures against clicks side by side", "figure", letters, seen)


def _show_charts(found: Sequence[ClickColumn]) -> None:
    reports = {column.letter: column.report for column in found if column.report is not None}
    caption = click_words.caption(found, _rows(found))
    left, right = st.columns(2, gap="large")
    if click_charts.priced(reports):
        with left:
            drawn = click_charts.reliability_chart(reports)
            show_figure(drawn, "reliability", 380, caption, click_charts.reliability_table(reports))
    panels = [panel for panel in click_charts.difference_panels(found) if panel[2]]
    if panels:
        with right:
            drawn = charts.differences(
                "What each model gains", "less A's, ± 95%; hollow: inside the noise", panels
            )
            height = 130 + 42 * max(len(told) for _, _, told in panels)
            table = charts.differences_table(panels)
            show_figure(drawn, "click_differences", height, caption, table)


def _rows(found: Sequence[ClickColumn]) -> int:
    return next(len(column.report.truth) for column in found if column.report is not None)
