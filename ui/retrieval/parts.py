"""The parts of the retrieval page that a slider changes."""

from __future__ import annotations

import time
from concurrent.futures import wait as wait_for
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from engine.measurement import this_machine
from engine.retrieval import worst_queries
from engine.scenario import Scenario
from ui import headline, session
from ui.html_table import show_table
from ui.live_figure import Figure, live_figure
from ui.live_preview import TEXTS
from ui.retrieval import charts, words
from ui.retrieval.bench import FIRST_LOOK, VectorBench, benches
from ui.retrieval.controls import searchable
from ui.retrieval.following import points_at, slider_values, work_out_courses
from ui.retrieval.pinned import pinned_search
from ui.retrieval.sweep_studies import sweep_studies
from ui.retrieval.sweeps import offer_sweep
from ui.retrieval.tradeoff import (
    SIZES,
    Size,
    Sweep,
    config_of,
    link_of,
    tradeoff,
    tradeoff_table,
    with_knobs,
    with_size,
)
from ui.retrieval.view import RetrievalView, SearchGrid, with_grid
from ui.retrieval.walk_parts import work_out_walk
from ui.studio import failed
from ui.waiting import awaited
from ui.write_up.parts import Words
from ui.write_up.say import note, say
from ui.write_up.shown import put

_LOOK_EVERY_S = 0.1
_SOON_S = 1.5
_AGAIN_EVERY_S = 1.0
_SIZE = "point_size"
_LOAD = "load_index"
_WORST = 8


def bench_of(scenario: Scenario) -> VectorBench:
    """The scenario's vectors and index; shows progress until they are there.

    Begins the run anew where the vectors do not allow the index.
    """
    job = benches().open(scenario)
    bench: VectorBench = awaited(
        job,
        scenario,
        title="**Building this index.** What is built once is kept.",
        drop=benches().drop,
    )
    config, lines = scenario.design.index.repaired(*bench.vectors.items.shape)
    if config != scenario.design.index:
        repaired = replace(scenario, design=replace(scenario.design, index=config))
        session.settle(repaired, [*session.repairs(), *lines])
        st.rerun()  # the whole page: its controls show the design too
    benches().look_on(bench, scenario)
    return bench


def at_hand(scenario: Scenario) -> bool:
    """Whether nothing keeps the page waiting: the index is built, and was measured."""
    if scenario.pinned is not None or not searchable(scenario):
        return False
    return benches().open(scenario).at_hand and benches().known(scenario) is not None


def view_to_draw(bench: VectorBench, sweep: Sweep | None, scenario: Scenario) -> RetrievalView:
    """The search as it was measured, else what lies between searches that were.

    After a change that the browser previews by itself it waits a while for the former, and works
    out meanwhile what hangs on no measured figure.
    """
    place, waiting = st.empty(), st.empty()  # always there: what stands below keeps its place
    soon = session.take_previewed()
    point = benches().known(scenario)
    grid = bench.grid(scenario.design)
    if point is None and soon and grid is not None:
        benches().point(scenario)  # the stopwatch runs beside what follows
        _work_out_meanwhile(bench, grid, sweep, scenario)
    if point is None and (soon or grid is None):
        point = _waited(scenario, waiting, _SOON_S if grid is not None else None)
    if point is None and grid is None:
        place.error(
            "This search could not be measured: the measuring process failed. Change a setting, "
            "or load the page again.",
            icon=":material/error:",
        )
        st.stop()
    d = bench.vectors.items.shape[1]
    if point is None:
        assert grid is not None
        view = grid.at(scenario.design, scenario.vectors, d)
    else:
        view = RetrievalView.measured(scenario.design, scenario.vectors, d, point)
        view = with_grid(view, grid)
    return replace(view, pinned=pinned_search(scenario).view)


def _work_out_meanwhile(
    bench: VectorBench, grid: SearchGrid, sweep: Sweep | None, scenario: Scenario
) -> None:
    """What the page will tell of the search whatever the stopwatch reads; it is remembered."""
    benches().count(bench, scenario, min(FIRST_LOOK, len(bench.vectors.queries)))
    view = grid.at(scenario.design, scenario.vectors, bench.vectors.items.shape[1])
    work_out_courses(replace(view, pinned=pinned_search(scenario).view), bench, sweep, point_size())
    work_out_walk(bench, scenario)


def show_words(view: RetrievalView, sweep: Sweep | None) -> None:
    """The sentence and the large figures."""
    with st.container(key="sentence"):
        say(words.sentence(view, sweep))
    with st.container(key=TEXTS):
        headline.show(words.headlines(view))
        kind = "sl-grid" if view.source == "grid" else "sl-measured"
        put(Words(words.source_line(view), "note"))
        st.html(
            f'<span class="sl-source {kind}" data-live="source" title="Measured on '
            f'{escape(str(this_machine()))}, one search at a time">'
            f"{escape(words.source_line(view))}</span>"
        )


def point_size() -> Size:
    """What the viewer has the size of points tell."""
    chosen: Size = st.session_state.get(_SIZE, SIZES[0])
    return chosen if chosen in SIZES else SIZES[0]


def show_tradeoff(view: RetrievalView, sweep: Sweep | None, scenario: Scenario) -> None:
    """Recall against latency of all indexes, where points come from, and how to load one."""
    size, lines = point_size(), words.captions(view, sweep)
    points = points_at(sweep)
    with st.container(key="tradeoff_part"):
        table = tradeoff_table(points, view)
        _figure(
            tradeoff(points, view, size),
            "tradeoff",
            430,
            with_size(lines["tradeoff"], points, size),
            view,
            table,
            on_point=load,
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.segmented_control(
                "Size of a point",
                list(SIZES),
                default=size,
                key=session.hold(_SIZE, size),
                required=True,
            )
            _chooser(sweep, view)
        offer_sweep(scenario, sweep)


def show_loss(
    view: RetrievalView, bench: VectorBench, sweep: Sweep | None, scenario: Scenario
) -> None:
    """The same recall, both recalls, and recall query by query."""
    lines, points = words.captions(view, sweep), points_at(sweep)
    with st.container(key="loss_part"):
        left, right = st.columns(2, gap="large")
        with left:
            if points:
                table = charts.equal_recall_table(points)
                figure = charts.equal_recall(points)
                _figure(figure, "equal_recall", 340, lines["equal_recall"], view, table)
        with right:
            if view.config.query_knob is None:
                note("Exact search has no knob: its ANN recall is 1 by definition.")
            elif view.curve is None:
                note(_why_no_curve(view, bench))
            else:
                table = charts.two_recalls_table(view)
                figure = charts.two_recalls(view)
                _figure(figure, "two_recalls", 340, lines["two_recalls"], view, table)
        with st.container(key="queries_part"):
            _show_queries(view, bench, lines["per_query"], scenario)


def _why_no_curve(view: RetrievalView, bench: VectorBench) -> str:
    if bench.grid(view.design) is not None:
        return f"This index allows a single {view.config.query_knob}: there is nothing to turn."
    if bench.gave_up:
        return "Searches around this one could not be measured."
    return "Searches around this one are being measured …"


def await_measured(scenario: Scenario) -> None:
    """Have the search measured, and draw again; a newer change ends the stay."""
    if _waited(scenario, st.empty(), None) is not None:
        session.draw_figures_again()
    st.error(
        "This search could not be measured: the figures above are a preview.",
        icon=":material/error:",
    )


def pending_of(bench: VectorBench, scenario: Scenario) -> tuple[str, ...]:
    """What is still awaited."""
    running, a = sweep_studies().known(scenario), pinned_search(scenario)
    waits = {
        "grid": bench.grid(scenario.design) is None and not bench.gave_up,
        "all queries": not benches().refined(scenario),
        "pinned": a.awaited and a.view is None,
        "pinned by all queries": a.awaited and a.view is not None,
    }
    if running is not None and not running.job.ended:
        waits[f"sweep {len(running.found)}"] = True
    return tuple(name for name, waiting in waits.items() if waiting)


def draw_again_when_more_is_known(
    view: RetrievalView, bench: VectorBench, scenario: Scenario, pending: tuple[str, ...]
) -> None:
    """Look now and then whether what is awaited is there, and keep asking for it.

    pending : what was awaited before the page was drawn, for more may have come since.
    """
    counting = benches().counting(scenario, view.queries)

    @st.fragment(run_every=_AGAIN_EVERY_S if pending or counting else None)
    def look() -> None:
        if not (pending or counting):
            return
        benches().look_on(bench, scenario)
        if counting:
            benches().count(bench, scenario, view.queries)  # another viewer's may have come before
        counted = counting and not benches().counting(scenario, view.queries)
        if counted or pending_of(bench, scenario) != pending:
            session.draw_page_again()

    look()


def load(link: str) -> None:
    """In a widget's callback: go to the index of a point."""
    if link:
        config = config_of(link)
        session.change(lambda held: replace(held, design=replace(held.design, index=config)))
        st.rerun()  # the whole page: its controls show the design too


def _waited(scenario: Scenario, place: DeltaGenerator, patience_s: float | None) -> Any:
    """The measured point once it is there; None where it fails, or patience ends."""
    future, started = benches().point(scenario), time.monotonic()
    while not wait_for([future], timeout=_LOOK_EVERY_S).done:
        seconds = time.monotonic() - started
        if patience_s is not None and seconds > patience_s:
            return None
        # Writing lets Streamlit turn to a newer change of the viewer's.
        if patience_s is None:
            place.caption(f"measuring {seconds:.1f} s")
        else:  # the browser shows a preview, which another line would move
            place.empty()
    place.empty()
    return None if failed(future) else future.result()


def _chooser(sweep: Sweep | None, view: RetrievalView) -> None:
    """The same as a click on a point, by keyboard."""
    points = points_at(sweep)
    choices = {
        link_of(point.config): f"{with_knobs(point.config)} · recall {point.recall.value:.4f} · "
        f"p50 {point.p50.value:.3f} ms"
        for point in sorted(points, key=lambda point: point.p50.value)
        if point.config != view.config
    }

    def chosen() -> None:
        link = st.session_state[_LOAD]
        st.session_state[_LOAD] = None  # a choice is a step, not a state
        load(link or "")

    st.selectbox(
        "Load an index",
        list(choices),
        index=None,
        key=_LOAD,
        format_func=lambda link: choices.get(link, link),
        placeholder="Load an index of the chart, or click on a point",
        label_visibility="collapsed",
        disabled=not choices,
        on_change=chosen,
    )


def _show_queries(view: RetrievalView, bench: VectorBench, line: str, scenario: Scenario) -> None:
    recalls = benches().recalls(bench, scenario, view.queries)
    left, right = st.columns([3, 2], gap="large")
    if recalls is None:  # the chart stands empty, since one that goes and comes is drawn anew
        recalls, line = np.empty(0), "recall is being counted query by query …"
    users = bench.vectors.users
    who = np.arange(len(recalls)) if users is None else users[: len(recalls)]
    with left:
        table = charts.per_query_table(recalls, who)
        _figure(charts.per_query(recalls, view.k), "per_query", 280, line, view, table)
    with right:
        _show_worst(recalls, who, users is not None)


def _show_worst(recalls: NDArray[np.float64], who: NDArray[np.int64], users: bool) -> None:
    if not len(recalls):
        return
    lost = np.count_nonzero(recalls < 1.0)
    low = float(np.percentile(recalls, 5))
    noun = "user" if users else "query"
    if not lost:
        say(f"**All {len(recalls):,} queries** get the whole exact answer.")
        return
    say(
        f"**{lost / len(recalls):.0%}** of {len(recalls):,} queries lose something; one in twenty "
        f"gets **{low:.1%}** or less. Those that lose most:"
    )
    rows = [
        [f"{who[place]:,}", f"{recalls[place]:.1%}"] for place in worst_queries(recalls, _WORST)
    ]
    show_table("Worst queries", [noun, "recall"], rows)


def _figure(
    figure: Figure,
    key: str,
    height: int,
    caption: str,
    view: RetrievalView,
    table: pd.DataFrame,
    on_point: Any = None,
) -> None:
    title: dict[str, Any] = figure["layout"]["title"]
    live_figure(
        figure,
        key=key,
        height=height,
        alt=f"{title['text']}. {words.in_short(view)}",
        filename=key.replace("_", "-"),
        table=table,
        caption=caption,
        at=slider_values(view.design),
        on_point=on_point,
    )
