"""What a search loses and what it takes, in figures: views and points in. Pure functions."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.index import INDEXES
from engine.retrieval import IndexPoint, at_equal_recall
from ui import theme, traces
from ui.live_figure import Figure
from ui.retrieval.tradeoff import index_name
from ui.retrieval.view import RetrievalView

RECALLS = (0.9, 0.95, 0.99)
_SHAPES = {0.9: "circle-open", 0.95: "circle", 0.99: "star"}
_BINS = 20
_MOST_TICKS = 6


def equal_recall(points: Sequence[IndexPoint]) -> Figure:
    """What each type of index takes at the same recall, along its own frontier."""
    times = {recall: at_equal_recall(points, recall) for recall in RECALLS}
    names = [name for name in INDEXES if any(name in times[recall] for recall in RECALLS)]
    labels = [index_name(name) for name in names]
    data: list[dict[str, Any]] = []
    for name in names:
        row = [times[recall][name] for recall in RECALLS]
        drawn = [time for time in row if not math.isnan(time)]
        data.append(
            {
                "type": "scatter",
                "x": drawn,
                "y": [index_name(name)] * len(drawn),
                "mode": "lines",
                "line": theme.line(name, width=3),
                "hoverinfo": "skip",
                "showlegend": False,
            }
        )
    known: dict[str, float] = {}  # the number that stands there already
    for place, recall in enumerate(RECALLS):
        row = [times[recall][name] for name in names]
        data.append(
            {
                "type": "scatter",
                "x": np.array(row),
                "y": labels,
                "name": f"recall {recall:g}",
                "mode": "markers+text",
                "marker": {
                    "symbol": _SHAPES[recall],
                    "size": 11,
                    "color": theme.INK,
                    "line": {"color": theme.INK, "width": 2},
                },
                "text": [
                    "" if math.isnan(time) or time == known.get(name) else f"{time:.3g}"
                    for name, time in zip(names, row, strict=True)
                ],
                # Neighbours' numbers stand above and below by turns, or they would overlap.
                "textposition": "bottom center" if place == 1 else "top center",
                "hovertemplate": f"recall {recall:g}: %{{x:.3f}} ms<extra>%{{y}}</extra>",
            }
        )
        known |= dict(zip(names, row, strict=True))
    reached = [time for row in times.values() for time in row.values() if not math.isnan(time)]
    left, right = (
        math.log10(min(reached, default=0.1)) - 0.2,
        math.log10(max(reached, default=1)) + 0.2,
    )
    layout = {
        "title": theme.heading(
            "The same recall, what it takes", "p50 of one search at equal ANN recall, ms, log scale"
        ),
        "xaxis": {
            "type": "log",
            "range": [left, right],
            "title": {"text": "p50, ms"},
            **traces.ticks(),
        },
        "yaxis": {
            "categoryorder": "array",
            "categoryarray": labels[::-1],
            "range": [-0.6, len(labels) - 0.4],
        },
        "margin": {"t": 38},
        "hovermode": "closest",
        "uirevision": "equal",
    }
    return {"data": data, "layout": layout}


def equal_recall_table(points: Sequence[IndexPoint]) -> pd.DataFrame:
    """What stands behind `equal_recall`."""
    times = {recall: at_equal_recall(points, recall) for recall in RECALLS}
    names = [name for name in INDEXES if name in times[RECALLS[0]]]
    return pd.DataFrame(
        [
            {"index": index_name(name)}
            | {f"p50 at {recall:g}, ms": _rounded(times[recall][name]) for recall in RECALLS}
            for name in names
        ]
    )


def two_recalls(view: RetrievalView) -> Figure:
    """The recall that benchmarks show beside the one that matters, over the query-time knob."""
    curve = view.curve
    data: list[dict[str, Any]] = []
    tops = []
    knob = "" if curve is None else curve.knob
    if curve is not None:
        data.append(_curve("ANN recall", curve.values, curve.recall, "index"))
        if curve.top10 is not None:
            data.append(_curve("true top-10", curve.values, curve.top10, "generation"))
            tops = curve.top10.tolist()
    x_here = float(getattr(view.config, view.config.query_knob)) if view.config.query_knob else 1.0
    xs = [x_here] if curve is None else [x_here, *curve.values.tolist()]
    left, right = math.log10(max(1.0, min(xs))) - 0.05, math.log10(max(1.0, *xs)) + 0.2
    # The name of the mark on one side, and the exact search's on the other.
    side = traces.side_with_room(math.log10(x_here), left, right, turn=0.5)
    here = traces.here(x_here, view.recall[0], view.recall[1])
    data.append(here | {"textposition": f"top {side}"})
    if view.top10 is not None:
        data.append(traces.here(x_here, *view.top10) | {"mode": "markers"})
    lows = [view.recall[0], *tops, *([] if view.top10 is None else [view.top10[0]])]
    lows += [] if curve is None else curve.recall.tolist()
    if view.top10 is not None:
        named = "true top-10 by exact search"
        ends = 10**left, 10**right
        data += traces.level(
            view.exact_top10, *ends, named, "truth", below=True, at_left=side == "left"
        )
    layout = {
        "title": theme.heading("Two recalls", f"at {view.k:,} retrieved; {knob or 'no knob'}"),
        "xaxis": {
            "type": "log",
            "range": [left, right],
            "title": {"text": f"{knob}, log scale"},
            **traces.ticks("{:,.0f}"),
        },
        "yaxis": {
            "range": [max(0.0, math.floor(10 * min(lows) - 0.5) / 10), 1.03],
            "title": {"text": "recall"},
        },
        "margin": {"t": 38},
        "hovermode": "closest",
        "uirevision": f"two-recalls-{knob}",
    }
    return {"data": data, "layout": layout}


def two_recalls_table(view: RetrievalView) -> pd.DataFrame:
    """What stands behind `two_recalls`."""
    curve = view.curve
    if curve is None:
        return pd.DataFrame({"ANN recall": [view.recall[0]]})
    columns: dict[str, Any] = {curve.knob: curve.values, "ANN recall": curve.recall.round(5)}
    if curve.top10 is not None:
        columns["true top-10"] = curve.top10.round(5)
    return pd.DataFrame(columns | {"p50, ms": curve.p50.round(4), "p95, ms": curve.p95.round(4)})


def per_query(recalls: NDArray[np.float64], k: int) -> Figure:
    """How recall is spread over queries: a mean hides who loses."""
    edges = np.linspace(0.0, 1.0, _BINS + 1)
    # Whole answers stand apart: the last bin would hide a few misses among them.
    whole = recalls >= 1.0
    counts, _ = np.histogram(recalls[~whole], edges)
    share = np.append(counts, whole.sum()) / max(1, len(recalls))
    x = np.append((edges[:-1] + edges[1:]) / 2, 1.0 + 0.5 / _BINS)
    first = max(0, int(np.argmax(share > 0)) - 1)
    lost = [f"{a:.2f} to {b:.2f}" for a, b in itertools.pairwise(edges)]
    mean = float(recalls.mean()) if len(recalls) else math.nan
    layout = {
        "title": theme.heading(
            "Query by query", f"share of queries by their own recall@{k:,}; the last bar: all found"
        ),
        "xaxis": {
            "range": [edges[first] - 0.01, 1.0 + 1.2 / _BINS],
            "title": {"text": "recall of one query"},
            **_ticks_below_all(edges[first]),
        },
        "yaxis": {"tickformat": ".0%", "title": {"text": "of queries"}, "rangemode": "tozero"},
        "bargap": 0.08,
        "shapes": [traces.up(mean, theme.line("here"))] * bool(len(recalls)),
        "annotations": [
            {
                "text": f"mean {mean:.3f}",
                "x": mean,
                "xanchor": "right",
                "xshift": -4,
                "y": 1,
                "yref": "paper",
                "yanchor": "top",
            }
        ]
        * bool(len(recalls)),
        "showlegend": False,
        "uirevision": f"per-query-{first}",
    }
    bars = {
        "type": "bar",
        "x": x,
        "y": share,
        "marker": theme.bar("index"),
        "hovertext": [*lost, "all found"],
        "hovertemplate": "%{hovertext}: %{y:.1%}<extra></extra>",
    }
    return {"data": [bars], "layout": layout}


def _ticks_below_all(low: float) -> dict[str, Any]:
    """No tick beyond 1, where the bar of those stands who find all."""
    step = next(step for step in (0.05, 0.1, 0.2) if (1.0 - low) / step <= _MOST_TICKS)
    below = [value for value in np.arange(0.0, 1.0 - step / 2, step) if value >= low - 0.01]
    return {
        "tickvals": [*below, 1.0 + 0.5 / _BINS],
        "ticktext": [*(f"{value:.2g}" for value in below), "all"],
    }


def per_query_table(recalls: NDArray[np.float64], who: NDArray[np.int64]) -> pd.DataFrame:
    """What stands behind `per_query`: every query, the worst first."""
    order = np.argsort(recalls, kind="stable")
    return pd.DataFrame({"query": who[order], "recall": recalls[order].round(5)})


def _curve(name: str, x: NDArray[np.float64], y: NDArray[np.float64], mark: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines+markers",
        "line": theme.line(mark),
        "marker": theme.marker(mark, size=7),
        "hovertemplate": "%{x:,.0f}: %{y:.4f}",
    }


def _rounded(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 4)
