"""Who counts and measures for the retrieval page: once for all, and nobody is left waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from engine.scenario import Scenario
from ui.retrieval import bench as bench_file
from ui.retrieval.bench import VectorBench, VectorBenches
from ui.studio import Studio

VECTORS = cast(VectorBench, SimpleNamespace(vectors=SimpleNamespace(first=lambda n: n)))


def at(candidates: int) -> Scenario:
    scenario = Scenario()
    return replace(scenario, design=scenario.design.with_candidates(candidates))


@pytest.fixture
def go() -> threading.Event:
    return threading.Event()


@pytest.fixture
def all_benches(go: threading.Event, monkeypatch: pytest.MonkeyPatch) -> Iterator[VectorBenches]:
    def counted(_: int, __: Any, k: int, ___: Any) -> np.ndarray:
        go.wait(10)
        return np.full(3, k / 1_000)

    monkeypatch.setattr(bench_file, "query_recalls", counted)
    found = VectorBenches(cast(Studio, SimpleNamespace(store=None)))
    yield found
    go.set()
    found.close()


def test_a_count_that_made_way_for_a_newer_one_still_counts_as_awaited(
    all_benches: VectorBenches, go: threading.Event
) -> None:
    all_benches.count(VECTORS, at(100), 50)  # at work
    overtaken = all_benches.count(VECTORS, at(200), 50)
    newest = all_benches.count(VECTORS, at(300), 50)
    assert overtaken.cancelled()
    assert all_benches.counting(at(200), 50)
    go.set()
    np.testing.assert_array_equal(newest.result(10), 0.3)
    again = all_benches.count(VECTORS, at(200), 50)
    np.testing.assert_array_equal(again.result(10), 0.2)
    assert not all_benches.counting(at(200), 50)


def test_a_search_that_cannot_be_measured_is_begun_anew_for_who_looks_at_it_only(
    all_benches: VectorBenches, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("no stopwatch")

    monkeypatch.setattr(all_benches, "_measured", fails)
    first = all_benches.point(at(100))
    assert isinstance(first.exception(10), RuntimeError)
    assert all_benches.point(at(100), again=False) is first
    assert all_benches.point(at(100)) is not first
