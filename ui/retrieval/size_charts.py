"""What a search costs as the catalogue grows: a frame of `measure_size` in. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.index import INDEXES
from engine.retrieval.sizes import TARGET, Crossing
from ui import theme, traces
from ui.live_figure import Figure
from ui.retrieval.tradeoff import index_name

_MANY = 2.6  # powers of ten
_COLUMNS = {
    "p50_ms": ("Small catalogues need no index", "p50 of one search", "ms", 1.0),
    "memory_bytes": ("What it holds", "memory of the index", "MB", 1e-6),
    "build_seconds": ("What it takes to build", "time of the build", "s", 1.0),
}


def over_size(frame: pd.DataFrame, column: str, found: Sequence[Crossing], here: int) -> Figure:
    """One cost over the size of the catalogue, for each type of index.

    Parameters
    ----------
    column : "p50_ms", "memory_bytes" or "build_seconds".
    found : where each type begins to beat exact search; drawn with times alone.
    here : size of the catalogue on the page.
    """
    title, units, unit, factor = _COLUMNS[column]
    data: list[dict[str, Any]] = []
    values: list[float] = []
    for name in INDEXES:
        rows = frame[(frame["index"] == name) & (frame[column] > 0)].sort_values("n")
        if rows.empty:
            continue
        y = rows[column].to_numpy(dtype=np.float64) * factor
        values += y.tolist()
        reached = rows["reached"].to_numpy(dtype=bool)
        data.append(
            {
                "type": "scatter",
                "x": rows["n"].to_numpy(),
                "y": y,
                "name": index_name(name),
                "mode": "lines+markers",
                "line": theme.line(name),
                "marker": theme.marker(name, size=9) | {"opacity": np.where(reached, 1.0, 0.35)},
                "hovertext": [_hover(row) for row in rows.to_dict("records")],
                "hovertemplate": f"%{{y:.3g}} {unit}<br>%{{hovertext}}",
            }
        )
    sizes = frame["n"].to_numpy(dtype=np.float64)
    left, right = math.log10(sizes.min()) - 0.06, math.log10(sizes.max()) + 0.06
    bottom, top = math.log10(min(values)) - 0.15, math.log10(max(values)) + 0.3
    crossings = [one for one in found if 0 < one.n < math.inf] if column == "p50_ms" else []
    layout = {
        "title": theme.heading(title, f"{units} at recall {TARGET:g}, {unit}, over its size"),
        "xaxis": {
            "type": "log",
            "range": [left, right],
            "title": {"text": "vectors, log scale"},
            **traces.ticks("{:,.0f}"),
        },
        "yaxis": {
            "type": "log",
            "range": [bottom, top],
            "title": {"text": unit},
            **_ticks(bottom, top),
        },
        "shapes": [
            traces.up(here, theme.line("here")),
            *(traces.up(one.n, theme.line(one.index, width=1.5)) for one in crossings),
        ],
        "annotations": [
            {
                "text": "your vectors",
                "x": math.log10(here),
                "xanchor": "left",
                "xshift": 4,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
            },
            *(
                {
                    "text": f"{index_name(one.index)} pays from {_rounded(one.n)}",
                    "x": math.log10(one.n),
                    # Inwards, or a narrow window would cut it off.
                    "xanchor": "right" if math.log10(one.n) > (left + right) / 2 else "left",
                    "xshift": -4 if math.log10(one.n) > (left + right) / 2 else 4,
                    "y": 1.0 - 0.08 * place,
                    "yref": "paper",
                    "yanchor": "top",
                }
                for place, one in enumerate(crossings)
            ),
        ],
        "margin": {"t": 38},
        "hovermode": "closest",
        "uirevision": f"sizes-{column}",
    }
    return {"data": data, "layout": layout}


def size_table(frame: pd.DataFrame) -> pd.DataFrame:
    """What stands behind `over_size`."""
    return pd.DataFrame(
        {
            "vectors": frame["n"],
            "index": [index_name(name) for name in frame["index"]],
            "ANN recall": frame["recall"].round(4),
            "reached": frame["reached"],
            "p50, ms": frame["p50_ms"].round(4),
            "p95, ms": frame["p95_ms"].round(4),
            "times as fast as exact": frame["speedup"].round(3),
            "low": frame["speedup_low"].round(3),
            "high": frame["speedup_high"].round(3),
            "memory, MB": (frame["memory_bytes"] / 1e6).round(3),
            "build, s": frame["build_seconds"].round(3),
            "parameters": [_knobs(row) for row in frame.to_dict("records")],
        }
    )


def crossing_words(
    frame: pd.DataFrame, found: Sequence[Crossing], here: int, whose: str = ""
) -> str:
    """From how many vectors on an index pays, and what that means for these. Markdown.

    whose : the generator whose vectors were measured, where the page shows others.
    """
    sizes = sorted(frame["n"].unique())
    told = [_begins(one, int(sizes[0]), int(sizes[-1])) for one in found]
    if not told:
        return ""
    where = f"On {whose}'s vectors, not on yours, at recall" if whose else "At recall"
    with_these = f"With {here:,} of those" if whose else f"With your {here:,} vectors"
    return f"{where} {TARGET:g}: {'; '.join(told)}. {with_these} {_pays_here(found, here)}"


def _begins(one: Crossing, smallest: int, largest: int) -> str:
    name = f"**{index_name(one.index)}**"
    low, high = (
        f"below {smallest:,}"
        if bound <= 0
        else (_rounded(bound) if bound < math.inf else f"above {largest:,}")
        for bound in (one.low, one.high)
    )
    if one.n == 0:
        doubt = f", for sure from {high}" if one.high > 0 else ""
        return f"{name} beats exact search from the smallest size measured on{doubt}"
    if math.isinf(one.n):
        doubt = f", though it comes level from {low}" if one.low < math.inf else ""
        return f"{name} does not beat exact search up to {largest:,}{doubt}"
    return f"{name} pays from about **{_rounded(one.n)}** vectors ({low} to {high})"


def _pays_here(found: Sequence[Crossing], here: int) -> str:
    sure = [index_name(one.index) for one in found if one.high <= here]
    open_ = [index_name(one.index) for one in found if one.low <= here < one.high]
    doubt = f"whether {' or '.join(open_)} would pay is not clear"
    if sure:
        return f"{' and '.join(sure)} would pay{f'; {doubt}' if open_ else ''}."
    return f"{doubt}." if open_ else "exact search is as fast as any: no index is needed."


def _ticks(bottom: float, top: float) -> dict[str, Any]:
    """Powers of ten alone where the axis spans many."""
    if top - bottom < _MANY:
        return traces.ticks()
    values = [10.0**power for power in range(math.ceil(bottom), math.floor(top) + 1)]
    return {"tickvals": values, "ticktext": [f"{value:g}" for value in values]}


def _hover(row: dict[Any, Any]) -> str:
    missed = "" if row["reached"] else f"<br>recall {TARGET:g} was not reached"
    return (
        f"{int(row['n']):,} vectors: {_knobs(row)}<br>recall {row['recall']:.3f}, "
        f"{row['speedup']:.2f} times as fast as exact{missed}"
    )


def _knobs(row: dict[Any, Any]) -> str:
    knobs = INDEXES[row["index"]].knobs
    told = [f"{knob} {row[f'index.{knob}']:g}" for knob in knobs if f"index.{knob}" in row]
    return ", ".join(told) or "no knobs"


def _rounded(n: float) -> str:
    """To two digits: the place is known no better."""
    step = 10.0 ** max(0, math.floor(math.log10(n)) - 1)
    return f"{round(n / step) * step:,.0f}"
