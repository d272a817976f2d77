"""What the ledger does when measuring fails, and with grids."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.live_measurement import FIRST_LOOK, Ledger, MeasuringError
from engine.measurement import P99_FROM
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


def test_grid_comes_as_arrays(process: FakeProcess, book: Ledger) -> None:
    grid = book.grid(A).result(PATIENCE_S)
    assert grid.p50.shape == grid.p95.shape == (1, 1, 6)
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
