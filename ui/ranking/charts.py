"""The charts of the ranking page: a view and rungs in, figures out. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.importance import Importance
from engine.measurement import PARTS
from ui import theme, traces
from ui.importance_chart import importance_chart
from ui.live_figure import Figure
from ui.ranking.rungs import Rung
from ui.ranking.view import RankingView


def ladder(rungs: Sequence[Rung], view: RankingView) -> Figure:
    """Quality against the time of the second stage, for the whole ladder."""
    n = view.design.candidates
    others = [rung for rung in rungs if not rung.here]
    x_here, y_here = view.stage_ms(95), view.figures["ndcg@10"][0]
    points = [(rung.p95_ms(n), rung.value("ndcg@10")) for rung in others]
    by_time = {place: turn for turn, place in enumerate(np.argsort([x for x, _ in points]))}
    data = [
        # Names of neighbours stand above and below by turns, or they would overlap.
        _rung_trace(rung, *points[place], above=bool(by_time[place] % 2))
        for place, rung in enumerate(others)
    ]
    xs = [x for x, _ in points if x > 0] + ([x_here] if x_here > 0 else [])
    ys = [y for _, y in points] + [y_here, view.best_slate]
    if view.pinned is not None:
        a = view.pinned.view
        data.append(
            traces.dot("A", a.stage_ms(95), a.figures["ndcg@10"][0], theme.marker("pinned"))
        )
        xs += [a.stage_ms(95)] if a.stage_ms(95) > 0 else []
    left = math.log10(min(xs, default=0.1)) - 0.15
    right = math.log10(max(xs, default=10.0)) + 0.35
    here = traces.here(x_here, y_here, view.figures["ndcg@10"][1])
    # To the right where it has room: the name of the rung before it may stand above on the left.
    side = traces.side_with_room(math.log10(x_here) if x_here > 0 else left, left, right)
    data.append(here | {"textposition": f"top {side}"})
    bottom = math.floor(20 * _least(ys) - 0.8) / 20
    named = "best slate among the candidates"
    data += traces.level(view.best_slate, 10**left, 10**right, named, "truth")
    layout = {
        "title": theme.heading(
            "What a better order costs",
            f"true NDCG@10 against p95 of features and scores of {n:,} candidates, ms, log scale",
        ),
        "xaxis": {
            "type": "log",
            "range": [left, right],
            "title": {"text": "p95 of the second stage, ms"},
            **traces.ticks(),
        },
        "yaxis": {"range": [bottom, 1.0], "title": {"text": "NDCG@10"}},
        "showlegend": False,
        "hovermode": "closest",
        "uirevision": "ladder",
    }
    return {"data": data, "layout": layout}


def to_the_oracle(rungs: Sequence[Rung]) -> Figure:
    """How far each ranker is from a perfect slate, and whose fault that is."""
    names = [_label(rung) for rung in rungs]
    reached = np.array([rung.value("ndcg@10") for rung in rungs])
    best = np.array([rung.best_slate for rung in rungs])
    half = np.array([_half(rung) for rung in rungs])
    order = np.argsort(reached, kind="stable")
    bars = [
        traces.bars("reached", names, reached, theme.bar("ranking"), _digits(reached))
        | {"error_x": {"type": "data", "array": half, "color": theme.ink(70), "thickness": 1.2}},
        traces.bars(
            "lost in ranking", names, best - reached, theme.bar("loss"), _digits(best - reached)
        ),
        traces.bars("lost before it", names, 1.0 - best, theme.bar("generation"), None),
    ]
    layout = {
        "title": theme.heading("How far from the oracle", "true NDCG@10; a perfect slate scores 1"),
        "barmode": "stack",
        "xaxis": {"range": [0, 1.0], "title": {"text": "NDCG@10"}},
        # Not the bars themselves are in order: between two points that a slider passes, a value
        # must stay with its name.
        "yaxis": {
            "categoryorder": "array",
            "categoryarray": [names[place] for place in order],
        },
        "shapes": [traces.up(1.0, theme.line("truth"))],
        "margin": {"t": 34},
        "hovermode": "closest",
        "uirevision": "oracle",
    }
    return {"data": bars, "layout": layout}


def rungs_table(rungs: Sequence[Rung], candidates: int) -> pd.DataFrame:
    """The ladder as a table."""
    rows = []
    for rung in rungs:
        row: dict[str, Any] = {"ranker": _label(rung)}
        for figure, label in _TOLD.items():
            value, low, high, oracle = rung.figures.get(figure, (math.nan,) * 4)
            row |= {label: round(value, 4), f"{label} ± 95%": round((high - low) / 2, 4)}
            row[f"{label}, oracle"] = round(1.0 if figure == "ndcg@10" else oracle, 4)
        row |= {
            "to the best slate": round(rung.best_slate - rung.value("ndcg@10"), 4),
            f"p95 of {candidates:,}, ms": round(rung.p95_ms(candidates), 3),
            "fit, s": round(rung.fit_seconds, 2),
            "learned from, rows": rung.rows,
            "parameters": rung.parameters,
            "size, kB": round(rung.size_bytes / 1e3, 1),
            "NDCG of the validation day": round(rung.validation_ndcg, 4),
        }
        rows.append(row)
    return pd.DataFrame(rows)


def learning(curve: Sequence[Rung], view: RankingView) -> Figure:
    """Quality over the number of training rows: NDCG above, AUC below."""
    points = sorted(curve, key=lambda rung: rung.rows)
    x = np.array([rung.rows for rung in points])
    data: list[dict[str, Any]] = []
    for figure, axes in (("ndcg@10", ("x", "y")), ("auc", ("x2", "y2"))):
        on = {"xaxis": axes[0], "yaxis": axes[1]}
        if points:
            low, high = (np.array([r.figures[figure][i] for r in points]) for i in (1, 2))
            data += [traces.band(x, low, high) | on, _line(x, points, figure) | on]
        value, width = view.figures[figure]
        here = traces.here(view.learned.rows, value, width) | on
        data.append(here if figure == "ndcg@10" else here | {"mode": "markers"})
    lows = [r.value("ndcg@10") for r in points] + [view.figures["ndcg@10"][0]]
    aucs = [r.value("auc") for r in points] + [view.figures["auc"][0]]
    ranges = [*(x.tolist() if len(x) else []), view.learned.rows]
    span = [math.log10(max(1, min(ranges))) - 0.1, math.log10(max(1, *ranges)) + 0.25]
    axis = {"type": "log", "range": span, **traces.ticks("{:,.0f}")}
    oracle = view.ceiling["auc"]
    layout = {
        "title": theme.heading(
            "What more training rows buy", "true NDCG@10 above, AUC of the last day below"
        ),
        "xaxis": axis | {"anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": axis | {"anchor": "y2", "title": {"text": "training rows, log scale"}},
        "yaxis": {
            "domain": [0.55, 1.0],
            "range": [
                math.floor(20 * _least(lows) - 0.5) / 20,
                _most([view.best_slate, *lows]) + 0.03,
            ],
            "title": {"text": "NDCG@10"},
        },
        "yaxis2": {
            "anchor": "x2",
            "domain": [0.0, 0.45],
            "range": [math.floor(50 * _least(aucs) - 0.5) / 50, _most([oracle, *aucs]) + 0.015],
            "title": {"text": "AUC"},
        },
        "shapes": _known(
            [
                traces.across(view.best_slate, theme.line("truth")),
                traces.across(oracle, theme.line("truth")) | {"xref": "x2 domain", "yref": "y2"},
            ]
        ),
        "showlegend": False,
        "hovermode": "x unified",
        "uirevision": "learning",
    }
    return {"data": data, "layout": layout}


def learning_table(curve: Sequence[Rung]) -> pd.DataFrame:
    """What stands behind `learning`."""
    return pd.DataFrame(
        [
            {
                "training rows": rung.rows,
                "NDCG@10": round(rung.value("ndcg@10"), 4),
                "± 95%": round(_half(rung), 4),
                "AUC": round(rung.value("auc"), 4),
                "LogLoss": round(rung.value("log_loss"), 4),
                "fit, s": round(rung.fit_seconds, 2),
            }
            for rung in sorted(curve, key=lambda rung: rung.rows)
        ]
    )


def importance(found: Sequence[Importance]) -> Figure:
    """What the ranker loses without each feature, and what its trees gained by it."""
    return importance_chart(
        "What the ranker lives on",
        [one.name for one in found],
        [one.drop for one in found],
        [one.gain for one in found],
    )


def importance_table(found: Sequence[Importance]) -> pd.DataFrame:
    """What stands behind `importance`."""
    return pd.DataFrame(
        [
            {
                "feature": one.name,
                "group": one.group,
                "AUC lost": round(one.drop.value, 5),
                "± 95%": round(one.drop.half_width, 5),
                "share of gain": None if one.gain is None else round(one.gain, 4),
            }
            for one in found
        ]
    )


def over_rows(view: RankingView) -> Figure:
    """The time of the second stage over the number of candidates."""
    n = view.design.candidates
    data: list[dict[str, Any]] = []
    top = 1.0
    if view.timing is not None:
        x = np.array(view.timing.rows)
        parts, median = view.timing.split(95), view.timing.split(50).sum(axis=1)
        data = [
            {
                "type": "scatter",
                "x": x,
                "y": parts[:, place],
                "name": f"{part}, p95",
                "stackgroup": "parts",
                "hovertemplate": "%{y:.3f} ms",
                **theme.area(part),
            }
            for place, part in enumerate(PARTS)
        ]
        data.append(
            {
                "type": "scatter",
                "x": x,
                "y": median,
                "name": "p50 of both",
                "mode": "lines",
                "line": {"color": theme.ink(70), "width": 1.5},
                "hovertemplate": "%{y:.3f} ms",
            }
        )
        data.append(traces.here(n, view.stage_ms(95), math.nan))
        top = 1.15 * float(parts.sum(axis=1).max())
    layout = {
        "title": theme.heading(
            "What scoring takes", "ms of one request over the number of candidates, one thread"
        ),
        "xaxis": {"range": [0, 1020], "title": {"text": "candidates"}},
        "yaxis": {"range": [0, top], "title": {"text": "ms"}},
        "margin": {"t": 34},
        "hovermode": "x unified",
        "uirevision": "rows",
    }
    return {"data": data, "layout": layout}


def over_rows_table(view: RankingView) -> pd.DataFrame:
    """What stands behind `over_rows`."""
    timing = view.timing
    if timing is None:
        return pd.DataFrame()
    p50, p95 = timing.split(50), timing.split(95)
    columns: dict[str, Any] = {"candidates": timing.rows}
    for q, parts in ((50, p50), (95, p95)):
        for place, part in enumerate(PARTS):
            columns[f"p{q} {part}, ms"] = parts[:, place].round(4)
        columns[f"p{q} both, ms"] = parts.sum(axis=1).round(4)
    return pd.DataFrame(columns)


def fit_course(view: RankingView) -> Figure:
    """The loss of the validation day round by round, and where the fit was stopped."""
    course = view.learned.course
    y = np.array(course.losses)
    x = np.arange(1, len(y) + 1)
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "mode": "lines+markers" if len(y) < 30 else "lines",
            "line": theme.line("ranking"),
            "marker": theme.marker("ranking", size=6),
            "hovertemplate": "%{y:.4f}",
        }
    ]
    if len(y):
        kept = course.kept
        data.append(
            {
                "type": "scatter",
                "x": [kept],
                "y": [y[kept - 1]],
                "mode": "markers+text",
                "text": [f"kept: {kept}"],
                "textposition": "top center",
                "marker": theme.marker("here", size=7),
                "hoverinfo": "skip",
            }
        )
    layout = {
        "title": theme.heading("When it stopped", f"{course.loss} of the validation day"),
        "xaxis": {"title": {"text": "round"}},
        "yaxis": {"title": {"text": course.loss}},
        "showlegend": False,
        "hovermode": "x unified",
        "uirevision": f"course-{view.design.ranker.name}",
    }
    return {"data": data, "layout": layout}


def fit_course_table(view: RankingView) -> pd.DataFrame:
    """What stands behind `fit_course`."""
    course = view.learned.course
    losses = np.array(course.losses).round(6)
    return pd.DataFrame({"round": np.arange(1, len(losses) + 1), course.loss: losses})


_TOLD = {
    "ndcg@10": "NDCG@10",
    "auc": "AUC",
    "log_loss": "LogLoss",
    "normalized_entropy": "normalised entropy",
    "calibration_ratio": "calibration",
}


def _label(rung: Rung) -> str:
    return f"◆ {rung.name}" if rung.here else rung.name


def _half(rung: Rung) -> float:
    _, low, high, _ = rung.figures["ndcg@10"]
    return 0.0 if math.isnan(high - low) else (high - low) / 2


def _least(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return min(known, default=0.5)


def _most(values: Sequence[float]) -> float:
    return max((value for value in values if not math.isnan(value)), default=1.0)


def _known(shapes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without lines at what is not defined, which Plotly would draw somewhere."""
    return [shape for shape in shapes if not math.isnan(shape["y0"])]


def _told(value: float, digits: int = 3) -> str:
    return "not defined" if math.isnan(value) else f"{value:.{digits}f}"


def _digits(values: np.ndarray) -> list[str]:
    return ["" if math.isnan(value) else f"{value:.3f}" for value in values]


def _rung_trace(rung: Rung, x: float, y: float, above: bool) -> dict[str, Any]:
    shape = traces.SYMBOLS.get(rung.ranker, "circle")
    marker = theme.marker("ranking", size=11, symbol=shape)
    hover = (
        f"<b>{rung.name}</b><br>NDCG@10 {_told(y)}, AUC {_told(rung.value('auc'))}"
        f"<br>p95 {_told(x, 2)} ms · fitted in {rung.fit_seconds:.1f} s"
    )
    return traces.dot(rung.name, x, y, marker) | {
        "hovertext": [hover],
        "hoverinfo": "text",
        "textposition": "top center" if above else "bottom center",
    }


def _line(x: np.ndarray, points: Sequence[Rung], figure: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": x,
        "y": np.array([rung.value(figure) for rung in points]),
        "name": "this ranker",
        "mode": "lines+markers",
        "line": theme.line("ranking"),
        "marker": theme.marker("ranking", size=6),
        "hovertemplate": "%{y:.3f}",
    }
