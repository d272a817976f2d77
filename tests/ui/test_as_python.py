"""The code that pages offer, executed: its figures are those of the pages' own benches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple, replace
from functools import partial
from typing import Any

import pytest

import engine
from engine.evaluation import Report
from engine.scenario import Scenario
from tests.small_app import small, small_scenario
from tests.ui.askers import result_of
from tests.ui.ctr.studies import QUERY
from ui.ctr.benches import benches as click_benches
from ui.ranking.bench import benches
from ui.retrieval.bench import benches as search_benches
from ui.studio import Studio

SCENARIOS = {
    "hnsw": {},
    "popularity": {"generator": "popularity", "ranker": "none"},
    "sampled": {"ranker": "logistic", "training__negatives": "0.3", "rerank": "rules"},
}
each_scenario = pytest.mark.parametrize("changes", SCENARIOS.values(), ids=SCENARIOS)


@pytest.fixture
def run(
    app_studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Scenario, str], dict[str, Any]]:
    """`run(scenario, page)` -> the names that a page's code leaves, timed over few requests."""
    for name in ("measure", "measure_interleaved", "measure_ranking", "measure_clicks"):
        monkeypatch.setattr(engine, name, partial(getattr(engine, name), requests=20))

    def executed(scenario: Scenario, page: str) -> dict[str, Any]:
        names: dict[str, Any] = {}
        exec(compile(engine.as_python(scenario, page), page, "exec"), names)
        return names

    return executed


def figures_of(report: Report) -> dict[str, str]:
    """Each figure to its last digit; NaN like NaN."""
    return {name: repr([*map(float, astuple(figure))]) for name, figure in report.items()}


@each_scenario
def test_two_stage_page(
    run: Callable[..., dict[str, Any]], app_studio: Studio, changes: dict[str, str]
) -> None:
    scenario = small_scenario(**changes)
    names = run(scenario, "two_stage")
    prepared = result_of(app_studio.prepare(scenario))
    system = prepared.system_of(scenario.design)
    report = prepared.evaluator.report(system)
    assert dict(names["report"]) == dict(report)
    assert names["report"].loss == report.loss
    assert names["timing"].requests == 20
    seen = engine.walk(system, scenario.user)
    assert list(names["system"].recommend(user=scenario.user).items) == list(seen.slate)


def test_overview(run: Callable[..., dict[str, Any]], app_studio: Studio) -> None:
    scenario = small_scenario(user="5")
    walk = run(scenario, "overview")["walk"]
    system = result_of(app_studio.prepare(scenario)).system_of(scenario.design)
    seen = engine.walk(system, 5)
    assert (walk.user, walk.ndcg, walk.loss) == (5, seen.ndcg, seen.loss)
    assert list(walk.slate) == list(seen.slate)


def test_pinned_designs(run: Callable[..., dict[str, Any]], app_studio: Studio) -> None:
    pins = tuple(small_scenario(candidates=n).design for n in ("10", "40"))
    scenario = replace(small_scenario(), pins=pins)
    names = run(scenario, "two_stage")
    prepared = result_of(app_studio.prepare(scenario))
    reports = [
        prepared.evaluator.report(prepared.system_of(design)) for design in (*pins, scenario.design)
    ]
    assert [dict(report) for report in names["reports"].values()] == list(map(dict, reports))
    assert list(names["reports"]) == ["A", "B", "here"]
    assert list(run(scenario, "compare")["reports"]) == ["A", "B"]  # where no other is shown
    # The names that the loop leaves are those of the last design.
    assert dict(names["less"]) == pytest.approx(
        dict(engine.compare(reports[0], reports[-1])), nan_ok=True
    )
    assert set(names["slower"]) == {"p50", "p95", "p99"}


@each_scenario
def test_ranking_page(run: Callable[..., dict[str, Any]], changes: dict[str, str]) -> None:
    scenario = small_scenario(**changes)
    names = run(scenario, "ranking")
    bench = result_of(benches().open(scenario))
    assert figures_of(names["report"]) == figures_of(bench.report(scenario.design))
    assert names["system"].learned.rows == bench.system.learned.rows
    assert names["timing"].at(scenario.design.candidates, 95).sum() > 0


@pytest.mark.parametrize("vectors", [{}, {"vectors.kind": "isotropic", "vectors.n": "1000"}])
def test_retrieval_page(run: Callable[..., dict[str, Any]], vectors: dict[str, str]) -> None:
    scenario, _ = Scenario.from_query(small() | vectors)
    found = run(scenario, "retrieval")["search"]
    if vectors:  # of which pages ask few at first
        assert found.recall.n == 1_000
        return
    search_benches().point(scenario).result(60)
    while not search_benches().refined(scenario):  # the first look asks fewer
        time.sleep(0.1)
    point = search_benches().point(scenario).result(60)
    assert (found.recall, found.top10) == (point.recall, point.top10)
    assert found.memory_bytes == point.memory_bytes


def test_retrieval_page_without_vectors(run: Callable[..., dict[str, Any]]) -> None:
    scenario = small_scenario(generator="popularity")
    frame = run(scenario, "retrieval")["frame"]
    design = replace(scenario.design, index=engine.Exact(), ranker=engine.NoRanker())
    system = engine.build(engine.make_world(scenario.world), design)
    report = engine.evaluate(system, users=scenario.world.users)
    assert frame["ndcg"].iloc[0] == report["ndcg@10"].value


@pytest.mark.parametrize("pinned", [False, True])
def test_page_of_ads(run: Callable[..., dict[str, Any]], pinned: bool) -> None:
    more = {"ads.pin": "model-logistic"} if pinned else {}
    scenario, repairs = Scenario.from_query(QUERY | more | {"ads.negatives": "0.2"})
    assert repairs == []
    names = run(scenario, "ctr")
    bench = result_of(click_benches().open(scenario.ads))
    report, sold = (
        bench.report(scenario.ads.design),
        bench.sold(scenario.ads.design, scenario.ads.auction).report,
    )
    assert dict(names["report"]) == pytest.approx(dict(report), nan_ok=True)
    assert dict(names["sold"]) == dict(sold)
    assert names["timing"].ads == scenario.ads.auction.ads
    if pinned:
        assert list(names["reports"]) == ["A", "here"]
