"""One fitted click model on its log: what needs no fit is worked out once and remembered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from engine.clicks import (
    Auction,
    ClickDesign,
    ClickLog,
    ClickReport,
    Slice,
    affordable,
    run_auction,
    run_clicks,
    slices_by_ad_age,
    slices_by_views,
)
from engine.clicks.fitting import model_key
from engine.latest import Latest
from engine.store import PartStore
from ui.ctr.view import ClickView, Rung, Sold

STRETCHES = (0.25, 0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0)
MOST_ANSWERS = 60


@dataclass(frozen=True, slots=True, eq=False)
class ClickBench:
    """One fitted model on its log; what needs no fit is worked out once and remembered."""

    log: ClickLog
    store: PartStore
    reports: Latest
    sales: Latest

    def report(self, design: ClickDesign) -> ClickReport:
        """The figures of a design that differs in what needs no fit."""
        key = self.log.identity, design
        return self.reports.of(key, lambda: run_clicks(self.log, design, self.store))

    def judged(self, design: ClickDesign) -> bool:
        """Whether the figures of a design are at hand."""
        return self.reports.known((self.log.identity, design)) is not None

    def honest(self, design: ClickDesign) -> ClickReport | None:
        """The design with click rates of earlier days; None where that is not fitted."""
        honest = replace(design, encoding="earlier_days")
        fitted = self.store.has(model_key(self.log, honest))
        return self.report(honest) if fitted else None

    def slices(self, design: ClickDesign) -> tuple[list[Slice], list[Slice]]:
        """The figures by the age and by the views of an ad."""
        report = self.report(design)
        return self.sales.of(
            ("slices", self.log.identity, design),
            lambda: (slices_by_ad_age(self.log, report), slices_by_views(self.log, report)),
        )

    def sold(self, design: ClickDesign, auction: Auction) -> Sold:
        """What the auction makes of the predictions, and how stretching them would change it.

        Of so many requests that nobody is kept waiting: see `affordable`.
        """
        auction = affordable(auction)

        def sell(stretch: float) -> Any:
            return run_auction(self.log, design, replace(auction, stretch=stretch), self.store)

        def regrets() -> np.ndarray:
            reports = [sell(stretch) for stretch in STRETCHES]
            return np.array(
                [[one["welfare_regret"].value, one["revenue_regret"].value] for one in reports]
            )

        key = self.log.identity, design, replace(auction, stretch=1.0)
        report = self.sales.of((*key, auction.stretch), lambda: sell(auction.stretch))
        return Sold(report, np.array(STRETCHES), self.sales.of((*key, "curve"), regrets))

    def both_sold(self, view: ClickView, auction: Auction) -> tuple[Sold, Sold | None]:
        """By the predictions of a view, and by those of the design that it is compared with, where
        there is one that gives probabilities."""
        a = None if view.pinned is None else view.pinned.view
        of_a = self.sold(a.design, auction) if a is not None and a.is_probability else None
        return self.sold(view.design, auction), of_a


def rung_of(report: ClickReport) -> Rung:
    """A report as a rung, not timed."""
    return Rung(
        model=report.design.model.name,
        normalized_entropy=report["normalized_entropy"],
        auc=report["auc"],
        log_loss=report["log_loss"],
        calibration_ratio=report["calibration_ratio"].value,
        p95_ms=float("nan"),
        fit_seconds=report.seconds,
        parameters=report.parameters,
    )
