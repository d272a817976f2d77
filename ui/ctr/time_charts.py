"""What of the 30 ms one request takes: features and model, and how that grows with its ads."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from engine.clicks import BUDGET_MS
from engine.clicks.inference import PARTS
from ui import theme, traces
from ui.ctr.view import ClickView, split_ms
from ui.live_figure import Figure

_CONCEPTS = ("features", "ranking")
_DARK_INK = "#1B1F24"  # on the fills, in both themes
_PERCENTILES = (50, 95, 99)


def budget_chart(view: ClickView) -> Figure:
    """p50, p95 and p99 of one request, shared out to features and model, against the budget."""
    timing = view.times.best
    assert timing is not None
    told = [q for q in _PERCENTILES if not math.isnan(timing.percentile(q).value)]
    parts = np.array([split_ms(timing, q) for q in told])
    names = [f"p{q}" for q in told][::-1]
    data = [
        traces.bars(
            part,
            names,
            parts[::-1, place],
            theme.bar(concept),
            None,
        )
        | {"hovertemplate": f"{part} %{{x:.3f}} ms<extra></extra>"}
        for place, (part, concept) in enumerate(zip(PARTS, _CONCEPTS, strict=True))
    ]
    whole = parts.sum(axis=1)
    right = 1.06 * max(BUDGET_MS, *whole)
    inside = [total > 0.5 * right for total in whole[::-1]]
    data.append(
        {
            "type": "scatter",
            "x": whole[::-1],
            "y": names,
            "mode": "text",
            "text": [
                f"{total:.2f} ms: {features:.2f} + {model:.2f} "
                for total, (features, model) in zip(whole[::-1], parts[::-1], strict=True)
            ],
            "textposition": ["middle left" if within else "middle right" for within in inside],
            "textfont": {
                "color": [_DARK_INK if within else theme.INK for within in inside],
                "shadow": "none",
            },
            "showlegend": False,
            "hoverinfo": "skip",
        }
    )
    if view.pinned is not None and (a := view.pinned.view.times.best) is not None:
        data.append(
            {
                "type": "scatter",
                "x": np.array([a.percentile(q).value for q in told])[::-1],
                "y": names,
                "name": "A",
                "mode": "markers",
                "marker": theme.marker("pinned", size=11),
                "hovertemplate": "A %{x:.3f} ms<extra></extra>",
            }
        )
    layout = {
        "title": theme.heading(
            "Where the milliseconds go", f"one request of {timing.ads:,} ads, of {BUDGET_MS:g} ms"
        ),
        "barmode": "stack",
        "xaxis": {"range": [0.0, right], "title": {"text": "ms"}},
        "shapes": [traces.up(BUDGET_MS, theme.line("budget"))],
        "margin": {"t": 34},
        "hovermode": "closest",
        "uirevision": "budget",
    }
    return {"data": data, "layout": layout}


def budget_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `budget_chart`."""
    timing = view.times.best
    assert timing is not None
    return pd.DataFrame(
        [
            {
                "percentile": f"p{q}",
                **{
                    f"{part}, ms": round(float(ms), 4)
                    for part, ms in zip(PARTS, split_ms(timing, q), strict=True)
                },
                "whole, ms": round(timing.percentile(q).value, 4),
                "requests": timing.requests,
            }
            for q in _PERCENTILES
        ]
    )


def over_ads_chart(view: ClickView) -> Figure:
    """p95 of a request over the number of its ads, against the budget."""
    looks = view.times.over_ads
    x = np.array(list(looks))
    parts = np.array([split_ms(timing, 95) for timing in looks.values()])
    data: list[dict[str, Any]] = [
        {
            "type": "scatter",
            "x": x,
            "y": parts[:, place],
            "name": f"{part}, p95",
            "stackgroup": "parts",
            "hovertemplate": "%{y:.2f} ms",
            **theme.area(concept),
        }
        for place, (part, concept) in enumerate(zip(PARTS, _CONCEPTS, strict=True))
    ]
    data.append(
        {
            "type": "scatter",
            "x": x,
            "y": np.array([timing.p50.value for timing in looks.values()]),
            "name": "p50 of both",
            "mode": "lines",
            "line": {"color": theme.ink(70), "width": 1.5},
            "hovertemplate": "%{y:.2f} ms",
        }
    )
    ads = view.study.auction.ads
    if view.times.best is not None:
        side = "top right" if ads < x.max() / 2 else "top left"
        data.append(traces.here(ads, view.p_ms(95), math.nan) | {"textposition": side})
    top = max(1.12 * BUDGET_MS, 1.1 * float(parts.sum(axis=1).max()))
    layout = {
        "title": theme.heading("What more ads take", "p95 of one request, ms, one thread"),
        "xaxis": {"range": [0, 1.03 * float(x.max())], "title": {"text": "ads in a request"}},
        "yaxis": {"range": [0.0, top], "title": {"text": "ms"}},
        "shapes": [traces.across(BUDGET_MS, theme.line("budget")) | {"layer": "above"}],
        "annotations": [
            {
                "text": f"budget {BUDGET_MS:g} ms",
                "x": 1,
                "xref": "paper",
                "xanchor": "right",
                "y": BUDGET_MS,
                "yanchor": "bottom",
            }
        ],
        "margin": {"t": 34},
        "hovermode": "x unified",
        "uirevision": "over-ads",
    }
    return {"data": data, "layout": layout}


def over_ads_table(view: ClickView) -> pd.DataFrame:
    """What stands behind `over_ads_chart`."""
    rows = []
    for ads, timing in view.times.over_ads.items():
        features, model = split_ms(timing, 95)
        rows.append(
            {
                "ads": ads,
                "p50, ms": round(timing.p50.value, 3),
                "p95, ms": round(timing.p95.value, 3),
                "p95 features, ms": round(float(features), 3),
                "p95 model, ms": round(float(model), 3),
                "requests": timing.requests,
            }
        )
    return pd.DataFrame(rows)
