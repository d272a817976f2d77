"""Will this ad be clicked? The second case: probabilities that an auction prices by."""

import streamlit as st

from ui import session
from ui.charts_first import before_the_rest, in_turn
from ui.copy_link import copy_link
from ui.ctr import parts, words
from ui.ctr.controls import click_controls, log_choice
from ui.ctr.following import follow
from ui.pin_controls import pin_ads
from ui.write_up.controls import take_away
from ui.write_up.say import title
from ui.write_up.shown import afresh


@st.fragment(key=session.FIGURES)
def figures() -> None:
    afresh()
    scenario = session.scenario()
    bench = parts.bench_of(scenario)
    view = parts.view_of(bench, scenario.ads)
    captions = words.captions(view)
    text, headlines = st.container(), st.container()
    left, right = st.columns(2, gap="large")
    with left:  # drawn before what stands above it: it answers a switch first
        parts.show_reliability(view, captions)
    with headlines:
        parts.show_figures(view, bench)
    with right:
        sold = parts.show_auction(bench, view)
    before_the_rest()
    with text:  # once it is known what the auction loses
        parts.show_sentence(view, sold)
    parts.show_request(sold)
    parts.show_ladder(view, bench, captions)
    parts.show_curves(view, captions)
    parts.show_age_and_features(view, bench, captions)
    parts.show_slices(view, bench, captions)
    parts.show_time(view, captions)
    parts.show_all_figures(view)
    follow(view, bench)
    parts.draw_again_when_more_is_known(bench, view)


def controls() -> None:
    with rail:
        click_controls(session.scenario().ads)
        pin_ads(session.scenario().ads)
        copy_link()
        take_away("ctr")


def shown() -> None:
    with main:
        log_choice(session.scenario().ads)
        parts.bench_of(session.scenario())  # long work is awaited here, where its button is heard
        figures()


title("Will this ad be clicked?")
session.show_repairs()
rail, main = st.columns([1, 4], gap="large")
in_turn(controls, shown, parts.at_hand(session.scenario()))
