"""How long work says what it is doing: ``progress(what, done)`` with done from 0 to 1."""

from collections.abc import Callable

Progress = Callable[[str, float], None]


def silent(what: str, done: float) -> None:
    """The progress of work that nobody watches."""


def within(progress: Progress, start: float, stop: float) -> Progress:
    """The progress of a part that fills ``start..stop`` of the whole."""

    def report(what: str, done: float) -> None:
        progress(what, start + (stop - start) * done)

    return report
