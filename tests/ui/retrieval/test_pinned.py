"""A pinned search is told as far as it is known, and awaited as long as more of it will come."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from engine.design import Design
from engine.generators import Popularity
from engine.index import HNSW
from engine.retrieval import IndexPoint
from engine.scenario import Scenario
from tests.ui.retrieval.searches import design, point
from ui.retrieval import pinned
from ui.retrieval.pinned import PinnedSearch, pinned_search

BENCH = SimpleNamespace(vectors=SimpleNamespace(items=np.zeros((10_000, 64), dtype=np.float32)))


class Benches:
    """What is asked for a pinned search; `look` is what the stopwatch read, or will."""

    def __init__(self) -> None:
        self.look: Future[IndexPoint] = Future()
        self.all_asked = False
        self.job = SimpleNamespace(at_hand=True, ended=True, result=BENCH)

    def open(self, _: Scenario) -> Any:
        return self.job

    def point(self, _: Scenario, again: bool) -> Future[IndexPoint]:
        assert not again, "who polls must not begin anew what failed"
        return self.look

    def refined(self, _: Scenario) -> bool:
        return self.all_asked


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch) -> Benches:
    found = Benches()
    monkeypatch.setattr(pinned, "benches", lambda: found)
    return found


def with_a(a: Design) -> Scenario:
    return replace(Scenario(design=design()), pins=(a,))


def test_it_is_told_after_a_first_look_and_awaited_until_all_queries_have_asked(
    benches: Benches,
) -> None:
    scenario = with_a(design(HNSW(ef_search=100)))
    assert pinned_search(scenario) == PinnedSearch(awaited=True)
    benches.look.set_result(point(HNSW(ef_search=100), 0.92, 0.1))
    first = pinned_search(scenario)
    assert first.awaited
    assert first.view is not None
    assert first.view.recall[0] == 0.92
    benches.all_asked = True
    assert not pinned_search(scenario).awaited


def test_what_never_comes_is_not_awaited(benches: Benches) -> None:
    assert pinned_search(Scenario(design=design())) == PinnedSearch()
    assert pinned_search(with_a(Design(generator=Popularity()))) == PinnedSearch()
    benches.look.set_exception(RuntimeError("no stopwatch"))
    assert pinned_search(with_a(design())) == PinnedSearch()
    benches.job = SimpleNamespace(at_hand=False, ended=True, result=None)
    assert pinned_search(with_a(design())) == PinnedSearch()
    benches.job = SimpleNamespace(at_hand=False, ended=False, result=None)
    assert pinned_search(with_a(design())) == PinnedSearch(awaited=True)
