"""The parts of the ranking page."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from engine.comparison import Comparison, compare
from engine.measurement import this_machine
from engine.scenario import Scenario
from ui import headline, session
from ui.job_line import job_line
from ui.jobs import Cancelled
from ui.live_figure import Figure, live_figure
from ui.live_preview import TEXTS
from ui.names import describe
from ui.ranking import charts, words
from ui.ranking.bench import RankerBench, allowed, benches, result_or_none
from ui.ranking.rungs import Origin, Rung, rung_here, rungs_of, shipped
from ui.ranking.view import PinnedRanking, RankingView
from ui.sliders import slider_key
from ui.studio import failed
from ui.waiting import awaited, repair_index
from ui.write_up.parts import Words
from ui.write_up.say import note, say
from ui.write_up.shown import put

_LOOK_EVERY_S = 1.0
_FRAME_PX, _BAR_PX = 100, 34


def bench_of(scenario: Scenario) -> RankerBench:
    """The scenario's fitted ranker; shows progress until it is there."""
    job = benches().open(scenario)
    bench: RankerBench = awaited(
        job,
        scenario,
        title="**Fitting this ranker.** What is fitted once is kept.",
        drop=benches().drop,
    )
    repair_index(bench.system, scenario)
    benches().look_on(bench)
    return bench


def at_hand(scenario: Scenario) -> bool:
    """Whether nothing keeps the page waiting."""
    return scenario.pinned is None and benches().open(scenario).at_hand


def view_of(bench: RankerBench, scenario: Scenario) -> RankingView:
    """What is known of the design by now, against the pinned one where there is one."""
    session.take_previewed()  # figures come at once here: no preview is drawn in their place
    view = _judged(bench, scenario)
    if scenario.pinned is None:
        return view
    job, place = benches().open(_of_a(scenario)), st.empty()
    if job.error is not None:
        line = f"The pinned design could not be made ready: {job.error}."
        place.warning(line, icon=":material/error:")
    if not job.ended or job.error is not None:
        return view
    a = _judged(job.result, allowed(job.result, _of_a(scenario)))
    return replace(view, pinned=PinnedRanking(a, _compared(a, view)))


def studies_of(
    scenario: Scenario, view: RankingView
) -> tuple[tuple[tuple[Rung, ...], Origin], tuple[tuple[Rung, ...], Origin]]:
    """The ladder and the learning curve, each with where it comes from."""
    ladder, learning = (_study(scenario, view, what) for what in ("ladder", "learning"))
    if error := ladder[2] or learning[2]:  # one file holds both
        st.warning(f"The shipped ladder cannot be read: {error}.", icon=":material/error:")
    return ladder[:2], learning[:2]


def show_words(view: RankingView, rungs: tuple[Rung, ...]) -> None:
    """The sentence and the large figures."""
    with st.container(key="sentence"):
        say(words.sentence(view, [*rungs, rung_here(view)]))
    with st.container(key=TEXTS):
        headline.show(words.headlines(view))
        kind = "sl-grid" if view.source == "grid" else "sl-measured"
        put(Words(words.source_line(view), "note"))
        st.html(
            f'<span class="sl-source {kind}" data-live="source" title="Measured on '
            f'{escape(str(this_machine()))}, one request at a time">'
            f"{escape(words.source_line(view))}</span>"
        )
    if view.learned.notes:
        note(" ".join(view.learned.notes))


def show_ladder(
    view: RankingView, rungs: tuple[Rung, ...], captions: dict[str, str], scenario: Scenario
) -> None:
    """The whole ladder: quality against time, and the distance of each rung to the oracle."""
    all_rungs = [*rungs, rung_here(view)]
    table = charts.rungs_table(all_rungs, view.design.candidates)
    with st.container(key="ladder_part"):
        _figure(charts.ladder(rungs, view), "ladder", 380, captions, view, table)
        height = _FRAME_PX + _BAR_PX * len(all_rungs)
        _figure(charts.to_the_oracle(all_rungs), "to_the_oracle", height, captions, view, table)
        _offer(scenario, "ladder", rungs, "Fit the whole ladder here")


def show_learning(
    view: RankingView, curve: tuple[Rung, ...], captions: dict[str, str], scenario: Scenario
) -> None:
    """What more rows buy, and when the fit stopped."""
    with st.container(key="learning_part"):
        left, right = st.columns(2, gap="large")
        with left:
            figure, table = charts.learning(curve, view), charts.learning_table(curve)
            _figure(figure, "learning", 380, captions, view, table)
            _offer(scenario, "learning", curve, "Fit the learning curve here")
        with right:
            if view.learned.course.losses:
                table = charts.fit_course_table(view)
                _figure(charts.fit_course(view), "fit_course", 380, captions, view, table)
            else:
                note("This ranker is fitted in one go: there are no rounds to stop at.")


def show_features_and_time(view: RankingView, bench: RankerBench, captions: dict[str, str]) -> None:
    """What the ranker lives on, and what it takes."""
    with st.container(key="breakdowns"):
        left, right = st.columns(2, gap="large")
        with left:
            if view.importances is None and bench.gave_up:
                note("The features of this ranker could not be shuffled.")
            elif view.importances is None:
                note("Features are being shuffled one by one …")
            elif not view.importances:
                lacking = math.isnan(view.figures["auc"][0])
                note(
                    "The last day lacks clicks: nothing can be lost by shuffling."
                    if lacking
                    else "No feature changes a score of this ranker."
                )
            else:
                figure = charts.importance(view.importances)
                table = charts.importance_table(view.importances)
                _figure(figure, "importance", 400, captions, view, table)
        with right:
            if view.timing is None:
                why = "Nothing could be timed: the measuring process failed."
                note(why if view.timing_failed else "The stopwatch is at work …")
            else:
                table = charts.over_rows_table(view)
                _figure(charts.over_rows(view), "over_rows", 400, captions, view, table)


def draw_again_when_more_is_known(
    view: RankingView, bench: RankerBench, scenario: Scenario, pending: tuple[str, ...]
) -> None:
    """Look now and then whether what is awaited is there, and keep asking for it.

    pending : what was awaited before the page was drawn, for more may have come since.
    """

    @st.fragment(run_every=_LOOK_EVERY_S if pending else None)
    def look() -> None:
        if not pending:
            return
        benches().look_on(bench)
        if pending_of(bench, scenario) != pending or view.timing is not bench.known_timing():
            session.draw_page_again()

    look()


def pending_of(bench: RankerBench, scenario: Scenario) -> tuple[str, ...]:
    """What is still awaited."""
    a = None if scenario.pinned is None else benches().open(_of_a(scenario))
    waits = {
        "timing": not bench.timing.done(),
        "importances": bench.importances is None and not bench.gave_up,
        "curve": bench.curve is None and not bench.gave_up,
        "pinned": a is not None and not a.ended,
        "timing of A": a is not None and a.result is not None and not a.result.timing.done(),
    }
    studies = {
        what: (job := benches().study(scenario, what)) is not None and not job.ended
        for what in ("ladder", "learning")
    }
    return tuple(name for name, waiting in (waits | studies).items() if waiting)


def _judged(bench: RankerBench, scenario: Scenario) -> RankingView:
    design = scenario.design
    view = RankingView.judged(
        design=design,
        report=bench.report(design),
        learned=bench.system.tuned(design).learned,
        timing=bench.known_timing(),
        curve=bench.curve,
        importances=bench.importances,
    )
    return replace(view, timing_failed=failed(bench.timing))


def _compared(a: RankingView, b: RankingView) -> Comparison | None:
    try:
        return compare(a.report, b.report)
    except ValueError:  # of another world, or over other users
        return None


def _of_a(scenario: Scenario) -> Scenario:
    assert scenario.pinned is not None
    return replace(scenario, design=scenario.pinned, pins=())


def _study(
    scenario: Scenario, view: RankingView, what: str
) -> tuple[tuple[Rung, ...], Origin, str]:
    """Its rungs, where they come from, and what is wrong with those that ship."""
    frame = result_or_none(benches().study(scenario, what))
    if frame is not None:
        return rungs_of(frame), Origin(view.users, fitted_here=True), ""
    try:
        return *shipped(scenario.world, scenario.design, what), ""
    except ValueError as error:
        return (), Origin(0), str(error)


def _offer(scenario: Scenario, what: str, known: tuple[Rung, ...], label: str) -> None:
    """A button that fits what is not known, its progress, or why it failed."""
    job = benches().study(scenario, what)
    if job is not None and not job.ended:
        job_line(job, what, benches().end_study, (scenario, what))
        return
    if job is not None and job.error is not None and not isinstance(job.error, Cancelled):
        st.error(f"It could not be fitted: {job.error}.", icon=":material/error:")
    if known:
        return
    st.button(
        label,
        key=f"fit_{what}",
        icon=":material/stairs:",
        help="With this world, training and candidates; a minute or two, in the background",
        on_click=_begin(what),
    )


def _begin(what: str) -> Callable[[], None]:
    def begin() -> None:
        benches().begin_study(session.scenario(), what)

    return begin


def _figure(
    figure: Figure,
    key: str,
    height: int,
    captions: dict[str, str],
    view: RankingView,
    table: pd.DataFrame,
) -> None:
    title: dict[str, Any] = figure["layout"]["title"]
    live_figure(
        figure,
        key=key,
        height=height,
        alt=f"{title['text']}. {describe(view.design)}",
        filename=key.replace("_", "-"),
        table=table,
        caption=captions[key],
        at={slider_key("Candidates"): view.design.candidates},
    )
