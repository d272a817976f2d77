"""What is reported of a design: named estimates, and quality lost by stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.impressions import ClickRows
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
    as ranked, which is negative where re-ranking gains. NaN for users to whom nothing may be
    shown.
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
    """Figures of each user of the panel, for paired comparisons. NaN: nothing to judge.

    Those after `loss` are of the slate shown, see `SlateRows`.
    """

    ndcg: NDArray[np.float64]
    ndcg_observed: NDArray[np.float64]
    recall: NDArray[np.float64]
    ann_recall: NDArray[np.float64]
    index_cost: NDArray[np.float64]
    loss: Loss
    average_precision: NDArray[np.float64]
    reciprocal_rank: NDArray[np.float64]
    precision: NDArray[np.float64]
    slate_recall: NDArray[np.float64]
    novelty: NDArray[np.float64]
    diversity: NDArray[np.float64]
    freshness: NDArray[np.float64]


PER_USER = {
    "ndcg@10": "ndcg",
    "ndcg_observed@10": "ndcg_observed",
    "recall@candidates": "recall",
    "ann_recall": "ann_recall",
    "index_cost": "index_cost",
    "map@10": "average_precision",
    "mrr@10": "reciprocal_rank",
    "precision@10": "precision",
    "recall@10": "slate_recall",
    "novelty@10": "novelty",
    "diversity@10": "diversity",
    "freshness": "freshness",
}
"""Figure of a report -> the field of `PerUser` whose mean it is."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a comparison of two reports needs beside the figures of each user.

    world : identity of the world.
    users : int64 (n,), the panel.
    items : size of the catalogue.
    slates : int64 (n, k) item ids, -1 where a slate ends early.
    clicks : each impression of the last day.
    """

    world: str
    users: NDArray[np.int64]
    items: int
    slates: NDArray[np.int64]
    clicks: ClickRows


@dataclass(frozen=True, slots=True, eq=False)
class Report(Mapping[str, Estimate]):
    """A mapping from a figure's name to its estimate.

    loss : stage -> estimate, see `Loss`.
    ceiling : figure -> what an oracle would score.
    per_user : the rows behind the means.
    evidence : what else a comparison needs; None for a report that is put together by hand.
    """

    figures: dict[str, Estimate]
    per_user: PerUser
    ceiling: dict[str, float]
    evidence: Evidence | None = None
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
    return _jackknifed(*_seen(slates, items), items)


def coverage_difference(a: NDArray[np.int64], b: NDArray[np.int64], items: int) -> Estimate:
    """Coverage by slates b less that by slates a of the same users, with a paired jackknife.

    A user is left out of both at once, so that what both show alike makes no noise.

    Parameters
    ----------
    a, b : (n, k) item ids, -1 where a slate ends early; row by row the same users.
    items : size of the catalogue.

    Raises
    ------
    ValueError : not the same number of users.
    """
    if len(a) != len(b):
        raise ValueError(f"a: {len(a)} users, b: {len(b)}: must be the same users")
    (seen_a, alone_a), (seen_b, alone_b) = _seen(a, items), _seen(b, items)
    return _jackknifed(seen_b - seen_a, alone_b - alone_a, items)


def _seen(slates: NDArray[np.int64], items: int) -> tuple[float, NDArray[np.float64]]:
    """How many items appear, and how many of them in each user's slate alone, (n,)."""
    times = np.bincount(slates[slates >= 0], minlength=items)
    alone = (slates >= 0) & (times[np.maximum(slates, 0)] == 1)
    return float(np.count_nonzero(times)), alone.sum(axis=1).astype(np.float64)


def _jackknifed(count: float, lost: NDArray[np.float64], items: int) -> Estimate:
    """A share of the catalogue; `lost` is what leaving each user out takes from the count."""
    n = len(lost)
    variance = (n - 1) / n * float(((lost - lost.mean()) ** 2).sum()) if n > 1 else np.nan
    margin = 1.96 * np.sqrt(variance)
    return Estimate(count / items, (count - margin) / items, (count + margin) / items, n)
