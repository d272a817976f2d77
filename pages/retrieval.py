"""Which few hundred? Generators and indexes: what is found, how fast, at what cost."""

import streamlit as st

from ui import session
from ui.charts_first import before_the_rest, in_turn
from ui.copy_link import copy_link
from ui.pin_controls import pin_controls
from ui.retrieval import words
from ui.retrieval.controls import retrieval_controls, searchable
from ui.retrieval.following import follow_sliders
from ui.retrieval.generators import show_generators
from ui.retrieval.hard_parts import show_hard
from ui.retrieval.parts import (
    at_hand,
    await_measured,
    bench_of,
    draw_again_when_more_is_known,
    pending_of,
    point_size,
    show_loss,
    show_tradeoff,
    show_words,
    view_to_draw,
)
from ui.retrieval.sizes import show_sizes
from ui.retrieval.sweeps import sweep_of
from ui.retrieval.walk_parts import show_walk
from ui.write_up.controls import take_away
from ui.write_up.say import title
from ui.write_up.shown import afresh


@st.fragment(key=session.FIGURES)
def figures() -> None:
    afresh()
    scenario = session.scenario()
    bench = bench_of(scenario)
    pending = pending_of(bench, scenario)
    sweep = sweep_of(scenario)
    view = view_to_draw(bench, sweep, scenario)
    text = st.container()
    show_tradeoff(view, sweep, scenario)
    before_the_rest()
    with text:  # drawn after the chart, which answers a slider first
        show_words(view, sweep)
    show_loss(view, bench, sweep, scenario)
    show_walk(bench, scenario)
    follow_sliders(view, bench, sweep, point_size())
    if view.source == "grid":
        await_measured(scenario)
    draw_again_when_more_is_known(view, bench, scenario, pending)


def controls() -> None:
    with rail:
        retrieval_controls(session.scenario())
        pin_controls(session.scenario())
        copy_link()
        take_away("retrieval")


def shown() -> None:
    with main:
        if searchable(session.scenario()):
            bench = bench_of(session.scenario())  # long work is awaited here: its cancel is heard
            figures()
            show_sizes(bench.n, session.scenario())
        else:
            st.info(words.nothing_to_search(session.scenario().design.generator))
        show_hard(session.scenario())
        show_generators(session.scenario())


title("Which few hundred?")
session.show_repairs()
rail, main = st.columns([1, 4], gap="large")
in_turn(controls, shown, at_hand(session.scenario()))
