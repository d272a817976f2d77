"""Quality over the number of candidates, all else as designed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.evaluator import Evaluator
from engine.evaluation.report import Loss
from engine.intervals import mean_estimate
from engine.pipeline import System

GRID = (10, 20, 50, 100, 150, 200, 300, 400, 500, 700, 1000)


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """True NDCG@10 at each number of candidates; arrays are (len(candidates),).

    Means over the users who have something to judge, as in a `Report`.
    """

    candidates: tuple[int, ...]
    ndcg: NDArray[np.float64]  # the slate shown
    ranked: NDArray[np.float64]  # the slate as ranked; the same without re-ranking
    best_exact: NDArray[np.float64]  # the best slate within the generator's own candidates
    best_returned: NDArray[np.float64]  # the best slate within what the index returns
    half_width: NDArray[np.float64]  # of the 95% interval of ndcg
    recall: NDArray[np.float64]  # of the true top-10, within what the index returns
    ann_recall: NDArray[np.float64]  # of the exact answer

    def loss(self) -> Loss:
        """Loss by stage at each number of candidates."""
        return Loss.between(self.best_exact, self.best_returned, self.ranked, self.ndcg)


def quality_curve(evaluator: Evaluator, system: System, grid: Sequence[int] = GRID) -> Curve:
    """Judge the system at each number of candidates of a grid."""
    grid = candidates_up_to(len(system.world.items), grid)
    exact = evaluator.exact(system)
    returned = [evaluator.returned(system, n) for n in grid]
    slates = [evaluator.ndcg(system, judged) for judged in returned]
    ndcg = [mean_estimate(shown) for _, shown in slates]
    return Curve(
        candidates=grid,
        ndcg=np.array([estimate.value for estimate in ndcg]),
        ranked=_means(ranked for ranked, _ in slates),
        best_exact=_means(evaluator.best_exact_ndcg(system, grid)),
        best_returned=_means(evaluator.best_ndcg(judged) for judged in returned),
        half_width=np.array([estimate.half_width for estimate in ndcg]),
        recall=_means(evaluator.recall(judged) for judged in returned),
        ann_recall=_means(
            evaluator.ann_recall(exact.cut(n), judged)
            for n, judged in zip(grid, returned, strict=True)
        ),
    )


def candidates_up_to(items: int, grid: Sequence[int] = GRID) -> tuple[int, ...]:
    """A grid's numbers of candidates for a catalogue; one that ends before the grid ends it.

    Between the last of a grid and the end of a catalogue nothing would be known.
    """
    most = min(items, max(grid))
    return (*(n for n in grid if n < most), most)


def _means(rows: Iterable[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.array([mean_estimate(row).value for row in rows])
