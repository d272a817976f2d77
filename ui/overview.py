"""The parts of the overview page."""

from __future__ import annotations

import time
from pathlib import Path

import pandas as pd
import streamlit as st

from engine.live_measurement import FIRST_LOOK
from engine.measurement import P99_FROM, Timing, this_machine
from engine.pipeline import System
from engine.scenario import Scenario
from engine.seeding import stream
from engine.walk import Walk, walk
from ui import cards, headline, session
from ui.charts_first import before_the_rest
from ui.funnel_chart import HEIGHT, alt_text, funnel, funnel_table
from ui.live_figure import live_figure
from ui.one_request import StepRows, Times, rows_of, sentence, steps, times_of
from ui.slate import look_at
from ui.studio import studio
from ui.view import Latency
from ui.write_up.inline import plain
from ui.write_up.parts import Words
from ui.write_up.say import heading, note, say, table_of
from ui.write_up.shown import put

TWO_STAGE = Path(__file__).parent.parent / "pages" / "two_stage.py"
_WAYS = (
    (
        "Explore alone",
        ":material/tune:",
        "Move one slider on the main page: quality, latency and memory answer at once, and a "
        "sentence says what changed.",
        "Start with Candidates",
    ),
    (
        "Lead a workshop",
        ":material/groups:",
        "Put the main page on the wall and pin a design as A. Ask what another choice will do, let "
        "the room argue, then move the slider: every figure shows the difference to A.",
        "Open the main page",
    ),
    (
        "Take pictures",
        ":material/download:",
        "Under every chart, the funnel above too, stand its table, CSV, SVG and PNG; a page leaves "
        "whole as HTML, Markdown or one picture. A link shows others the same.",
        "Find more charts",
    ),
)
_LOOK_EVERY_S = 1.0
_AGED_EVERY_S = 30.0
_MOST_WALKS = 16
_TABLE_PX, _FEW = 300, 7
_STEP = "choose_step"


def introduce(scenario: Scenario) -> None:
    """What this app is, and three ways in."""
    st.markdown(
        "Shortlist runs a real two-stage recommender: one stage finds a few hundred candidates "
        "among thousands of items, the next puts them in order. The world is synthetic, so the "
        "truth is known: change one choice, and see what it does to quality, latency, "
        "memory and cost."
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown("Three ways in:", width="content")
        for name, icon, help_text, _ in _WAYS:
            _to_main_page(scenario, name, icon, help_text)


def ways_in(scenario: Scenario) -> None:
    """Where to go from here, as cards."""
    st.subheader("Three ways in", anchor=False)
    for column, (name, icon, text, action) in zip(st.columns(3), _WAYS, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{icon} {name}**")
            st.markdown(text)
            _to_main_page(scenario, action, ":material/arrow_forward:")


def show_request(system: System, scenario: Scenario) -> None:
    """The request of the chosen user: in a sentence, as a funnel, step by step, and its slate."""
    seen = _walked(system, tuple(scenario.to_query().items()), scenario.user)
    timing = studio().ledger.timing(scenario)
    times = times_of(seen, timing)
    _heading(seen, scenario)
    say(sentence(seen, times))
    here = _step_held(seen)
    _funnel(seen, times, here)
    before_the_rest()
    _stopwatch(timing, scenario)
    _step_by_step(seen, scenario, here)
    heading("What the user is shown, and what was missed")
    note("Bars show the true relevance, 0 to 1, which only a synthetic world can tell.")
    cards.show(look_at(seen))


def another_user(scenario: Scenario) -> int:
    """Who comes after this user in the world's one drawn order, in which all come by in turn."""
    order = stream(scenario.world.seed, "overview/users").permutation(scenario.world.users)
    place = int((order == scenario.user).argmax())
    return int(order[(place + 1) % len(order)])


@st.cache_resource(max_entries=_MOST_WALKS, show_spinner=False)
def _walked(_system: System, query: tuple[tuple[str, str], ...], user: int) -> Walk:
    """One walk for all who look: its one reading of the time must not change under their eyes."""
    return walk(_system, user)


@st.cache_resource(max_entries=4 * _MOST_WALKS, show_spinner=False)
def _rows(_seen: Walk, query: tuple[tuple[str, str], ...], step: str) -> StepRows:
    return rows_of(_seen, step)


def _heading(seen: Walk, scenario: Scenario) -> None:
    words, chooser = st.columns([5, 3], vertical_alignment="bottom")
    with words:
        heading(f"A request of user {scenario.user:,}")
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            say(f"{int(seen.at % 1 * 24):02d}:00 on the last day · {_design(seen)}")
            _to_main_page(scenario, "Change the design", ":material/tune:")
    with chooser, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        _choose_user(scenario)


def _design(seen: Walk) -> str:
    """The parts at work, in their order."""
    design = seen.system.design
    parts = [
        part for step in steps(seen) for stage, part in step.parts.items() if stage != "features"
    ]
    first = 1 if seen.system.index is None else 2
    return " → ".join([*parts[:first], f"{design.candidates:,} candidates", *parts[first:]])


def _choose_user(scenario: Scenario) -> None:
    key = session.hold("choose_user", scenario.user)

    def changed() -> None:
        session.serve(st.session_state[key])

    # Without bounds: the browser would keep a number beyond them to itself, and say nothing.
    st.number_input(
        "User", value=st.session_state[key], step=1, key=key, on_change=changed, width=130
    )
    st.button(
        "Another user",
        icon=":material/shuffle:",
        help="The next in an order drawn once for this world: all who press see the same ones",
        on_click=lambda: session.serve(another_user(session.scenario())),
    )


def _funnel(seen: Walk, times: Times, here: str) -> None:
    chain = steps(seen)
    live_figure(
        funnel(chain, times, here),
        key="funnel",
        height=HEIGHT,
        alt=alt_text(chain, times),
        filename="one-request",
        table=funnel_table(chain, times),
        caption=f"ms: {times.kind}, 1 thread · items: counted for user {seen.user:,} · "
        f"{_design(seen)}",
    )


def _stopwatch(timing: Timing | None, scenario: Scenario) -> None:
    """Where the times come from; has the page drawn again when there are better ones."""
    requests = 0 if timing is None else timing.requests
    waiting = requests < P99_FROM

    @st.fragment(run_every=_LOOK_EVERY_S if waiting else _AGED_EVERY_S)
    def line() -> None:
        newest = studio().ledger.timing(scenario) if waiting else timing
        now = 0 if newest is None else newest.requests
        if now >= P99_FROM > requests or now >= FIRST_LOOK > requests:
            session.draw_page_again()  # a fragment cannot run the one that it stands in
        text = "one reading of this request · the stopwatch is timing more …"
        if newest is not None:
            age = headline.age(Latency.measured(newest), time.time())
            more = " · timing more …" if now < P99_FROM else ""
            text = f"timed on this machine {age}{more}"
        kind = "sl-grid" if newest is None else "sl-measured"
        put(Words(text, "note"))
        st.html(f'<span class="sl-source {kind}" title="{this_machine()}">{text}</span>')

    line()


def _step_held(seen: Walk) -> str:
    """The step that the viewer has chosen; the first where it is none of this request's."""
    names = [step.name for step in steps(seen)]
    held = st.session_state.get(_STEP)
    return held if held in names else names[0]


def _step_by_step(seen: Walk, scenario: Scenario, here: str) -> None:
    """A step to choose, and the rows that it kept and cut."""
    heading("Step by step")
    st.segmented_control(
        "Step",
        [step.name for step in steps(seen)],
        default=here,
        key=session.hold(_STEP, here),
        required=True,
        wrap=True,
        label_visibility="collapsed",
    )
    rows = _rows(seen, tuple(scenario.to_query().items()), here)
    say(rows.line)
    kept, cut = st.columns(2)
    with kept:
        _table(rows.kept_title, rows.kept, "kept")
    with cut:
        _table(rows.cut_title, rows.cut, "cut")


def _table(title: str, rows: pd.DataFrame, key: str) -> None:
    st.markdown(title)
    put(lambda: table_of(plain(title), rows))
    st.dataframe(
        rows,
        key=f"rows_{key}",
        hide_index=True,
        height=_TABLE_PX if len(rows) > _FEW else "auto",
        placeholder="–",
        column_config={
            "rank": st.column_config.NumberColumn(width=52),
            "place": st.column_config.NumberColumn(width=52),
            "title": st.column_config.TextColumn(width=178),
            "why": st.column_config.TextColumn(width=225),
            "score": st.column_config.NumberColumn(format="%.3f"),
            "true relevance": st.column_config.ProgressColumn(
                width=105,
                color="green",
                min_value=0.0,
                max_value=1.0,
                format="%.2f",
                help="What the synthetic world knows, and no model sees",
            ),
            "true rank": st.column_config.NumberColumn(
                width=72, help="By true relevance, among the items that may be shown"
            ),
            "exact rank": st.column_config.NumberColumn(help="In the generator's own order"),
        },
    )


def _to_main_page(scenario: Scenario, text: str, icon: str, help_text: str | None = None) -> None:
    st.page_link(TWO_STAGE, label=text, icon=icon, help=help_text, query_params=scenario.to_query())
