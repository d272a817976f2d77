"""Indexes measured by the measuring process, in turn with all else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.index import HNSW, IVFPQ, Exact
from engine.live_measurement import FIRST_LOOK, Ledger, MeasuringError, worker
from engine.retrieval import VectorData, plain_config
from engine.scenario import Scenario
from engine.world import WorldConfig
from tests.engine.conftest import quick_design
from tests.engine.live_measurement.conftest import (
    PATIENCE_S,
    A,
    B,
    C,
    FakeProcess,
    eventually,
    hold_at_a_task,
    waiting,
)
from tests.engine.retrieval.conftest import a_point

WIDTHS = [HNSW(M=8, ef_construction=20, ef_search=ef) for ef in (10, 90)]
SMALL = Scenario(
    WorldConfig(users=150, items=300, impressions=10_000), quick_design("mf", "exact", "none")
)


@pytest.fixture
def answered(process: FakeProcess, monkeypatch: pytest.MonkeyPatch) -> FakeProcess:
    """A process that answers this study with one made-up point."""
    call = process.call

    def with_points(task: dict[str, Any]) -> dict[str, Any]:
        answer = call({"start": 0, "requests": 1, **task})
        return {"points": [a_point().plain()]} if task["what"] == "indexes" else answer

    monkeypatch.setattr(process, "call", with_points)
    return process


@pytest.mark.usefixtures("unwatched")
def test_points_come_back_and_the_task_holds_vectors_configurations_and_k(
    answered: FakeProcess, book: Ledger
) -> None:
    scenario = replace(A, user=7, vectors=VectorData(normalised=True))
    assert book.indexes(scenario, WIDTHS).result(PATIENCE_S) == [a_point()]
    assert book.indexes(scenario, [Exact()], k=25).result(PATIENCE_S) == [a_point()]
    first, second = answered.tasks
    assert Scenario.from_query(first["scenario"])[0] == replace(scenario, user=0)
    assert (first["k"], second["k"]) == (A.design.candidates, 25)
    assert first["configs"] == [plain_config(config) for config in WIDTHS]
    assert second["configs"] == [{"index": "exact"}]
    json.dumps(first)


@pytest.mark.usefixtures("unwatched")
def test_waiter_comes_before_it_and_it_comes_before_refinement(
    answered: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(answered, book, pool)
    study, grid = book.indexes(B, WIDTHS), book.grid(B)
    waiter = pool.submit(book.wait, C, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: waiting(book, C) == 1)
    answered.open.set()
    assert study.result(PATIENCE_S) == [a_point()]
    grid.result(PATIENCE_S)
    waiter.result()
    first.result()
    assert [task["what"] for task in answered.tasks] == ["requests", "requests", "indexes", "grid"]


@pytest.mark.usefixtures("unwatched")
def test_what_fails_is_a_measuring_error_and_what_is_cancelled_is_not_measured(
    answered: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    answered.failures.append(KeyError("no"))
    with pytest.raises(MeasuringError, match="no"):
        book.indexes(A, WIDTHS).result(PATIENCE_S)
    done = len(answered.tasks)
    first = hold_at_a_later_task(answered, book, pool, done)
    assert book.indexes(B, WIDTHS).cancel()
    answered.open.set()
    first.result()
    assert book.wait(C, FIRST_LOOK, PATIENCE_S) is not None
    assert "indexes" not in [task["what"] for task in answered.tasks[done:]]


def hold_at_a_later_task(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor, done: int
) -> Any:
    process.open.clear()
    future = pool.submit(book.wait, A, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: len(process.tasks) == done + 1)
    return future


def test_worker_measures_a_group_on_the_catalogues_vectors_and_keeps_the_index(
    own_cache: Path,
) -> None:
    task = {
        "what": "indexes",
        "queries": 1_000,
        "scenario": SMALL.to_query(),
        "k": 20,
        "configs": [plain_config(config) for config in WIDTHS],
    }
    answer = json.loads(json.dumps(worker.Bench().answer(task)))
    points = [worker_point["config"] for worker_point in answer["points"]]
    assert points == task["configs"]
    assert [point["requests"] for point in answer["points"]] == [150, 150]
    narrow, wide = (point["recall"][0] for point in answer["points"])
    assert 0 < narrow <= wide <= 1
    assert np.isfinite([point["p95"] for point in answer["points"]]).all()
    assert all(point["p99"] is None and point["top10"][3] == 150 for point in answer["points"])
    assert len(list(own_cache.glob("index-*"))) == 2  # the index and its lock


def test_worker_names_what_cannot_be_built(own_cache: Path) -> None:
    task = {
        "what": "indexes",
        "queries": 1_000,
        "scenario": replace(SMALL, vectors=VectorData(kind="isotropic", n=1_000, d=8)).to_query(),
        "k": 20,
        "configs": [plain_config(IVFPQ(nlist=2_000, nprobe=1, m=4))],
    }
    with pytest.raises(ValueError, match="nlist=2000: "):
        worker.Bench().answer(task)
