"""How ads are sold, on the control rail. None of it needs a fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from engine.ad_study import AdStudy
from engine.clicks import Auction
from engine.scenario import Scenario
from ui import session
from ui.controls import slider, steps
from ui.ctr.following import AUCTION_SLIDERS, AdsSlider
from ui.names import capital


def auction_controls(study: AdStudy) -> None:
    """The ads that bid, what is done to their probabilities, and the rules of the sale."""
    auction = study.auction
    steps(
        "Ads in a request",
        AdsSlider.key,
        AdsSlider(study).options,
        auction.ads,
        _let_bid,
        "{:,}",
        "That bid for one request, and must all be scored in time",
    )
    for one in AUCTION_SLIDERS:
        value = getattr(auction, one.field)
        low, high = min(one.knots[0], value), max(one.knots[-1], value)

        def put(held: Scenario, value: float, field: str = one.field) -> Scenario:
            return _put_auction(held, **{field: round(value, 4)})

        slider(one.label, low, high, one.step, value, put, f"{one.meaning}.")
    for field in ("slots", "reserve"):
        _number_of_auction(field, auction)


def _let_bid(ads: float) -> None:
    """So many ads; the browser previews it, and the page stands but for slots that fell away."""
    fits = session.scenario().ads.auction.slots <= ads
    _sell(ads=int(ads))
    if fits:
        session.redraw_previewed()


def _sell(**values: Any) -> None:
    session.change(lambda held: _put_auction(held, **values))


def _number_of_auction(field: str, auction: Auction) -> None:
    knob = Auction.knobs[field]
    key = session.hold(f"auction_{field}", getattr(auction, field))
    high = min(knob.high, auction.ads) if field == "slots" else knob.high

    def changed() -> None:
        if (given := st.session_state[key]) is not None:
            _sell(**{field: knob.nearest(min(given, high))})

    st.number_input(
        {"slots": "Slots", "reserve": "Reserve, eCPM"}[field],
        knob.low,
        high,
        value=st.session_state[key],
        step=1 if knob.whole else 10.0,
        key=key,
        on_change=changed,
        help=f"{capital(knob.meaning)}.",
    )


def _put_auction(held: Scenario, **values: Any) -> Scenario:
    auction = held.ads.auction
    slots = min(values.get("slots", auction.slots), values.get("ads", auction.ads))
    auction = replace(auction, **(values | {"slots": slots}))
    return replace(held, ads=replace(held.ads, auction=auction))
