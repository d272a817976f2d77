"""Two designs timed together: one measurement for all who compare the same pair."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from engine.live_measurement import FIRST_LOOK, Ledger, MeasuringError, ledger
from engine.scenario import Scenario
from engine.world import WorldConfig
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

pytestmark = pytest.mark.usefixtures("unwatched")


def pairs(process: FakeProcess) -> list[tuple[str, str, int, int]]:
    """Candidates of both, start and requests of each task on a pair."""
    return [
        (
            task["scenario"]["candidates"],
            task["other"]["candidates"],
            task["start"],
            task["requests"],
        )
        for task in process.tasks
        if task["what"] == "pair"
    ]


def test_pair_is_timed_chunk_by_chunk_until_all_its_requests_are_there(
    process: FakeProcess, book: Ledger
) -> None:
    both = book.compare(A, B, 100).result(PATIENCE_S)
    assert pairs(process) == [
        ("100", "200", 0, 40),
        ("100", "200", 40, 40),
        ("100", "200", 80, 20),
    ]
    for timing in both:
        np.testing.assert_array_equal(timing.nanoseconds[:, 0], np.arange(100))


def test_all_who_compare_the_same_pair_share_one_measurement_whoever_their_user_is(
    process: FakeProcess, book: Ledger
) -> None:
    first = book.compare(A, B, 40)
    first.result(PATIENCE_S)
    assert book.compare(replace(A, user=3), replace(B, user=4), 40) is first
    assert book.compare(A, C, 40) is not first
    book.compare(A, C, 40).result(PATIENCE_S)
    assert len(pairs(process)) == 2


def test_first_look_that_somebody_waits_for_comes_between_the_chunks_of_a_pair(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    pair = book.compare(A, B, 80)
    waiter = pool.submit(book.wait, C, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: waiting(book, C) == 1)
    process.open.set()
    pair.result(PATIENCE_S)
    waiter.result()
    first.result()
    assert [what for what, *_ in process.asked()] == ["requests", "requests", "pair", "pair"]


@pytest.mark.parametrize("error", [MeasuringError("no"), KeyError("no")])
def test_pair_that_failed_is_a_measuring_error_and_measured_anew_when_next_asked_for(
    process: FakeProcess, book: Ledger, error: Exception
) -> None:
    process.failures.append(error)
    with pytest.raises(MeasuringError, match="no"):
        book.compare(A, B, 100).result(PATIENCE_S)
    time.sleep(0.05)
    assert len(process.tasks) == 1  # it is not tried again by itself
    assert book.compare(A, B, 100).result(PATIENCE_S)[1].requests == 100


def test_cancelled_pair_is_not_measured_and_the_next_who_asks_gets_another(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    assert book.compare(A, B, 100).cancel()
    process.open.set()
    first.result()
    assert book.wait(C, FIRST_LOOK, PATIENCE_S) is not None
    assert pairs(process) == []
    assert book.compare(A, B, 100).result(PATIENCE_S)[0].requests == 100


def test_forgotten_design_has_its_pairs_measured_anew(process: FakeProcess, book: Ledger) -> None:
    old, other = book.compare(A, B, 100), book.compare(A, C, 100)
    old.result(PATIENCE_S)
    other.result(PATIENCE_S)
    book.forget(B)
    assert book.compare(A, B, 100) is not old
    assert book.compare(A, C, 100) is other


def test_ledger_forgets_pairs_that_were_asked_for_longest_ago(
    book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_MOST_PAIRS", 2)
    futures = {}
    for other in (A, B, C):
        futures[other] = book.compare(A, other, 10)
        futures[other].result(PATIENCE_S)
    assert book.compare(A, C, 10) is futures[C]
    assert book.compare(A, B, 10) is futures[B]
    assert book.compare(A, A, 10) is not futures[A]


def test_pair_of_two_worlds_and_one_of_no_requests_are_refused(book: Ledger) -> None:
    with pytest.raises(ValueError, match=r"^b: must be of the world of a"):
        book.compare(A, Scenario(WorldConfig(seed=8)))
    with pytest.raises(ValueError, match=r"^requests=0: must be at least 1$"):
        book.compare(A, B, 0)
