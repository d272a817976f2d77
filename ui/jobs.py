"""Long work beside the pages: one thread a job, with progress, time left and cancel."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from engine.progress import Progress


class Cancelled(Exception):
    """The viewer does not want this any more."""


@dataclass(slots=True)
class Job:
    """Work that is running or has ended.

    what, done : what is running, and the share done, 0 to 1.
    """

    what: str = "starting"
    done: float = 0.0
    started: float = field(default_factory=time.monotonic)
    result: Any = None
    error: BaseException | None = None
    _ended: threading.Event = field(default_factory=threading.Event)
    _unwanted: threading.Event = field(default_factory=threading.Event)
    _watchers: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def ended(self) -> bool:
        """Whether there is a result or an error."""
        return self._ended.is_set()

    @property
    def at_hand(self) -> bool:
        """Whether there is a result."""
        return self.ended and self.error is None

    @property
    def running_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.started

    @property
    def left_s(self) -> float | None:
        """About how many seconds are left; None while it is too early to say."""
        if self.done < 0.05 or self.running_s < 0.5:
            return None
        return self.running_s * (1.0 - self.done) / self.done

    @contextmanager
    def watched(self, viewer: str) -> Iterator[None]:
        """Count as somebody who waits for it."""
        with self._guard:
            self._watchers[viewer] += 1
        try:
            yield
        finally:
            with self._guard:
                self._watchers[viewer] -= 1

    def watched_by_others(self, viewer: str) -> bool:
        """Whether anybody else waits for it.

        Who gives up may be counted still: a run of the page ends a moment after the next began.
        """
        with self._guard:
            return any(count > 0 for who, count in self._watchers.items() if who != viewer)

    def wait(self, seconds: float) -> bool:
        """Wait for the end; whether it came."""
        return self._ended.wait(seconds)

    def cancel(self) -> None:
        """End it at its next report of progress."""
        self._unwanted.set()

    def report(self, what: str, done: float) -> None:
        """The job's `Progress`."""
        if self._unwanted.is_set():
            raise Cancelled
        self.what, self.done = what, max(self.done, min(done, 1.0))

    def run(self, work: Callable[[Progress], Any]) -> None:
        """Do the work now, on this thread."""
        try:
            self.result = work(self.report)
            self.done = 1.0
        except BaseException as error:
            self.error = error
        finally:
            self._ended.set()


def start(work: Callable[[Progress], Any], name: str) -> Job:
    """Do the work on a thread of its own."""
    job = Job()
    threading.Thread(target=job.run, args=(work,), name=name, daemon=True).start()
    return job
