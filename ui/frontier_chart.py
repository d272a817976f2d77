"""The frontier as a figure: points in, figure out, and the sentence that they amount to."""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from ui import theme
from ui.charts import signed
from ui.controls import LABELS
from ui.frontier_points import Point, front
from ui.live_figure import Figure
from ui.view import BUDGET_MS

_SHAPES = {"none": "circle", "logistic": "square", "gbdt": "triangle-up"}
_OTHER_SHAPE = "pentagon"
_TICKS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000)
_DOMINATED = 0.32


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
        *_tried_trace(points, on_it),
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
    left, right = math.log10(min(times)) - 0.1, math.log10(max(times)) + 0.12
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
    for ranker in dict.fromkeys([*_SHAPES, *(point.ranker for point in points)]):
        mine = [
            point
            for point in points
            if point.ranker == ranker and point.source == "shipped" and point.stages == 2
        ]
        if mine:
            look = theme.marker("ranking") | {"symbol": _shape(ranker)}
            label = "no ranker" if ranker == "none" else LABELS.get(ranker, ranker)
            traces.append(_dots(mine, on_it, label, look))
    return traces


def _tried_trace(points: tuple[Point, ...], on_it: frozenset[Point]) -> list[dict[str, Any]]:
    """The designs of this visit, in ink as is "you are here"."""
    mine = [point for point in points if point.source != "shipped"]
    if not mine:
        return []
    look = theme.marker("ranking") | {"color": theme.ink(65)}
    trace = _dots(mine, on_it, "tried in this visit", look)
    trace["marker"]["symbol"] = [_shape(point.ranker) for point in mine]
    return [trace]


def _single_stage_trace(points: tuple[Point, ...], on_it: frozenset[Point]) -> list[dict[str, Any]]:
    """The rankers that rank the whole catalogue: a shape of their own, and a label."""
    mine = [point for point in points if point.stages == 1]
    if not mine:
        return []
    look = theme.marker("ranking", size=10) | {"symbol": "star-square"}
    trace = _dots(mine, on_it, "ranks the whole catalogue", look)
    best = max(mine, key=lambda point: point.ndcg)
    labels = ["ranks the whole catalogue" if point is best else "" for point in mine]
    label = {"mode": "markers+text", "text": labels, "textposition": "top left"}
    return [trace | label | {"showlegend": False}]


def _dots(
    points: list[Point], on_it: frozenset[Point], name: str, look: dict[str, Any]
) -> dict[str, Any]:
    opacity = [1.0 if point in on_it else _DOMINATED for point in points]
    return {
        "type": "scatter",
        "x": np.array([point.p95 for point in points]),
        "y": np.array([point.ndcg for point in points]),
        "name": name,
        "mode": "markers",
        "marker": look | {"opacity": np.array(opacity)},
        "customdata": [point.link for point in points],
        "hovertext": [_hover(point) for point in points],
        "hoverinfo": "text",
    }


def _pinned_trace(pinned: Point) -> list[dict[str, Any]]:
    mark = theme.marker("pinned", size=13)
    return [
        _dots([pinned], frozenset([pinned]), "pinned A", mark)
        | {"mode": "markers+text", "text": ["A"], "textposition": "top right", "showlegend": False}
    ]


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
        "textposition": "bottom right",
        "marker": theme.marker("here"),
        "hovertext": [_hover(here)],
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


def _shape(ranker: str) -> str:
    return _SHAPES.get(ranker, _OTHER_SHAPE)


def _hover(point: Point) -> str:
    interval = "" if math.isnan(point.low) else f" ({point.low:.3f} to {point.high:.3f})"
    where = {"shipped": "shipped grid", "this visit": "measured here", "preview": "preview"}
    then = "" if point.link else ": to compare with, cannot be loaded"
    return (
        f"<b>{point.name}</b><br>NDCG@10 {point.ndcg:.3f}{interval}"
        f"<br>p50 {point.p50:.2f} ms · p95 {point.p95:.2f} ms<br>{where[point.source]}{then}"
    )


def twin_of(here: Point, points: tuple[Point, ...]) -> Point | None:
    """The same design as it shipped, if it did."""
    same = (point for point in points if point.source == "shipped" and point.link == here.link)
    return next(same, None)


def frontier_sentence(points: tuple[Point, ...], here: Point | None) -> str:
    """Whether anything measured beats this design. Markdown.

    Times of different machines and days do not compare: the shipped designs are held against
    this design as it shipped, those of this visit against it as it was measured here.
    """
    if here is None:
        return "This design was not timed, so it has no place here."
    pairs = [
        [(here, point) for point in points if point.source == "this visit"],
        [(twin, point) for twin in [twin_of(here, points)] if twin
         for point in points if point.source == "shipped" and point is not twin],
    ]  # fmt: skip
    if here.source == "preview":
        pairs = pairs[1:]
    compared = list(chain.from_iterable(pairs))
    if not compared:
        return _nothing_to_compare(points, here)
    beaten_by = [
        (mine, point)
        for mine, point in compared
        if len(front([mine, point])) == 1 and front([mine, point])[0] is point
    ]
    if not beaten_by:
        return (
            f"**Nothing measured beats this design**: none of {len(compared):,} others, timed "
            "beside it, is as good and as fast."
        )
    return _beaten(beaten_by)


def _nothing_to_compare(points: tuple[Point, ...], here: Point) -> str:
    if here.source == "preview":
        return "This design takes its place once it is measured."
    if any(point.source == "shipped" for point in points):
        return (
            "The shipped grid does not hold this design, and was timed at another time: compare "
            "NDCG with it, not milliseconds."
        )
    return "The first design of this visit: the next ones are compared with it."


def _beaten(beaten_by: list[tuple[Point, Point]]) -> str:
    """The best gain that is more than noise, else the fastest that is as good."""
    clear = [pair for pair in beaten_by if pair[1].low > pair[0].high]
    if clear:
        mine, better = max(clear, key=lambda pair: pair[1].ndcg - pair[0].ndcg)
        return (
            f"**{better.name}** gives **{signed(better.ndcg - mine.ndcg)} NDCG** at less p95, "
            f"{_ms(better)} instead of {_ms(mine)} ms{_when(better)}."
        )
    mine, faster = min(beaten_by, key=lambda pair: pair[1].p95 / pair[0].p95)
    return (
        f"**{faster.name}** is as good ({signed(faster.ndcg - mine.ndcg)} NDCG, inside the noise) "
        f"and takes {_ms(faster)} instead of {_ms(mine)} ms at p95{_when(faster)}."
    )


def _ms(point: Point) -> str:
    return f"{point.p95:.2f}" if point.p95 < 1 else f"{point.p95:.1f}"


def _when(point: Point) -> str:
    return " in the shipped grid" if point.source == "shipped" else ""
