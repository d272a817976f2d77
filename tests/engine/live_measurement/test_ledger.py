"""One measurement for all who ask, newest first, refined while it is looked at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from engine.design import Design
from engine.live_measurement import FIRST_LOOK, Ledger, MeasuringError, ledger
from engine.measurement import P99_FROM, this_machine
from engine.scenario import Scenario

A, B, C = (Scenario(design=Design(candidates=n)) for n in (100, 200, 300))
PATIENCE_S = 10.0
Task = dict[str, Any]


class FakeProcess:
    """Answers at once with times that count up; may be held, and may be made to fail."""

    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.failures: list[Exception] = []
        self.open = threading.Event()
        self.open.set()

    def call(self, task: Task) -> dict[str, Any]:
        self.tasks.append(task)
        assert self.open.wait(PATIENCE_S)
        if self.failures:
            raise self.failures.pop(0)
        if task["what"] == "grid":
            shape = np.ones((1, 1, 5)).tolist()
            numbers = {"knobs": [400.0], "candidates": [100.0], "p50": shape, "p95": shape}
            return numbers | {"requests": 60, "taken_at": 9.0, "held_up": 0.25}
        rows = task["start"] + np.arange(task["requests"])
        return {
            "nanoseconds": np.repeat(rows[:, None], 5, axis=1).tolist(),
            "processor": rows.tolist(),
            "first": [7] * 5,
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


@pytest.mark.usefixtures("unwatched")
def test_one_measurement_serves_all_who_ask_whoever_their_user_is(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    process.open.clear()
    asking = [
        pool.submit(book.wait, Scenario(user=user), FIRST_LOOK, PATIENCE_S) for user in range(6)
    ]
    eventually(lambda: waiting(book, Scenario()) == 6)
    process.open.set()
    timings = [future.result() for future in asking]
    assert process.asked() == [("requests", "300", 0, FIRST_LOOK)]
    assert all(timing is timings[0] for timing in timings)
    assert timings[0].requests == FIRST_LOOK
    assert timings[0].machine == this_machine()
    assert book.timing(Scenario(user=99)) is timings[0]
    assert book.wait(Scenario(user=5), FIRST_LOOK, 0.0) is timings[0]


def test_design_that_is_looked_at_is_refined_to_a_thousand_and_no_further(
    process: FakeProcess, book: Ledger
) -> None:
    timing = book.wait(A, P99_FROM, PATIENCE_S)
    assert timing is not None
    assert timing.requests == P99_FROM
    starts = [start for _, _, start, _ in process.asked()]
    assert starts == list(range(0, P99_FROM, 100))
    np.testing.assert_array_equal(timing.nanoseconds[:, 0], np.arange(P99_FROM))
    assert timing.taken_at == 100.0 + len(process.tasks)
    book.timing(A)
    time.sleep(0.05)
    assert len(process.tasks) == 10


def test_design_is_refined_only_while_it_is_looked_at(
    process: FakeProcess, book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_STILL_WANTED_S", -1.0)
    book.wait(A, FIRST_LOOK, PATIENCE_S)
    time.sleep(0.05)
    assert len(process.tasks) == 1
    monkeypatch.setattr(ledger, "_STILL_WANTED_S", 20.0)
    timing = book.timing(A)
    assert timing is not None
    eventually(lambda: book._entries[A_ALONE].requests == P99_FROM)


A_ALONE = Scenario(A.world, A.design, 0)


@pytest.mark.usefixtures("unwatched")
def test_who_waits_for_more_is_served_however_long_ago_they_asked(
    process: FakeProcess, book: Ledger
) -> None:
    timing = book.wait(A, 300, PATIENCE_S)
    assert timing is not None
    assert timing.requests >= 300


@pytest.mark.usefixtures("unwatched")
def test_newest_waiter_comes_first(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    older = pool.submit(book.wait, B, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: waiting(book, B) == 1)
    newer = pool.submit(book.wait, C, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: waiting(book, C) == 1)
    process.open.set()
    for future in (first, older, newer):
        assert future.result().requests == FIRST_LOOK
    assert [candidates for _, candidates, _, _ in process.asked()] == ["100", "300", "200"]


def test_waiter_comes_before_a_grid_and_a_grid_before_refinement(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    grid = book.grid(A)
    waiter = pool.submit(book.wait, B, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: waiting(book, B) == 1)
    process.open.set()
    assert grid.result(PATIENCE_S).requests == 60
    assert [what for what, *_ in process.asked()[:3]] == ["requests", "requests", "grid"]
    assert process.asked()[1][1] == "200"
    first.result()
    waiter.result()


@pytest.mark.usefixtures("unwatched")
def test_patience_ends_with_what_is_known(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    started = time.monotonic()
    assert book.wait(A, FIRST_LOOK, 0.05) is None
    assert book.timing(A) is None
    assert time.monotonic() - started < 1
    process.open.set()
    assert first.result().requests == FIRST_LOOK
    known = book.wait(A, 10_000, 0.5)
    assert known is not None


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize("error", [MeasuringError("no such index"), KeyError("nanoseconds")])
def test_failure_reaches_everybody_who_waits_once_and_may_be_tried_again(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor, error: Exception
) -> None:
    process.failures.append(error)
    process.open.clear()
    asking = [pool.submit(book.wait, A, FIRST_LOOK, PATIENCE_S) for _ in range(3)]
    eventually(lambda: waiting(book, A) == 3)
    process.open.set()
    for future in asking:
        with pytest.raises(MeasuringError, match=r"no such index|KeyError: 'nanoseconds'"):
            future.result()
    assert len(process.tasks) == 1  # it is not tried again by itself
    timing = book.wait(A, FIRST_LOOK, PATIENCE_S)
    assert timing is not None
    assert timing.requests == FIRST_LOOK


def test_failed_refinement_keeps_what_was_measured_and_hurts_nobody_later(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    process.failures = []
    process.open.set()
    first.result()
    eventually(lambda: len(process.tasks) >= 1)
    eventually(lambda: book._entries[A_ALONE].requests == P99_FROM)

    process.failures.append(MeasuringError("gone"))
    with pytest.raises(MeasuringError, match="gone"):
        book.wait(B, FIRST_LOOK, PATIENCE_S)
    assert book.timing(B) is None
    tried = len(process.tasks)
    book.timing(B)
    time.sleep(0.05)
    assert len(process.tasks) == tried  # looking does not try again, waiting does
    assert book.wait(B, FIRST_LOOK, PATIENCE_S) is not None
    assert book.wait(A, P99_FROM, 0.0) is not None


@pytest.mark.usefixtures("unwatched")
def test_forgotten_design_is_measured_anew(process: FakeProcess, book: Ledger) -> None:
    old = book.wait(A, FIRST_LOOK, PATIENCE_S)
    book.forget(A)
    new = book.wait(A, FIRST_LOOK, PATIENCE_S)
    assert [start for _, _, start, _ in process.asked()] == [0, 0]
    assert old is not None
    assert new is not None
    assert new.requests == FIRST_LOOK
    assert new.taken_at > old.taken_at
    book.forget(B)  # of which nothing is known


@pytest.mark.usefixtures("unwatched")
def test_who_waits_while_a_design_is_forgotten_gets_the_new_measurement(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    waiter = hold_at_a_task(process, book, pool)
    book.forget(A)
    process.open.set()
    timing = waiter.result(PATIENCE_S)
    assert timing.requests == FIRST_LOOK
    assert timing.taken_at == 102.0  # of the second task; the first was under way before
    assert [start for _, _, start, _ in process.asked()] == [0, 0]


def test_grid_comes_as_arrays(process: FakeProcess, book: Ledger) -> None:
    grid = book.grid(A).result(PATIENCE_S)
    assert grid.p50.shape == grid.p95.shape == (1, 1, 5)
    assert (grid.requests, grid.taken_at, grid.held_up) == (60, 9.0, 0.25)
    assert process.asked() == [("grid", "100", -1, -1)]


@pytest.mark.usefixtures("unwatched")
@pytest.mark.parametrize("error", [MeasuringError("no"), ValueError("no"), KeyError("no")])
def test_failed_grid_is_a_measuring_error_and_the_ledger_goes_on(
    process: FakeProcess, book: Ledger, error: Exception
) -> None:
    process.failures.append(error)
    with pytest.raises(MeasuringError, match="no"):
        book.grid(A).result(PATIENCE_S)
    assert book.grid(A).result(PATIENCE_S).requests == 60
    assert book.wait(A, FIRST_LOOK, PATIENCE_S) is not None


@pytest.mark.usefixtures("unwatched")
def test_grid_that_nobody_wants_any_more_is_not_measured(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    assert book.grid(B).cancel()
    process.open.set()
    first.result()
    assert book.wait(C, FIRST_LOOK, PATIENCE_S) is not None
    assert "grid" not in [what for what, *_ in process.asked()]


@pytest.mark.usefixtures("unwatched")
def test_ledger_forgets_designs_that_were_asked_for_longest_ago(
    process: FakeProcess, book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_MOST_KEPT", 2)
    for scenario in (A, B, A, C):
        book.wait(scenario, FIRST_LOOK, PATIENCE_S)
    assert [candidates for _, candidates, *_ in process.asked()] == ["100", "200", "300"]
    book.wait(B, FIRST_LOOK, PATIENCE_S)
    assert len(process.tasks) == 4
