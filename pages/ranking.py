"""In which order? The ladder of rankers, from a constant to a deep network."""

import streamlit as st

from ui import session
from ui.charts_first import before_the_rest, in_turn
from ui.copy_link import copy_link
from ui.pin_controls import pin_controls
from ui.ranking import words
from ui.ranking.controls import ranker_controls, world_choice
from ui.ranking.following import follow_candidates
from ui.ranking.parts import (
    at_hand,
    bench_of,
    draw_again_when_more_is_known,
    pending_of,
    show_features_and_time,
    show_ladder,
    show_learning,
    show_words,
    studies_of,
    view_of,
)
from ui.write_up.controls import take_away
from ui.write_up.say import title
from ui.write_up.shown import afresh


@st.fragment(key=session.FIGURES)
def figures() -> None:
    afresh()
    scenario = session.scenario()
    bench = bench_of(scenario)
    pending = pending_of(bench, scenario)
    view = view_of(bench, scenario)
    (rungs, origin), (curve, curve_origin) = studies_of(scenario, view)
    captions = words.captions(view, origin, curve_origin)
    text = st.container()
    show_ladder(view, rungs, captions, scenario)
    before_the_rest()
    with text:  # drawn after the chart, which answers a slider first
        show_words(view, rungs)
    show_features_and_time(view, bench, captions)
    show_learning(view, curve, captions, scenario)
    follow_candidates(view, bench, rungs, (origin, curve_origin))
    draw_again_when_more_is_known(view, bench, scenario, pending)


def controls() -> None:
    with rail:
        ranker_controls(session.scenario())
        pin_controls(session.scenario())
        copy_link()
        take_away("ranking")


def shown() -> None:
    with main:
        world_choice(session.scenario())
        bench_of(session.scenario())  # long work is awaited here, where its cancel button is heard
        figures()


title("In which order?")
session.show_repairs()
rail, main = st.columns([1, 4], gap="large")
in_turn(controls, shown, at_hand(session.scenario()))
