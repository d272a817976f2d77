"""The model beside others: the ladder of models, and models of other ages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.clicks import FreshnessPoint
from engine.figures import Estimate
from ui import theme, traces
from ui.ctr.view import ClickView, Rung, rounded
from ui.live_figure import Figure


def ladder_chart(view: ClickView) -> Figure:
    """Normalised entropy and AUC of the models fitted so far against the time of a request."""
    rungs = _shown(view)
    x_here, known = view.p_ms(95), [r.p95_ms for r in rungs if r.p95_ms > 0]
    xs = known + ([x_here] if x_here > 0 else [])
    left, right = (math.log10(min(xs, default=0.1)) - 0.2, math.log10(max(xs, default=10.0)) + 0.3)
    data: list[dict[str, Any]] = []
    ends = {}
    for figure, axes in (("normalized_entropy", ("x", "y")), ("auc", ("x2", "y2"))):
        on = {"xaxis": axes[0], "yaxis": axes[1]}
        for rung in rungs:
            if rung.p95_ms > 0 and not math.isnan(getattr(rung, figure).value):
                data.append(_rung_trace(rung, getattr(rung, figure)) | on)
        if view.pinned is not None:
            a = view.pinned.view
            value = a.report[figure].value
            data.append(traces.dot("A", a.p_ms(95), value, theme.marker("pinned")) | on)
        mine = view.report[figure]
        if x_here > 0 and not math.isnan(mine.value):
            label = {} if figure == "normalized_entropy" else {"mode": "markers"}
            data.append(traces.here(x_here, mine.value, mine.half_width) | on | label)
        ceilings = [view.report.ceiling[name][figure] for name in ("attainable", "full")]
        values = [getattr(rung, figure).value for rung in rungs] + [mine.value, *ceilings]
        ends[figure] = _span(values)
    axis = {"type": "log", "range": [left, right], **traces.ticks()}
    layout = {
        "title": theme.heading(
            "What each model reaches, and takes",
            f"against p95 of a request of {view.study.auction.ads:,} ads; models fitted so far",
        ),
        "xaxis": axis | {"anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": axis | {"anchor": "y2", "title": {"text": "p95 of one request, ms, log scale"}},
        "yaxis": {
            "domain": [0.56, 1.0],
            "range": ends["normalized_entropy"],
            "title": {"text": "norm. entropy (low is good)"},
        },
        "yaxis2": {
            "anchor": "x2",
            "domain": [0.0, 0.44],
            "range": ends["auc"],
            "title": {"text": "AUC (high is good)"},
        },
        **_ceilings(view),
        "showlegend": False,
        "hovermode": "closest",
        "uirevision": "ladder",
    }
    return {"data": data, "layout": layout}


def ladder_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `ladder_chart`."""
    return pd.DataFrame(
        [
            {
                "model": f"◆ {rung.name}" if rung.model == view.design.model.name else rung.name,
                "normalised entropy": rounded(rung.normalized_entropy.value),
                "± 95%": rounded(rung.normalized_entropy.half_width),
                "AUC": rounded(rung.auc.value),
                "AUC ± 95%": rounded(rung.auc.half_width),
                "LogLoss": rounded(rung.log_loss.value),
                "calibration": rounded(rung.calibration_ratio),
                "p95, ms": rounded(rung.p95_ms, 3),
                "fit, s": round(rung.fit_seconds, 2),
                "parameters": rung.parameters,
            }
            for rung in view.rungs
        ]
    )


def freshness_chart(view: ClickView) -> Figure:
    """Normalised entropy over the age of the model, above what no model of that age can pass."""
    points = _with_this_age(view)
    x = np.array([point.age_days for point in points])
    y = np.array([point.normalized_entropy.value for point in points])
    data: list[dict[str, Any]] = []
    if len(view.ages) > 1:  # paired to the freshest of them
        freshest = view.ages[0].normalized_entropy.value
        low, high = (
            freshest * (1.0 + np.array([getattr(point.more, end) for point in view.ages]))
            for end in ("low", "high")
        )
        known = np.array([point.age_days for point in view.ages])
        data.append(traces.band(known, low, high) | {"showlegend": False})
    data += [
        {
            "type": "scatter",
            "x": x,
            "y": np.array([point.attainable for point in points]),
            "name": "attainable at that age",
            "mode": "lines",
            "line": theme.line("truth"),
            "hovertemplate": "%{y:.4f}",
        },
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "name": view.name,
            "mode": "lines+markers",
            "line": theme.line("ranking"),
            "marker": theme.marker("ranking", size=8),
            "hovertemplate": "%{y:.4f}",
        },
        traces.here(view.design.age_days, view.report["normalized_entropy"].value, math.nan)
        | {"textposition": "top right" if view.design.age_days < 3 else "top left"},
    ]
    layout = {
        "title": theme.heading(
            "What an old model costs", "normalised entropy over the model's age, days"
        ),
        "xaxis": {
            "range": [-0.6, max(7.4, float(x.max(initial=0)) + 0.4)],
            "title": {"text": "age of the model, days"},
        },
        "yaxis": {
            "range": _span([*y, *(point.attainable for point in points)]),
            "title": {"text": "norm. entropy (low is good)"},
        },
        "margin": {"t": 34},
        "hovermode": "x unified",
        "uirevision": "freshness",
    }
    return {"data": data, "layout": layout}


def freshness_table(ages: Sequence[FreshnessPoint]) -> pd.DataFrame:
    """What stands behind `freshness_chart`."""
    return pd.DataFrame(
        [
            {
                "age, days": point.age_days,
                "normalised entropy": round(point.normalized_entropy.value, 5),
                "above the freshest": round(point.more.value, 5),
                "± 95%, paired": round(point.more.half_width, 5),
                "AUC": round(point.auc.value, 5),
                "attainable": round(point.attainable, 5),
            }
            for point in sorted(ages, key=lambda point: point.age_days)
        ]
    )


def _ceilings(view: ClickView) -> dict[str, Any]:
    """Lines of both ceilings in both halves of the ladder."""
    shapes, annotations = [], []
    for figure, x, y in (("normalized_entropy", "x", "y"), ("auc", "x2", "y2")):
        for name in ("attainable", "full"):
            value = view.report.ceiling[name][figure]
            line = theme.line("truth") | ({"width": 1} if name == "full" else {})
            shapes.append(traces.across(value, line) | {"xref": f"{x} domain", "yref": y})
        value = view.report.ceiling["attainable"][figure]
        below = figure == "normalized_entropy"
        annotations.append(
            {
                "text": f"attainable {value:.3f}, full {view.report.ceiling['full'][figure]:.3f}",
                "x": 1,
                "xref": f"{x} domain",
                "xanchor": "right",
                "y": value,
                "yref": y,
                "yanchor": "bottom" if below else "top",
            }
        )
    return {"shapes": shapes, "annotations": annotations}


def _shown(view: ClickView) -> list[Rung]:
    """The other rungs; without the constant, which is by definition at 1 and at 0.5, where it
    would press the rest together."""
    others = [rung for rung in view.rungs if rung.model != view.design.model.name]
    constants = [rung for rung in others if rung.model == "prior"]
    return others if len(others) == len(constants) else [r for r in others if r not in constants]


def _with_this_age(view: ClickView) -> list[FreshnessPoint]:
    """The ages known so far, the design's own among them."""
    report, age = view.report, view.design.age_days
    mine = FreshnessPoint(
        age_days=age,
        normalized_entropy=report["normalized_entropy"],
        auc=report["auc"],
        more=Estimate(0.0, 0.0, 0.0, len(report.truth)),
        attainable=report.ceiling["attainable"]["normalized_entropy"],
    )
    others = view.ages if any(point.age_days == age for point in view.ages) else (*view.ages, mine)
    return sorted(others, key=lambda point: point.age_days)


def _span(values: Sequence[float]) -> list[float]:
    known = [value for value in values if not math.isnan(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    room = max(0.14 * (high - low), 0.005)
    return [low - room, high + room]


def _rung_trace(rung: Rung, figure: Estimate) -> dict[str, Any]:
    shape = traces.SYMBOLS.get(rung.model, "circle")
    marker = theme.marker("ranking", size=11, symbol=shape)
    hover = (
        f"<b>{rung.name}</b><br>NE {rung.normalized_entropy.value:.4f}, AUC {rung.auc.value:.4f}"
        f"<br>p95 {rung.p95_ms:.2f} ms · fitted in {rung.fit_seconds:.1f} s"
    )
    return traces.dot(rung.name, rung.p95_ms, figure.value, marker) | {
        "hovertext": [hover],
        "hoverinfo": "text",
    }
