"""What a prediction is worth in the auction: which ads win, what they pay, what is lost.

For each request all ads bid for a click, at position 1. They are ranked by

    eCPM = 1000 * bid * pCTR,

the best are shown, and who is shown pays for a click what holds its place: the next eCPM over
its own pCTR (generalised second price), or the reserve. Bids are taken to be what a click is
worth. What comes of it is expected by the true probabilities: welfare, the worth of the clicks,
and revenue, the price of them. Regret is what is lost against the same auction with the true
probabilities as pCTR. That of welfare cannot be negative with one slot; that of revenue can,
since errors may also raise prices.

Source: Edelman, Ostrovsky & Schwarz (2007), "Internet advertising and the generalized
second-price auction".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from engine.clicks.config import SLOTS
from engine.clicks.days import days_of
from engine.clicks.design import ClickDesign
from engine.clicks.judging import Judged
from engine.clicks.log import ClickLog, shown
from engine.clicks.rows import AdRows
from engine.clicks.study import click_model
from engine.figures import Estimate
from engine.intervals import mean_estimate
from engine.knobs import Knob, check_knobs
from engine.progress import Progress, silent
from engine.store import PartStore, Recipe, default_store, part_key
from engine.world.impressions import examination

_EDGE = 1e-12
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Auction:
    """How ads are sold. Nothing of it needs a fit.

    stretch, shift : miscalibration put on top: ``log-odds -> stretch * log-odds + shift``.
    bid_spread : power of the bids; 0 lets all bid alike.
    reserve : least eCPM that is shown.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "requests": Knob(20, 20_000, "requests that are sold", "requests"),
        "ads": Knob(2, 1_000, "that bid for one request", "ads"),
        "slots": Knob(1, SLOTS, "ads shown a request"),
        "stretch": Knob(0.05, 5.0, "of the log-odds: below 1 too timid, above 1 too bold"),
        "shift": Knob(-5.0, 5.0, "of the log-odds: all probabilities too low or too high"),
        "bid_spread": Knob(0.0, 3.0, "how unequal bids are, 1 as logged", "power"),
        "reserve": Knob(0.0, 10_000.0, "least eCPM that is shown", "per 1,000 views"),
    }
    requests: int = 2_000
    ads: int = 20
    slots: int = 1
    stretch: float = 1.0
    shift: float = 0.0
    bid_spread: float = 1.0
    reserve: float = 0.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)
        if self.slots > self.ads:
            raise ValueError(f"slots={self.slots!r}: must be at most the {self.ads} ads")

    def miscalibrated(self, p: Array) -> Array:
        """Probabilities with the miscalibration on top."""
        if self.stretch == 1.0 and self.shift == 0.0:
            return p
        odds = logit(np.clip(p, _EDGE, 1.0 - _EDGE))
        off: Array = expit(self.stretch * odds + self.shift)
        return off


MOST_SOLD = 40_000
"""Ads, over all requests, that are sold for one look."""


def affordable(auction: Auction) -> Auction:
    """The auction with so few requests that selling them does not keep anybody waiting.

    Of so many that there are at most `MOST_SOLD` ads in all.
    """
    low = int(Auction.knobs["requests"].low)
    return replace(auction, requests=max(low, min(auction.requests, MOST_SOLD // auction.ads)))


@dataclass(frozen=True, slots=True, eq=False)
class Sold:
    """What was sold in each request.

    order : int (requests, ads), places of the ads by eCPM, the best first.
    shown : bool (requests, slots), whether the slot is filled.
    welfare, revenue, forecast : float64 (requests,), expected by the truth; the revenue that
        the prediction itself promises.
    """

    order: NDArray[np.int64]
    shown: NDArray[np.bool_]
    welfare: Array
    revenue: Array
    forecast: Array


@dataclass(frozen=True, slots=True, eq=False)
class AuctionReport(Mapping[str, Estimate]):
    """A mapping from a figure's name to its Estimate over requests.

    ``welfare``, ``revenue`` : expected, for 1,000 requests; ``welfare_best`` and
    ``revenue_best`` : with the true probabilities. ``welfare_regret``, ``revenue_regret`` :
    the share of those that is lost. ``forecast_ratio`` : revenue promised over revenue
    expected. ``other_winner`` : share of requests that another ad wins than should.

    design, auction : what was sold by. ad, bid, p, truth : (requests, ads), the prediction
    with its miscalibration and the true probability, both at position 1.
    """

    design: ClickDesign
    auction: Auction
    figures: Mapping[str, Estimate]
    ad: NDArray[np.int32]
    bid: Array
    p: Array
    truth: Array
    sold: Sold
    best: Sold

    def __getitem__(self, name: str) -> Estimate:
        return self.figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)

    def request(self, number: int) -> pd.DataFrame:
        """One request's ads by their eCPM, the best first.

        Columns: ``ad``, ``bid``, ``p``, ``truth``, ``ecpm``, ``true_ecpm`` and ``true_rank``,
        from 1.

        Raises
        ------
        ValueError : a number of no request.
        """
        if not 0 <= number < len(self.ad):
            raise ValueError(f"number={number!r}: must be from 0 to {len(self.ad) - 1}")
        order = self.sold.order[number]
        rank = np.empty(len(order), dtype=np.int64)
        rank[self.best.order[number]] = np.arange(1, len(order) + 1)
        columns = {
            "ad": self.ad[number],
            "bid": self.bid[number],
            "p": self.p[number],
            "truth": self.truth[number],
            "ecpm": ecpm(self.bid[number], self.p[number]),
            "true_ecpm": ecpm(self.bid[number], self.truth[number]),
            "true_rank": rank,
        }
        return pd.DataFrame({name: values[order] for name, values in columns.items()})


def ecpm(bid: Array, p: Array) -> Array:
    """Expected worth of 1,000 views, in the currency of the bids."""
    worth: Array = 1000.0 * bid * p
    return worth


def run_auction(
    log: ClickLog,
    design: ClickDesign | None = None,
    auction: Auction | None = None,
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> AuctionReport:
    """Sell requests of the test days by the predictions of a design.

    The same requests and ads for all designs of a log, so that differences are paired.

    Raises
    ------
    ValueError : a design whose scores are no probabilities, more ads than run at one time;
        else as `run_clicks`.
    """
    design, auction = design or ClickDesign(), auction or Auction()
    store = store or default_store()
    model = click_model(log, design, store, progress)
    if not model.gives_probabilities:
        raise ValueError(
            f"design: the scores of {design.model.name} are no probabilities; calibrate them first"
        )
    rows, truth = _requests(log, auction, store)
    scores = store.part(
        part_key("click-auction-scores", log.identity, design.fitted_part, *_drawn(auction)),
        Recipe(make=lambda _: model.ranker.scores(model.features.table(rows))),
        progress or silent,
    )
    shape = (auction.requests, auction.ads)
    p = auction.miscalibrated(model.finished(scores)).reshape(shape)
    ad, truth = rows.ad.reshape(shape), truth.reshape(shape)
    bid = log.catalogue.bid[ad].astype(np.float64) ** auction.bid_spread
    bias = log.config.position_bias
    sold, best = (sell(bid, q, truth, auction, bias) for q in (p, truth))
    return AuctionReport(
        design, auction, _figures(sold, best), ad=ad, bid=bid, p=p, truth=truth, sold=sold,
        best=best,
    )  # fmt: skip


def sell(bid: Array, p: Array, truth: Array, auction: Auction, position_bias: float) -> Sold:
    """Rank ads by eCPM, show the best, and charge what holds their place.

    Parameters
    ----------
    bid, p, truth : (requests, ads); probabilities at position 1.
    """
    worth = ecpm(bid, p)
    order = np.argsort(-worth, axis=1, kind="stable")
    slots = auction.slots
    ranked = np.take_along_axis(worth, order, axis=1)
    ranked = np.hstack([ranked, np.zeros((len(worth), 1))])
    top = order[:, :slots]
    filled = ranked[:, :slots] >= auction.reserve
    own = np.take_along_axis(p, top, axis=1)
    next_best = np.maximum(ranked[:, 1 : slots + 1], auction.reserve)
    price = next_best / (1000.0 * np.maximum(own, _EDGE))
    seen = examination(np.arange(1, slots + 1), position_bias) * filled
    clicks = seen * np.take_along_axis(truth, top, axis=1)
    return Sold(
        order=order,
        shown=filled,
        welfare=(clicks * np.take_along_axis(bid, top, axis=1)).sum(axis=1),
        revenue=(clicks * price).sum(axis=1),
        forecast=(seen * own * price).sum(axis=1),
    )


def _figures(sold: Sold, best: Sold) -> dict[str, Estimate]:
    other = sold.order[:, 0] != best.order[:, 0]
    return {
        "welfare": mean_estimate(1000.0 * sold.welfare),
        "welfare_best": mean_estimate(1000.0 * best.welfare),
        "welfare_regret": _lost(sold.welfare, best.welfare),
        "revenue": mean_estimate(1000.0 * sold.revenue),
        "revenue_best": mean_estimate(1000.0 * best.revenue),
        "revenue_regret": _lost(sold.revenue, best.revenue),
        "forecast_ratio": _ratio(sold.forecast, sold.revenue),
        "other_winner": mean_estimate(other.astype(np.float64)),
    }


def _ratio(a: Array, b: Array) -> Estimate:
    """Sum of a over sum of b, with the interval of its linear part."""
    mean = float(b.mean())
    if mean <= 0:
        return Estimate(float("nan"), float("nan"), float("nan"), 0)
    ratio = float(a.mean()) / mean
    return Judged(ratio, (a - ratio * b) / mean).estimate


def _lost(sold: Array, best: Array) -> Estimate:
    kept = _ratio(sold, best)
    return replace(kept, value=1.0 - kept.value, low=1.0 - kept.high, high=1.0 - kept.low)


def _drawn(auction: Auction) -> tuple[int, int]:
    """What the requests hang on."""
    return auction.requests, auction.ads


def _requests(log: ClickLog, auction: Auction, store: PartStore) -> tuple[AdRows, Array]:
    """The requests of the test days and their true probabilities, all at position 1."""

    def make(_: Progress) -> tuple[AdRows, Array]:
        first, last = days_of(log.config, ClickDesign()).test
        span = (float(first), float(last))
        rows = shown(log.truth, auction.requests, auction.ads, span, "clicks/auction")
        rows = replace(rows, position=np.ones_like(rows.position))
        return rows, log.truth.probability(rows)

    key = part_key("click-auction", log.identity, *_drawn(auction))
    return store.part(key, Recipe(make=make))
