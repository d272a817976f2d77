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

    def curve_at_hand(self, system: System) -> tuple[Curve, bool]:
        """Quality over candidates, and whether it is judged: else between points of the grid."""
        design = system.design
        known = self.judged_curve(design)
        if known is not None:
            return known, True
        grid = self.quality_of(design)
        return (self.judge_curve(system), True) if grid is None else (grid.curve(design), False)

    def judged_curve(self, design: Design) -> Curve | None:
        """Quality over candidates as judged, not previewed; None where it is not at hand."""
        grid = self.reranked.get(at_any_knob(design)) if self._reranks(design) else self.quality
        if grid is not None and grid.holds(design):
            return grid.curve(design)
        return self.curves.get(_but_for_candidates(design))

    def judge_curve(self, system: System) -> Curve:
        """Judge quality over candidates, and keep it: it takes a tenth of a second."""
        curve = quality_curve(self.evaluator, system)
        self.curves[_but_for_candidates(system.design)] = curve
        while len(self.curves) > _MOST_CURVES:
            self.curves.pop(next(iter(self.curves)), None)
        return curve

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


def _but_for_candidates(design: Design) -> Hashable:
    return replace(design, candidates=MIN_CANDIDATES, slate=MIN_CANDIDATES), design.slate


def at_any_knob(design: Design) -> Hashable:
    """The name of a grid over the knob for the design's re-ranking."""
    return design.rerank, None


def at_one_knob(design: Design) -> Hashable:
    """The name of a grid of the design's knob alone, for its re-ranking."""
    return design.rerank, design.index
