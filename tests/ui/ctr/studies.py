"""A small log of ads, and views of click models that were really fitted to it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np

from engine.ad_study import AdStudy
from engine.clicks import (
    Auction,
    ClickDesign,
    ClickLog,
    ClickLogConfig,
    InferenceTiming,
    click_importance,
    compare_clicks,
    freshness_curve,
    make_clicks,
    run_clicks,
)
from engine.latest import Latest
from engine.measurement import this_machine
from engine.rankers import GBDT
from engine.store import PartStore
from ui.ctr.bench import ClickBench, rung_of
from ui.ctr.view import ClickTimes, ClickView, PinnedClicks

CONFIG = ClickLogConfig(rows=20_000, users=800, sites=40, ads=120)
QUERY = {
    "ads.log.rows": "20000",
    "ads.log.users": "800",
    "ads.log.sites": "40",
    "ads.log.ads": "120",
    "ads.model.trees": "20",
    "ads.auction.requests": "200",
}
"""The link of `STUDY`."""
DESIGN = ClickDesign(model=GBDT(trees=20))
AUCTION = Auction(requests=200)
"""Sold in no time: a page sells some 200 auctions beforehand for each design that it shows."""
STUDY = AdStudy(CONFIG, DESIGN, AUCTION)
STORE = PartStore(None, max_parts=500)


@cache
def a_log() -> ClickLog:
    """Made once. Never change it."""
    return make_clicks(CONFIG)


@cache
def a_bench() -> ClickBench:
    """The log's bench, without an app around it."""
    return ClickBench(a_log(), STORE, Latest(60), Latest(60))


@cache
def a_view(**changes: Any) -> ClickView:
    """A design, judged, without times; changes are of the design."""
    design = replace(DESIGN, **changes)
    return ClickView(replace(STUDY, design=design), run_clicks(a_log(), design, STORE))


def a_timing(ads: int, requests: int = 60, factor: float = 1.0) -> InferenceTiming:
    """0.1 ms and 20 µs an ad, a quarter of it for features; some slower."""
    whole = factor * (1e5 + 2e4 * ads) * np.linspace(1.0, 1.5, requests)
    parts = whole[:, None] * np.array([0.25, 0.75, 1.0])
    nanoseconds = parts.astype(np.int64)
    first = 3 * nanoseconds[0]
    return InferenceTiming(ads, nanoseconds, nanoseconds[:, 2], first, 1_000.0, this_machine())


def times(requests: int = 1_000, factor: float = 1.0) -> ClickTimes:
    """Of 20 ads, and first looks at more and fewer."""
    looks = {ads: a_timing(ads, factor=factor) for ads in (10, 20, 50, 100)}
    return ClickTimes(a_timing(20, requests, factor), looks)


@cache
def all_known() -> ClickView:
    """The default design with everything beside it."""
    view = a_view()
    rungs = []
    for name in ("prior", "logistic", "gbdt", "lambdarank"):
        design = DESIGN if name == "gbdt" else replace(DESIGN, model=name)
        rungs.append(replace(rung_of(run_clicks(a_log(), design, STORE)), p95_ms=0.5 + len(rungs)))
    return replace(
        view,
        times=times(),
        rungs=tuple(rungs),
        ages=tuple(freshness_curve(a_log(), DESIGN, (0, 3), STORE)),
        importances=click_importance(a_log(), DESIGN, STORE),
    )


def against_a(**changes: Any) -> ClickView:
    """All known, against another design; changes are those of A."""
    view, a = all_known(), replace(a_view(**changes), times=times(60, 2.0))
    study = replace(view.study, pins=(a.design,))
    return replace(view, study=study, pinned=PinnedClicks(a, compare_clicks(a.report, view.report)))


def sold(view: ClickView, **changes: Any) -> Any:
    """What an auction of 200 requests makes of a view."""
    return a_bench().sold(view.design, replace(AUCTION, **changes))
