"""What of the page of ad clicks follows a click or a slider before the server answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from engine.ad_study import AdStudy
from engine.clicks import Auction
from engine.latest import Latest
from ui import facts
from ui.ctr import auction_charts, words
from ui.ctr.bench import STRETCHES, ClickBench
from ui.ctr.finishes import (
    Finish,
    all_judged,
    all_probabilities,
    choices,
    finish_course,
    finish_values,
    finishes,
)
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


Slider = AuctionSlider | AdsSlider
Courses = dict[Hashable, Callable[[], Course]]
"""How courses come about, by their keys."""


def auction_values(study: AdStudy) -> dict[str, float]:
    """Keys of the sliders, and where the auction stands on them."""
    values = {slider.key: getattr(study.auction, slider.field) for slider in AUCTION_SLIDERS}
    return values | {AdsSlider.key: AdsSlider(study).options.index(study.auction.ads)}


def follow(view: ClickView, bench: ClickBench) -> None:
    """Let charts and figures follow the sliders and choices whose courses are known."""
    followed = [*_sliders(view.study), *choices(view.design)] if view.is_probability else []
    values = auction_values(view.study) | finish_values(view.design)
    known = [
        (bench.sales.known(_course_key(view, bench, one)), values[one.key]) for one in followed
    ]
    live_preview([(course, value) for course, value in known if course is not None])


def courses_known(view: ClickView, bench: ClickBench) -> bool:
    """Whether all that can be followed is; what is missing is worked out beside the page if not.

    Choices wait until all that they choose among is judged. What failed is not waited for.
    """
    if not view.is_probability:
        return True
    judged = all_judged(view, bench)
    wanted = _auctions_to_come(view, bench) | (_choices_to_come(view, bench) if judged else {})
    missing = {key: make for key, make in wanted.items() if bench.sales.known(key) is None}
    if not missing:
        return judged
    job = bench.sales.of(
        ("courses-under-way", *missing),
        lambda: start(lambda _: _work_out(bench, missing), "click-courses"),
    )
    return job.error is not None


def scene(view: ClickView, bench: ClickBench, auction: Auction) -> Scene:
    """What of the page depends on the auction's sliders."""
    sold, a = bench.both_sold(view, auction)
    caption = words.auction_caption(view, sold)
    return Scene(
        figures={"auction": auction_charts.regret_chart(sold, a)},
        captions={"auction": f"preview, between auctions held beforehand · {caption}"},
        texts=facts.live_texts(auction_charts.auction_facts(sold.report, preview=True)),
    )


def _sliders(study: AdStudy) -> tuple[Slider, ...]:
    return (*AUCTION_SLIDERS, AdsSlider(study))


def _auctions_to_come(view: ClickView, bench: ClickBench) -> Courses:
    return {
        _course_key(view, bench, slider): partial(_course, view, bench, slider)
        for slider in _sliders(view.study)
    }


def _choices_to_come(view: ClickView, bench: ClickBench) -> Courses:
    """After one click the next is followed too: so of all finishes."""
    found: Courses = {}
    if all_probabilities(view, bench):
        for design in finishes(view.design):
            there = replace(view, study=replace(view.study, design=design))
            for one in choices(design):
                key = _course_key(there, bench, one)
                found.setdefault(key, partial(finish_course, there, bench, one))
    return found


def _work_out(bench: ClickBench, missing: Courses) -> None:
    for key, make in missing.items():
        bench.sales.of(key, make)


def _course(view: ClickView, bench: ClickBench, slider: Slider) -> Course:
    auction = view.study.auction
    if isinstance(slider, AuctionSlider):  # whose auctions are soon held again: none is kept
        bench = replace(bench, sales=Latest(_AT_HAND))
    return Course.over(
        slider.key,
        slider.knots,
        lambda value: scene(view, bench, slider.at(auction, value)),
        logarithmic=slider.field == "stretch",  # as the chart's axis is
    )


def _course_key(view: ClickView, bench: ClickBench, followed: Slider | Finish) -> Hashable:
    a = view.pinned.view.design if view.pinned is not None else None
    design, auction = view.design, view.study.auction
    if isinstance(followed, Finish):
        design = followed.at(design, 0)
    else:
        auction = followed.at(auction, followed.knots[0])
    return "course", followed.field, bench.log.identity, design, a, auction
