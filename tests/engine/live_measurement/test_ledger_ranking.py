"""The second stage timed alone: in turn with all else that the ledger measures."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from engine.live_measurement import FIRST_LOOK, Ledger, MeasuringError
from engine.measurement import this_machine
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


def test_timing_comes_as_arrays_of_this_machine(process: FakeProcess, book: Ledger) -> None:
    timing = book.ranking(replace(A, user=7)).result(PATIENCE_S)
    assert timing.rows == (1, 10)
    np.testing.assert_array_equal(timing.nanoseconds, [[[1, 2]], [[3, 4]]])
    assert (timing.taken_at, timing.machine) == (9.0, this_machine())
    (task,) = process.tasks
    assert (task["what"], task["scenario"]["user"]) == ("ranking", "0")  # whoever is served


def test_waiter_comes_before_it_and_it_comes_before_refinement(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    timing, grid = book.ranking(B), book.grid(B)
    waiter = pool.submit(book.wait, C, FIRST_LOOK, PATIENCE_S)
    eventually(lambda: waiting(book, C) == 1)
    process.open.set()
    assert timing.result(PATIENCE_S).requests == 1
    assert grid.result(PATIENCE_S).requests == 60
    waiter.result()
    first.result()
    assert [what for what, *_ in process.asked()] == ["requests", "requests", "ranking", "grid"]


@pytest.mark.parametrize("error", [MeasuringError("no"), KeyError("no")])
def test_what_fails_is_a_measuring_error_and_the_ledger_goes_on(
    process: FakeProcess, book: Ledger, error: Exception
) -> None:
    process.failures.append(error)
    with pytest.raises(MeasuringError, match="no"):
        book.ranking(A).result(PATIENCE_S)
    assert book.ranking(A).result(PATIENCE_S).requests == 1


def test_what_nobody_wants_any_more_is_not_timed(
    process: FakeProcess, book: Ledger, pool: ThreadPoolExecutor
) -> None:
    first = hold_at_a_task(process, book, pool)
    assert book.ranking(B).cancel()
    process.open.set()
    first.result()
    assert book.wait(C, FIRST_LOOK, PATIENCE_S) is not None
    assert "ranking" not in [what for what, *_ in process.asked()]
