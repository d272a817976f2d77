"""The parts of the page of ad clicks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from html import escape
from typing import Any

import pandas as pd
import streamlit as st

from engine.ad_study import AdStudy
from engine.clicks import SAMPLE_CONFIG, compare_clicks
from engine.measurement import this_machine
from engine.scenario import Scenario
from ui import facts, headline, session
from ui.ctr import (
    auction_charts,
    ladder_charts,
    model_charts,
    probability_charts,
    time_charts,
    words,
)
from ui.ctr.bench import ClickBench
from ui.ctr.benches import benches
from ui.ctr.finishes import finish_values
from ui.ctr.following import auction_values, courses_known
from ui.ctr.view import ClickView, PinnedClicks, Sold
from ui.html_table import show_table
from ui.job_line import job_line
from ui.jobs import Cancelled
from ui.live_figure import Figure, live_figure
from ui.live_preview import TEXTS
from ui.waiting import awaited
from ui.write_up.parts import Words
from ui.write_up.say import heading, note, say
from ui.write_up.shown import put

_LOOK_EVERY_S = 1.0


def bench_of(scenario: Scenario) -> ClickBench:
    """The fitted click model of a scenario; shows progress until it is there."""
    bench: ClickBench = awaited(
        benches().open(scenario.ads),
        scenario,
        title="**Making the log, then fitting this model.** Both are kept.",
        drop=benches().drop,
        instead=replace(scenario, ads=AdStudy(log=SAMPLE_CONFIG)),
    )
    benches().look_on(bench, scenario.ads)
    return bench


def at_hand(scenario: Scenario) -> bool:
    """Whether nothing keeps the page waiting."""
    return benches().open(scenario.ads).at_hand


def view_of(bench: ClickBench, study: AdStudy) -> ClickView:
    """What is known of the design by now, against the pinned one where there is one."""
    session.take_previewed()  # figures come at once here: no preview is drawn in their place
    view = _judged(bench, study)
    if study.pinned is None:
        return view
    job = benches().open(_of_a(study))
    if not job.ended or job.error is not None:
        return view
    a = _judged(job.result, _of_a(study))
    return replace(view, pinned=PinnedClicks(a, compare_clicks(a.report, view.report)))


def show_figures(view: ClickView, bench: ClickBench) -> None:
    """The large figures, where they come from, and what is odd."""
    with st.container(key=TEXTS):
        headline.show(words.headlines(view))
        put(Words(words.source_line(view), "note"))
        st.html(
            f'<span class="sl-source sl-measured" data-live="source" title="Measured on '
            f'{escape(str(this_machine()))}, one request at a time">'
            f"{escape(words.source_line(view))}</span>"
        )
    if view.report.notes:
        note(" ".join(view.report.notes))
    if view.design.encoding == "leave_one_out" and view.design.sees_rates:
        lesson = words.lesson(view, bench.honest(view.design))
        put(Words(lesson))
        st.info(lesson, icon=":material/school:")


def show_sentence(view: ClickView, sold: Sold | None) -> None:
    """What the figures say, in words."""
    with st.container(key="sentence"):
        say(words.sentence(view, sold))


def show_reliability(view: ClickView, captions: dict[str, str]) -> None:
    """Whether the probabilities hold."""
    if not view.is_probability:
        st.info(
            f"The scores of {view.name} are no probabilities. Choose a calibration to make "
            "probabilities of them.",
            icon=":material/tune:",
        )
        return
    table = probability_charts.reliability_table(view)
    _figure(probability_charts.reliability_chart(view), "reliability", 420, captions, view, table)


def show_auction(bench: ClickBench, view: ClickView) -> Sold | None:
    """What the auction makes of the predictions; None where they are no probabilities."""
    if not view.is_probability:
        note("Ads are sold by their eCPM, bid times probability: without one, none is sold.")
        return None
    sold, a = bench.both_sold(view, view.study.auction)
    captions = {"auction": words.auction_caption(view, sold)}
    figure, table = auction_charts.regret_chart(sold, a), auction_charts.regret_table(sold)
    at = auction_values(view.study)
    _figure(figure, "auction", 300, captions, view, table, at)
    with st.container(key="auction_facts"), st.container(key=f"{TEXTS}_of_the_auction"):
        facts.show(auction_charts.auction_facts(sold.report))
    return sold


def show_request(sold: Sold | None) -> None:
    """One request's ads by eCPM, the best first."""
    if sold is None:
        return
    with st.container(key="one_request_of_ads"):
        last = len(sold.report.ad) - 1
        heading("One request, by eCPM")
        place = st.number_input(
            "Request", 0, last, key="ad_request", step=1, width=160, help="Of those that are sold"
        )
        number = min(max(int(place or 0), 0), last)
        heads, rows = auction_charts.request_rows(sold.report, number)
        show_table("One request's ads by eCPM", heads, rows)
        note(
            "eCPM = 1,000 × bid × p. The first wins, and pays for a click what holds its place: "
            "the next eCPM over its own p. True place: by the true probabilities."
        )


def show_ladder(view: ClickView, bench: ClickBench, captions: dict[str, str]) -> None:
    """All models fitted so far, against the time of a request."""
    with st.container(key="ladder_part"):
        if len(view.rungs) < 2:
            note(f"So far {view.name} alone is fitted with these choices.")
        elif not any(rung.p95_ms > 0 for rung in view.rungs):
            note("The models fitted so far are being timed …")
        else:
            table = ladder_charts.ladder_table(view)
            _figure(ladder_charts.ladder_chart(view), "ladder", 440, captions, view, table)
        untold = [rung.name for rung in view.rungs if rung.normalized_entropy.n == 0 and rung.auc.n]
        if untold:
            note(f"By AUC alone, for its scores are no probabilities: {', '.join(untold)}.")
        _offer(view.study, bench, "ladder", "Fit the whole ladder here")


def show_curves(view: ClickView, captions: dict[str, str]) -> None:
    """ROC and precision against recall."""
    with st.container(key="curves"):
        left, right = st.columns(2, gap="large")
        with left:
            table = probability_charts.roc_table(view)
            _figure(probability_charts.roc_chart(view), "roc", 340, captions, view, table)
        with right:
            table = probability_charts.precision_table(view)
            figure = probability_charts.precision_chart(view)
            _figure(figure, "precision", 340, captions, view, table)


def show_age_and_features(view: ClickView, bench: ClickBench, captions: dict[str, str]) -> None:
    """What an old model costs, and what the model lives on."""
    with st.container(key="age_and_features"):
        left, right = st.columns(2, gap="large")
        with left:
            if not view.is_probability:
                note("Normalised entropy over the model's age needs probabilities.")
            elif len(view.ages) < 2:
                note(
                    "What does it cost to serve an old model? Fit models of other ages, each on as "
                    "many days of training."
                )
            else:
                table = ladder_charts.freshness_table(view.ages)
                figure = ladder_charts.freshness_chart(view)
                _figure(figure, "freshness", 380, captions, view, table)
            _offer(view.study, bench, "freshness", "Fit models of all ages here")
        with right:
            if view.importances is None:
                note("Features are being shuffled one by one …")
            else:
                table = model_charts.importance_table(view.importances)
                figure = model_charts.importance_chart(view.importances)
                _figure(figure, "importance", 380, captions, view, table)


def show_slices(view: ClickView, bench: ClickBench, captions: dict[str, str]) -> None:
    """Where the model is good and where it is not."""
    sliced = bench.slices(view.design)
    charts = model_charts.slices_charts(*sliced, view.is_probability)
    with st.container(key="slices"):
        for side, found, key in zip(st.columns(2, gap="large"), sliced, charts, strict=True):
            with side:
                table = model_charts.slices_table(found)
                _figure(charts[key], key, 360, captions, view, table)


def show_time(view: ClickView, captions: dict[str, str]) -> None:
    """What of the budget one request takes."""
    with st.container(key="inference"):
        if view.times.failed:
            st.warning(f"It could not be timed: {view.times.failed}.", icon=":material/timer_off:")
            return
        left, right = st.columns(2, gap="large")
        with left:
            if view.times.best is None:
                note("The stopwatch is at work …")
            else:
                table = time_charts.budget_table(view)
                figure = time_charts.budget_chart(view)
                _figure(figure, "budget", 320, captions, view, table)
        with right:
            if len(view.times.over_ads) < 2:
                note("Requests of more and fewer ads are timed next …")
            else:
                table = time_charts.over_ads_table(view)
                figure = time_charts.over_ads_chart(view)
                _figure(figure, "over_ads", 320, captions, view, table)


def show_all_figures(view: ClickView) -> None:
    """Every figure against the truth and against the clicks, folded away."""
    with st.expander("All figures, against the truth and against the clicks that were drawn"):
        heads, rows = words.all_figures(view)
        show_table("All figures", heads, rows)
        note(
            "Against the truth: what clicks would give on average, without their luck; no "
            "threshold is set anywhere, for ads are ranked and priced. Attainable: for a model "
            "that knows all but what happened since its newest data. Full: the true probabilities."
        )


def draw_again_when_more_is_known(bench: ClickBench, view: ClickView) -> None:
    """Look now and then whether what is awaited is there, and keep asking for it."""
    study = view.study
    pending = _pending(bench, view)

    @st.fragment(run_every=_LOOK_EVERY_S if pending else None)
    def look() -> None:
        if not pending:
            return
        benches().look_on(bench, study)
        now = benches().times.known(study)
        timed = now.best is not view.times.best or len(now.over_ads) != len(view.times.over_ads)
        if timed or _pending(bench, view) != pending:
            session.draw_page_again()

    look()


def _judged(bench: ClickBench, study: AdStudy) -> ClickView:
    known = benches().known(study)
    return ClickView(
        study=study,
        report=bench.report(study.design),
        times=benches().times.known(study),
        rungs=benches().rungs(study),
        ages=tuple(point for _, point in sorted(known.ages.items())),
        importances=benches().importances(study),
    )


def _of_a(study: AdStudy) -> AdStudy:
    assert study.pinned is not None
    return replace(study, design=study.pinned, pins=())


def _pending(bench: ClickBench, view: ClickView) -> tuple[str, ...]:
    """What is still awaited."""
    study = view.study
    waits = list(benches().pending(bench, study))
    if not courses_known(view, bench):
        waits.append("courses")
    if study.pinned is not None and not benches().open(_of_a(study)).ended:
        waits.append("pinned")
    for what in ("ladder", "freshness"):
        job = benches().study(study, what)
        if job is not None and not job.ended:
            waits.append(f"{what}, {job.what}")
    return tuple(waits)


def _offer(study: AdStudy, bench: ClickBench, what: str, label: str) -> None:
    """A button that fits what is not fitted, its progress, or why it failed."""
    job = benches().study(study, what)
    if job is not None and not job.ended:
        job_line(job, what, benches().end_study, (study, what))
        return
    if job is not None and job.error is not None and not isinstance(job.error, Cancelled):
        st.error(f"It could not be fitted: {job.error}.", icon=":material/error:")
    left = benches().unfitted(bench, study, what)
    if left:
        st.button(
            label,
            key=f"fit_{what}",
            icon=":material/stairs:",
            help=f"{left} more, with all other choices as they are; some seconds each, in the "
            "background",
            on_click=_begin(what),
        )


def _begin(what: str) -> Callable[[], None]:
    def begin() -> None:
        benches().begin_study(session.scenario().ads, what)

    return begin


def _figure(
    figure: Figure,
    key: str,
    height: int,
    captions: dict[str, str],
    view: ClickView,
    table: pd.DataFrame,
    at: Mapping[str, float] | None = None,
) -> None:
    title: dict[str, Any] = figure["layout"]["title"]
    live_figure(
        figure,
        key=key,
        height=height,
        alt=f"{title['text']}. {words.in_short(view.design)}",
        filename=key.replace("_", "-"),
        table=table,
        caption=captions[key],
        at=finish_values(view.design) | dict(at or {}),
    )
