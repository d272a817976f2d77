"""How far long work is, in one line of the terminal that is gone when it is done."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from engine.progress import Progress, silent

_EVERY_S = 0.1
_SURE_S = 2.0  # before, what is left would be a wild guess


@contextmanager
def progress_line(quiet: bool) -> Iterator[Progress]:
    """The progress of what runs inside; silent where nobody sees a terminal."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    line = _Line()
    try:
        yield line
    finally:
        line.clear()


class _Line:
    """Rewrites itself, a few times a second."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._drawn = -_EVERY_S

    def __call__(self, what: str, done: float) -> None:
        now = time.monotonic()
        if now - self._drawn < _EVERY_S:
            return
        self._drawn = now
        line = told(what, done, now - self._started)
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{line[:width]}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Leave nothing behind."""
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def told(what: str, done: float, elapsed_s: float) -> str:
    """Share, work and time left, as far as it can be told."""
    left = ""
    if elapsed_s >= _SURE_S and 0.0 < done < 1.0:
        seconds = elapsed_s * (1.0 - done) / done
        left = f", about {_duration(seconds)} left"
    return f"{done:4.0%}  {what}{left}"


def _duration(seconds: float) -> str:
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{seconds / 60:.0f} min"
