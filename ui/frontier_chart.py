"""The frontier as a figure: points in, figure out. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np

from ui import theme
from ui.controls import LABELS
from ui.frontier_points import Point, front, twin_of
from ui.live_figure import Figure
from ui.view import BUDGET_MS

# Symbols, and sizes that make them look alike.
_SHAPES = {"none": ("circle", 8), "logistic": ("square", 8), "gbdt": ("triangle-up", 10)}
_OTHER, _SINGLE = ("pentagon", 9), ("x", 10)
_THREAD = "<br>dotted: to the same design in the shipped grid"
_SINGLE_LABEL = "ranks<br>the whole<br>catalogue"
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
_DOMINATED = 0.38
_FAR_RIGHT_MS = 5.0
_ROOM_RIGHT = 0.26  # decades, for the label of what ranks the whole catalogue


@lru_cache(maxsize=64)
def frontier(points: tuple[Point, ...], here: Point | None, pinned: Point | None = None) -> Figure:
    """Quality against p95 of the points, and which of them nobody beats.

    Parameters
    ----------
    points : without `here`.
    pinned : the design that others are compared with, one of the points or not.
    """
    measured = points if here is None or here.source == "preview" else (*points, here)
    best = front(measured)
    on_it = frozenset(best)
    shown = [*points, *filter(None, (here, pinned))]
    x_axis, y_axis = _axes(shown)
    data = [
        _front_line(best),
        *_shipped_traces(points, on_it),
        *_tried_traces(points, on_it),
        *_single_stage_trace(points, on_it),
        *(_pinned_trace(pinned) if pinned else ()),
        *(_here_traces(here, points) if here else ()),
    ]
    layout = {
        "title": theme.heading(
            "What quality costs", "true NDCG@10 against p95 of one request, ms, log scale"
        ),
        "xaxis": x_axis,
        "yaxis": y_axis,
        "shapes": [
            {
                "type": "line",
                "x0": BUDGET_MS,
                "x1": BUDGET_MS,
                "y0": 0,
                "y1": 1,
                "yref": "paper",
                "layer": "below",
                "line": theme.line("budget"),
            }
        ],
        "annotations": [
            {
                "text": f"SLO {BUDGET_MS:.0f} ms",
                "x": math.log10(BUDGET_MS),
                "xanchor": "right",
                "xshift": -5,
                "y": 0,
                "yref": "paper",
                "yanchor": "bottom",
            }
        ],
        "hovermode": "closest",
        "margin": {"t": 38},
        "uirevision": "frontier",
    }
    return {"data": data, "layout": layout}


def _axes(points: list[Point]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both axes with ranges that hold all points, their labels and the SLO."""
    times = [*(point.p95 for point in points if point.p95 > 0), BUDGET_MS]
    left, right = math.log10(min(times)) - 0.1, math.log10(max(times)) + _ROOM_RIGHT
    goods = [point.ndcg for point in points] or [0.0, 1.0]
    bottom = math.floor(20 * min(goods) - 0.2) / 20
    top = max(goods) + 0.09 * (max(goods) - bottom)
    ticks = [tick for tick in _TICKS if left <= math.log10(tick) <= right]
    x_axis = {
        "type": "log",
        "range": [left, right],
        "tickvals": ticks,
        "ticktext": [f"{tick:,g}" for tick in ticks],
        "title": {"text": "p95, ms"},
    }
    return x_axis, {"range": [bottom, top], "title": {"text": "NDCG@10"}}


def _front_line(best: list[Point]) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": np.array([point.p95 for point in best]),
        "y": np.array([point.ndcg for point in best]),
        "mode": "lines",
        "line": {"color": theme.ink(45), "width": 1.5, "shape": "hv"},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _shipped_traces(points: tuple[Point, ...], on_it: frozenset[Point]) -> list[dict[str, Any]]:
    """The shipped designs, a trace and a shape for each ranker."""
    traces = []
    two_stage = [point for point in points if point.source == "shipped" and point.stages == 2]
    for ranker in dict.fromkeys([*_SHAPES, *(point.ranker for point in two_stage)]):
        mine = [point for point in two_stage if point.ranker == ranker]
        if mine:
            label = "no ranker" if ranker == "none" else LABELS.get(ranker, ranker)
            traces += [_dots(mine, on_it, label), _key(label, _shape(mine[0]))]
    return traces


def _tried_traces(points: tuple[Point, ...], on_it: frozenset[Point]) -> list[dict[str, Any]]:
    """The designs of this visit, in ink as is "you are here"."""
    mine = [point for point in points if point.source != "shipped"]
    if not mine:
        return []
    ink, label = {"color": theme.ink(65)}, "tried in this visit"
    return [_dots(mine, on_it, label, ink), _key(label, _shape(mine[0]) | ink)]


def _single_stage_trace(points: tuple[Point, ...], on_it: frozenset[Point]) -> list[dict[str, Any]]:
    """The rankers that rank the whole catalogue: a shape of their own, and a label."""
    mine = [point for point in points if point.stages == 1]
    if not mine:
        return []
    best = max(mine, key=lambda point: point.ndcg)
    others = [point for point in mine if point is not best]
    label = {"mode": "markers+text", "text": [_SINGLE_LABEL], "textposition": "bottom center"}
    return [
        _dots(others, on_it, "whole catalogue"),
        _dots([best], on_it, "whole catalogue") | label,
    ]


def _dots(
    points: list[Point],
    on_it: frozenset[Point],
    name: str,
    look: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """One trace; what others beat is faint, and drawn first."""
    points = sorted(points, key=lambda point: point in on_it)
    shapes = [_shape(point) for point in points]
    marker = theme.marker("ranking") | {
        "symbol": [shape["symbol"] for shape in shapes],
        "size": np.array([shape["size"] for shape in shapes]),
        "opacity": np.array([1.0 if point in on_it else _DOMINATED for point in points]),
    }
    return {
        "type": "scatter",
        "x": np.array([point.p95 for point in points]),
        "y": np.array([point.ndcg for point in points]),
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "mode": "markers",
        "marker": marker | dict(look),
        "customdata": [point.link for point in points],
        "hovertext": [_hover(point) for point in points],
        "hoverinfo": "text",
    }


def _key(name: str, look: dict[str, Any]) -> dict[str, Any]:
    """A line of the legend: that of the points would be as faint as most of them."""
    return {
        "type": "scatter",
        "x": [None],
        "y": [None],
        "name": name,
        "legendgroup": name,
        "mode": "markers",
        "marker": theme.marker("ranking") | look,
        "hoverinfo": "skip",
    }


def _pinned_trace(pinned: Point) -> list[dict[str, Any]]:
    label = {"mode": "markers+text", "text": ["A"], "textposition": "top right"}
    mark = theme.marker("pinned", size=13)
    return [_dots([pinned], frozenset([pinned]), "pinned A", mark) | label]


def _here_traces(here: Point, points: tuple[Point, ...]) -> list[dict[str, Any]]:
    """The diamond with its interval, and a thread to the same design as it shipped."""
    twin = twin_of(here, points)
    thread = {
        "type": "scatter",
        "x": [here.p95, twin.p95] if twin else [],
        "y": [here.ndcg, twin.ndcg] if twin else [],
        "mode": "lines",
        "line": theme.line("here", width=1.8),
        "hoverinfo": "skip",
        "showlegend": False,
    }
    diamond = {
        "type": "scatter",
        "x": [here.p95],
        "y": [here.ndcg],
        "name": "you are here",
        "showlegend": False,
        "mode": "markers+text",
        "text": ["you are here"],
        # Away from the other label, which a narrow window brings near.
        "textposition": "bottom left" if here.p95 > _FAR_RIGHT_MS else "bottom right",
        "marker": theme.marker("here"),
        "hovertext": [_hover(here) + (_THREAD if twin else "")],
        "hoverinfo": "text",
    }
    if not math.isnan(here.high):
        diamond["error_y"] = {
            "type": "data",
            "array": [here.high - here.ndcg],
            "color": theme.ink(60),
            "thickness": 1.2,
            "width": 5,
        }
    return [thread, diamond]


def _shape(point: Point) -> dict[str, Any]:
    symbol, size = _SINGLE if point.stages == 1 else _SHAPES.get(point.ranker, _OTHER)
    return {"symbol": symbol, "size": size}


def _hover(point: Point) -> str:
    interval = "" if math.isnan(point.low) else f" ({point.low:.3f} to {point.high:.3f})"
    where = {"shipped": "shipped grid", "this visit": "measured here", "preview": "preview"}
    then = "" if point.link else ": to compare with, cannot be loaded"
    return (
        f"<b>{point.name}</b><br>NDCG@10 {point.ndcg:.3f}{interval}"
        f"<br>p50 {point.p50:.2f} ms · p95 {point.p95:.2f} ms<br>{where[point.source]}{then}"
    )
