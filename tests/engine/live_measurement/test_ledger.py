"""One measurement for all who ask, newest first, refined while it is looked at."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from engine.live_measurement import FIRST_LOOK, Ledger, ledger
from engine.measurement import P99_FROM, this_machine
from engine.scenario import Scenario
from tests.engine.live_measurement.conftest import (
    A_ALONE,
    PATIENCE_S,
    A,
    B,
    C,
    FakeProcess,
    eventually,
    hold_at_a_task,
    waiting,
)


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
    assert starts == [0, *range(FIRST_LOOK, P99_FROM, 40)]
    np.testing.assert_array_equal(timing.nanoseconds[:, 0], np.arange(P99_FROM))
    assert timing.taken_at == 100.0 + len(process.tasks)
    book.timing(A)
    time.sleep(0.05)
    assert len(process.tasks) == len(starts)


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


def test_refinement_holds_back_while_somebody_steps_through_designs(
    process: FakeProcess, book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_CALM_S", 0.3)
    book.wait(A, FIRST_LOOK, PATIENCE_S)
    time.sleep(0.1)
    assert len(process.tasks) == 1
    eventually(lambda: book._entries[A_ALONE].requests == P99_FROM)


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


@pytest.mark.usefixtures("unwatched")
def test_waiter_comes_between_the_bits_of_a_grid(process: FakeProcess, book: Ledger) -> None:
    process.bits = 10_000
    grid = book.grid(A)
    eventually(lambda: len(process.tasks) > 3)
    assert book.wait(B, FIRST_LOOK, PATIENCE_S) is not None
    assert grid.running()
    assert not grid.cancel(), "what was begun is not given up halfway"
    other = book.ranking(C).result(PATIENCE_S)
    assert other.requests == 1, "studies take turns"
    process.bits = 0
    assert grid.result(PATIENCE_S).requests == 60


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
