"""A chart as part of a document, from what the browser is sent of it."""

from __future__ import annotations

import json
from typing import Any

from ui.write_up.parts import Chart, Table

_DIGITS = 4


def chart_from(sent: bytes, is_plotly: bool = True) -> Chart:
    """From a line of JSON about it, a line feed, and the figure: Plotly's JSON or what else."""
    head, _, figure = sent.partition(b"\n")
    about = json.loads(head)
    title = about["title"] or about["alt"]
    return Chart(
        key=about["key"],
        title=title,
        units=about.get("units", ""),
        caption=about["caption"],
        alt=about["alt"],
        filename=about["filename"],
        height=about["height"],
        figure_json=figure.decode() if is_plotly else "",
        table=_table(title, about["table"]) if about["table"] else None,
    )


def _table(label: str, columns: list[dict[str, Any]]) -> Table:
    written = [_written(column["values"], column["numeric"]) for column in columns]
    return Table(
        label,
        tuple(str(column["name"]) for column in columns),
        tuple(zip(*written, strict=True)),
        tuple(bool(column["numeric"]) for column in columns),
    )


def _written(values: list[Any], numeric: bool) -> list[str]:
    """Cells as the table under a chart shows them: four digits, as many decimals in every row."""
    if not numeric:
        return ["–" if value is None else str(value) for value in values]
    numbers = [value for value in values if isinstance(value, (int, float))]
    digits = max((_decimals(value) for value in numbers), default=0)
    return [
        "–"
        if value is None
        else f"{value:,.{digits}f}".replace(",", "\u2009").replace("-", "−")
        if isinstance(value, (int, float))
        else str(value)
        for value in values
    ]


def _decimals(value: float) -> int:
    text = f"{float(f'{value:.{_DIGITS}g}'):.8f}".rstrip("0")
    return len(text.partition(".")[2])
