"""Ids as the click rates that they had: what trees, which cannot see ids, live on.

A rate must come from other rows than the one it stands beside. Rates of earlier days do; the
rate of all rows but one does not, though it seems to: among rows of one id it is lower by the
same step wherever the row was clicked, and trees find that step.

Rates are told as logs over the mean rate of all rows so far, and how often an id was shown is not
told: either would tell trees the day, and what was chance on the last days of training they would
take for a rule of all days to come.

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

    rate : name of an id -> float32 (how many there are,), log of its rate over the mean rate.
    """

    rate: dict[str, NDArray[np.float32]]

    @classmethod
    def at(cls, log: ClickLog, start: int, until: int) -> ClickRates:
        """Rates of the days from ``start`` to ``until``, the last excluded."""
        part = log.between(start, until)
        clicked = log.clicked[part]
        ids = ids_of(log.rows.rows(part), log.catalogue)
        mean = float(clicked.mean()) if len(clicked) else np.nan
        rate = {}
        for name, size in sizes_of(log.config, log.catalogue).items():
            shown = np.bincount(ids[name], minlength=size)
            clicks = np.bincount(ids[name][clicked], minlength=size)
            rate[name] = _rate(clicks, shown, mean)
        return cls(rate)

    def columns(self, ids: Ids) -> NDArray[np.float32]:
        """The rate of each id of each row, (n, len(IDS))."""
        columns = np.empty((len(ids["ad"]), len(IDS)), dtype=np.float32)
        for place, name in enumerate(IDS):
            columns[:, place] = self.rate[name][ids[name]]
        return columns


def rates_of_earlier_days(log: ClickLog, start: int, until: int) -> NDArray[np.float32]:
    """The rate of each id before each training row's own day, (n, len(IDS)).

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
    columns = np.empty((len(rows), len(IDS)), dtype=np.float32)
    ids = ids_of(rows, log.catalogue)
    for place, (name, size) in enumerate(sizes_of(log.config, log.catalogue).items()):
        key = ids[name].astype(np.int64) * days + day
        shown = _before(key, size, days)
        clicks = _before(key[clicked], size, days)
        columns[:, place] = _rate(clicks[key], shown[key], mean[day])
    return columns


def rates_leaving_one_out(log: ClickLog, start: int, until: int) -> NDArray[np.float32]:
    """The rate of each id over all training rows but the row itself: a trap.

    Shapes as in `rates_of_earlier_days`.
    """
    part = log.between(start, until)
    rows, clicked = log.rows.rows(part), log.clicked[part]
    ids = ids_of(rows, log.catalogue)
    mean = float(clicked.mean()) if len(clicked) else np.nan
    columns = np.empty((len(rows), len(IDS)), dtype=np.float32)
    for place, (name, size) in enumerate(sizes_of(log.config, log.catalogue).items()):
        shown = np.bincount(ids[name], minlength=size)[ids[name]] - 1
        clicks = np.bincount(ids[name][clicked], minlength=size)[ids[name]] - clicked
        columns[:, place] = _rate(clicks, shown, mean)
    return columns


def _before(key: NDArray[np.int64], size: int, days: int) -> NDArray[np.int64]:
    """How many keys ``id * days + day`` have the same id and an earlier day, (size * days,)."""
    counts = np.bincount(key, minlength=size * days).reshape(size, days)
    before: NDArray[np.int64] = (np.cumsum(counts, axis=1) - counts).ravel()
    return before


def _rate(
    clicks: NDArray[np.integer], shown: NDArray[np.integer], mean: NDArray[np.float64] | float
) -> NDArray[np.float32]:
    """Log of clicks over views, drawn to the mean where views are few, over that mean.

    NaN where nothing was clicked yet by anybody.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log((clicks / mean + PRIOR_VIEWS) / (shown + PRIOR_VIEWS))
    return np.where(np.isfinite(rate), rate, np.nan).astype(np.float32)
