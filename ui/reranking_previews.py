"""Grids that preview re-ranking: judged beside all else, while a page that needs them is calm."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from weakref import WeakKeyDictionary

from engine.design import Design
from engine.evaluation import quality_curve
from engine.grid import QualityGrid, quality_grid
from ui.calm import Calm
from ui.jobs import Cancelled, start
from ui.prepared import Prepared, at_any_knob, at_one_knob

_BREATH_S = 0.05
_CALM_S = 1.2
_STILL_WANTED_S = 2.5  # a page that waits asks every second


class RerankingPreviews:
    """One job a family at a time; it stops when nobody looks at its design any more."""

    def __init__(self, calm: Calm) -> None:
        self._calm = calm
        self._lock = threading.Lock()
        self._busy: set[Prepared] = set()
        self._wanted: WeakKeyDictionary[Prepared, dict[Design, float]] = WeakKeyDictionary()

    def known(self, prepared: Prepared, design: Design, others: Sequence[Design]) -> bool:
        """Whether there are grids that preview the design's re-ranking, and other designs'.

        If not they are judged, those of the others first and in their order.
        """
        missing = [other for other in others if prepared.quality_of(other) is None]
        if prepared.spans_knob(design) and not missing:
            return True
        with self._lock:
            self._wanted.setdefault(prepared, {})[design] = time.monotonic()
            if prepared in self._busy:
                return False
            self._busy.add(prepared)
        start(lambda _: self._judge(prepared, design, missing), "judge-reranking")
        return False

    def _judge(self, prepared: Prepared, design: Design, missing: Sequence[Design]) -> None:
        def breathe(*_: object) -> None:
            self._breathe(prepared, design)

        try:
            breathe()
            for other in missing:
                curve = quality_curve(prepared.evaluator, prepared.system_of(other))
                prepared.reranked.keep(at_one_knob(other), QualityGrid.of_one(curve))
                breathe()
            grid = quality_grid(prepared.evaluator, prepared.system_of(design), breathe)
            prepared.reranked.keep(at_any_knob(design), grid)
        finally:
            with self._lock:
                self._busy.discard(prepared)
                self._wanted[prepared].pop(design, None)

    def _breathe(self, prepared: Prepared, design: Design) -> None:
        """Let those pass who serve a viewer; end the job that nobody waits for any more."""
        time.sleep(_BREATH_S)
        while self._calm.left_s(_CALM_S) > 0:
            time.sleep(_BREATH_S)
        if time.monotonic() - self._wanted[prepared].get(design, 0.0) > _STILL_WANTED_S:
            raise Cancelled
