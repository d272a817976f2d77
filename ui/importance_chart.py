"""What a model lives on: one chart for rankers and click models alike. A pure function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.figures import Estimate
from ui import theme, traces
from ui.live_figure import Figure

_MOST_BARS = 14


def importance_chart(
    title: str, names: Sequence[str], lost: Sequence[Estimate], gains: Sequence[float | None]
) -> Figure:
    """AUC lost when each feature is shuffled, and its share in what trees gained, if they did.

    names, lost, gains : of the features, the most important first.
    """
    some = slice(_MOST_BARS - 1, None, -1) if len(names) > _MOST_BARS else slice(None, None, -1)
    shown = [name.replace("_", " ") for name in names[some]]
    drop = np.array([one.value for one in lost[some]])
    half = np.nan_to_num(np.array([one.half_width for one in lost[some]]))
    data = [
        traces.bars("AUC lost when shuffled", shown, drop, theme.bar("ranking"), None)
        | {"error_x": {"type": "data", "array": half, "color": theme.ink(70), "thickness": 1.2}}
    ]
    layout: dict[str, Any] = {
        "title": theme.heading(title, "AUC lost when a feature is shuffled; share of all gain"),
        "xaxis": {"title": {"text": "AUC lost"}, "zeroline": True},
        "showlegend": False,
        "hovermode": "closest",
        "uirevision": "importance",
    }
    if any(gain is not None for gain in gains[some]):
        share = np.array([gain or 0.0 for gain in gains[some]])
        data.append(
            traces.bars("gain in training", shown, share, theme.bar("features"), None)
            | {"xaxis": "x2"}
        )
        layout["xaxis"] |= {"domain": [0.0, 0.6]}
        layout["xaxis2"] = {
            "domain": [0.68, 1.0],
            "title": {"text": "share of gain"},
            "tickformat": ".0%",
        }
    return {"data": data, "layout": layout}
