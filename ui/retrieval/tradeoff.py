"""Recall against latency of every index at once: points in, figure out. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import numpy as np
import pandas as pd

from engine.index import INDEXES, Exact, IndexConfig
from engine.query import QueryReader
from engine.retrieval import IndexPoint, frontiers
from ui import theme, traces
from ui.controls import LABELS
from ui.live_figure import Figure
from ui.retrieval import logit
from ui.retrieval.view import RetrievalView

Size = Literal["memory", "build time"]
SIZES: tuple[Size, ...] = ("memory", "build time")
"""What the size of a point may tell."""
SLO_MS = 1.0
"""What a search may take at p95: a small part of the 150 ms of a whole request."""

_MOST_KEPT = 16
_FAINT = 0.3
_SMALLEST_PX, _LARGEST_PX = 6.0, 20.0
_GROWTH = 6.0  # px for ten times as much


@dataclass(frozen=True, slots=True)
class Sweep:
    """Points of many indexes, and where they come from.

    k : that all were asked for. line : their origin, in a line.
    here : whether they were measured on this machine.
    """

    points: tuple[IndexPoint, ...]
    k: int
    line: str
    here: bool = False


def tradeoff(
    points: Sequence[IndexPoint],
    view: RetrievalView | None,
    size: Size = "memory",
) -> Figure:
    """Recall over p50 of every point, the frontier of each type of index, and the view's own.

    Recalls at different k do not compare: a search at another than the points' is a hollow mark
    that tells its k.
    """
    data = [*_traces(tuple(points), size)]
    shown = [] if view is None else [one for one in (view, view.pinned) if one is not None]
    if view is not None and view.pinned is not None:
        data.append(_mark("A", "pinned", view.pinned, points, 13))
    around = [*points, *(() if view is None else view.around)]
    times = [p.p50.value for p in around] + [v.p50 for v in shown] + [SLO_MS]
    times = [time for time in times if time > 0]
    left, right = math.log10(min(times)) - 0.12, math.log10(max(times)) + 0.25
    if view is not None:
        x_here = math.log10(view.p50) if view.p50 > 0 else left
        data.append(_here(view, points, traces.side_with_room(x_here, left, right)))
    layout = {
        "title": theme.heading(
            "What recall costs",
            "share of the exact answer found, logit scale, against p50 of one search, ms, "
            "log scale",
        ),
        "xaxis": {
            "type": "log",
            "range": [left, right],
            "title": {"text": "p50 of one search, ms"},
            **traces.ticks(),
        },
        "yaxis": logit.axis([p.recall.value for p in around] + [v.recall[0] for v in shown])
        | {"title": {"text": "ANN recall"}},
        "shapes": [traces.up(SLO_MS, theme.line("budget")) | {"layer": "below"}],
        "annotations": [
            {
                "text": f"{SLO_MS:g} ms, the SLO of p95",
                "x": math.log10(SLO_MS),
                "xanchor": "right",
                "xshift": -5,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
            }
        ],
        "hovermode": "closest",
        "margin": {"t": 38},
        "uirevision": f"tradeoff-{points[0].n if points else 0}",
    }
    return {"data": data, "layout": layout}


def tradeoff_table(points: Sequence[IndexPoint], view: RetrievalView | None) -> pd.DataFrame:
    """What stands behind `tradeoff`: every point with all its parameters."""
    best = {point for front in frontiers(points).values() for point in front}
    rows = [
        _row(point.config, point in best)
        | {
            "k": point.k,
            "ANN recall": round(point.recall.value, 5),
            "± 95%": round(point.recall.half_width, 5),
            "true top-10": None if point.top10 is None else round(point.top10.value, 5),
            "p50, ms": round(point.p50.value, 4),
            "p95, ms": round(point.p95.value, 4),
            "p99, ms": round(point.p99.value, 4),
            "build, s": round(point.build_seconds, 3),
            "memory, MB": round(point.memory_bytes / 1e6, 3),
            "held up": round(point.held_up, 3),
        }
        for point in points
    ]
    if view is not None:
        rows.append(
            _row(view.config, None)
            | {
                "index": f"◆ {index_name(view.config.name)}",
                "k": view.k,
                "ANN recall": round(view.recall[0], 5),
                "± 95%": round(view.recall[1], 5),
                "true top-10": None if view.top10 is None else round(view.top10[0], 5),
                "p50, ms": round(view.p50, 4),
                "p95, ms": round(view.p95, 4),
                "p99, ms": round(view.p99, 4),
                "build, s": round(view.build_seconds, 3),
                "memory, MB": round(view.memory_bytes / 1e6, 3),
                "held up": round(view.held_up, 3),
            }
        )
    return pd.DataFrame(rows)


def index_name(name: str) -> str:
    """A type of index as the page calls it."""
    return LABELS.get(name, name)


def with_knobs(config: IndexConfig) -> str:
    """An index with all its parameters, in a line."""
    told = ", ".join(f"{knob} {getattr(config, knob):g}" for knob in config.knobs)
    return f"{index_name(config.name)} ({told})" if told else index_name(config.name)


def link_of(config: IndexConfig) -> str:
    """An index as a query string, by which a point is recognised."""
    knobs = {f"index.{knob}": f"{getattr(config, knob):g}" for knob in config.knobs}
    return urlencode({"index": config.name} | knobs)


def config_of(link: str) -> IndexConfig:
    """The index of a query string, which may be anybody's; what is wrong in it is repaired."""
    read: IndexConfig = QueryReader(dict(parse_qsl(link))).part("index", INDEXES, Exact())
    return read


def compares(view: RetrievalView, points: Sequence[IndexPoint]) -> bool:
    """Whether the search was asked for as many as the points: recalls at another k do not compare.

    It does where there are no points.
    """
    return not points or points[0].k == view.k


def with_size(line: str, points: Sequence[IndexPoint], size: Size) -> str:
    """The line under the chart, with what the sizes of its points tell."""
    return f"{line} · {size_line(points, size)}" if points else line


def size_line(points: Sequence[IndexPoint], size: Size) -> str:
    """What the sizes of points tell, in a few words."""
    amounts = [_amount(point, size) for point in points]
    if not amounts:
        return ""
    low, high = min(amounts), max(amounts)
    if size == "memory":
        return f"size: memory, {low / 1e6:.1f} to {high / 1e6:.1f} MB"
    return f"size: build time, {low:.2g} to {high:.2g} s"


def _row(config: IndexConfig, on_front: bool | None) -> dict[str, Any]:
    row: dict[str, Any] = {"index": index_name(config.name)}
    for kind in INDEXES.values():
        for field in fields(kind):
            row.setdefault(field.name, None)
    row |= {knob: getattr(config, knob) for knob in config.knobs}
    return row | {"on its frontier": on_front}


@lru_cache(maxsize=_MOST_KEPT)
def _traces(points: tuple[IndexPoint, ...], size: Size) -> tuple[dict[str, Any], ...]:
    """Frontier and points of each type of index; kept, since a slider's preview draws them over and
    over."""
    best = frontiers(points)
    data: list[dict[str, Any]] = []
    for name in INDEXES:
        mine = [point for point in points if point.config.name == name]
        if mine:
            data += [_front(name, best[name]), _dots(name, mine, best[name], size)]
    return tuple(data)


def _front(name: str, best: Sequence[IndexPoint]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": np.array([point.p50.value for point in best]),
        "y": logit.places([point.recall.value for point in best]),
        "name": index_name(name),
        "legendgroup": name,
        "mode": "lines",
        "line": theme.line(name, width=2),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _dots(
    name: str, mine: Sequence[IndexPoint], best: Sequence[IndexPoint], size: Size
) -> dict[str, Any]:
    on_it = set(best)
    points = sorted(mine, key=lambda point: point in on_it)  # those that are beaten lie below
    marker = theme.marker(name) | {
        "size": np.array([_pixels(_amount(point, size), size) for point in points]),
        "opacity": np.array([0.95 if point in on_it else _FAINT for point in points]),
        "line": {"color": theme.PAPER, "width": 1},
    }
    return {
        "type": "scatter",
        "x": np.array([point.p50.value for point in points]),
        "y": logit.places([point.recall.value for point in points]),
        "name": index_name(name),
        "legendgroup": name,
        "mode": "markers",
        "marker": marker,
        "customdata": [link_of(point.config) for point in points],
        "hovertext": [_hover(point) for point in points],
        "hoverinfo": "text",
    }


def _amount(point: IndexPoint, size: Size) -> float:
    return float(point.memory_bytes if size == "memory" else point.build_seconds)


def _pixels(amount: float, size: Size) -> float:
    """A width that grows with the logarithm: amounts differ a thousandfold."""
    smallest = 1e6 if size == "memory" else 0.05
    grown = _SMALLEST_PX + _GROWTH * math.log10(max(amount, smallest) / smallest)
    return min(grown, _LARGEST_PX)


def _hover(point: IndexPoint) -> str:
    top10 = "" if point.top10 is None else f" · true top-10 {point.top10.value:.3f}"
    p99 = "" if math.isnan(point.p99.value) else f" · p99 {point.p99.value:.3f}"
    return (
        f"<b>{with_knobs(point.config)}</b>"
        f"<br>ANN recall@{point.k:,} {point.recall.value:.4f} ± {point.recall.half_width:.4f}"
        f"{top10}<br>p50 {point.p50.value:.3f} ms · p95 {point.p95.value:.3f}{p99}"
        f"<br>built in {point.build_seconds:.2f} s · {point.memory_bytes / 1e6:.1f} MB"
    )


def _mark(
    name: str, concept: str, view: RetrievalView, points: Sequence[IndexPoint], size: float = 8
) -> dict[str, Any]:
    """A search of its own among the points."""
    text, symbol = name, theme.CONCEPTS[concept].symbol
    if not compares(view, points):
        text, symbol = f"{name}, k {view.k:,}", f"{symbol.removesuffix('-open')}-open"
    marker = theme.marker(concept, size=size, symbol=symbol)
    marker["line"]["width"] = 2  # of both shapes: one that moved would be drawn anew at each k
    return {
        "type": "scatter",
        "x": [view.p50],
        "y": logit.places([view.recall[0]]),
        "name": name,
        "showlegend": False,
        "mode": "markers+text",
        "text": [text],
        "textposition": "top right",
        "marker": marker,
        "hovertext": [
            f"<b>{with_knobs(view.config)}</b><br>ANN recall@{view.k:,} {view.recall[0]:.4f}"
            f"<br>p50 {view.p50:.3f} ms · p95 {view.p95:.3f}"
        ],
        "hoverinfo": "text",
    }


def _here(view: RetrievalView, points: Sequence[IndexPoint], side: str) -> dict[str, Any]:
    value, half = view.recall
    mark = _mark("you are here", "here", view, points) | {"textposition": f"bottom {side}"}
    if math.isnan(half):
        half = 0.0
    middle, low, high = logit.places([value, value - half, min(value + half, 1.0)])
    return mark | {
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [float(high - middle)],
            "arrayminus": [float(middle - low)],
            "color": theme.ink(60),
            "thickness": 1.2,
            "width": 4,
        }
    }
