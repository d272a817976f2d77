"""The figures of pinned click models side by side, as rows."""

from __future__ import annotations

from collections.abc import Sequence

from engine.clicks import FIGURES
from engine.glossary import METRICS
from ui.compare.clicks import ClickColumn
from ui.compare.rows import Cell, Row, judged_cell, timed

_LABELS = {name: METRICS[name].label for name in FIGURES if name in METRICS} | {
    "average_precision": "Average precision"
}
_HIGHER_IS_BETTER = {name: METRICS[name].higher_is_better for name in FIGURES if name in METRICS}


def click_rows(columns: Sequence[ClickColumn], observed: bool = False) -> list[Row]:
    """A row a figure against the true probabilities, or against the clicks that were drawn."""
    return [_row(columns, name, observed) for name in FIGURES]


def click_time_rows(columns: Sequence[ClickColumn], ads: int) -> list[Row]:
    """p50, p95 and p99 of a request of so many ads."""
    return [
        Row(
            f"p{q} of {ads:,} ads",
            "measured · lower is better",
            tuple(_time(column, q) for column in columns),
            "Features and model of one request, one at a time, 1 thread",
        )
        for q in (50, 95, 99)
    ]


def _row(columns: Sequence[ClickColumn], name: str, observed: bool) -> Row:
    higher = _HIGHER_IS_BETTER.get(name, True)
    better = "" if higher is None else f" · {'higher' if higher else 'lower'} is better"
    key = f"{name}_observed" if observed else name
    cells = tuple(_cell(column, key, higher) for column in columns)
    return Row(_LABELS[name], f"simulated{better}", cells, _meaning(name))


def _cell(column: ClickColumn, name: str, higher: bool | None) -> Cell:
    if column.report is None:
        return Cell("not to be had" if column.error else "…")
    less = None if column.less_a is None else column.less_a[name]
    return judged_cell(column.report[name], less, higher)


def _time(column: ClickColumn, q: int) -> Cell:
    if column.report is None:
        return Cell("not to be had" if column.error else "…")
    if column.timing is None:
        return Cell("not timed" if column.untimed else "…")
    return Cell(timed(column.timing, q))


def _meaning(name: str) -> str:
    return METRICS[name].caption if name in METRICS else ""
