"""All that designs of one family share, ready to answer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from engine.design import MIN_CANDIDATES, Design
from engine.evaluation import ClickFigures, Curve, Evaluator, quality_curve
from engine.grid import LatencyGrid, QualityGrid
from engine.pipeline import System
from engine.rerankers import NoReranking
from engine.scenario import Scenario
from ui.live_preview import Course

_MOST_RERANKED = 500
_MOST_CURVES = 100


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """All that designs of one family share: fitted parts, panel, and grids for previews."""

    scenario: Scenario  # the design repaired to what its index allows
    system: System
    evaluator: Evaluator
    quality: QualityGrid
    latency: LatencyGrid | None
    clicks: ClickFigures
    courses: dict[Hashable, Course] = field(default_factory=dict)  # what sliders show on their way

    reranked: dict[Hashable, QualityGrid] = field(default_factory=dict)
    curves: dict[Hashable, Curve] = field(default_factory=dict)

    def system_of(self, design: Design) -> System:
        """The system of a design of this family."""
        return self.system.tuned(design)

    def allowed(self, scenario: Scenario) -> Scenario:
        """The scenario with its index repaired to the vectors that there are."""
        return replace(scenario, design=as_vectors_allow(self.system, scenario.design)[0])

    def quality_of(self, design: Design) -> QualityGrid | None:
        """The grid that previews the design; None while there is none for its re-ranking."""
        if design.rerank == NoReranking():
            return self.quality
        found = self.reranked.get(at_any_knob(design))
        return found or self.reranked.get(at_one_knob(design))

    def curve(self, system: System) -> Curve:
        """Quality over candidates as judged, not previewed: kept, for it asks for many searches."""
        design = system.design
        grid = self.reranked.get(at_any_knob(design)) if self._reranks(design) else self.quality
        if grid is not None and grid.holds(design):
            return grid.curve(design)
        key = replace(design, candidates=MIN_CANDIDATES, slate=MIN_CANDIDATES), design.slate
        if key not in self.curves:
            self.curves[key] = quality_curve(self.evaluator, system)
            while len(self.curves) > _MOST_CURVES:
                self.curves.pop(next(iter(self.curves)), None)
        return self.curves[key]

    @staticmethod
    def _reranks(design: Design) -> bool:
        return design.rerank != NoReranking()

    def spans_knob(self, design: Design) -> bool:
        """Whether a grid over the index's knob previews the design."""
        return not self._reranks(design) or at_any_knob(design) in self.reranked

    def keep_reranked(self, key: Hashable, grid: QualityGrid) -> None:
        """Keep a grid for a re-ranking, of the many that a slider passes the newest."""
        self.reranked[key] = grid
        while len(self.reranked) > _MOST_RERANKED:
            self.reranked.pop(next(iter(self.reranked)), None)


def as_vectors_allow(system: System, design: Design) -> tuple[Design, list[str]]:
    """The nearest design that the fitted vectors allow, and a line for each repair."""
    if system.index is None:
        return design, []
    index, lines = design.index.repaired(system.index.size, system.index.dim)
    return replace(design, index=index), lines


def at_any_knob(design: Design) -> Hashable:
    """The name of a grid over the knob for the design's re-ranking."""
    return design.rerank, None


def at_one_knob(design: Design) -> Hashable:
    """The name of a grid of the design's knob alone, for its re-ranking."""
    return design.rerank, design.index
