"""Asking the studio: for a result, and many at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ui.jobs import Job
from ui.prepared import Prepared

T = TypeVar("T")
ASKERS = 12


def result_of(job: Job) -> Prepared:
    """What a job ends with, which must not be an error."""
    assert job.wait(60)
    assert job.error is None
    prepared: Prepared = job.result
    return prepared


def at_once(ask: Callable[[], T]) -> list[T]:
    """What many askers get who ask in the same moment."""
    barrier = threading.Barrier(ASKERS)

    def one(_: int) -> T:
        barrier.wait(10)
        return ask()

    with ThreadPoolExecutor(ASKERS) as askers:
        return list(askers.map(one, range(ASKERS)))
