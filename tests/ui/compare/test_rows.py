"""Cells of the tables: a value with its interval, and its difference to A in words."""

from __future__ import annotations

import re

import pytest

from engine.design import Design
from engine.figures import Estimate, MeasuredDifference
from engine.glossary import METRICS
from engine.side_by_side import Choice, Verdict
from tests.ui.views import a_timing, a_view, without_index, without_times
from ui.compare.columns import Column
from ui.compare.rows import (
    FIRST,
    MEASURED,
    Cell,
    choice_rows,
    judged_cell,
    other_figures,
    texts,
    time_rows,
)
from ui.compare.table import html
from ui.view import Latency

NAN = float("nan")


@pytest.mark.parametrize(
    ("less", "higher", "versus", "marked"),
    [
        (None, True, "", False),
        (Estimate(0.0, 0.0, 0.0, 500), True, "as A", False),
        (Estimate(0.02, 0.01, 0.03, 500), True, "+0.020 ± 0.010, better", True),
        (Estimate(0.02, 0.01, 0.03, 500), False, "+0.020 ± 0.010, worse", True),
        (Estimate(0.02, 0.01, 0.03, 500), None, "+0.020 ± 0.010, different", True),
        (Estimate(-0.02, -0.05, 0.01, 500), True, "−0.020 ± 0.030, inside the noise", False),
        (Estimate(0.02, NAN, NAN, 1), True, "+0.0200, no interval", False),
        (Estimate(NAN, NAN, NAN, 0), True, "", False),
    ],
)
def test_a_difference_is_told_as_its_interval_allows(
    less: Estimate | None, higher: bool | None, versus: str, marked: bool
) -> None:
    cell = judged_cell(Estimate(0.8123, 0.80, 0.8246, 500), less, higher)
    assert cell.value == "0.812 ± 0.012"
    assert (cell.versus, cell.marked) == (versus, marked)


def test_a_unit_stands_behind_the_interval_and_what_is_not_defined_has_none() -> None:
    assert judged_cell(Estimate(2.0, 1.0, 3.0, 5), None, None, " days").value == "2.0 ± 1.0 days"
    assert judged_cell(Estimate(NAN, NAN, NAN, 0), None, True).value == "not defined"
    assert judged_cell(Estimate(0.25, NAN, NAN, 1), None, True).value == "0.2500"


def column(letter: str, requests: int = 1_000, **more: object) -> Column:
    timing = a_timing(requests)
    view = a_view(timing=timing, latency=Latency.measured(timing))
    return Column(letter, Design(), view, **more)  # type: ignore[arg-type]


def test_times_are_told_with_their_difference_and_p99_from_a_thousand_requests() -> None:
    slower = MeasuredDifference(1.0, 0.5, 1.5, "ms", 1_000, 0.0)
    times = dict.fromkeys(("p50", "p95", "p99"), slower)
    b = column("B", 100, times_less_a=times)
    rows = {row.label: row.cells for row in time_rows([column("A"), b])}
    assert rows["Latency p95"][0].versus == ""
    assert rows["Latency p95"][1].versus == "+1.00 ± 0.50 ms, worse"
    assert rows["Latency p99"][1].value == "from 1,000 requests"
    value, low, high = map(float, re.findall(r"[\d.]+", rows["Latency p50"][0].value))
    assert low < value < high
    assert re.fullmatch(r"[\d.]+ ms \([\d.]+ and more\)", rows["Latency p95"][1].value) or (
        " to " in rows["Latency p95"][1].value
    )
    assert rows["Index memory"][1] == Cell("4.20 MB", "as A", Verdict.SAME)


def test_what_is_not_known_yet_and_what_cannot_be_had_are_told_apart() -> None:
    waiting, broken = Column("B", Design(), waiting="fitting"), Column("C", Design(), error="no")
    untimed = Column("D", Design(), without_times())
    cells = time_rows([column("A"), waiting, broken, untimed])[1].cells
    assert [cell.value for cell in cells[1:]] == ["…", "not to be had", "not timed"]


def test_memory_is_held_against_an_index_only() -> None:
    memory = time_rows([column("A"), Column("B", Design(), without_index())])[-1].cells
    assert memory[1].value == "no index"
    memory = time_rows([Column("A", Design(), without_index()), column("B")])[-1].cells
    assert memory[1] == Cell("4.20 MB")


def test_every_figure_of_a_report_stands_in_one_of_the_tables() -> None:
    assert {*FIRST, *MEASURED, *other_figures()} == set(METRICS)


def test_the_table_takes_nothing_for_markup_and_marks_what_is_not_as_a() -> None:
    nasty = "<script>alert(1)</script>"
    rows = choice_rows([Choice(nasty, ("1", nasty, None))])
    drawn = html(nasty, nasty, ["A", "B", "C"], rows)
    assert "<script" not in drawn
    assert drawn.count('title="differs from A"') == 2
    assert list(texts(rows)) == [(nasty, "", "1", nasty, "–")]
