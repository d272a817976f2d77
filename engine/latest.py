"""What was worked out lately, by what it hangs on."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")


class Latest:
    """Values by key, of which the latest that were asked for are kept; safe in many threads.

    most : how many are kept, from 1.

    Raises
    ------
    ValueError : ``most`` below 1.
    """

    def __init__(self, most: int) -> None:
        if most < 1:
            raise ValueError(f"most={most!r}: must be at least 1")
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value under a key, or what ``make`` gives now, without keeping others waiting."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                known: T = self._kept[key]
                return known
        made = make()
        self.keep(key, made)
        return made

    def known(self, key: Hashable) -> Any:
        """The value under a key; None where there is none."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def keep(self, key: Hashable, value: Any) -> None:
        """Have it at hand from now on."""
        with self._lock:
            self._kept[key] = value
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def __len__(self) -> int:
        return len(self._kept)
