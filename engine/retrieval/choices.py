"""What measured points say: which nobody beats, and which is fastest at a recall."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.index import INDEXES
from engine.pareto import pareto_front
from engine.retrieval.points import IndexPoint

RECALLS = (0.9, 0.95, 0.99)
"""Recalls that are asked for."""


@dataclass(frozen=True, slots=True)
class Fastest:
    """The fastest configuration that reaches a recall.

    point : by p50; None where none reaches it.
    runner_up : the fastest of another type of index that reaches it too, or None.
    """

    recall: float
    point: IndexPoint | None
    runner_up: IndexPoint | None

    @property
    def sure(self) -> bool:
        """Whether the whole interval of the point's recall reaches it."""
        return self.point is not None and self.point.recall.low >= self.recall


def fastest_at(points: Sequence[IndexPoint], recalls: Sequence[float] = RECALLS) -> list[Fastest]:
    """For each recall the fastest point, by p50, that reaches it.

    Raises
    ------
    ValueError : a recall outside 0 to 1.
    """
    found = []
    for recall in recalls:
        _check_recall(recall)
        reaching = sorted(
            (point for point in points if point.recall.value >= recall),
            key=lambda point: point.p50.value,
        )
        first = reaching[0] if reaching else None
        others = (point for point in reaching if point.config.name != reaching[0].config.name)
        found.append(Fastest(recall, first, next(others, None)))
    return found


def on_frontier(points: Sequence[IndexPoint]) -> NDArray[np.bool_]:
    """Which points no other beats in recall and p50 both, (n,)."""
    return pareto_front(
        [point.p50.value for point in points], [point.recall.value for point in points]
    )


def frontiers(points: Sequence[IndexPoint]) -> dict[str, list[IndexPoint]]:
    """The frontier of each type of index alone, fastest first; types in the order of `INDEXES`."""
    found = {}
    for name in INDEXES:
        of_type = [point for point in points if point.config.name == name]
        best = [
            point
            for point, beaten_by_none in zip(of_type, on_frontier(of_type), strict=True)
            if beaten_by_none
        ]
        if best:
            found[name] = sorted(best, key=lambda point: point.p50.value)
    return found


def at_equal_recall(points: Sequence[IndexPoint], recall: float) -> dict[str, float]:
    """The p50 in ms of each type of index at one recall, along its own frontier.

    Between two points of a frontier the logarithm of latency is drawn straight over that of what
    is missed; NaN for a type that does not reach the recall. A type whose fastest point is
    better than asked for takes that point's time.

    Raises
    ------
    ValueError : a recall outside 0 to 1.
    """
    _check_recall(recall)
    return {name: _time_at(front, recall) for name, front in frontiers(points).items()}


def _time_at(front: Sequence[IndexPoint], recall: float) -> float:
    recalls = [point.recall.value for point in front]
    if recalls[-1] < recall:
        return math.nan
    place = next(at for at, reached in enumerate(recalls) if reached >= recall)
    after = front[place]
    if place == 0 or after.recall.value == recall:
        return after.p50.value
    before = front[place - 1]
    missed = [
        _log_missed(value, after.n) for value in (before.recall.value, recall, recalls[place])
    ]
    share = (missed[0] - missed[1]) / (missed[0] - missed[2])
    low, high = math.log(before.p50.value), math.log(after.p50.value)
    return math.exp(low + share * (high - low))


def _log_missed(recall: float, n: int) -> float:
    """Bounded, so that a recall of 1 has its place."""
    return math.log(max(1.0 - recall, 0.1 / n))


def _check_recall(recall: float) -> None:
    if not 0.0 <= recall <= 1.0:
        raise ValueError(f"recall={recall!r}: must be from 0 to 1")
