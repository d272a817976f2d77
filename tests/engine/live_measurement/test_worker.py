"""The measuring process itself, in this process and from end to end."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.design import Design
from engine.index import IVFPQ
from engine.live_measurement import (
    FIRST_LOOK,
    Ledger,
    MeasuringError,
    MeasuringProcess,
    worker,
)
from engine.measurement import Timing, this_machine
from engine.pipeline import STAGES, System, build
from engine.rankers import RANKERS
from engine.scenario import Scenario
from engine.world import World, WorldConfig
from tests.engine.conftest import quick_design

ROOT = Path(__file__).parents[3]
WORLD = WorldConfig(users=150, items=300, impressions=10_000)
SCENARIO = Scenario(WORLD, quick_design("mf", "hnsw", "none"))


@pytest.fixture
def process(own_cache: Path) -> Iterator[MeasuringProcess]:
    measuring = MeasuringProcess()
    yield measuring
    measuring.close()


def task(scenario: Scenario = SCENARIO, **more: object) -> dict[str, object]:
    return {"scenario": scenario.to_query(), **more}


@pytest.mark.usefixtures("own_cache")
def test_answers_can_be_sent_as_text_and_hold_what_was_asked_for() -> None:
    bench = worker.Bench()
    answer = json.loads(json.dumps(bench.answer(task(what="requests", requests=7, start=3))))
    assert np.array(answer["nanoseconds"]).shape == (7, 6)
    assert np.array(answer["processor"]).shape == (7,)
    assert np.array(answer["first"]).shape == (6,)
    assert answer["taken_at"] > 1e9


@pytest.mark.usefixtures("own_cache")
def test_compared_designs_take_turns_within_one_task(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[int]] = []
    measure_interleaved = worker.measure_interleaved

    def watched(systems: list[System], requests: int, start: int) -> list[Timing]:
        seen.append([system.design.candidates for system in systems])
        assert (requests, start) == (6, 4)
        return measure_interleaved(systems, requests, start)

    monkeypatch.setattr(worker, "measure_interleaved", watched)
    other = SCENARIO.to_query() | {"candidates": "37"}
    answer = worker.Bench().answer(task(what="pair", other=other, requests=6, start=4))
    answer = json.loads(json.dumps(answer))
    assert seen == [[40, 37]]
    assert [np.array(one["nanoseconds"]).shape for one in answer["timings"]] == [
        (6, len(STAGES) + 1)
    ] * 2


@pytest.mark.usefixtures("own_cache")
@pytest.mark.parametrize("what", ["grid", "ranking"])
def test_long_tasks_are_answered_bit_by_bit_and_others_come_in_between(
    what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_BIT_S", 0.01)
    bench, bits = worker.Bench(), 0
    while "unfinished" in (answer := bench.answer(task(what=what))):
        bits += 1
        assert len(bench.answer(task(what="requests", requests=2, start=0))["nanoseconds"]) == 2
    assert bits > 3
    json.dumps(answer)
    assert answer["taken_at"] > 1e9
    assert bench.answer(task(what=what)) == {"unfinished": True}, "asked for again it begins anew"


@pytest.mark.usefixtures("own_cache")
def test_however_many_long_tasks_take_turns_each_comes_to_its_end() -> None:
    bench = worker.Bench()
    tasks = [
        {"what": "ranking", "scenario": SCENARIO.to_query() | {"candidates": str(20 + n)}}
        for n in range(8)
    ]
    left = tasks
    for _ in range(500):
        left = [one for one in left if "unfinished" in bench.answer(one)]
    assert not left
    assert not bench._runs


@pytest.mark.usefixtures("own_cache")
def test_system_is_built_once_for_a_family_of_designs_and_few_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "_MOST_SYSTEMS", 2)
    bench = worker.Bench()
    built: list[Design] = []

    def counted(world: World, design: Design) -> System:
        built.append(design)
        return build(world, design)

    monkeypatch.setattr(worker, "build", counted)
    families = [
        replace(SCENARIO, design=replace(SCENARIO.design, ranker=RANKERS[name]()))
        for name in ("none", "logistic", "gbdt")
    ]
    first, second, third = (scenario.to_query() for scenario in families)
    for _ in range(2):
        assert bench.system(first | {"candidates": "37"}).design.candidates == 37
    bench.system(second)
    bench.system(first)
    bench.system(third)  # the second is the oldest now
    bench.system(first)
    assert len(built) == 3
    bench.system(second)
    assert len(built) == 4
    assert gc.get_freeze_count(), "or each measurement's collection would walk all that is loaded"


def test_from_end_to_end_a_design_is_timed_in_a_process_of_its_own(
    process: MeasuringProcess, own_cache: Path
) -> None:
    book = Ledger(process)
    timing = book.wait(SCENARIO, FIRST_LOOK, 60.0)
    assert timing is not None
    assert timing.requests >= FIRST_LOOK
    assert (timing.requests - FIRST_LOOK) % 100 == 0
    assert timing.machine == this_machine()
    assert (timing.nanoseconds[:, :-1].sum(axis=1) <= timing.nanoseconds[:, -1]).all()
    assert list(own_cache.glob("index-*"))  # it fitted, and kept what it fitted

    grid = book.grid(SCENARIO).result(60)
    assert grid.p95.shape == (len(grid.knobs), len(grid.candidates), 6)
    assert grid.candidates.max() <= 300

    second = book.ranking(SCENARIO).result(60)
    assert second.rows == (1, 10, 50, 100, 200, 300)
    assert (second.nanoseconds > 0).all()
    assert second.machine == this_machine()

    narrow = replace(SCENARIO, design=SCENARIO.design.with_candidates(10))
    wide, slim = book.compare(SCENARIO, narrow, 150).result(60)
    assert wide.requests == slim.requests == 150

    unbuildable = replace(
        SCENARIO, design=replace(SCENARIO.design, index=IVFPQ(nlist=299, nprobe=1, m=4, nbits=5))
    )
    with pytest.raises(MeasuringError, match="ValueError: nlist=299"):
        book.wait(unbuildable, FIRST_LOOK, 60.0)
