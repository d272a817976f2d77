"""What a page still waits for: its one long job, and then what is timed or judged later."""

from __future__ import annotations

from dataclasses import replace

from engine.measurement import P99_FROM
from engine.scenario import Scenario
from ui.compare.clicks import click_columns
from ui.compare.columns import columns
from ui.ctr.benches import benches as click_benches
from ui.jobs import Job
from ui.pinned import against, held
from ui.ranking import parts as ranking
from ui.ranking.bench import benches as ranker_benches
from ui.retrieval import parts as retrieval
from ui.retrieval.bench import benches as search_benches
from ui.retrieval.controls import searchable
from ui.studio import studio
from ui.two_stage import view_of


def long_job(page: str, scenario: Scenario) -> Job | None:
    """What a page shows nothing before, begun now; None where it waits for nothing."""
    if page == "ranking":
        return ranker_benches().open(scenario)
    if page == "ctr":
        return click_benches().open(scenario.ads)
    if page == "retrieval":
        return search_benches().open(scenario) if searchable(scenario) else None
    if page == "compare" and not scenario.pins:
        return None
    return studio().prepare(scenario)


def awaited(page: str, scenario: Scenario) -> tuple[str, ...]:
    """What will yet be known without being asked for; asking keeps it being found out.

    scenario : as the page holds it, after the long job.
    """
    return _PAGES[page](scenario)


def is_time(what: str) -> bool:
    """Whether something awaited is a time that is being taken, and no figure of quality."""
    return what.startswith(("times", "timing", "requests"))


def _overview(scenario: Scenario) -> tuple[str, ...]:
    return _requests(scenario)


def _two_stage(scenario: Scenario) -> tuple[str, ...]:
    ready = studio().prepare(scenario).result
    if studio().known(scenario) is None:
        return ("the design's own figures",)
    known = held(scenario)
    waits = [known.what] if known.pending else []
    if against(view_of(ready, scenario), scenario, known)[1]:
        waits.append("times in turn with A's")
    return (*waits, *_requests(scenario))


def _ranking(scenario: Scenario) -> tuple[str, ...]:
    bench = ranker_benches().open(scenario).result
    ranker_benches().look_on(bench)
    return ranking.pending_of(bench, scenario)


def _retrieval(scenario: Scenario) -> tuple[str, ...]:
    if not searchable(scenario):
        return ()
    bench = search_benches().open(scenario).result
    search_benches().look_on(bench, scenario)
    point = search_benches().known(scenario)
    counting = point is not None and search_benches().counting(scenario, point.recall.n)
    return (*retrieval.pending_of(bench, scenario), *(["recall by query"] if counting else []))


def _ctr(scenario: Scenario) -> tuple[str, ...]:
    bench = click_benches().open(scenario.ads).result
    click_benches().look_on(bench, scenario.ads)
    return click_benches().pending(bench, scenario.ads)


def _compare(scenario: Scenario) -> tuple[str, ...]:
    waits = [column.waiting for column in columns(scenario) if column.waiting]
    if scenario.ads.pins:
        waits += [column.waiting for column in click_columns(scenario.ads) if column.waiting]
    for pin in scenario.pins:
        waits += _requests(replace(scenario, design=pin, pins=()))
    return tuple(waits)


def _requests(scenario: Scenario) -> tuple[str, ...]:
    timing = studio().ledger.timing(scenario)
    timed = 0 if timing is None else timing.requests
    return () if timed >= P99_FROM else (f"requests timed: {timed:,} of {P99_FROM:,}",)


_PAGES = {
    "overview": _overview,
    "two_stage": _two_stage,
    "ranking": _ranking,
    "retrieval": _retrieval,
    "ctr": _ctr,
    "compare": _compare,
}
