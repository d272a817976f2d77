"""Charts: a view in, a figure out. Pure functions; colours come from `ui.theme`.

A figure is a plain dictionary of traces and layout, which is what travels to the browser: built
and checked by Plotly's classes it takes ten times as long, which is felt on each step of a slider.
The tests have Plotly check every one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.design import MAX_CANDIDATES, Design
from engine.grid import LatencyGrid
from engine.measurement import WHOLE
from engine.pipeline import STAGES
from ui import pinned_marks, theme, traces
from ui.live_figure import Figure
from ui.versus import signed
from ui.view import BUDGET_MS, View

_TICKS = (10, 20, 50, 100, 200, 500, 1000)
_DARK_INK = "#1B1F24"  # on the stages' fills, in both themes


def over_candidates(view: View) -> Figure:
    """Quality and latency over the number of candidates, on one shared axis."""
    here = view.design.candidates
    quality, bottom = _quality_traces(view)
    latency, top = _latency_traces(view)
    x_axis = {
        "type": "log",
        "range": [1.0, math.log10(MAX_CANDIDATES) + 0.012],
        "tickvals": list(_TICKS),
        "ticktext": [f"{n:,}" for n in _TICKS],
    }
    layout = {
        "title": theme.heading(
            "What more candidates buy, and cost", "true NDCG@10 above, p95 in ms below"
        ),
        "xaxis": x_axis | {"anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": x_axis | {"anchor": "y2", "title": {"text": "candidates"}},
        "yaxis": {"domain": [0.46, 1.0], "range": [bottom, 1.02], "title": {"text": "NDCG@10"}},
        "yaxis2": {
            "anchor": "x2",
            "domain": [0.0, 0.40],
            "range": [0.0, top],
            "title": {"text": "p95, ms"},
        },
        "hovermode": "x unified",
        "margin": {"t": 34},
        "uirevision": "candidates",
    }
    pinned = pinned_marks.over_candidates(view)
    # Beyond the axes' ends, which move: a line that moved along would end short of them.
    upright = [_upright(here, 0.0, 1.02, "")]
    if latency:
        upright.append(_upright(here, 0.0, max(top, 10 * BUDGET_MS), "2"))
    return {"data": [*upright, *quality, *latency, *pinned], "layout": layout}


def _upright(x: float, bottom: float, top: float, axes: str) -> dict[str, Any]:
    """A line through one of the charts. A trace, since shapes do not move without a new drawing."""
    return {
        "type": "scatter",
        "name": "line through here",
        "x": [x, x],
        "y": [bottom, top],
        "xaxis": f"x{axes}",
        "yaxis": f"y{axes}",
        "mode": "lines",
        "line": theme.line("here", width=1.6),
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _quality_traces(view: View) -> tuple[list[dict[str, Any]], float]:
    """Traces of the upper chart, and where its axis begins."""
    curve = view.curve
    x = np.array(curve.candidates)
    low, high = curve.ndcg - curve.half_width, curve.ndcg + curve.half_width
    band = {
        "type": "scatter",
        "x": np.concatenate([x, x[::-1]]),
        "y": np.concatenate([high, low[::-1]]),
        "fill": "toself",
        "fillcolor": theme.band("ranking"),
        "mode": "lines",
        "line": {"width": 0},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    lines = [
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "name": name,
            "mode": "lines",
            "line": theme.line(concept),
            "hovertemplate": "%{y:.3f}",
        }
        for name, y, concept in (
            ("best slate possible", curve.best_returned, "truth"),
            ("this design", curve.ndcg, "ranking"),
        )
    ]
    here = {
        "type": "scatter",
        "x": [view.design.candidates],
        "y": [view.figures["ndcg@10"][0]],
        "name": "you are here",
        "showlegend": False,
        "mode": "markers+text",
        "text": ["you are here"],
        "textposition": "bottom left" if view.design.candidates > 500 else "bottom right",
        "marker": theme.marker("here"),
        "hovertemplate": "%{y:.3f}",
    }
    lowest = [float(low.min()), 0.6]
    if view.pinned is not None:
        lowest.append(float(view.pinned.view.curve.ndcg.min()))
    bottom = math.floor(min(lowest) * 10) / 10
    return [band, *lines, here], bottom


def _latency_traces(view: View) -> tuple[list[dict[str, Any]], float]:
    """Traces of the lower chart, and where its axis ends."""
    grid = view.latency_curve
    if grid is None or view.latency is None:
        return [], 1.0
    columns = _p95_over_candidates(grid, view.design)
    areas = [
        {
            "type": "scatter",
            "x": grid.candidates,
            "y": columns[stage],
            "name": stage,
            "stackgroup": "stages",
            "xaxis": "x2",
            "yaxis": "y2",
            "hovertemplate": "%{y:.3f} ms",
            **theme.area(stage),
        }
        for stage in view.stages
    ]
    whole = view.latency.p95[WHOLE]
    here = {
        "type": "scatter",
        "x": [view.design.candidates],
        "y": [whole],
        "name": "p95 of this design",
        "mode": "markers",
        "marker": theme.marker("here"),
        "showlegend": False,
        "xaxis": "x2",
        "yaxis": "y2",
        "hovertemplate": "%{y:.2f} ms",
    }
    highest = float(sum(area["y"] for area in areas).max())
    return [*areas, here], traces.axis_end(1.04 * max(highest, whole, pinned_marks.widest_ms(view)))


def _p95_over_candidates(grid: LatencyGrid, design: Design) -> dict[str, NDArray[np.float64]]:
    """The p95 of each stage and the whole at the grid's candidates, ms."""
    return dict(zip((*STAGES, WHOLE), grid.over_candidates(design, 95).T, strict=True))


def over_candidates_table(view: View) -> pd.DataFrame:
    """What stands behind `over_candidates`."""
    curve = view.curve
    frame = pd.DataFrame(
        {
            "candidates": curve.candidates,
            "NDCG@10": curve.ndcg.round(4),
            "± 95%": curve.half_width.round(4),
            "best slate possible": curve.best_returned.round(4),
            "best with an exact search": curve.best_exact.round(4),
            "ANN recall": curve.ann_recall.round(4),
        }
    )
    grid = view.latency_curve
    if grid is not None:
        columns = _p95_over_candidates(grid, view.design)
        places = np.log(grid.candidates)
        here = np.log(frame["candidates"].to_numpy(dtype=np.float64))
        for name in (*view.stages, WHOLE):
            frame[f"p95 {name}, ms"] = np.interp(here, places, columns[name]).round(4)
    return frame


def loss_by_stage(view: View) -> Figure:
    """A waterfall from the perfect slate to the one shown."""
    ndcg, _ = view.figures["ndcg@10"]
    lost = [view.loss[stage][0] for stage in view.loss_stages]
    widths = [view.loss[stage][1] for stage in view.loss_stages]
    tops = [1.0, *(1.0 - np.cumsum(lost)).tolist()]
    lowest = min(tops)
    if view.pinned is not None:
        lowest = min(lowest, view.pinned.view.figures["ndcg@10"][0])
    floor = max(0.0, math.floor((lowest - 0.06) * 10) / 10)
    names = ["perfect", *view.loss_stages, "this slate"]
    outer = {
        "type": "bar",
        "name": "NDCG@10",
        "x": [names[0], names[-1]],
        "y": [1.0, ndcg],
        "marker": theme.bar("ranking"),
        "hovertemplate": "%{x}: %{y:.3f}<extra></extra>",
        "showlegend": False,
    }
    steps = {
        "type": "bar",
        "name": "lost",
        "x": list(view.loss_stages),
        "y": [abs(x) for x in lost],
        "base": [min(before, after) for before, after in pairwise(tops)],
        "marker": theme.bar("loss"),
        "error_y": {
            "type": "data",
            "array": [0.0 if math.isnan(width) else width for width in widths],
            "color": theme.ink(60),
            "thickness": 1.2,
            "width": 5,
        },
        "customdata": lost,  # the bars' heights have no sign
        "hovertemplate": "%{x} loses %{customdata:.4f}<extra></extra>",
        "showlegend": False,
    }
    # Not on the bars: to fit a text to its bar Plotly measures it, which lays out the page.
    gap = 0.012 * (1.0 - floor)
    labels = {
        "type": "scatter",
        "name": "as written",
        "x": names,
        "y": [1.0 + gap, *(min(ends) - gap for ends in pairwise(tops)), ndcg + gap],
        "mode": "text",
        "text": [f"{1:.3f}", *(signed(-x) for x in lost), f"{ndcg:.3f}"],
        "textposition": ["top center", *["bottom center"] * len(lost), "top center"],
        "hoverinfo": "skip",
        "showlegend": False,
    }
    # Bars, since shapes do not move without a new drawing.
    thickness = 0.004 * (1.0 - floor)
    ledges = {
        "type": "bar",
        "name": "ledge",
        "x": names[:-1],
        "y": [thickness] * len(tops),
        "base": [level - thickness / 2 for level in tops],
        "offset": 0.36,
        "width": 0.28,
        "marker": {"color": theme.ink(50), "line": {"width": 0}},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    layout = {
        "title": theme.heading("Where quality is lost", "true NDCG@10 by stage"),
        "xaxis": {
            "categoryorder": "array",
            "categoryarray": names,
            "tickangle": 0,
            "tickfont": {"size": 12},
        },
        "yaxis": {"range": [floor, 1.0 + 0.13 * (1.0 - floor)]},
        "barmode": "overlay",
        "uirevision": "loss",
    }
    pinned = pinned_marks.loss_by_stage(view)
    return {"data": [outer, steps, ledges, labels, *pinned], "layout": layout}


def loss_table(view: View) -> pd.DataFrame:
    """What stands behind `loss_by_stage`."""
    ndcg, width = view.figures["ndcg@10"]
    rows = [("perfect slate", 1.0, float("nan"))]
    rows += [(f"lost in {stage}", *view.loss[stage]) for stage in view.loss_stages]
    rows.append(("this slate", ndcg, width))
    return pd.DataFrame(rows, columns=["stage", "NDCG@10", "± 95%"]).round(5)


def time_by_stage(view: View) -> Figure:
    """Stacked bars of p50, p95 and p99, shared out to the stages; a row without bars if unknown.

    Its rows are the same in a preview, which knows no p99: another row is another drawing.
    """
    layout: dict[str, Any] = {
        "title": theme.heading("Where the milliseconds go", f"one request, of {BUDGET_MS:.0f} ms"),
        "barmode": "stack",
        "bargap": 0.35,
        "margin": {"t": 34},
        "uirevision": "time",
    }
    latency = view.latency
    if latency is None:
        return {"data": [], "layout": layout}
    rows = {"p99": latency.p99, "p95": latency.p95, "p50": latency.p50}
    known = [parts[WHOLE] for parts in rows.values() if not math.isnan(parts[WHOLE])]
    widest = max(*known, pinned_marks.widest_ms(view))
    end = traces.axis_end(1.14 * widest)
    layout["xaxis"] = {"title": {"text": "ms"}, "range": [0.0, end]}
    layout["legend"] = {"itemclick": False, "itemdoubleclick": False}  # numbers would stay behind
    bars = [
        {
            "type": "bar",
            "orientation": "h",
            "y": list(rows),
            "x": [parts[stage] for parts in rows.values()],
            "name": stage,
            "marker": theme.bar(stage),
            "hovertemplate": f"{stage}, %{{y}}: %{{x:.3f}} ms<extra></extra>",
        }
        for stage in view.stages
    ]
    numbers = _stage_numbers(rows, view.stages, 0.12 * end)
    return {"data": [*bars, *numbers, *pinned_marks.time_by_stage(view)], "layout": layout}


def _stage_numbers(
    rows: dict[str, dict[str, float]], stages: Sequence[str], least: float
) -> list[dict[str, Any]]:
    """What each stage takes, within its bar's end from ``least`` ms on; the whole behind it.

    Not on the bars: to fit a text to its bar Plotly measures it, which lays out the page.
    """
    shares = np.array([[parts[stage] for stage in stages] for parts in rows.values()])
    written = {"type": "scatter", "mode": "text", "hoverinfo": "skip", "showlegend": False}
    within = {
        "x": shares.cumsum(axis=1).ravel(),
        "y": [name for name in rows for _ in stages],
        "name": "of each stage",
        "text": [f"{share:.2f} " if share > least else "" for share in shares.ravel()],
        "textposition": "middle left",
        "textfont": {"color": _DARK_INK, "shadow": "none"},
    }
    totals = [parts[WHOLE] for parts in rows.values()]
    behind = {
        "x": totals,
        "y": list(rows),
        "name": "of the whole",
        "text": ["" if math.isnan(total) else f" {total:.2f}" for total in totals],
        "textposition": "middle right",
    }
    return [written | within, written | behind]


def time_table(view: View) -> pd.DataFrame:
    """What stands behind `time_by_stage`: the parts, and each stage's own percentiles."""
    latency = view.latency
    names = (*view.stages, WHOLE)
    columns: dict[str, list[Any]] = {"stage": list(names) if latency else []}
    if latency is not None:
        for label, parts in (("p50", latency.p50), ("p95", latency.p95), ("p99", latency.p99)):
            columns[f"part of {label}, ms"] = [parts[name] for name in names]
        if latency.own:
            for q in (50, 95, 99):
                columns[f"own p{q}, ms"] = [latency.own[q, name] for name in names]
    return pd.DataFrame(columns).round(4)
