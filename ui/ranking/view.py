"""What the ranking page shows of one design: figures of its ranker, with their kind."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import Literal

import numpy as np

from engine.comparison import Comparison
from engine.design import Design
from engine.evaluation import Curve, Report
from engine.figures import Estimate
from engine.fitting import FittedRanker
from engine.importance import Importance
from engine.measurement import RankingTiming

TOLD_ROWS = (100, 500)
"""Numbers of candidates whose times stand among the headline figures."""


@dataclass(frozen=True, slots=True, eq=False)
class RankingView:
    """One design as the ranking page shows it.

    source : "grid" for what lies between numbers of candidates judged beforehand, "judged" for
        the design itself.
    figures : name -> (value, half-width of its interval; NaN where a grid has none).
    best_slate : NDCG@10 of the best slate among the candidates.
    timing, curve, importances : None as long as they are not known. timing_failed : whether the
        stopwatch will not tell.
    pinned : the design that it is compared with, and the paired differences to it; the latter
        None in a preview, or where the two cannot be paired.
    """

    design: Design
    source: Literal["grid", "judged"]
    figures: dict[str, tuple[float, float]]
    ceiling: dict[str, float]
    best_slate: float
    users: int
    learned: FittedRanker
    report: Report
    timing: RankingTiming | None = None
    curve: Curve | None = None
    importances: list[Importance] | None = None
    pinned: PinnedRanking | None = None
    timing_failed: bool = False

    @classmethod
    def judged(
        cls,
        design: Design,
        report: Report,
        learned: FittedRanker,
        timing: RankingTiming | None,
        curve: Curve | None,
        importances: list[Importance] | None,
    ) -> RankingView:
        """The design itself, judged on the panel."""
        lost = report.loss["generation"].value + report.loss["index"].value
        return cls(
            design=design,
            source="judged",
            figures={name: _pair(figure) for name, figure in report.items()},
            ceiling=report.ceiling,
            best_slate=1.0 - lost,
            users=report["ndcg@10"].n,
            learned=learned,
            report=report,
            timing=timing,
            curve=curve,
            importances=importances,
        )

    def preview(self, candidates: int) -> RankingView:
        """The same ranker at another number of candidates, between those judged beforehand.

        Raises
        ------
        ValueError : as long as the curve over candidates is not known.
        """
        if self.curve is None:
            raise ValueError("curve: must be known before a preview")
        curve, place = self.curve, np.log(self.curve.candidates)

        def at(values: np.ndarray) -> float:
            return float(np.interp(np.log(candidates), place, values))

        figures = {name: pair for name, pair in self.figures.items() if name in _NOT_OF_SLATES}
        figures["ndcg@10"] = at(curve.ndcg), at(curve.half_width)
        return RankingView(
            design=self.design.with_candidates(candidates),
            source="grid",
            figures=figures,
            ceiling=self.ceiling,
            best_slate=at(curve.best_returned),
            users=self.users,
            learned=self.learned,
            report=self.report,
            timing=self.timing,
            curve=curve,
            importances=self.importances,
            pinned=None if self.pinned is None else PinnedRanking(self.pinned.view, None),
        )

    def stage_ms(self, q: float) -> float:
        """A percentile of features and scores at the design's candidates, ms; NaN untimed."""
        if self.timing is None:
            return nan
        return float(self.timing.at(self.design.candidates, q).sum())


@dataclass(frozen=True, slots=True, eq=False)
class PinnedRanking:
    """The design A, and what the shown one has more than it, paired."""

    view: RankingView
    figures: Comparison | None


_NOT_OF_SLATES = ("auc", "log_loss", "normalized_entropy", "calibration_ratio", "ece")


def _pair(figure: Estimate) -> tuple[float, float]:
    return figure.value, figure.half_width
