"""Whether probabilities are right, and rows in order: reliability, ROC, precision-recall."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from engine.clicks import (
    ClickReport,
    Curve,
    precision_recall_points,
    reliability,
    roc_points,
)
from ui import theme
from ui.ctr.view import ClickView
from ui.live_figure import Figure
from ui.remembered import Remembered

_COUNTS = 40
_MOST = 24  # answers of each kind, of a dozen reports


def work_out(report: ClickReport) -> None:
    """Have at hand what the charts of a report need."""
    if len(report.p):
        reliability_of(report)
    for points in (_roc, _precision):
        points(report, of_truth=True)
        points(report)


def diagonal(top: float) -> dict[str, Any]:
    """Where the probabilities are right."""
    return {
        "type": "scatter",
        "x": np.array([0.0, top]),
        "y": np.array([0.0, top]),
        "name": "right probabilities",
        "mode": "lines",
        "line": theme.line("truth"),
        "hoverinfo": "skip",
    }


def reliability_chart(view: ClickView) -> Figure:
    """Predicted against true probability in bins of equal count; the counts under it."""
    found = reliability_of(view.report)
    top = 1.04 * max(float(found.predicted.max()), float(found.true.max()), 0.02)
    data: list[dict[str, Any]] = [
        diagonal(top),
        {
            "type": "scatter",
            "x": found.predicted,
            "y": found.clicked,
            "name": "clicks seen, ± 95%",
            "mode": "markers",
            "marker": {"color": theme.ink(45), "symbol": "line-ew-open", "size": 9},
            "error_y": {"type": "data", "array": found.margin, "color": theme.ink(45), "width": 0},
            "hovertemplate": "%{y:.3f}",
        },
        {
            "type": "scatter",
            "x": found.predicted,
            "y": found.true,
            "name": "true probability",
            "mode": "lines+markers",
            "line": theme.line("ranking"),
            "marker": theme.marker("ranking", size=9),
            "hovertemplate": "%{y:.3f}",
        },
    ]
    if view.pinned is not None and view.pinned.view.is_probability:
        a = reliability_of(view.pinned.view.report)
        data.append(
            {
                "type": "scatter",
                "x": a.predicted,
                "y": a.true,
                "name": "A",
                "mode": "lines",
                "line": theme.line("pinned"),
                "hovertemplate": "%{y:.3f}",
            }
        )
        top = max(top, 1.04 * float(a.predicted.max()), 1.04 * float(a.true.max()))
        data[0] = diagonal(top)
    counts, edges = _counts(view.report, top=top)
    data.append(
        {
            "type": "bar",
            "x": (edges[1:] + edges[:-1]) / 2,
            "y": counts,
            "width": np.full(_COUNTS, 0.9 * (edges[1] - edges[0])),
            "name": "rows",
            "xaxis": "x2",
            "yaxis": "y2",
            "marker": {"color": theme.ink(35)},
            "showlegend": False,
            "hovertemplate": "%{y:,} rows<extra></extra>",
        }
    )
    axis = {"range": [0.0, top]}
    layout = {
        "title": theme.heading(
            "Do the probabilities hold?", "true against predicted probability, 20 bins; rows below"
        ),
        "xaxis": axis | {"anchor": "y", "matches": "x2", "showticklabels": False},
        "xaxis2": axis | {"anchor": "y2", "title": {"text": "predicted probability of a click"}},
        "yaxis": {"domain": [0.3, 1.0], "range": [0.0, top], "title": {"text": "true probability"}},
        "yaxis2": {
            "anchor": "x2",
            "domain": [0.0, 0.22],
            "range": [0.0, 1.05 * max(1, int(counts.max()))],
            "title": {"text": "rows"},
        },
        "margin": {"t": 34},
        "hovermode": "x unified",
        "uirevision": "reliability",
    }
    return {"data": data, "layout": layout}


def reliability_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `reliability_chart`."""
    found = reliability_of(view.report)
    return pd.DataFrame(
        {
            "predicted": found.predicted.round(5),
            "true": found.true.round(5),
            "clicked": found.clicked.round(5),
            "clicked ± 95%": found.margin.round(5),
            "rows": found.rows,
            "clicks": found.clicks,
        }
    )


def roc_chart(view: ClickView) -> Figure:
    """The share of clicks caught against the share of other rows let in, for every cut."""
    data = [_curve(one, *how) for one, how in _curves(view, _roc)]
    data.append(
        {
            "type": "scatter",
            "x": np.array([0.0, 1.0]),
            "y": np.array([0.0, 1.0]),
            "name": "by chance",
            "mode": "lines",
            "line": {"color": theme.ink(35), "width": 1, "dash": "dot"},
            "hoverinfo": "skip",
        }
    )
    ceiling = view.report.ceiling["full"]["auc"]
    layout = _layout(
        f"AUC {_told(view.report['auc'].value)}",
        f"ROC; the true probabilities reach {_told(ceiling)}",
        "false positive rate",
        "true positive rate",
        "roc",
    )
    layout["yaxis"] |= {"range": [0.0, 1.02]}
    return {"data": data, "layout": layout}


def precision_chart(view: ClickView) -> Figure:
    """Precision against recall, above the line of the base rate."""
    data = [_curve(one, *how) for one, how in _curves(view, _precision)]
    rate = float(view.report.truth.mean())
    data.append(
        {
            "type": "scatter",
            "x": np.array([0.0, 1.0]),
            "y": np.array([rate, rate]),
            "name": f"base rate {rate:.3f}",
            "mode": "lines",
            "line": {"color": theme.ink(50), "width": 1.2, "dash": "dot"},
            "hoverinfo": "skip",
        }
    )
    value, ceiling = (
        view.report["average_precision"].value,
        view.report.ceiling["full"]["average_precision"],
    )
    layout = _layout(
        f"Average precision {_told(value)}",
        f"precision against recall; the true probabilities reach {_told(ceiling)}",
        "recall",
        "precision",
        "precision",
    )
    layout["yaxis"] |= {"range": [0.0, 1.02]}
    return {"data": data, "layout": layout}


def roc_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `roc_chart`."""
    return _table(
        _roc(view.report),
        "score from",
        "false positive rate",
        "true positive rate",
    )


def precision_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `precision_chart`."""
    curve = _precision(view.report)
    return _table(curve, "score from", "recall", "precision")


def _curves(view: ClickView, points: Remembered[Curve]) -> list[tuple[Curve, tuple[str, str]]]:
    report: ClickReport = view.report
    found = [
        (points(report, of_truth=True), ("the true probabilities", "truth")),
        (points(report), (view.name, "ranking")),
    ]
    if view.pinned is not None:
        found.insert(1, (points(view.pinned.view.report), ("A", "pinned")))
    return found


def _counted(report: ClickReport, top: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows by predicted probability, and the edges of the bars; the last holds what lies beyond."""
    return np.histogram(np.minimum(report.p, top), bins=_COUNTS, range=(0.0, top))


# Each asks for all rows of the test days, most to have them sorted.
_roc = Remembered(roc_points, _MOST)
_precision = Remembered(precision_recall_points, _MOST)
_counts = Remembered(_counted, _MOST)
reliability_of = Remembered(reliability, _MOST)


def _curve(curve: Curve, name: str, concept: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "x": curve.x,
        "y": curve.y,
        "name": name,
        "mode": "lines",
        "line": theme.line(concept),
        "hovertemplate": "%{y:.3f}",
    }


def _layout(title: str, units: str, x: str, y: str, revision: str) -> dict[str, Any]:
    return {
        "title": theme.heading(title, units),
        "xaxis": {"range": [0.0, 1.0], "title": {"text": x}},
        "yaxis": {"title": {"text": y}},
        "margin": {"t": 34},
        "hovermode": "x unified",
        "uirevision": revision,
    }


def _table(curve: Curve, threshold: str, x: str, y: str) -> pd.DataFrame:
    cut = np.where(np.isfinite(curve.threshold), curve.threshold, np.nan)
    return pd.DataFrame({threshold: cut.round(6), x: curve.x.round(5), y: curve.y.round(5)})


def _told(value: float) -> str:
    return "not defined" if math.isnan(value) else f"{value:.3f}"
