"""The parts of the two-stage page."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import wait as wait_for
from dataclasses import dataclass
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.measurement import P99_FROM, this_machine
from engine.scenario import Scenario
from ui import cards, charts, headline, sentences, session
from ui.captions import captions
from ui.following import previews_known, work_out_courses
from ui.live_figure import live_figure
from ui.live_preview import TEXTS
from ui.names import describe
from ui.pinned import against, held
from ui.prepared import Prepared
from ui.slate import SlateView, look_at, walked
from ui.sliders import slider_values
from ui.studio import studio
from ui.view import View
from ui.write_up.parts import Words
from ui.write_up.say import heading, note, say
from ui.write_up.shown import put

_LOOK_EVERY_S = 0.1
_SOON_S = 1.5
_REFINED_EVERY_S = 1.0
_AGED_EVERY_S = 30.0


def view_of(ready: Prepared, scenario: Scenario) -> View:
    """The measured view where there is one, else a preview."""
    known = studio().known(scenario)
    if known is None:
        return studio().preview(ready, scenario)
    known = studio().with_judged_curve(ready, known)
    return known.with_times(studio().ledger.timing(scenario), ready.latency)


def show_figures(view: View, ready: Prepared, scenario: Scenario) -> None:
    """The sentence and the large figures."""
    with st.container(key="sentence"):
        say(sentences.two_stage_sentence(view))
    with st.container(key=TEXTS):
        headline.show(headline.two_stage_headlines(view))
        _stopwatch(view, ready, scenario)


def at_hand(scenario: Scenario) -> bool:
    """Whether nothing keeps the page waiting: all is fitted, judged and timed."""
    ready = studio().prepare(scenario).at_hand and scenario.pinned is None
    return ready and studio().known(scenario) is not None


def show_charts(view: View) -> None:
    """Quality and latency over candidates, and the two breakdowns."""
    caption, lines = describe(view.design), captions(view)
    at = slider_values(view.design)
    with st.container(key="curves"):
        live_figure(
            charts.over_candidates(view),
            key="over_candidates",
            height=430,
            alt=f"NDCG and p95 latency over the number of candidates. {caption}",
            filename="candidates",
            table=charts.over_candidates_table(view),
            caption=lines["over_candidates"],
            at=at,
        )
    left, right = st.container(key="breakdowns").columns(2, gap="large")
    with left:
        live_figure(
            charts.loss_by_stage(view),
            key="loss_by_stage",
            height=300,
            alt=f"NDCG lost by each stage. {caption}",
            filename="loss-by-stage",
            table=charts.loss_table(view),
            caption=lines["loss_by_stage"],
            at=at,
        )
    with right:
        live_figure(
            charts.time_by_stage(view),
            key="time_by_stage",
            height=300,
            alt=f"Milliseconds of one request by stage, p50 and p95. {caption}",
            filename="time-by-stage",
            table=charts.time_table(view),
            caption=lines["time_by_stage"],
            at=at,
        )


def show_slate(ready: Prepared, scenario: Scenario) -> None:
    """The slate of the chosen user as cards, and what it missed."""
    slate = look_at(walked(ready, scenario.design, scenario.user))
    with st.container(key="slate"):
        _slate(slate, scenario)


def _slate(slate: SlateView, scenario: Scenario) -> None:
    words, chooser = st.columns([4, 1], vertical_alignment="bottom")
    with words:
        heading(f"The slate of user {slate.user:,}, and what it missed")
        ndcg = "not defined" if math.isnan(slate.ndcg) else f"{slate.ndcg:.3f}"
        note(
            f"Served at {slate.hour:02d}:00 on the last day · true NDCG@10 of this one slate "
            f"{ndcg} · bars show the true relevance"
        )
    with chooser:
        _choose_user(scenario)
    cards.show(slate)


def _stopwatch(view: View, ready: Prepared, scenario: Scenario) -> None:
    """Where the figures come from; refreshed while the stopwatch goes on."""
    latency = view.latency
    refining = view.source == "measured" and latency is not None and latency.requests < P99_FROM

    @st.fragment(run_every=_REFINED_EVERY_S if refining else _AGED_EVERY_S)
    def line() -> None:
        timing = studio().ledger.timing(scenario) if refining else None
        if timing is not None and timing.requests >= P99_FROM:
            session.draw_page_again()  # a fragment cannot run the one that it stands in
        kind = "sl-grid" if view.source == "grid" else "sl-measured"
        # Of the requests that the figures rest on, not of those that follow.
        text = headline.source_line(view, timed=0 if timing is None else timing.requests)
        put(Words(text, "note"))
        st.html(
            f'<span class="sl-source {kind}" data-live="source" '
            f'title="{escape(_fine_print(view))}">{escape(text)}</span>'
        )

    with st.container(horizontal=True, vertical_alignment="center"):
        line()
        st.button(
            "Measure again",
            type="tertiary",
            icon=":material/timer:",
            help=_fine_print(view),
            on_click=studio().measure_again,
            args=(ready, scenario),
        )


def view_to_draw(
    ready: Prepared,
    scenario: Scenario,
    place: DeltaGenerator,
    meanwhile: Callable[[], None],
) -> tuple[View, Pending]:
    """The design's own figures where they are known, else a preview; and what is still awaited.

    After a change that the browser previews by itself it waits for them a while: another preview
    drawn first would only delay them.

    Parameters
    ----------
    place : an empty one, for what could not be done.
    meanwhile : draws what is known without them, in the time that it waits.
    """
    view = view_of(ready, scenario)
    if session.take_previewed() and view.source == "grid":
        future = studio().measured(ready, scenario)
        end = time.monotonic() + _SOON_S
        with studio().waiting_for(future):
            work_out_courses(ready, scenario)
            meanwhile()
            while not wait_for([future], timeout=_LOOK_EVERY_S).done and time.monotonic() < end:
                place.empty()  # writing lets Streamlit turn to a newer change of the viewer's
        view = view_of(ready, scenario)
    known = held(scenario)
    if known.error:
        place.warning(known.error, icon=":material/error:")
    view, times_pending = against(view, scenario, known)
    return view, Pending(known.pending, times_pending, curve=_awaits_curve(view))


@dataclass(frozen=True, slots=True)
class Pending:
    """What will be known soon, for which the page is drawn again."""

    pinned: bool = False
    times: bool = False
    previews: bool = False
    curve: bool = False


def draw_again_when_known(
    view: View, ready: Prepared, scenario: Scenario, pending: Pending
) -> None:
    """Look now and then whether what is awaited is there."""
    awaited = pending != Pending()

    @st.fragment(run_every=_REFINED_EVERY_S if awaited else None)
    def look() -> None:
        if awaited and _pending(view, ready, scenario) != pending:
            session.draw_page_again()

    look()


def _pending(view: View, ready: Prepared, scenario: Scenario) -> Pending:
    known = held(scenario)
    now = studio().with_judged_curve(ready, view)
    if _awaits_curve(now):
        studio().judge_curve(ready, view.design)
    return Pending(
        known.pending,
        against(view, scenario, known)[1],
        not previews_known(ready, scenario),
        _awaits_curve(now),
    )


def _awaits_curve(view: View) -> bool:
    return view.source == "measured" and not view.curve_judged


def await_measured(ready: Prepared, scenario: Scenario) -> None:
    """Have the design measured, and draw again; a newer change ends the stay.

    Begun when the preview is drawn, which would be slower beside it.

    Where measuring fails a line says so, and the preview stays.
    """
    future = studio().measured(ready, scenario)
    place = st.empty()
    started = time.monotonic()
    with studio().waiting_for(future):
        while not wait_for([future], timeout=_LOOK_EVERY_S).done:
            # Writing lets Streamlit turn to a newer change of the viewer's.
            place.caption(f"measuring {time.monotonic() - started:.1f} s")
    error = None if future.cancelled() else future.exception()
    if error is None:
        session.draw_figures_again()
    place.error(
        f"This design could not be measured ({type(error).__name__}): the figures above are a "
        "preview. “Measure again” tries once more.",
        icon=":material/error:",
    )


def _choose_user(scenario: Scenario) -> None:
    key = session.hold("choose_user", scenario.user)

    def changed() -> None:
        session.serve(st.session_state[key])

    # Without bounds: the browser would keep a number beyond them to itself, and say nothing.
    st.number_input("User", value=st.session_state[key], step=1, key=key, on_change=changed)


def _fine_print(view: View) -> str:
    """The machine that the times belong to, and what its first request took."""
    latency, first = view.latency, ""
    if latency is not None and not math.isnan(latency.first_ms):
        first = f", first request {latency.first_ms:.1f} ms"
    return f"Measured on {this_machine()}, one request at a time{first}"
