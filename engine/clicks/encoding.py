"""Ids as the click rates that they had: what trees, which cannot see ids, live on.

A rate must come from other rows than the one it stands beside. Rates of earlier days do; the
rate of all rows but one does not, though it seems to: among rows of one id it is lower by the
same step wherever the row was clicked, and trees find that step.

Source: Prokhorenkova et al. (2018), "CatBoost: unbiased boosting with categorical features", on
target leakage.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.clicks.catalogue import SEGMENTS, Catalogue
from engine.clicks.config import ClickLogConfig
from engine.clicks.log import ClickLog
from engine.clicks.rows import AdRows

IDS = ("user", "segment", "site", "ad", "campaign", "advertiser")
"""The ids of a row, from who asks to what is shown."""
PRIOR_VIEWS = 20.0
"""Views at the mean rate that every id starts with."""

Ids = Mapping[str, NDArray[np.integer]]


def ids_of(rows: AdRows, catalogue: Catalogue) -> dict[str, NDArray[np.integer]]:
    """The ids of each row, (n,) each, by name."""
    campaign = catalogue.campaign[rows.ad]
    return {
        "user": rows.user,
        "segment": catalogue.segment[rows.user],
        "site": rows.site,
        "ad": rows.ad,
        "campaign": campaign,
        "advertiser": catalogue.advertiser[campaign],
    }


def sizes_of(config: ClickLogConfig, catalogue: Catalogue) -> dict[str, int]:
    """How many there are of each id."""
    return {
        "user": catalogue.users,
        "segment": SEGMENTS,
        "site": config.sites,
        "ad": catalogue.ads,
        "campaign": len(catalogue.advertiser),
        "advertiser": len(catalogue.category),
    }


@dataclass(frozen=True, slots=True, eq=False)
class ClickRates:
    """Click rates as they stood at the start of a day, for validation, test and serving.

    rate, views : name of an id -> float32 (how many there are,); views are logs, log(1 + n).
    """

    rate: dict[str, NDArray[np.float32]]
    views: dict[str, NDArray[np.float32]]

    @classmethod
    def at(cls, log: ClickLog, start: int, until: int) -> ClickRates:
        """Rates of the days from ``start`` to ``until``, the last excluded."""
        part = log.between(start, until)
        clicked = log.clicked[part]
        ids = ids_of(log.rows.rows(part), log.catalogue)
        mean = float(clicked.mean()) if len(clicked) else np.nan
        rate, views = {}, {}
        for name, size in sizes_of(log.config, log.catalogue).items():
            shown = np.bincount(ids[name], minlength=size)
            clicks = np.bincount(ids[name][clicked], minlength=size)
            rate[name] = _rate(clicks, shown, mean)
            views[name] = np.log1p(shown).astype(np.float32)
        return cls(rate, views)

    def columns(self, ids: Ids) -> NDArray[np.float32]:
        """Rate and log views of each id of each row, (n, 2 * len(IDS))."""
        n = len(ids["ad"])
        columns = np.empty((n, 2 * len(IDS)), dtype=np.float32)
        for place, name in enumerate(IDS):
            columns[:, 2 * place] = self.rate[name][ids[name]]
            columns[:, 2 * place + 1] = self.views[name][ids[name]]
        return columns


def rates_of_earlier_days(log: ClickLog, start: int, until: int) -> NDArray[np.float32]:
    """Rate and log views of each id before each training row's own day, (n, 2 * len(IDS)).

    Rows are those of the days from ``start`` to ``until``; days before ``start`` do not count,
    and rates of the first day are missing.
    """
    part = log.between(start, until)
    rows, clicked = log.rows.rows(part), log.clicked[part]
    day, days = rows.day - start, until - start
    of_day = np.bincount(day[clicked], minlength=days).cumsum()
    shown_by_day = np.bincount(day, minlength=days).cumsum()
    mean = np.full(days, np.nan)
    mean[1:] = of_day[:-1] / np.maximum(shown_by_day[:-1], 1)
    columns = np.empty((len(rows), 2 * len(IDS)), dtype=np.float32)
    ids = ids_of(rows, log.catalogue)
    for place, (name, size) in enumerate(sizes_of(log.config, log.catalogue).items()):
        key = ids[name].astype(np.int64) * days + day
        shown = _before(key, size, days)
        clicks = _before(key[clicked], size, days)
        columns[:, 2 * place] = _rate(clicks[key], shown[key], mean[day])
        columns[:, 2 * place + 1] = np.log1p(shown[key])
    return columns


def rates_leaving_one_out(log: ClickLog, start: int, until: int) -> NDArray[np.float32]:
    """Rate and log views of each id over all training rows but the row itself: a trap.

    Shapes as in `rates_of_earlier_days`.
    """
    part = log.between(start, until)
    rows, clicked = log.rows.rows(part), log.clicked[part]
    ids = ids_of(rows, log.catalogue)
    mean = float(clicked.mean()) if len(clicked) else np.nan
    columns = np.empty((len(rows), 2 * len(IDS)), dtype=np.float32)
    for place, (name, size) in enumerate(sizes_of(log.config, log.catalogue).items()):
        shown = np.bincount(ids[name], minlength=size)[ids[name]] - 1
        clicks = np.bincount(ids[name][clicked], minlength=size)[ids[name]] - clicked
        columns[:, 2 * place] = _rate(clicks, shown, mean)
        columns[:, 2 * place + 1] = np.log1p(shown)
    return columns


def _before(key: NDArray[np.int64], size: int, days: int) -> NDArray[np.int64]:
    """How many keys ``id * days + day`` have the same id and an earlier day, (size * days,)."""
    counts = np.bincount(key, minlength=size * days).reshape(size, days)
    before: NDArray[np.int64] = (np.cumsum(counts, axis=1) - counts).ravel()
    return before


def _rate(
    clicks: NDArray[np.integer], shown: NDArray[np.integer], mean: NDArray[np.float64] | float
) -> NDArray[np.float32]:
    """Clicks over views, drawn to the mean where views are few."""
    rate: NDArray[np.float32] = ((clicks + PRIOR_VIEWS * mean) / (shown + PRIOR_VIEWS)).astype(
        np.float32
    )
    return rate
