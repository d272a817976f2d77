"""What the auction loses by predictions that are off, and one of its requests."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from engine.clicks import AuctionReport
from ui import theme, traces
from ui.ctr.view import Sold
from ui.facts import Fact
from ui.live_figure import Figure

_MOST_ADS = 6


def regret_chart(sold: Sold, a: Sold | None = None) -> Figure:
    """The regret of welfare and of revenue over the stretch of the log-odds."""
    here = sold.report.auction.stretch
    names = ("welfare lost", "revenue lost")
    dashes = ("solid", "6px,3px")
    data: list[dict[str, Any]] = []
    if a is not None:
        data.append(_line(a, 0, "A, welfare lost", theme.line("pinned")))
    for place, (name, dash) in enumerate(zip(names, dashes, strict=True)):
        data.append(_line(sold, place, name, theme.line("loss") | {"dash": dash}))
    regret = sold.report["welfare_regret"]
    data.append(traces.here(here, regret.value, regret.half_width) | {"hoverinfo": "skip"})
    left, right = math.log10(min(here, 0.25)) - 0.03, math.log10(max(here, 4.0)) + 0.03
    values = [*sold.regrets.ravel(), regret.value, 0.0]
    span = max(values) - min(values)
    layout = {
        "title": theme.heading(
            "What the auction loses", "share lost against selling by the true probabilities"
        ),
        "xaxis": {
            "type": "log",
            "range": [left, right],
            "tickvals": [0.25, 0.5, 1, 2, 4],
            "ticktext": ["¼ timid", "½", "1 as it is", "2", "4 bold"],
            "title": {"text": "log-odds of the predictions stretched by, log scale"},
        },
        "yaxis": {
            "range": [min(values) - 0.06 * span, max(values) + 0.14 * span],
            "tickformat": ".0%",
            "title": {"text": "share lost"},
            # A margin that fits longer ticks is laid out anew, which is felt under a slider.
            "automargin": False,
        },
        "shapes": [traces.across(0.0, theme.line("truth"))],
        "annotations": [
            {
                "text": "sold by the truth",
                "x": 0,
                "xref": "paper",
                "xanchor": "left",
                "y": 0.0,
                "yanchor": "bottom",
            }
        ],
        "margin": {"l": 66, "t": 34},
        "hovermode": "x unified",
        "uirevision": "regret",
    }
    return {"data": data, "layout": layout}


def regret_table(sold: Sold) -> pd.DataFrame:
    """What stands behind `regret_chart`."""
    return pd.DataFrame(
        {
            "log-odds times": sold.stretches,
            "welfare lost": sold.regrets[:, 0].round(5),
            "revenue lost": sold.regrets[:, 1].round(5),
        }
    )


def auction_facts(report: AuctionReport, preview: bool = False) -> list[Fact]:
    """The auction in four figures. preview : whether they lie between auctions that were held."""
    promised = report["forecast_ratio"]

    def kind(regret: str) -> str:
        width = 100 * report[regret].half_width
        return "preview" if preview else f"simulated ± {width:.1f} points"

    return [
        Fact(
            "Welfare lost",
            f"{report['welfare_regret'].value:.1%}",
            kind("welfare_regret"),
            "Worth of the clicks won, against the same auction with the true probabilities",
        ),
        Fact(
            "Revenue lost",
            f"{report['revenue_regret'].value:.1%}",
            kind("revenue_regret"),
            "Second price by eCPM; below zero where errors raise prices",
        ),
        Fact(
            "Revenue promised",
            "–" if math.isnan(promised.value) else f"{promised.value:.2f} ×",
            "of what comes in",
            "Revenue by the predictions over revenue by the truth",
        ),
        Fact(
            "Another winner",
            f"{report['other_winner'].value:.0%}",
            "of the requests",
            "Requests that another ad wins than should",
        ),
    ]


def request_rows(report: AuctionReport, number: int) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of one request's ads by eCPM, the best first."""
    frame = report.request(number).head(_MOST_ADS)
    heads = ["place", "ad", "bid", "p", "true p", "eCPM", "true eCPM", "true place"]
    rows = [
        [
            f"{place}",
            f"#{int(row['ad'])}",
            f"{row['bid']:.2f}",
            f"{row['p']:.3f}",
            f"{row['truth']:.3f}",
            f"{row['ecpm']:,.0f}",
            f"{row['true_ecpm']:,.0f}",
            f"{int(row['true_rank'])}",
        ]
        for place, row in enumerate(frame.to_dict("records"), 1)
    ]
    return heads, rows


def _line(sold: Sold, place: int, name: str, line: dict[str, Any]) -> dict[str, Any]:
    x, y = sold.stretches, sold.regrets[:, place]
    stretch = sold.report.auction.stretch
    if stretch not in x:
        here = int(np.searchsorted(x, stretch))
        regret = ("welfare_regret", "revenue_regret")[place]
        x = np.insert(x, here, stretch)
        y = np.insert(y, here, sold.report[regret].value)
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "name": name,
        "mode": "lines",
        "line": line,
        "hovertemplate": "%{y:.1%}",
    }
