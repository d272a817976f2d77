"""Where a model is good and where it is not: figures by the age and the views of an ad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.clicks.log import ClickLog
from engine.clicks.report import ClickReport, judge
from engine.figures import Estimate

AGES = (1.0, 3.0, 7.0, 14.0)
"""Bounds of the slices by days since an ad's launch."""
VIEWS = (1, 10, 100, 1_000)
"""Bounds of the slices by how often training showed an ad."""
FEWEST = 50
"""Rows below which a slice is told without figures."""


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Test rows whose ads are alike.

    name : in words; low, high : its bounds, the upper one excluded.
    rows, clicks : in it. figures : as in a report; empty below `FEWEST` rows.
    """

    name: str
    low: float
    high: float
    rows: int
    clicks: int
    figures: Mapping[str, Estimate]


def slices_by_ad_age(log: ClickLog, report: ClickReport) -> list[Slice]:
    """Figures of a report by days since the ad's launch, youngest first."""
    rows = log.rows.rows(log.between(*report.days.test))
    age = rows.at - log.catalogue.launched[rows.ad]
    return _slices(report, age, AGES, "days old")


def slices_by_views(log: ClickLog, report: ClickReport) -> list[Slice]:
    """Figures of a report by how often training showed the ad, rarest first."""
    shown = log.rows.ad[log.between(*report.days.train)]
    views = np.bincount(shown, minlength=log.catalogue.ads)
    tested = log.rows.ad[log.between(*report.days.test)]
    return _slices(report, views[tested].astype(np.float64), VIEWS, "views")


def _slices(
    report: ClickReport,
    values: NDArray[np.floating],
    bounds: tuple[float, ...],
    unit: str,
) -> list[Slice]:
    edges = (0.0, *bounds, float("inf"))
    found = []
    for low, high in pairwise(edges):
        inside = (values >= low) & (values < high)
        figures: dict[str, Estimate] = {}
        if inside.sum() >= FEWEST:
            p = report.p[inside] if len(report.p) else report.p
            judged = judge(report.clicked[inside], report.truth[inside], report.scores[inside], p)
            figures = {name: one.estimate for name, one in judged.items()}
        found.append(
            Slice(
                name=_named(low, high, unit),
                low=low,
                high=high,
                rows=int(inside.sum()),
                clicks=int(report.clicked[inside].sum()),
                figures=figures,
            )
        )
    return found


def _named(low: float, high: float, unit: str) -> str:
    if high == float("inf"):
        return f"from {low:,g} {unit}"
    if unit == "views":
        return f"{low:,g} {unit}" if high - low == 1 else f"{low:,g} to {high - 1:,g} {unit}"
    return f"{low:,g} to {high:,g} {unit}"
