"""What was worked out of two reports, remembered: a page that waits asks for it every second."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

R = TypeVar("R")
V = TypeVar("V")
_MOST = 64


class Remembered(Generic[R, V]):
    """A function of two reports that works out each pair once, as long as it is among the latest.

    Reports are mappings, which have no hash: the very objects are what a pair is known by.
    """

    def __init__(self, of: Callable[[R, R], V]) -> None:
        self._of = of
        self._known: OrderedDict[tuple[int, int], tuple[R, R, V]] = OrderedDict()

    def __call__(self, a: R, b: R) -> V:
        key = id(a), id(b)  # kept with the answer, so that no other object gets them meanwhile
        if key in self._known:
            return self._known[key][2]
        found = self._of(a, b)
        self._known[key] = a, b, found
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return found
