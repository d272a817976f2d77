"""A ledger over a process that is made up: it answers at once, may be held, and may fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine.design import Design
from engine.live_measurement import FIRST_LOOK, Ledger, ledger
from engine.scenario import Scenario

A, B, C = (Scenario(design=Design(candidates=n)) for n in (100, 200, 300))
A_ALONE = Scenario(A.world, A.design, 0)  # whoever is served
PATIENCE_S = 10.0
Task = dict[str, Any]


class FakeProcess:
    """Answers at once with times that count up; may be held, and may be made to fail."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.failures: list[Exception] = []
        self.bits = 0  # how often a grid is yet unfinished
        self.open = threading.Event()
        self.open.set()

    def call(self, task: Task) -> dict[str, Any]:
        self.tasks.append(task)
        assert self.open.wait(PATIENCE_S)
        if self.failures:
            raise self.failures.pop(0)
        if task["what"] == "grid" and self.bits:
            self.bits -= 1
            return {"unfinished": True}
        if task["what"] == "grid":
            shape = np.ones((1, 1, 6)).tolist()
            numbers = {"knobs": [400.0], "candidates": [100.0], "p50": shape, "p95": shape}
            return numbers | {"requests": 60, "taken_at": 9.0, "held_up": 0.25}
        if task["what"] == "ranking":
            return {"rows": [1, 10], "nanoseconds": [[[1, 2]], [[3, 4]]], "taken_at": 9.0}
        if task["what"] == "pair":
            return {"timings": [self._timing(task), self._timing(task)]}
        return self._timing(task)

    def _timing(self, task: Task) -> dict[str, Any]:
        rows = task["start"] + np.arange(task["requests"])
        return {
            "nanoseconds": np.repeat(rows[:, None], 6, axis=1).tolist(),
            "processor": rows.tolist(),
            "first": [7] * 6,
            "taken_at": 100.0 + len(self.tasks),
        }

    def asked(self) -> list[tuple[str, str, int, int]]:
        """What, candidates, start and requests of each task."""
        return [
            (
                task["what"],
                task["scenario"]["candidates"],
                task.get("start", -1),
                task.get("requests", -1),
            )
            for task in self.tasks
        ]


@pytest.fixture
def process() -> FakeProcess:
    return FakeProcess()


@pytest.fixture
def book(process: FakeProcess) -> Ledger:
    return Ledger(process)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def without_calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refinement need not wait until nobody steps through designs any more."""
    monkeypatch.setattr(ledger, "_CALM_S", 0.0)


@pytest.fixture
def unwatched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody looks on once an answer is there, so nothing is refined."""
    monkeypatch.setattr(ledger, "_STILL_WANTED_S", -1.0)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as threads:
        yield threads


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.002)


def hold_at_a_task(process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor) -> Future[Any]:
    """Keep the process busy with A, so that what is asked next must wait."""
    process.open.clear()
    future = pool.submit(book.wait, A, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: len(process.tasks) == 1)
    return future


def waiting(book: Ledger, scenario: Scenario) -> int:
    entry = book._entries.get(Scenario(scenario.world, scenario.design, 0))
    return len(entry.awaited) if entry else 0
