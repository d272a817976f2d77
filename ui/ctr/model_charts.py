"""The model from inside: its slices, and the features it lives on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from engine.clicks import ClickImportance, Slice
from engine.figures import Estimate
from ui import theme
from ui.ctr.view import rounded
from ui.importance_chart import importance_chart as shared_chart
from ui.live_figure import Figure


def slices_charts(
    by_age: Sequence[Slice], by_views: Sequence[Slice], is_probability: bool
) -> dict[str, Figure]:
    """Both ways to slice the test days, by the charts' keys."""
    figure = "normalized_entropy" if is_probability else "auc"
    old, rare = "days since the ad's launch", "views in training"
    return {
        "by_age": slices_chart(by_age, "New ads and old ones", old, figure),
        "by_views": slices_chart(by_views, "Rare ads and common ones", rare, figure),
    }


def slices_chart(found: Sequence[Slice], title: str, what: str, figure: str) -> Figure:
    """A figure by slice, with the rows of each below."""
    names = [one.name.removesuffix(" days old").removesuffix(" views") for one in found]
    values = [one.figures.get(figure, _NOTHING) for one in found]
    unit = "normalised entropy (low is good)" if figure == "normalized_entropy" else "AUC"
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": names,
            "y": np.array([value.value for value in values]),
            "error_y": {
                "type": "data",
                "array": np.nan_to_num(np.array([value.half_width for value in values])),
                "color": theme.ink(60),
                "width": 4,
            },
            "mode": "markers",
            "marker": theme.marker("ranking", size=11),
            "hovertemplate": "%{y:.4f}<extra></extra>",
        },
        {
            "type": "bar",
            "x": names,
            "y": np.array([one.rows for one in found]),
            "xaxis": "x2",
            "yaxis": "y2",
            "marker": {"color": theme.ink(35)},
            "hovertemplate": "%{y:,} rows<extra></extra>",
        },
    ]
    layout = {
        "title": theme.heading(title, f"{unit}; rows below"),
        "xaxis": {"anchor": "y", "matches": "x2", "showticklabels": False, "type": "category"},
        "xaxis2": {"anchor": "y2", "type": "category", "title": {"text": what}},
        "yaxis": {"domain": [0.36, 1.0], "title": {"text": unit.split(" (")[0]}},
        "yaxis2": {"anchor": "x2", "domain": [0.0, 0.26], "title": {"text": "rows"}},
        "showlegend": False,
        "hovermode": "closest",
        "uirevision": what,
    }
    return {"data": data, "layout": layout}


def slices_table(found: Sequence[Slice]) -> pd.DataFrame:
    """What stands behind `slices_chart`."""
    rows = []
    for one in found:
        row: dict[str, Any] = {"slice": one.name, "rows": one.rows, "clicks": one.clicks}
        for name, label in _SLICED.items():
            value = one.figures.get(name, _NOTHING)
            row |= {label: rounded(value.value), f"{label} ± 95%": rounded(value.half_width)}
        rows.append(row)
    return pd.DataFrame(rows)


def importance_chart(found: Sequence[ClickImportance]) -> Figure:
    """What the model loses without each feature, and what its trees gained by it."""
    return shared_chart(
        "What the model lives on",
        [one.name for one in found],
        [one.less_auc for one in found],
        [one.gain for one in found],
    )


def importance_table(found: Sequence[ClickImportance]) -> pd.DataFrame:
    """What stands behind `importance_chart`."""
    return pd.DataFrame(
        [
            {
                "feature": one.name,
                "group": one.group,
                "AUC lost": rounded(one.less_auc.value, 5),
                "± 95%": rounded(one.less_auc.half_width, 5),
                "normalised entropy gained": rounded(one.more_entropy.value, 5),
                "share of gain": None if one.gain is None else round(one.gain, 4),
            }
            for one in found
        ]
    )


_NOTHING = Estimate(math.nan, math.nan, math.nan, 0)
_SLICED = {
    "normalized_entropy": "normalised entropy",
    "auc": "AUC",
    "log_loss": "LogLoss",
    "calibration_ratio": "calibration",
    "ece": "ECE",
}
