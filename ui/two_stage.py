"""The parts of the two-stage page."""

from __future__ import annotations

import math
import time
from concurrent.futures import wait as wait_for
from dataclasses import replace
from html import escape

import streamlit as st

from engine.design import Design
from engine.grid import with_knob
from engine.measurement import P99_FROM, this_machine
from engine.scenario import Scenario
from ui import cards, charts, headline, sentences, session
from ui.controls import slider_key
from ui.in_between import Scene
from ui.live_figure import live_figure
from ui.live_preview import TEXTS, Course, live_preview
from ui.slate import SlateView, look_at, walked
from ui.studio import Prepared, studio
from ui.view import View

_LOOK_EVERY_S = 0.1
_SOON_S = 1.5
_REFINED_EVERY_S = 1.0
_AGED_EVERY_S = 30.0


def view_of(ready: Prepared, scenario: Scenario) -> View:
    """The measured view where there is one, else a preview."""
    known = studio().known(scenario)
    if known is None:
        return studio().preview(ready, scenario)
    return known.with_times(studio().ledger.timing(scenario), ready.latency)


def show_figures(view: View, ready: Prepared, scenario: Scenario) -> None:
    """The sentence and the large figures."""
    with st.container(key="sentence"):
        st.markdown(sentences.two_stage_sentence(view))
    with st.container(key=TEXTS):
        st.html(headline.html(headline.two_stage_headlines(view)))
        _stopwatch(view, ready, scenario)


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


def captions(view: View) -> dict[str, str]:
    """The line under each chart: the design, and what kind of number it shows."""
    return {
        "over_candidates": f"{describe(view.design)} · {_grid_line(view)}",
        "loss_by_stage": f"{_loss_line(view)} · {in_short(view.design)}",
        "time_by_stage": f"{_time_line(view)} · {in_short(view.design)}",
    }


def scene(view: View) -> Scene:
    """What of the page follows a slider."""
    texts = headline.live_texts(headline.two_stage_headlines(view))
    return Scene(
        figures={
            "over_candidates": charts.over_candidates(view),
            "loss_by_stage": charts.loss_by_stage(view),
            "time_by_stage": charts.time_by_stage(view),
        },
        captions=captions(view),
        texts=texts | {"source": "preview from the measured grid · measured on release"},
    )


def follow_sliders(ready: Prepared, design: Design) -> None:
    """Let what is drawn follow the sliders between the server's answers."""
    values = slider_values(design)
    live_preview([(_course(ready, design, slider), value) for slider, value in values.items()])


def slider_values(design: Design) -> dict[str, int]:
    """Keys of the sliders that a grid spans, and the design's values."""
    values = {slider_key("Candidates"): design.candidates}
    knob = design.index.query_knob
    if knob is not None:
        values[slider_key(knob)] = getattr(design.index, knob)
    return values


def _course(ready: Prepared, design: Design, slider: str) -> Course:
    """What one slider shows on its way, computed once for all else that is equal."""
    candidates = slider == slider_key("Candidates")

    def design_at(value: int) -> Design:
        return design.with_candidates(value) if candidates else with_knob(design, value)

    grid = ready.quality.candidates if candidates else ready.quality.knobs
    knots = [int(knot) for knot in grid if not candidates or knot >= design.slate]
    key = (slider, design_at(knots[0]))
    if key not in ready.courses:
        ready.courses[key] = Course.over(
            slider,
            knots,
            lambda value: scene(
                studio().preview(ready, replace(ready.scenario, design=design_at(value)))
            ),
            logarithmic=candidates,
        )
    return ready.courses[key]


def show_slate(ready: Prepared, scenario: Scenario) -> None:
    """The slate of the chosen user as cards, and what it missed."""
    slate = look_at(walked(ready, scenario.design, scenario.user))
    with st.container(key="slate"):
        _slate(slate, scenario)


def _slate(slate: SlateView, scenario: Scenario) -> None:
    words, chooser = st.columns([4, 1], vertical_alignment="bottom")
    with words:
        st.subheader(f"The slate of user {slate.user:,}, and what it missed", anchor=False)
        ndcg = "not defined" if math.isnan(slate.ndcg) else f"{slate.ndcg:.3f}"
        st.caption(
            f"Served at {slate.hour:02d}:00 on the last day · true NDCG@10 of this one slate "
            f"{ndcg} · bars show the true relevance"
        )
    with chooser:
        _choose_user(scenario)
    st.html(cards.html(slate))


def _stopwatch(view: View, ready: Prepared, scenario: Scenario) -> None:
    """Where the figures come from; refreshed while the stopwatch goes on."""
    latency = view.latency
    refining = view.source == "measured" and latency is not None and latency.requests < P99_FROM

    @st.fragment(run_every=_REFINED_EVERY_S if refining else _AGED_EVERY_S)
    def line() -> None:
        timing = studio().ledger.timing(scenario) if refining else None
        if timing is not None and timing.requests >= P99_FROM:
            session.draw_page_again()  # a fragment cannot run the one that it stands in
        now = view.with_times(timing, view.latency_curve)
        kind = "sl-grid" if view.source == "grid" else "sl-measured"
        text = escape(headline.source_line(now))
        st.html(
            f'<span class="sl-source {kind}" data-live="source" '
            f'title="{escape(_fine_print(now))}">{text}</span>'
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


def view_to_draw(ready: Prepared, scenario: Scenario) -> View:
    """The design's own figures where they are known, else a preview.

    After a change that the browser previews by itself it waits for them a while: another preview
    drawn first would only delay them.
    """
    place = st.empty()  # always there, so that what stands below keeps its place
    view = view_of(ready, scenario)
    if not session.take_previewed() or view.source == "measured":
        return view
    future = studio().measured(ready, scenario)
    end = time.monotonic() + _SOON_S
    with studio().waiting_for(future):
        while not wait_for([future], timeout=_LOOK_EVERY_S).done and time.monotonic() < end:
            place.empty()  # writing lets Streamlit turn to a newer change of the viewer's
    return view_of(ready, scenario)


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


def describe(design: Design) -> str:
    """The design in a line, with the libraries' own names for its knobs."""
    parts = []
    for part in (design.generator, design.index, design.ranker, design.rerank):
        knobs = ", ".join(f"{knob} {getattr(part, knob):g}" for knob in part.knobs)
        parts.append(f"{part.name} ({knobs})" if knobs else part.name)
    chain = [*parts[:2], f"{design.candidates:,} candidates", *parts[2:]]
    return _joined(chain, design)


def in_short(design: Design) -> str:
    """The parts of the design by name."""
    names = (design.generator.name, design.index.name, f"{design.candidates:,}")
    return _joined([*names, design.ranker.name, design.rerank.name], design)


def _joined(chain: list[str], design: Design) -> str:
    """The chain, which ends with the ranker where nothing re-ranks."""
    return " → ".join(chain if design.rerank.looks_at(design.slate) else chain[:-1])


def _choose_user(scenario: Scenario) -> None:
    key = session.hold("choose_user", scenario.user)

    def changed() -> None:
        session.serve(st.session_state[key])

    # Without bounds: the browser would keep a number beyond them to itself, and say nothing.
    st.number_input("User", step=1, key=key, on_change=changed)


def _grid_line(view: View) -> str:
    grid = view.latency_curve
    if grid is None:
        return "latency was not measured"
    quality = "grid" if view.source == "grid" else "simulated"
    return (
        f"quality: {quality}, {view.users:,} users, band ± 95% · latency: grid measured over "
        f"{grid.requests} requests a point, p95 of the whole shared out to the stages"
    )


def _loss_line(view: View) -> str:
    if view.source == "grid":
        return f"preview between points of the grid, {view.users:,} users"
    return f"simulated, {view.users:,} users, bars ± 95%"


def _time_line(view: View) -> str:
    if view.latency is None:
        return "not measured"
    if view.source == "grid":
        return f"preview between points of the grid, {view.latency.requests} requests each"
    return f"measured, {view.latency.requests:,} requests one at a time, 1 thread"


def _fine_print(view: View) -> str:
    """The machine that the times belong to, and what its first request took."""
    latency, first = view.latency, ""
    if latency is not None and not math.isnan(latency.first_ms):
        first = f", first request {latency.first_ms:.1f} ms"
    return f"Measured on {this_machine()}, one request at a time{first}"
