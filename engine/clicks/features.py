"""Features of a row: what is known of user, site, ad and moment before the ad is shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.clicks.catalogue import Catalogue
from engine.clicks.days import ClickDays
from engine.clicks.design import ClickDesign
from engine.clicks.encoding import (
    IDS,
    ClickRates,
    ids_of,
    rates_leaving_one_out,
    rates_of_earlier_days,
)
from engine.clicks.log import ClickLog
from engine.clicks.rows import COUNTS, AdRows
from engine.table import Column, FeatureTable
from engine.world.truth import hour_of

SCHEMA = (
    *(Column(name, group="counts") for name, _ in COUNTS),
    Column("log_position", group="position"),
    Column("hour", "cycle", "moment", period=24.0),
    Column("device", "category", "moment"),
    Column("age", "category", "user"),
    Column("category", "category", "ad"),
    *(Column(name, "id", "ids") for name in IDS),
)
"""All columns but the click rates: logs of counts, then the rest."""
RATES = tuple(Column(f"{name}_click_rate", group="click_rates") for name in IDS)
"""What trees see of the ids."""
GROUPS = {
    "counts": "log-normal counts of user, site, session and ad, some of them missing",
    "position": "position on the page",
    "moment": "hour and device",
    "user": "age of the user",
    "ad": "category of the ad",
    "ids": "user, segment, site, ad, campaign and advertiser by their ids",
    "click_rates": "how often each id was clicked before, over the mean of all, for trees",
}
"""Group of columns -> what it holds."""
_AT = {column.name: place for place, column in enumerate(SCHEMA)}


class ClickFeatures:
    """What a model of some age is told of any row: nothing later than its cut-off enters.

    rates : click rates as they stood then; None for models that see ids.
    without : groups of columns that are left out.
    """

    def __init__(
        self, catalogue: Catalogue, rates: ClickRates | None, without: tuple[str, ...] = ()
    ) -> None:
        self._catalogue = catalogue
        self._rates = rates
        self._without = without

    @classmethod
    def of(cls, log: ClickLog, design: ClickDesign, start: int, until: int) -> ClickFeatures:
        """With the click rates of the days from ``start`` to ``until``."""
        rates = ClickRates.at(log, start, until) if design.sees_rates else None
        return cls(log.catalogue, rates, hidden_groups(design))

    def table(self, rows: AdRows) -> FeatureTable:
        """The features of rows, whoever was shown whatever."""
        rates = None
        if self._rates is not None:
            rates = self._rates.columns(ids_of(rows, self._catalogue))
        return feature_table(self._catalogue, rows, rates).without(self._without)


def training_table(log: ClickLog, design: ClickDesign, days: ClickDays) -> FeatureTable:
    """The features of the training rows, each told no more than was known on its day.

    With ``encoding="leave_one_out"`` each is told too much.
    """
    start, stop = days.train
    rates = None
    if design.sees_rates and design.encoding == "leave_one_out":
        rates = rates_leaving_one_out(log, start, stop)
    elif design.sees_rates:
        rates = rates_of_earlier_days(log, start, stop)
    rows = log.rows.rows(log.between(start, stop))
    return feature_table(log.catalogue, rows, rates).without(hidden_groups(design))


def hidden_groups(design: ClickDesign) -> tuple[str, ...]:
    """Groups that a design keeps from its model."""
    return () if design.position == "feature" else ("position",)


def feature_table(
    catalogue: Catalogue, rows: AdRows, rates: NDArray[np.float32] | None
) -> FeatureTable:
    """All columns of rows; with rates, `RATES` behind them."""
    width = len(SCHEMA) + (0 if rates is None else len(RATES))
    values = np.empty((len(rows), width), dtype=np.float32)
    values[:, : len(COUNTS)] = np.log1p(rows.counts)
    values[:, _AT["log_position"]] = np.log(rows.position)
    values[:, _AT["hour"]] = hour_of(rows.at)
    values[:, _AT["device"]] = rows.device
    values[:, _AT["age"]] = catalogue.age[rows.user]
    values[:, _AT["category"]] = catalogue.category_of(rows.ad)
    for name, ids in ids_of(rows, catalogue).items():
        values[:, _AT[name]] = ids
    if rates is None:
        return FeatureTable(values, SCHEMA)
    values[:, len(SCHEMA) :] = rates
    return FeatureTable(values, SCHEMA + RATES)
