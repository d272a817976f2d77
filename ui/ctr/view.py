"""What the page of ad clicks shows of one design: its figures, its times, and what is near it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from engine.ad_study import AdStudy
from engine.clicks import (
    MODELS,
    AuctionReport,
    ClickDesign,
    ClickImportance,
    ClickReport,
    FreshnessPoint,
    InferenceTiming,
)
from engine.clicks.inference import PARTS
from engine.figures import Estimate
from ui.controls import LABELS

NAMES = {name: LABELS.get(name, name) for name in MODELS}
"""Name of a model -> as the page calls it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One model of the ladder, fitted and judged with all else as in the design.

    p95_ms : of a request of as many ads as bid; NaN untimed.
    """

    model: str
    normalized_entropy: Estimate
    auc: Estimate
    log_loss: Estimate
    calibration_ratio: float
    p95_ms: float
    fit_seconds: float
    parameters: int

    @property
    def name(self) -> str:
        """As the page calls it."""
        return NAMES.get(self.model, self.model)


@dataclass(frozen=True, slots=True, eq=False)
class ClickTimes:
    """What the stopwatch read for a model.

    best : for as many ads as bid, over 1,000 requests once there are so many.
    over_ads : by the number of ads in a request, over a first look each.
    failed : why it could not be measured; empty where it was.
    """

    best: InferenceTiming | None = None
    over_ads: dict[int, InferenceTiming] = field(default_factory=dict)
    failed: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Sold:
    """What the auction made of the predictions.

    stretches, regrets : how the regrets run over the stretch of the log-odds, (n,) and (n, 2),
        of welfare and of revenue.
    """

    report: AuctionReport
    stretches: NDArray[np.float64]
    regrets: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClickView:
    """One design as the page shows it.

    rungs : models fitted so far, with the design's other choices. ages : models of other ages.
    importances : None as long as they are not known.
    pinned : the design that it is compared with.
    """

    study: AdStudy
    report: ClickReport
    times: ClickTimes = ClickTimes()
    rungs: tuple[Rung, ...] = ()
    ages: tuple[FreshnessPoint, ...] = ()
    importances: list[ClickImportance] | None = None
    pinned: PinnedClicks | None = None

    @property
    def design(self) -> ClickDesign:
        """What is shown."""
        return self.study.design

    @property
    def name(self) -> str:
        """Its model, as the page calls it."""
        return NAMES.get(self.design.model.name, self.design.model.name)

    @property
    def is_probability(self) -> bool:
        """Whether there are probabilities to judge."""
        return len(self.report.p) > 0

    def p_ms(self, q: float) -> float:
        """A percentile of a request of as many ads as bid, ms; NaN untimed."""
        return nan if self.times.best is None else self.times.best.percentile(q).value


@dataclass(frozen=True, slots=True, eq=False)
class PinnedClicks:
    """The design A, and what the shown one has more than it, paired; None where unpaired."""

    view: ClickView
    differences: dict[str, Estimate] | None


def split_ms(timing: InferenceTiming, q: float) -> NDArray[np.float64]:
    """A percentile of the whole, shared out to features and model as they share the mean, (2,)."""
    mean = timing.nanoseconds[:, : len(PARTS)].mean(axis=0)
    shares: NDArray[np.float64] = timing.percentile(q).value * mean / mean.sum()
    return shares


def rounded(value: float, digits: int = 4) -> float | None:
    """As a table shows it; None where it is not defined."""
    return None if isnan(value) else round(value, digits)
