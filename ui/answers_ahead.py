"""Answers of an index found ahead of the slider of candidates, while pages are calm."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import replace

from engine.design import MAX_CANDIDATES
from engine.evaluation import TOGETHER
from engine.fitting_process import AHEAD, Fits, FittingError
from engine.index import HNSW
from engine.progress import silent
from engine.scenario import Scenario

_CALM_S = 5.0
_MOST_WANTED = 8


class AnswersAhead:
    """Families of designs whose answers are to be found, the newest first, a bit at a time.

    The process that fits finds them, behind whatever else is asked of it.
    """

    def __init__(self, fits: Fits) -> None:
        self._fits = fits
        self._wanted: list[Scenario] = []  # a part of the numbers of candidates each
        self._changed = threading.Condition()
        self._disturbed_at = time.monotonic()
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """Ask for no more."""
        with self._changed:
            self._closed = True
            self._changed.notify()

    def hold_back(self) -> None:
        """A viewer is being served: go on only after a while."""
        self._disturbed_at = time.monotonic()

    def want(self, scenario: Scenario) -> None:
        """Have answers found where they take long: above the width that each search has."""
        design = scenario.design
        if not isinstance(design.index, HNSW):
            return
        most = min(MAX_CANDIDATES, scenario.world.items)
        wide = range(TOGETHER, most + TOGETHER, TOGETHER)
        parts = [
            replace(scenario, design=design.with_candidates(min(n, most)))
            for n in wide
            if n >= design.index.ef_search
        ]
        with self._changed:
            self.hold_back()
            others = [part for part in self._wanted if part not in parts]
            self._wanted = [*parts, *others][: _MOST_WANTED * len(wide)]
            self._changed.notify()
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (part := self._next()) is not None:
            with suppress(FittingError, ValueError):  # it is found when it is asked for
                self._fits.result(AHEAD, part, silent)

    def _next(self) -> Scenario | None:
        """What to find once all is calm; None when closed."""
        with self._changed:
            while not self._closed:
                calm = self._disturbed_at + _CALM_S - time.monotonic()
                if self._wanted and calm <= 0:
                    return self._wanted.pop(0)
                self._changed.wait(calm if self._wanted else None)
        return None
