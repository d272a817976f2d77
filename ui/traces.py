"""Traces, shapes and ticks that the charts of several pages draw. Pure functions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ui import theme

SYMBOLS = {
    "none": "circle-open",
    "prior": "x-thin-open",
    "logistic": "circle",
    "fm": "square",
    "gbdt": "cross",
    "lambdarank": "triangle-up",
    "dcn": "star",
}
"""Name of a ranker -> the shape that stands for it."""
_UNSEEN = {"size": 8, "opacity": 0}
"""A marker that keeps its text clear of the line on which both stand."""
_RENARD_10 = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, 10.0)


def dot(name: str, x: float, y: float, marker: dict[str, Any]) -> dict[str, Any]:
    """One point with its name."""
    return {
        "type": "scatter",
        "x": [x],
        "y": [y],
        "name": name,
        "mode": "markers+text",
        "text": [name],
        "textposition": "bottom center",
        "marker": marker,
        "showlegend": False,
    }


def here(x: float, y: float, half: float) -> dict[str, Any]:
    """Where the design stands; ``half`` of its interval is NaN where there is none."""
    trace: dict[str, Any] = {
        "type": "scatter",
        "x": [x],
        "y": [y],
        "name": "you are here",
        "mode": "markers+text",
        "text": ["you are here"],
        "textposition": "top left",
        "marker": theme.marker("here"),
        "showlegend": False,
        "hovertemplate": "%{y:.3f}",
    }
    if not math.isnan(half):
        trace["error_y"] = {"type": "data", "array": [half], "color": theme.ink(60), "width": 4}
    return trace


def bars(
    name: str, y: list[str], x: np.ndarray, marker: dict[str, Any], text: list[str] | None
) -> dict[str, Any]:
    """Bars to the right, with texts on them where there are some."""
    drawn: dict[str, Any] = {
        "type": "bar",
        "orientation": "h",
        "x": x,
        "y": y,
        "name": name,
        "marker": marker,
        "hovertemplate": f"{name} %{{x:.4f}}<extra></extra>",
    }
    if text is not None:
        drawn |= {"text": text, "textposition": "inside", "insidetextanchor": "middle"}
        drawn["textfont"] = {"color": "#1B1F24"}
    return drawn


def band(x: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """The interval around a line."""
    return {
        "type": "scatter",
        "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([high, low[::-1]]),
        "fill": "toself",
        "fillcolor": theme.band("ranking"),
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
    }


def across(y: float, line: dict[str, Any]) -> dict[str, Any]:
    """A line over the whole width."""
    return {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": y,
        "y1": y,
        "line": line,
        "layer": "below",
    }


def up(x: float, line: dict[str, Any]) -> dict[str, Any]:
    """A line over the whole height."""
    return {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper", "line": line}


def level(
    y: float,
    left: float,
    right: float,
    name: str,
    concept: str,
    *,
    below: bool = False,
    at_left: bool = False,
) -> list[dict[str, Any]]:
    """A line across a chart with its name and y at one end; nothing where y is NaN.

    Traces, since shapes and annotations do not move without a new drawing; no more does a trace
    whose name changes, so the figure stands in its text alone.
    """
    if math.isnan(y):
        return []
    side = "bottom" if below else "top"
    text = f"{name} {y:.3f}"
    quiet = {"type": "scatter", "name": name, "hoverinfo": "skip", "showlegend": False}
    line = {"x": [left, right], "y": [y, y], "mode": "lines", "line": theme.line(concept)}
    inside = 1e-6 * (right - left)  # a point that rounding sets beyond the axis loses its text
    label = {
        "x": [left + inside, right - inside],
        "y": [y, y],
        "mode": "markers+text",
        "marker": _UNSEEN,
        "text": [text, ""] if at_left else ["", text],  # or it would slide from end to end
        "textposition": [f"{side} right", f"{side} left"],
    }
    return [quiet | line, quiet | label]


def side_with_room(x: float, left: float, right: float, turn: float = 0.75) -> str:
    """On which side of a point its name fits: to the right, up to a share of the way to the end.

    x, left, right : of the point and of the axis, in logarithms on a logarithmic axis.
    """
    return "left" if x > left + turn * (right - left) else "right"


def axis_end(value: float) -> float:
    """Where an axis ends that holds ``value`` > 0: the next of the Renard numbers R10 (ISO 3).

    An axis that ended at the value would be another one at each of a slider's: bars would stand
    still while the scale moved under them, and it would be drawn anew each time.
    """
    power = 10.0 ** math.floor(math.log10(value))
    return next(number * power for number in _RENARD_10 if number * power >= value)


def ticks(style: str = "{:g}") -> dict[str, Any]:
    """One, two and five of each power of ten, for a logarithmic axis of any range.

    The same for all, so that an axis whose range alone changes can move.
    """
    values = [m * 10.0**power for power in range(-4, 8) for m in (1, 2, 5)]
    return {"tickvals": values, "ticktext": [style.format(value) for value in values]}
