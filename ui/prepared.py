"""All that designs of one family share, ready to answer."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field, replace

from engine.design import MIN_CANDIDATES, Design
from engine.evaluation import ClickFigures, Curve, Evaluator, quality_curve
from engine.grid import LatencyGrid, QualityGrid
from engine.latest import Latest
from engine.pipeline import System
from engine.rerankers import NoReranking
from engine.scenario import Scenario

_MOST_RERANKED = 500
_MOST_CURVES = 100
_MOST_COURSES = 200


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Prepared:
    """All that designs of one family share: fitted parts, panel, and grids for previews.

    courses : what sliders show on their way. reranked : grids of re-rankings.
    curves : quality over candidates, as judged.
    """

    scenario: Scenario  # the design repaired to what its index allows
    system: System
    evaluator: Evaluator
    quality: QualityGrid
    latency: LatencyGrid | None
    clicks: ClickFigures
    courses: Latest = field(default_factory=lambda: Latest(_MOST_COURSES))
    reranked: Latest = field(default_factory=lambda: Latest(_MOST_RERANKED))
    curves: Latest = field(default_factory=lambda: Latest(_MOST_CURVES))

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
        found: QualityGrid | None = self.reranked.known(at_any_knob(design))
        return found or self.reranked.known(at_one_knob(design))

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
        grid = self.reranked.known(at_any_knob(design)) if self._reranks(design) else self.quality
        if grid is not None and grid.holds(design):
            return grid.curve(design)
        curve: Curve | None = self.curves.known(_but_for_candidates(design))
        return curve

    def judge_curve(self, system: System) -> Curve:
        """Judge quality over candidates, and keep it: it takes a tenth of a second."""
        curve = quality_curve(self.evaluator, system)
        self.curves.keep(_but_for_candidates(system.design), curve)
        return curve

    @staticmethod
    def _reranks(design: Design) -> bool:
        return design.rerank != NoReranking()

    def timed_anew(self, latency: LatencyGrid) -> Prepared:
        """The same family, timed anew."""
        return replace(self, latency=latency, courses=Latest(_MOST_COURSES))

    def spans_knob(self, design: Design) -> bool:
        """Whether a grid over the index's knob previews the design."""
        return not self._reranks(design) or self.reranked.known(at_any_knob(design)) is not None


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
