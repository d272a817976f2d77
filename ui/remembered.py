"""What was worked out of reports, remembered: a page asks for it at every run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from engine.latest import Latest

V = TypeVar("V")
_MOST = 64


class Remembered(Generic[V]):
    """A function of reports that works out each answer once, as long as it is among the latest.

    Reports are mappings, which have no hash: the very objects are what an answer is known by, and
    choices given by name by their values.
    """

    def __init__(self, of: Callable[..., V], most: int = _MOST) -> None:
        self._of = of
        self._answers = Latest(most)

    def __call__(self, *reports: object, **choices: Hashable) -> V:
        key = tuple(map(id, reports)), tuple(sorted(choices.items()))
        # Kept with the answer, so that no other object gets their numbers meanwhile.
        _, found = self._answers.of(key, lambda: (reports, self._of(*reports, **choices)))
        return found
