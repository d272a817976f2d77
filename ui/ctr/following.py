"""What of the page of ad clicks follows the auction's sliders while they are dragged."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import Any

from engine.ad_study import AdStudy
from engine.clicks import Auction
from ui import facts
from ui.ctr import auction_charts, words
from ui.ctr.bench import STRETCHES, Answers, ClickBench
from ui.ctr.view import ClickView
from ui.in_between import Scene
from ui.jobs import start
from ui.live_preview import Course, live_preview
from ui.sliders import slider_key

_ADS = (5, 10, 20, 50, 100, 200, 500, 1_000)
_AT_HAND = 6


@dataclass(frozen=True, slots=True)
class AuctionSlider:
    """One rule of the sale that is a slider.

    knots : values at which ads are sold beforehand, for what is shown in between.
    """

    field: str
    label: str
    meaning: str
    step: float
    knots: tuple[float, ...]

    @property
    def key(self) -> str:
        """Of the widget."""
        return slider_key(self.label)

    def at(self, auction: Auction, value: float) -> Auction:
        """The auction with another value."""
        changed: dict[str, Any] = {self.field: value}
        return replace(auction, **changed)


AUCTION_SLIDERS = (
    AuctionSlider(
        "stretch",
        "Stretch log-odds by",
        "Below 1 too timid, above 1 too bold",
        0.05,
        STRETCHES,
    ),
    AuctionSlider(
        "shift",
        "Shift log-odds by",
        "All probabilities too low or too high",
        0.1,
        (-3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0),
    ),
    AuctionSlider(
        "bid_spread",
        "Spread of the bids",
        "0: all bid alike; 1: as logged",
        0.1,
        (0.0, 0.5, 1.0, 1.5, 2.0),
    ),
)


class AdsSlider:
    """How many ads bid: a slider over a few numbers, known to the browser by their places."""

    key = "auction_ads"
    field = "ads"

    def __init__(self, study: AdStudy) -> None:
        few = (ads for ads in _ADS if ads <= study.log.ads)
        self.options = tuple(sorted({*few, study.auction.ads}))
        self.knots = tuple(range(len(self.options)))

    def at(self, auction: Auction, place: float) -> Auction:
        """The auction with as many ads as stand at a place."""
        ads = self.options[int(place)]
        return replace(auction, ads=ads, slots=min(auction.slots, ads))


Followed = AuctionSlider | AdsSlider


def auction_values(study: AdStudy) -> dict[str, float]:
    """Keys of the sliders, and where the auction stands on them."""
    values = {slider.key: getattr(study.auction, slider.field) for slider in AUCTION_SLIDERS}
    return values | {AdsSlider.key: AdsSlider(study).options.index(study.auction.ads)}


def follow_auction(view: ClickView, bench: ClickBench) -> None:
    """Let the auction's chart and figures follow the sliders whose courses are known."""
    known = {
        slider.key: bench.sales.known(_course_key(view, bench, slider))
        for slider in _followed(view.study)
        if view.is_probability
    }
    values = auction_values(view.study)
    live_preview([(course, values[key]) for key, course in known.items() if course is not None])


def courses_known(view: ClickView, bench: ClickBench) -> bool:
    """Whether all sliders can be followed; what is missing is sold beside the page if not.

    What could not be sold is not waited for.
    """
    if not view.is_probability:
        return True
    missing = [
        slider
        for slider in _followed(view.study)
        if bench.sales.known(_course_key(view, bench, slider)) is None
    ]
    if not missing:
        return True
    key = "courses-under-way", *(_course_key(view, bench, slider) for slider in missing)
    job = bench.sales.get(
        key, lambda: start(lambda _: _sell(view, bench, missing), "auction-courses")
    )
    return job.error is not None


def scene(view: ClickView, bench: ClickBench, auction: Auction) -> Scene:
    """What of the page depends on the auction's sliders."""
    sold = bench.sold(view.design, auction)
    a = None
    if view.pinned is not None and view.pinned.view.is_probability:
        a = bench.sold(view.pinned.view.design, auction)
    caption = words.auction_caption(view, sold)
    return Scene(
        figures={"auction": auction_charts.regret_chart(sold, a)},
        captions={"auction": f"preview, between auctions held beforehand · {caption}"},
        texts=facts.live_texts(auction_charts.auction_facts(sold.report)),
    )


def _followed(study: AdStudy) -> tuple[Followed, ...]:
    return (*AUCTION_SLIDERS, AdsSlider(study))


def _sell(view: ClickView, bench: ClickBench, sliders: list[Followed]) -> None:
    for slider in sliders:
        key = _course_key(view, bench, slider)
        bench.sales.get(key, lambda slider=slider: _course(view, bench, slider))  # type: ignore[misc]


def _course(view: ClickView, bench: ClickBench, slider: Followed) -> Course:
    auction = view.study.auction
    if isinstance(slider, AuctionSlider):  # whose auctions are soon held again: none is kept
        bench = replace(bench, sales=Answers(_AT_HAND))
    return Course.over(
        slider.key,
        slider.knots,
        lambda value: scene(view, bench, slider.at(auction, value)),
        logarithmic=slider.field == "stretch",  # as the chart's axis is
    )


def _course_key(view: ClickView, bench: ClickBench, slider: Followed) -> Hashable:
    a = view.pinned.view.design if view.pinned is not None else None
    others = slider.at(view.study.auction, slider.knots[0])
    return "course", slider.field, bench.log.identity, view.design, a, others
