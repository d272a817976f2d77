"""The pinned design A in the charts of the two-stage page: dotted and grey, behind the current."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import Any

import numpy as np

from engine.measurement import WHOLE
from engine.pipeline import STAGES
from ui import theme
from ui.view import View

NAME = "pinned A"


def over_candidates(view: View) -> list[dict[str, Any]]:
    """A's quality and p95 over candidates, and where A stands on both."""
    if view.pinned is None:
        return []
    a = view.pinned.view
    here = a.design.candidates
    traces = [
        _line(np.array(a.curve.candidates), a.curve.ndcg, NAME, "%{y:.3f}"),
        _point([here], [a.figures["ndcg@10"][0]], "%{y:.3f}"),
    ]
    grid = a.latency_curve
    below = {"xaxis": "x2", "yaxis": "y2"}
    if grid is not None:
        whole = grid.over_candidates(a.design, 95)[:, len(STAGES)]
        line = _line(grid.candidates, whole, f"{NAME}, p95", "%{y:.3f} ms")
        traces.append(line | below | {"showlegend": False})
    if a.latency is not None:
        traces.append(_point([here], [a.latency.p95[WHOLE]], "%{y:.2f} ms") | below)
    return traces


def loss_by_stage(view: View) -> list[dict[str, Any]]:
    """How low A's waterfall has fallen after each stage."""
    if view.pinned is None:
        return []
    a = view.pinned.view
    falls = accumulate((a.loss[stage][0] for stage in view.loss_stages), initial=0.0)
    left = [1.0 - fallen for fallen in falls]
    names = ["perfect", *view.loss_stages, "this slate"]
    ends = [*left, left[-1]]
    marks = _point(names[1:], ends[1:], "A is left with %{y:.3f}")
    return [marks | {"showlegend": True, "marker": _dash("line-ew-open")}]


def time_by_stage(view: View) -> list[dict[str, Any]]:
    """A's whole request at each percentile."""
    if view.pinned is None or view.pinned.view.latency is None:
        return []
    latency = view.pinned.view.latency
    rows = {"p99": latency.p99, "p95": latency.p95, "p50": latency.p50}
    known = {name: parts[WHOLE] for name, parts in rows.items() if not math.isnan(parts[WHOLE])}
    marks = _point(list(known.values()), list(known), "%{x:.2f} ms")
    return [marks | {"showlegend": True, "marker": _dash("line-ns-open")}]


def widest_ms(view: View) -> float:
    """What a latency axis must hold for A's sake; 0 without A."""
    if view.pinned is None or view.pinned.view.latency is None:
        return 0.0
    latency = view.pinned.view.latency
    return float(np.nanmax([parts[WHOLE] for parts in (latency.p50, latency.p95, latency.p99)]))


def _line(x: Any, y: Any, name: str, hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines",
        "line": theme.line("pinned"),
        "hovertemplate": hover,
    }


def _point(x: list[Any], y: list[Any], hover: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": NAME,
        "mode": "markers",
        "marker": theme.marker("pinned", size=10),
        "showlegend": False,
        "hovertemplate": f"{NAME}: {hover}<extra></extra>",
    }


def _dash(symbol: str) -> dict[str, Any]:
    """A dash across a bar, where a circle would hide the numbers."""
    return theme.marker("pinned", size=26) | {"symbol": symbol}
