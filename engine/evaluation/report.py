"""What is reported of a design: named estimates, and quality lost by stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.figures import Estimate
from engine.intervals import mean_estimate

LOSS_STAGES = ("generation", "index", "ranking", "reranking")


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """True NDCG@10 lost by each stage, one row a user.

    Each stage is charged with later stages thought perfect, so that the four add up to
    1 - NDCG: what the best slate loses by being confined to the generator's own best
    candidates; what it loses further by what the index really returned; what the slate
    as ranked falls short of that; and what the slate as re-ranked falls short of the slate
    as ranked, which is negative where re-ranking gains.
    """

    generation: NDArray[np.float64]
    index: NDArray[np.float64]
    ranking: NDArray[np.float64]
    reranking: NDArray[np.float64]

    @classmethod
    def between(
        cls,
        best_exact: NDArray[np.float64],
        best_returned: NDArray[np.float64],
        ranked: NDArray[np.float64],
        shown: NDArray[np.float64] | None = None,
    ) -> Loss:
        """From NDCGs: the best slates within two sets of candidates, the slate as ranked and,
        where it was re-ranked, as shown."""
        reranking = np.zeros_like(ranked) if shown is None else ranked - shown
        return cls(1.0 - best_exact, best_exact - best_returned, best_returned - ranked, reranking)


@dataclass(frozen=True, slots=True, eq=False)
class PerUser:
    """Figures of each user of the panel, for paired comparisons. NaN: nothing to judge."""

    ndcg: NDArray[np.float64]
    ndcg_observed: NDArray[np.float64]
    recall: NDArray[np.float64]
    ann_recall: NDArray[np.float64]
    index_cost: NDArray[np.float64]
    loss: Loss


@dataclass(frozen=True, slots=True, eq=False)
class Report(Mapping[str, Estimate]):
    """A mapping from a figure's name to its estimate.

    loss : stage -> estimate, see `Loss`.
    ceiling : figure -> what an oracle would score.
    per_user : the rows behind the means.
    """

    figures: dict[str, Estimate]
    per_user: PerUser
    ceiling: dict[str, float]
    loss: dict[str, Estimate] = field(init=False)

    def __post_init__(self) -> None:
        loss = {stage: mean_estimate(getattr(self.per_user.loss, stage)) for stage in LOSS_STAGES}
        object.__setattr__(self, "loss", loss)

    def __getitem__(self, name: str) -> Estimate:
        return self.figures[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.figures)

    def __len__(self) -> int:
        return len(self.figures)


def coverage(slates: NDArray[np.int64], items: int) -> Estimate:
    """Share of the catalogue that appears in some slate, with a jackknife interval.

    Burnham and Overton (1979): leaving a user out loses the items that only that user saw.

    Parameters
    ----------
    slates : (n, k) item ids, -1 where a slate ends early.
    items : size of the catalogue.
    """
    shown = slates[slates >= 0]
    times = np.bincount(shown, minlength=items)
    seen = float(np.count_nonzero(times))
    n = len(slates)
    alone = ((slates >= 0) & (times[np.maximum(slates, 0)] == 1)).sum(axis=1).astype(np.float64)
    variance = (n - 1) / n * float(((alone - alone.mean()) ** 2).sum()) if n > 1 else np.nan
    margin = 1.96 * np.sqrt(variance)
    return Estimate(seen / items, (seen - margin) / items, (seen + margin) / items, n)
