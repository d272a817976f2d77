"""What was worked out of reports, remembered: a page asks for it at every run."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")
_MOST = 64


class Remembered(Generic[V]):
    """A function of reports that works out each answer once, as long as it is among the latest.

    Reports are mappings, which have no hash: the very objects are what an answer is known by, and
    choices given by name by their values.
    """

    def __init__(self, of: Callable[..., V], most: int = _MOST) -> None:
        self._of = of
        self._most = most
        self._known: OrderedDict[Hashable, tuple[tuple[object, ...], V]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, *reports: object, **choices: Hashable) -> V:
        # Kept with the answer, so that no other object gets their numbers meanwhile.
        key = tuple(map(id, reports)), tuple(sorted(choices.items()))
        with self._lock:
            if key in self._known:
                return self._known[key][1]
        found = self._of(*reports, **choices)
        with self._lock:
            self._known[key] = reports, found
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return found
