"""Each work leaves on disk all that the app then needs of it, and fits nothing by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine import ladder
from engine.ad_study import AdStudy
from engine.clicks import ClickDesign, ClickLogConfig
from engine.clicks import design as click_design
from engine.evaluation import evaluator_for, kept_further
from engine.fitting_process import (
    CLICKS,
    FAMILY,
    LADDER,
    LEARNING,
    RANKER,
    SYSTEM,
    WORKS,
    Work,
    worker,
)
from engine.fitting_process import work as work_file
from engine.generators import MF, Popularity
from engine.index import IVFPQ
from engine.ladder import ladder_designs, learning_designs
from engine.progress import silent
from engine.rankers import GBDT, Logistic, NoRanker
from engine.rerankers import Rules
from engine.scenario import Scenario
from engine.store import NotAtHandError, PartStore, at_hand_only
from engine.training import Training
from engine.world import WorldConfig
from tests.engine.conftest import quick_design

LOG = ClickLogConfig(rows=20_000, base_rate=0.2, days=21, users=800, sites=40, ads=120)
SCENARIO = Scenario(
    WorldConfig(users=120, items=300, impressions=20_000),
    quick_design("mf", "hnsw", "logistic"),
    ads=AdStudy(log=LOG, design=ClickDesign(model="logistic")),
)


@pytest.fixture(autouse=True)
def short_ladders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "RANKERS", {"none": NoRanker, "logistic": Logistic})
    monkeypatch.setattr(work_file, "GENERATORS", {"mf": MF, "popularity": Popularity})
    monkeypatch.setattr(click_design, "MODELS", {"logistic": Logistic, "gbdt": GBDT})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where works of these tests leave their parts."""
    return tmp_path_factory.mktemp("parts")


@pytest.mark.parametrize("work", WORKS.values(), ids=list(WORKS))
def test_what_a_work_leaves_on_disk_is_all_that_is_needed_of_it(
    work: Work[Any], shared: Path, tmp_path: Path
) -> None:
    with at_hand_only(), pytest.raises(NotAtHandError):
        work.read(SCENARIO, PartStore(tmp_path), silent)
    answer = worker.Workshop(PartStore(shared)).answer(
        {"what": work.name, "scenario": SCENARIO.to_query()}, silent
    )
    assert answer == {"done": True}
    with at_hand_only():
        work.read(SCENARIO, PartStore(shared), silent)


def test_a_family_is_judged_without_its_re_ranking_and_opened_with_it(shared: Path) -> None:
    reranked = replace(SCENARIO, design=replace(SCENARIO.design, rerank=Rules(diversity=0.5)))
    FAMILY.make(reranked, PartStore(shared), silent)
    store = PartStore(shared)
    with at_hand_only():
        system, evaluator, quality = FAMILY.read(reranked, store, silent)
        report = evaluator.kept_report(system)
        kept_further(evaluator, system, report, store)
    plain = system.tuned(SCENARIO.design)
    curve = quality.curve(SCENARIO.design)
    at = curve.candidates.index(50)
    judged = evaluator.report(plain.tuned(SCENARIO.design.with_candidates(50)))
    assert curve.ndcg[at] == pytest.approx(judged["ndcg@10"].value, abs=1e-12)
    assert report["ndcg@10"].value != evaluator.report(plain)["ndcg@10"].value


def test_a_ranker_that_was_judged_there_is_told_the_same_here(shared: Path) -> None:
    RANKER.make(SCENARIO, PartStore(shared), silent)
    store = PartStore(shared)
    with at_hand_only():
        _, system = RANKER.read(SCENARIO, store, silent)
        evaluator = evaluator_for(system.world, len(system.world.users), store)
        kept = evaluator.kept_report(system)
    here = evaluator.report(system)
    for name in here:
        assert kept[name].value == pytest.approx(here[name].value, abs=1e-12, nan_ok=True)


def test_an_index_that_the_vectors_do_not_allow_is_repaired(shared: Path) -> None:
    wide = replace(
        SCENARIO, design=replace(SCENARIO.design, generator=MF(factors=8), index=IVFPQ(nlist=1_024))
    )
    found, system = SYSTEM.read(wide, PartStore(shared), silent)
    assert found.design == system.design
    assert found.design.index.nlist < 1_024  # type: ignore[attr-defined]


def test_studies_fit_the_rungs_of_a_ladder_or_one_ranker_on_more_and_more_rows(
    shared: Path,
) -> None:
    store = PartStore(shared)
    rungs = LADDER.read(SCENARIO, store, silent)
    designs = ladder_designs(SCENARIO.design)
    assert rungs["ranker"].tolist() == [design.ranker.name for design in designs]
    assert (rungs["p50_ms_100"] > 0).all(), "timed"
    few = replace(SCENARIO, design=replace(SCENARIO.design, training=Training(rows=3_000)))
    learned = LEARNING.read(few, store, silent)
    assert len(learned) == len(learning_designs(SCENARIO.design)), "as from all rows"
    assert learned["rows"].is_monotonic_increasing
    assert "p50_ms_100" not in learned


def test_days_without_clicks_are_refused_in_the_words_of_the_fit(tmp_path: Path) -> None:
    store = PartStore(tmp_path)
    rare = replace(LOG, rows=5_000, base_rate=0.001)
    study = AdStudy(rare, ClickDesign(model="logistic", train_days=1))
    scenario = replace(SCENARIO, ads=study)
    with pytest.raises(ValueError, match="must hold clicks") as here:
        CLICKS.read(scenario, store, silent)
    answer = worker.Workshop(store).answer(
        {"what": "clicks", "scenario": scenario.to_query()}, silent
    )
    assert answer == {"refused": str(here.value)}
