"""Jobs by what they are for: one for each distinct request, however many viewers ask."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, Protocol

from engine.progress import Progress
from ui.jobs import Cancelled, Job, start

_CALM_S = 1.5
_STILL_WANTED_S = 4.0  # a page that waits asks every second
_BREATH_S = 0.1


class JobBook:
    """The jobs of one kind; the least recently asked for are forgotten.

    most : jobs that are remembered.
    again : whether a job that failed is begun anew when asked for; one that was cancelled always
        is.
    """

    def __init__(self, most: int, again: bool = False) -> None:
        self.most = most
        self._again = again
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()
        self._begun_at = float("-inf")

    def open(self, key: Hashable, work: Callable[[Progress], Any], name: str) -> Job:
        """The job under a key: begun now, on a thread of that name, running, or done."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or self._of_no_use(job):
                self._begun_at = time.monotonic()
                job = start(work, name)
                self._jobs[key] = job
            self._jobs.move_to_end(key)
            while len(self._jobs) > self.most:
                self._jobs.popitem(last=False)
        return job

    def find(self, key: Hashable) -> Job | None:
        """The job under a key; None where there is none."""
        with self._lock:
            return self._jobs.get(key)

    def drop(self, key: Hashable) -> None:
        """Forget a job, so that it is begun anew when next asked for."""
        with self._lock:
            self._jobs.pop(key, None)

    def cancel(self, key: Hashable) -> None:
        """End a job, and forget it."""
        with self._lock:
            job = self._jobs.pop(key, None)
        if job is not None:
            job.cancel()

    def close(self) -> None:
        """End what still runs."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()

    @property
    def busy(self) -> bool:
        """Whether one runs, or was begun a moment ago."""
        with self._lock:
            running = any(not job.ended for job in self._jobs.values())
        return running or time.monotonic() - self._begun_at < _CALM_S

    def _of_no_use(self, job: Job) -> bool:
        return isinstance(job.error, Cancelled) or (self._again and job.error is not None)


class Wanted(Protocol):
    """What is found out for those who look at it."""

    wanted_at: float
    """When it was last looked at, by the monotonic clock."""


def let_pass(first: JobBook, wanted: Wanted) -> None:
    """In work that nobody waits for: let those pass who wait for a job of a book.

    Raises
    ------
    Cancelled : nobody looks at what the work is for any more.
    """
    while first.busy:
        time.sleep(_BREATH_S)
    if time.monotonic() - wanted.wanted_at > _STILL_WANTED_S:
        raise Cancelled
