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
    Reliability,
    precision_recall_points,
    reliability,
    roc_points,
)
from ui import theme
from ui.ctr.bench import Answers
from ui.ctr.view import ClickView
from ui.live_figure import Figure

_COUNTS = 40
_KEPT = Answers(most=60)  # of a dozen reports: each asks for all its rows to be sorted


def work_out(report: ClickReport) -> None:
    """Have at hand what the charts of a report need."""
    if len(report.p):
        _reliability(report)
    for points in (roc_points, precision_recall_points):
        _points(points, report, of_truth=True)
        _points(points, report, of_truth=False)


def reliability_chart(view: ClickView) -> Figure:
    """Predicted against true probability in bins of equal count; the counts under it."""
    found = _reliability(view.report)
    top = 1.04 * max(float(found.predicted.max()), float(found.true.max()), 0.02)
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": np.array([0.0, top]),
            "y": np.array([0.0, top]),
            "name": "right probabilities",
            "mode": "lines",
            "line": theme.line("truth"),
            "hoverinfo": "skip",
        },
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
        a = _reliability(view.pinned.view.report)
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
        data[0] |= {"x": np.array([0.0, top]), "y": np.array([0.0, top])}
    counts, edges = _counts(view.report, top)
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
    found = _reliability(view.report)
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
    data = [_curve(one, *how) for one, how in _curves(view, roc_points)]
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
    data = [_curve(one, *how) for one, how in _curves(view, precision_recall_points)]
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
        _points(roc_points, view.report),
        "score from",
        "false positive rate",
        "true positive rate",
    )


def precision_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `precision_chart`."""
    curve = _points(precision_recall_points, view.report)
    return _table(curve, "score from", "recall", "precision")


def _curves(view: ClickView, points: Any) -> list[tuple[Curve, tuple[str, str]]]:
    report: ClickReport = view.report
    found = [
        (_points(points, report, of_truth=True), ("the true probabilities", "truth")),
        (_points(points, report), (view.name, "ranking")),
    ]
    if view.pinned is not None:
        found.insert(1, (_points(points, view.pinned.view.report), ("A", "pinned")))
    return found


def _points(points: Any, report: ClickReport, of_truth: bool = False) -> Curve:
    # The answer holds its report, so that no other one can come to have its number.
    key = points.__name__, of_truth, id(report)
    kept: tuple[ClickReport, Curve] = _KEPT.get(
        key, lambda: (report, points(report, of_truth=of_truth))
    )
    return kept[1]


def _counts(report: ClickReport, top: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows by predicted probability, and the edges of the bars."""

    def count() -> tuple[ClickReport, Any]:
        inside = np.minimum(report.p, top)  # the last bar holds what lies beyond
        return report, np.histogram(inside, bins=_COUNTS, range=(0.0, top))

    kept: tuple[ClickReport, Any] = _KEPT.get(("counts", id(report), top), count)
    counts, edges = kept[1]
    return counts, edges


def _reliability(report: ClickReport) -> Reliability:
    key = "reliability", id(report)
    kept: tuple[ClickReport, Reliability] = _KEPT.get(key, lambda: (report, reliability(report)))
    return kept[1]


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
