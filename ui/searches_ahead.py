"""Searches of a graph ahead of its sliders, while pages are calm."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from engine.design import MAX_CANDIDATES, Design
from engine.evaluation import AHEAD_STEP, TOGETHER
from engine.fitting_process import AHEAD, Fits
from engine.index import HNSW
from engine.rankers import NoRanker
from engine.scenario import Scenario
from ui.calm import Calm
from ui.jobs import Cancelled

_CALM_S = 5.0
_LOOK_EVERY_S = 0.2
_CLOSING_S = 2.0
_MOST_WANTED = 40


class SearchesAhead:
    """Graphs whose answers are to be found, the newest first, a file of them at a time.

    The process that fits finds them, between other work.

    calm : disturbed by who tries designs, and by a family that is opened.
    busy : whether a family is being made ready, which goes first.
    found : told of each file that is there, by the design that was searched for.
    """

    def __init__(
        self,
        fits: Fits,
        calm: Calm,
        busy: Callable[[], bool],
        found: Callable[[Scenario], None],
    ) -> None:
        self._fits, self._calm, self._busy, self._found = fits, calm, busy, found
        self._wanted: list[Scenario] = []  # one for each file
        self._begun: set[Scenario] = set()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def close(self) -> None:
        """Ask for no more, and give up what is asked for."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(_CLOSING_S)

    def want(self, scenario: Scenario) -> None:
        """Have answers found where that takes long: where many are asked for."""
        with self._changed:
            self._calm.disturb()
            fresh = [part for part in _parts(scenario) if part not in self._begun]
            others = [part for part in self._wanted if part not in fresh]
            self._wanted = [*fresh, *others][:_MOST_WANTED]
            self._changed.notify()
            if self._wanted and self._thread is None:
                self._thread = threading.Thread(target=self._work, name="ahead", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (part := self._next()) is not None:
            with suppress(Exception):  # who asks for these answers then finds them without
                self._fits.have_at_hand(AHEAD, part, self._go_on)
                self._found(part)

    def _next(self) -> Scenario | None:
        """What to find once all is calm; None when closed."""
        while True:
            busy = self._busy()  # takes a lock that callers of `want` may hold
            with self._changed:
                if self._closed:
                    return None
                left = self._calm.left_s(_CALM_S)
                if self._wanted and left <= 0 and not busy:
                    self._begun.add(self._wanted[0])
                    return self._wanted.pop(0)
                self._changed.wait(max(left, _LOOK_EVERY_S) if self._wanted else None)

    def _go_on(self, *_: object) -> None:
        if self._closed:
            raise Cancelled


def _parts(scenario: Scenario) -> list[Scenario]:
    """One for each file, without the choices that searches do not hang on."""
    design, most = scenario.design, min(MAX_CANDIDATES, scenario.world.items)
    # With other slates the slider stops elsewhere.
    if not isinstance(design.index, HNSW) or design.slate % AHEAD_STEP:
        return []
    # What is left out is asked for as well.
    lowest = min(design.index.ef_search, design.candidates) - TOGETHER
    numbers = [n for n in range(TOGETHER, most + TOGETHER, TOGETHER) if n > lowest]
    searched = Design(design.generator, design.index.build_part, ranker=NoRanker())
    return [Scenario(scenario.world, searched.with_candidates(min(n, most))) for n in numbers]
