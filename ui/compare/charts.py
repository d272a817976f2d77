"""Charts of pinned designs over each other: a colour, a dash and a shape for each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.design import MAX_CANDIDATES
from engine.figures import Estimate, MeasuredDifference
from engine.measurement import P99_FROM, WHOLE
from engine.pipeline import STAGES
from engine.side_by_side import verdict
from ui import theme
from ui.live_figure import Figure
from ui.view import View

CONCEPT = {"A": "pinned", "B": "pinned B", "C": "pinned C", "D": "pinned D"}
"""Letter -> the concept that it is drawn as."""
_LETTER_AT = {"A": "top center", "B": "bottom center", "C": "top right", "D": "bottom left"}
_TICKS = (10, 20, 50, 100, 200, 500, 1000)
_QUANTILES = (5, 10, 25, 50, 75, 90, 95, 99)
_TOLD = (50, 90, 95, 99)
Differences = Mapping[str, Estimate | MeasuredDifference]


def over_candidates(views: Mapping[str, View]) -> Figure:
    """Quality and p95 over the number of candidates, on one shared axis."""
    x_axis = {
        "type": "log",
        "range": [1.0, math.log10(MAX_CANDIDATES) + 0.012],
        "tickvals": list(_TICKS),
        "ticktext": [f"{n:,}" for n in _TICKS],
    }
    lower = {"xaxis": "x2", "yaxis": "y2", "showlegend": False}
    data: list[dict[str, Any]] = []
    for letter, view in views.items():
        x, y = np.array(view.curve.candidates), view.curve.ndcg
        data.append(curve(letter, x, y, "%{y:.3f}"))
        data.append(_here(letter, view.design.candidates, view.figures["ndcg@10"][0]))
        at, p95 = _p95(view)
        if len(at):
            data.append(curve(letter, at, p95, "%{y:.2f} ms") | lower)
        if view.latency is not None:
            here = _here(letter, view.design.candidates, view.latency.p95[WHOLE])
            data.append(here | lower)
    layout = {
        "title": theme.heading(
            "What more candidates buy, and cost",
            "true NDCG@10 above, p95 in ms below; large marks: as pinned",
        ),
        "xaxis": x_axis | {"anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": x_axis | {"anchor": "y2", "title": {"text": "candidates"}},
        "yaxis": {"domain": [0.46, 1.0], "title": {"text": "NDCG@10"}},
        "yaxis2": {
            "anchor": "x2",
            "domain": [0.0, 0.40],
            "rangemode": "tozero",
            "title": {"text": "p95, ms"},
        },
        "hovermode": "x unified",
        "margin": {"t": 34},
        "uirevision": f"candidates {''.join(views)}",
    }
    return {"data": data, "layout": layout}


def over_candidates_table(views: Mapping[str, View]) -> pd.DataFrame:
    """What stands behind `over_candidates`: the points, one a row."""
    rows: list[tuple[str, str, int, float]] = []
    for letter, view in views.items():
        points = zip(view.curve.candidates, view.curve.ndcg.tolist(), strict=True)
        rows += [(letter, "NDCG@10", n, value) for n, value in points]
        rows.append((letter, "NDCG@10, as pinned", view.design.candidates, _ndcg(view)))
        rows += [(letter, "p95, ms", int(n), float(ms)) for n, ms in zip(*_p95(view), strict=True)]
        if view.latency is not None:
            pinned = view.design.candidates, view.latency.p95[WHOLE]
            rows.append((letter, "p95, ms, as pinned", *pinned))
    return pd.DataFrame(rows, columns=["design", "figure", "candidates", "value"]).round(4)


def loss_by_stage(views: Mapping[str, View]) -> Figure:
    """What each stage of each design loses, bars side by side."""
    stages = loss_stages(views)
    data = [
        {
            "type": "bar",
            "x": stages,
            "y": [view.loss[stage][0] for stage in stages],
            "name": letter,
            "marker": theme.bar(CONCEPT[letter]),
            "error_y": {
                "type": "data",
                "array": [_or_0(view.loss[stage][1]) for stage in stages],
                "color": theme.ink(60),
                "thickness": 1.2,
                "width": 4,
            },
            "hovertemplate": f"{letter} loses %{{y:.4f}} in %{{x}}<extra></extra>",
        }
        for letter, view in views.items()
    ]
    layout = {
        "title": theme.heading("Where quality is lost", "true NDCG@10 lost by each stage"),
        "barmode": "group",
        "bargap": 0.25,
        "bargroupgap": 0.08,
        "xaxis": {"tickangle": 0},
        "yaxis": {"zeroline": True},
        "margin": {"t": 34},
        "uirevision": "loss",
    }
    return {"data": data, "layout": layout}


def loss_table(views: Mapping[str, View]) -> pd.DataFrame:
    """What stands behind `loss_by_stage`."""
    rows = [
        (letter, stage, *view.loss[stage])
        for letter, view in views.items()
        for stage in loss_stages(views)
    ]
    return pd.DataFrame(rows, columns=["design", "stage", "NDCG@10 lost", "± 95%"]).round(5)


def loss_stages(views: Mapping[str, View]) -> list[str]:
    """The stages that can lose quality in one of the designs, in their order."""
    at_work = [view.loss_stages for view in views.values()]
    return list(dict.fromkeys(stage for stages in at_work for stage in stages))


def latency_percentiles(views: Mapping[str, View]) -> Figure:
    """Time of a request over its percentile; the rare slow ones have as much room as the rest."""
    data = []
    for letter, view in views.items():
        q, ms = _percentiles(view)
        if len(q):
            data.append(
                curve(letter, _rarity(q), ms, "%{y:.2f} ms")
                | {"customdata": q, "hovertemplate": f"{letter}, p%{{customdata}}: %{{y:.2f}} ms"}
            )
    told = np.array(_TOLD)
    layout = {
        "title": theme.heading("How slow the slow requests are", "ms by percentile of requests"),
        "xaxis": {
            "tickvals": _rarity(told),
            "ticktext": [f"p{q}" for q in _TOLD],
            "title": {"text": "share of requests that are faster, tail stretched"},
        },
        "yaxis": {"rangemode": "tozero", "title": {"text": "ms"}},
        "margin": {"t": 34},
        "uirevision": f"percentiles {''.join(views)}",
    }
    return {"data": data, "layout": layout}


def percentiles_table(views: Mapping[str, View]) -> pd.DataFrame:
    """What stands behind `latency_percentiles`."""
    rows = [
        (letter, int(q), float(ms))
        for letter, view in views.items()
        for q, ms in zip(*_percentiles(view), strict=True)
    ]
    return pd.DataFrame(rows, columns=["design", "percentile", "ms"]).round(4)


def differences(
    title: str, units: str, panels: Sequence[tuple[str, bool | None, Differences]]
) -> Figure:
    """Differences to A with their intervals, a panel a figure; those inside the noise are hollow.

    panels : label of the axis, whether higher is better, and the difference of each letter.
    """
    data: list[dict[str, Any]] = []
    layout: dict[str, Any] = {
        "title": theme.heading(title, units),
        "showlegend": False,
        "margin": {"t": 12},
        "uirevision": title,
    }
    width = 1.0 / max(1, len(panels))
    letters = sorted({letter for _, _, found in panels for letter in found}, reverse=True)
    for place, (label, higher, found) in enumerate(panels):
        axes = "" if place == 0 else str(place + 1)
        told = {letter: one for letter, one in found.items() if not math.isnan(one.value)}
        data.append(_as_a(axes, letters))
        data += [_difference(letter, one, higher, axes) for letter, one in told.items()]
        layout[f"xaxis{axes}"] = {
            "anchor": f"y{axes}",
            "domain": [place * width + 0.03 * (place > 0), (place + 1) * width - 0.02],
            "title": {"text": label},
            "nticks": 5,
            "zeroline": False,
        }
        layout[f"yaxis{axes}"] = {
            "anchor": f"x{axes}",
            "categoryorder": "array",
            "categoryarray": letters,
            "range": [-0.6, len(letters) - 0.4],
            "showgrid": False,
        }
    return {"data": data, "layout": layout}


def differences_table(
    panels: Sequence[tuple[str, bool | None, Differences]],
) -> pd.DataFrame:
    """What stands behind `differences`."""
    rows = [
        (letter, label, one.value, one.low, one.high, str(verdict(one, higher)))
        for label, higher, found in panels
        for letter, one in found.items()
        if not math.isnan(one.value)
    ]
    heads = ["design", "figure", "less A", "low", "high", "in words"]
    return pd.DataFrame(rows, columns=heads).round(5)


def curve(letter: str, x: Any, y: Any, hover: str) -> dict[str, Any]:
    """A design's line with its marks."""
    concept = CONCEPT[letter]
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": letter,
        "mode": "lines+markers",
        "line": theme.line(concept) | {"width": 2.2},
        "marker": theme.marker(concept, size=8),
        "hovertemplate": f"{letter} {hover}<extra></extra>",
    }


def _here(letter: str, x: float, y: float) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": [x],
        "y": [y],
        "name": f"{letter}, as pinned",
        "mode": "markers+text",
        "text": [letter],
        "textposition": _LETTER_AT[letter],
        "marker": theme.marker(CONCEPT[letter], size=14),
        "showlegend": False,
        "hoverinfo": "skip",
    }


def _difference(
    letter: str, one: Estimate | MeasuredDifference, higher: bool | None, axes: str
) -> dict[str, Any]:
    concept, clear = CONCEPT[letter], verdict(one, higher).is_clear
    marker = theme.marker(concept, size=13)
    if not clear:
        marker |= {"color": theme.PAPER, "line": {"color": theme.colour(concept), "width": 2}}
    half = 0.0 if math.isnan(one.low) else (one.high - one.low) / 2
    return {
        "type": "scatter",
        "x": [one.value],
        "y": [letter],
        "xaxis": f"x{axes}",
        "yaxis": f"y{axes}",
        "name": letter,
        "mode": "markers",
        "marker": marker,
        "error_x": {
            "type": "data",
            "array": [half],
            "color": theme.colour(concept),
            "thickness": 2,
            "width": 6,
        },
        "hovertemplate": f"{letter} less A: %{{x:.4f}}, {verdict(one, higher)}<extra></extra>",
    }


def _as_a(axes: str, letters: list[str]) -> dict[str, Any]:
    """The line of no difference."""
    return {
        "type": "scatter",
        "x": np.zeros(len(letters)),
        "y": letters,
        "xaxis": f"x{axes}",
        "yaxis": f"y{axes}",
        "mode": "lines",
        "line": theme.line("pinned", width=3),
        "hoverinfo": "skip",
    }


def _p95(view: View) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Candidates of the measured grid, and the whole request's p95 there, ms."""
    grid = view.latency_curve
    if grid is None:
        return np.empty(0), np.empty(0)
    return grid.candidates, grid.over_candidates(view.design, 95)[:, len(STAGES)]


def _percentiles(view: View) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Percentiles that enough requests stand behind, and the request's time at each, ms."""
    timing = view.timing
    if timing is None:
        return np.empty(0, dtype=np.int64), np.empty(0)
    known = [q for q in _QUANTILES if q < 99 or timing.requests >= P99_FROM]
    ms = np.percentile(timing.nanoseconds[:, -1], known) / 1e6
    return np.array(known, dtype=np.int64), ms


def _rarity(q: NDArray[np.int64]) -> NDArray[np.float64]:
    """Where a percentile stands: each tenth part of the slow ones as far as the one before."""
    return -np.log10(1.0 - q / 100.0)


def _ndcg(view: View) -> float:
    return view.figures["ndcg@10"][0]


def _or_0(width: float) -> float:
    return 0.0 if math.isnan(width) else width
