"""Results as a table for people, and as JSON or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from engine.figures import Estimate, MeasuredDifference, Measurement

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def figure(value: Estimate | Measurement | MeasuredDifference | float) -> dict[str, Any]:
    """A figure as JSON has it: its value, bounds, number and kind, as far as it has them."""
    if isinstance(value, Measurement):
        return {"value": value.value, "unit": value.unit, "n": value.n, "kind": "measured"}
    if isinstance(value, Estimate | MeasuredDifference):
        told = {"value": value.value, "low": value.low, "high": value.high, "n": value.n}
        measured = isinstance(value, MeasuredDifference)
        return told | {"kind": "measured" if measured else "simulated"}
    return {"value": value}


def as_json(content: Any) -> str:
    """Indented, and without NaN, which JSON does not know."""
    return json.dumps(_plain(content), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def as_table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns side by side: text to the left, numbers to the right."""
    cells = [[*map(_cell, row)] for row in rows]
    right = [all(not isinstance(row[at], str) for row in rows) for at in range(len(heads))]
    widths = [max(len(row[at]) for row in [list(heads), *cells]) for at in range(len(heads))]
    lines = [
        "  ".join(
            cell.rjust(width) if aligned else cell.ljust(width)
            for cell, width, aligned in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in [list(heads), *cells]
    ]
    return "\n".join(lines) + "\n"


def as_csv(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Numbers as they are; a text that a spreadsheet would take for a formula gets a quote."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([[_safe(cell) for cell in row] for row in [heads, *rows]])
    return out.getvalue()


def put(text: str, out: Path | None) -> None:
    """Write to a file, or to standard output.

    Raises
    ------
    click.FileError : the file cannot be written.
    """
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.FileError(str(out), error.strerror or "") from error
    click.echo(f"wrote {out}", err=True)


FIGURE_HEADS = ("figure", "value", "low", "high", "n", "kind")


def figure_rows(figures: Mapping[str, Any]) -> list[list[object]]:
    """A row a figure, below `FIGURE_HEADS`; a unit stands behind its name."""
    rows: list[list[object]] = []
    for name, value in figures.items():
        told = figure(value)
        label = f"{name}, {told['unit']}" if "unit" in told else name
        rows.append([label, *(told.get(part) for part in FIGURE_HEADS[1:])])
    return rows


def named(figures: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Figures by name, as JSON has them."""
    return {name: figure(value) for name, value in figures.items()}


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(name): _plain(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(value) for value in content]
    if hasattr(content, "item"):  # one of NumPy's
        content = content.item()
    return None if isinstance(content, float) and not math.isfinite(content) else content


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return (
            "-" if math.isnan(value) else f"{value:.3f}" if abs(value) < 1_000 else f"{value:,.0f}"
        )
    if hasattr(value, "item"):
        return _cell(value.item())
    return f"{value:,}" if isinstance(value, int) else "-" if value is None else str(value)


def _safe(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else value
