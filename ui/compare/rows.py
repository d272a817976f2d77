"""Tables that stand side by side: rows of cells, each with its difference to A in words."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.clicks import InferenceTiming
from engine.figures import Estimate, Kind
from engine.glossary import METRICS, Metric
from engine.intervals import percentile_bounds
from engine.measurement import P99_FROM, Timing
from engine.side_by_side import Choice, Difference, Verdict, verdict
from ui.compare.columns import Column
from ui.facts import NONE
from ui.versus import signed
from ui.view import View

PERCENTILES = ("p50", "p95", "p99")
FIRST = ("ndcg@10", "recall@candidates", "ann_recall", "index_cost", "auc", "log_loss")
"""The figures that stand first; the others are folded away."""
MEASURED = tuple(name for name, metric in METRICS.items() if metric.kind is Kind.MEASURED)


@dataclass(frozen=True, slots=True)
class Cell:
    """A value, and what it differs by from A; marked where it differs."""

    value: str
    versus: str = ""
    verdict: Verdict = Verdict.UNKNOWN
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """What a row holds, what stands beside that in a quiet voice, and a cell a design."""

    label: str
    note: str
    cells: tuple[Cell, ...]
    meaning: str = ""


def choice_rows(choices: Sequence[Choice]) -> list[Row]:
    """A row a choice; what differs from A is marked."""
    return [
        Row(
            choice.name,
            "",
            tuple(
                Cell(NONE if value is None else value, marked=value != choice.values[0])
                for value in choice.values
            ),
        )
        for choice in choices
    ]


def figure_rows(columns: Sequence[Column], names: Sequence[str]) -> list[Row]:
    """A row a figure of a report, each with its interval and its difference to A."""
    return [_figure_row(columns, METRICS[name]) for name in names]


def loss_rows(columns: Sequence[Column]) -> list[Row]:
    """A row a stage that loses quality in one of the designs."""
    stages = dict.fromkeys(
        stage for column in columns if column.view for stage in column.view.loss_stages
    )
    return [
        Row(
            f"Lost in {stage}",
            "simulated · lower is better",
            tuple(_loss_cell(column, stage) for column in columns),
            "True NDCG@10 that this stage loses with later stages thought perfect",
        )
        for stage in stages
    ]


def time_rows(columns: Sequence[Column]) -> list[Row]:
    """p50, p95 and p99 of whole requests, and the index's memory."""
    rows = [
        Row(
            METRICS[name].label,
            "measured · lower is better",
            tuple(_time_cell(column, name) for column in columns),
            METRICS[name].caption,
        )
        for name in PERCENTILES
    ]
    memory = METRICS["memory"]
    a = columns[0].view
    cells = tuple(_memory_cell(column, a) for column in columns)
    return [*rows, Row(memory.label, "measured · lower is better", cells, memory.caption)]


def other_figures() -> tuple[str, ...]:
    """The figures of a report that do not stand first."""
    return tuple(name for name in METRICS if name not in (*FIRST, *MEASURED))


def _figure_row(columns: Sequence[Column], metric: Metric) -> Row:
    note = f"{metric.kind}{_direction(metric.higher_is_better)}"
    return Row(
        metric.label,
        note,
        tuple(_figure_cell(column, metric) for column in columns),
        metric.caption,
    )


def _figure_cell(column: Column, metric: Metric) -> Cell:
    if column.view is None or column.view.report is None:
        return _nothing(column)
    report = column.view.report
    if metric.name not in report:
        return Cell(NONE)
    less = None if column.less_a is None else column.less_a.figures.get(metric.name)
    unit = f" {metric.unit}" if metric.unit else ""
    return judged_cell(report[metric.name], less, metric.higher_is_better, unit)


def _loss_cell(column: Column, stage: str) -> Cell:
    if column.view is None or column.view.report is None:
        return _nothing(column)
    less = None if column.less_a is None else column.less_a.loss[stage]
    return judged_cell(column.view.report.loss[stage], less, higher_is_better=False)


def judged_cell(
    estimate: Estimate, less: Estimate | None, higher_is_better: bool | None, unit: str = ""
) -> Cell:
    """A figure with its interval, and its difference to A."""
    if math.isnan(estimate.value):
        return Cell("not defined")
    digits = _digits(estimate.half_width)
    value = signed(estimate.value, digits).removeprefix("+")
    if not math.isnan(estimate.half_width):
        value += f" ± {estimate.half_width:.{digits}f}"
    return _told(
        f"{value}{unit}", less, higher_is_better, _digits(math.nan if less is None else _half(less))
    )


def _time_cell(column: Column, name: str) -> Cell:
    if column.view is None:
        return _nothing(column)
    if column.view.timing is None:
        return Cell("not timed")
    less = None if column.times_less_a is None else column.times_less_a[name]
    value = timed(column.view.timing, int(name.removeprefix("p")))
    digits = 2 if less is None else max(2, _digits(_half(less)))
    return _told(value, less, False, digits, " ms")


def timed(timing: Timing | InferenceTiming, q: int) -> str:
    """A percentile of the whole request with its bounds; or from when on it is told."""
    value = timing.percentile(q).value
    if math.isnan(value):
        return f"from {P99_FROM:,} requests"
    low, high = percentile_bounds(timing.nanoseconds[:, -1] / 1e6, q)
    above = f"to {_short(high)}" if math.isfinite(high) else "and more"
    bounds = f" ({_short(low)} {above})" if math.isfinite(low) else ""
    return f"{_short(value)} ms{bounds}"


def _short(ms: float) -> str:
    return f"{ms:.2f}" if ms >= 1 else f"{ms:.3f}"


def _memory_cell(column: Column, a: View | None) -> Cell:
    if column.view is None:
        return _nothing(column)
    size = column.view.memory_bytes
    if not size:
        return Cell("no index")
    value = f"{size / 1e6:.2f} MB"
    if a is None or a is column.view or not a.memory_bytes:
        return Cell(value)
    more = size - a.memory_bytes
    if not more:
        return Cell(value, str(Verdict.SAME), Verdict.SAME)
    found = Verdict.WORSE if more > 0 else Verdict.BETTER
    return Cell(value, f"{signed(more / 1e6, 2)} MB, {found}", found, marked=True)


def _told(
    value: str, less: Difference | None, higher_is_better: bool | None, digits: int, unit: str = ""
) -> Cell:
    if less is None:
        return Cell(value)
    found = verdict(less, higher_is_better)
    if found is Verdict.UNKNOWN:
        return Cell(value)
    if found is Verdict.SAME:
        return Cell(value, str(found), found)
    difference = signed(less.value, digits)
    if math.isnan(_half(less)):
        return Cell(value, f"{difference}{unit}, no interval", Verdict.UNKNOWN)
    told = f"{difference} ± {_half(less):.{digits}f}{unit}, {found}"
    return Cell(value, told, found, marked=found.is_clear)


def _nothing(column: Column) -> Cell:
    return Cell("not to be had" if column.error else "…")


def _half(less: Difference) -> float:
    return (less.high - less.low) / 2


def _direction(higher_is_better: bool | None) -> str:
    if higher_is_better is None:
        return ""
    return f" · {'higher' if higher_is_better else 'lower'} is better"


def _digits(half_width: float) -> int:
    """Decimals that show two digits of the interval; four where there is none."""
    if math.isnan(half_width) or half_width <= 0:
        return 4
    return min(6, max(0, 1 - math.floor(math.log10(half_width))))


def texts(rows: Sequence[Row]) -> Iterator[tuple[str, ...]]:
    """The rows as plain texts: label, note, then value and difference of each design."""
    for row in rows:
        told = (f"{c.value}; {c.versus}" if c.versus else c.value for c in row.cells)
        yield (row.label, row.note, *told)
