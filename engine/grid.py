"""Figures measured beforehand over candidates and the index's query-time knob.

A slider that moves shows what lies between the points of such a grid at once; the figures
of the design itself follow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.design import Design
from engine.evaluation import GRID, Curve, Evaluator, candidates_up_to, quality_curve
from engine.index import IndexConfig
from engine.measurement import InterleavedRun, split_percentile
from engine.pipeline import STAGES, System
from engine.progress import Progress, silent

KNOB_GRID = {
    "ef_search": (10, 50, 100, 200, 300, 400, 500, 700, 1000),
    "nprobe": (1, 2, 4, 8, 16, 32, 64, 128, 256),
}
_LATENCY_KNOBS = {"ef_search": (10, 200, 400, 700, 1000), "nprobe": (1, 8, 32, 128)}
_LATENCY_CANDIDATES = (10, 50, 100, 200, 300, 500, 700, 1000)
_LATENCY_REQUESTS = 60


@dataclass(frozen=True, slots=True, eq=False)
class QualityGrid:
    """A `Curve` at each value of the knob; arrays are (knobs, candidates)."""

    knobs: NDArray[np.float64]
    candidates: NDArray[np.float64]
    ndcg: NDArray[np.float64]
    ranked: NDArray[np.float64]
    best_exact: NDArray[np.float64]
    best_returned: NDArray[np.float64]
    half_width: NDArray[np.float64]
    recall: NDArray[np.float64]
    ann_recall: NDArray[np.float64]

    @classmethod
    def of_one(cls, curve: Curve) -> QualityGrid:
        """A grid that knows one value of the knob only, and shows it for all."""
        columns = {
            field.name: getattr(curve, field.name)[None]
            for field in fields(Curve)
            if field.name != "candidates"
        }
        return cls(np.zeros(1), np.array(curve.candidates, dtype=np.float64), **columns)

    def holds(self, design: Design) -> bool:
        """Whether the design's knob is one of the grid's own, so that nothing lies between."""
        return _knob_value(design.index) in self.knobs

    def curve(self, design: Design) -> Curve:
        """The curve at the design's knob, between the two nearest on the grid."""
        value = _knob_value(design.index)
        columns = {
            field.name: _between(self.knobs, getattr(self, field.name), value)
            for field in fields(Curve)
            if field.name != "candidates"
        }
        return Curve(tuple(int(n) for n in self.candidates), **columns)


@dataclass(frozen=True, slots=True, eq=False)
class LatencyGrid:
    """Percentiles of whole requests in ms, (knobs, candidates, 6).

    The first five are the stages' parts of the whole (`split_percentile`), the last is the whole.
    """

    knobs: NDArray[np.float64]
    candidates: NDArray[np.float64]
    p50: NDArray[np.float64]
    p95: NDArray[np.float64]
    requests: int
    taken_at: float
    held_up: float  # share of requests held up by other work on the machine

    def over_candidates(self, design: Design, q: int) -> NDArray[np.float64]:
        """The p50 or p95 at the design's knob, (candidates, 6): the stages, then the whole.

        Raises
        ------
        ValueError : another percentile.
        """
        if q not in (50, 95):
            raise ValueError(f"q={q!r}: must be 50 or 95")
        return _between(self.knobs, self.p50 if q == 50 else self.p95, _knob_value(design.index))

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in values.items()
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> LatencyGrid:
        """From what `plain` gave."""
        arrays = {name: np.array(plain[name]) for name in ("knobs", "candidates", "p50", "p95")}
        return cls(**plain | arrays)

    def with_reranking(self, p50: float, p95: float) -> LatencyGrid:
        """The grid of designs that re-rank besides, in so many ms whatever comes before."""
        more = np.zeros(len(STAGES) + 1)
        more[[STAGES.index("reranking"), -1]] = 1.0
        return replace(self, p50=self.p50 + p50 * more, p95=self.p95 + p95 * more)

    def at(self, design: Design, q: int) -> NDArray[np.float64]:
        """The p50 or p95 at the design, between its neighbours on the grid, (6,)."""
        column = self.over_candidates(design, q)
        places = np.log(self.candidates)
        here = np.log(design.candidates)
        return np.array([np.interp(here, places, column[:, i]) for i in range(column.shape[1])])


def quality_grid(evaluator: Evaluator, system: System, progress: Progress = silent) -> QualityGrid:
    """Judge the system over candidates and the index's knob."""
    knobs = knob_values(system.design.index, KNOB_GRID)
    curves = []
    for place, knob in enumerate(knobs):
        progress("judging a grid of designs", place / len(knobs))
        tuned = system.tuned(with_knob(system.design, knob))
        curves.append(quality_curve(evaluator, tuned, GRID))
    stacked: dict[str, Any] = {
        field.name: np.stack([getattr(curve, field.name) for curve in curves])
        for field in fields(Curve)
        if field.name != "candidates"
    }
    candidates = np.array(curves[0].candidates, dtype=np.float64)
    return QualityGrid(np.array(knobs, dtype=np.float64), candidates, **stacked)


def latency_grid(system: System, requests: int = _LATENCY_REQUESTS) -> LatencyGrid:
    """Time whole requests over candidates and the index's knob, all points interleaved."""
    run = LatencyGridRun(system, requests)
    run.go_on()
    return run.grid()


class LatencyGridRun:
    """`latency_grid`, bit by bit."""

    def __init__(self, system: System, requests: int = _LATENCY_REQUESTS) -> None:
        index = system.design.index
        self._knobs = knob_values(index, _LATENCY_KNOBS)
        self._counts = candidates_up_to(len(system.world.items), _LATENCY_CANDIDATES)
        self._points = [(knob, n) for knob in self._knobs for n in self._counts]
        # A width below what is asked for has no effect, so such points share one measurement.
        self._same = [
            (max(knob, n) if index.query_knob == "ef_search" else knob, n)
            for knob, n in self._points
        ]
        distinct = dict(reversed(list(zip(self._same, self._points, strict=True))))
        self._place = {same: place for place, same in enumerate(distinct)}
        self._requests = requests
        self._run = InterleavedRun(
            [
                system.tuned(replace(with_knob(system.design, knob), candidates=n))
                for knob, n in distinct.values()
            ],
            requests,
        )

    def go_on(self, seconds: float = math.inf) -> bool:
        """Time on for about so long; whether all is timed."""
        return self._run.go_on(seconds)

    def plain(self) -> dict[str, Any]:
        """The grid as JSON can hold it, once all is timed."""
        return self.grid().plain()

    def grid(self) -> LatencyGrid:
        """The grid, once all is timed."""
        timings = self._run.timings()
        rows = [timings[self._place[same]].nanoseconds for same in self._same]
        shape = len(self._knobs), len(self._counts), len(STAGES) + 1

        def percentiles(q: float) -> NDArray[np.float64]:
            return np.array(
                [[*split_percentile(row, q), np.percentile(row[:, -1], q) / 1e6] for row in rows]
            ).reshape(shape)

        return LatencyGrid(
            knobs=np.array(self._knobs, dtype=np.float64),
            candidates=np.array(self._counts, dtype=np.float64),
            p50=percentiles(50),
            p95=percentiles(95),
            requests=self._requests,
            taken_at=timings[0].taken_at,
            held_up=float(np.mean([timing.held_up for timing in timings])),
        )


def save_grid(grid: QualityGrid | LatencyGrid, directory: Path) -> None:
    """Write a grid, without pickle."""
    np.savez(directory / "grid.npz", **{f.name: getattr(grid, f.name) for f in fields(grid)})


def load_quality_grid(directory: Path) -> QualityGrid:
    """Read what `save_grid` wrote."""
    with np.load(directory / "grid.npz", allow_pickle=False) as saved:
        return QualityGrid(**{f.name: saved[f.name] for f in fields(QualityGrid)})


def load_latency_grid(directory: Path) -> LatencyGrid:
    """Read what `save_grid` wrote."""
    with np.load(directory / "grid.npz", allow_pickle=False) as saved:
        values: dict[str, Any] = {f.name: saved[f.name] for f in fields(LatencyGrid)}
        values |= {name: float(saved[name]) for name in ("taken_at", "held_up")}
        values["requests"] = int(saved["requests"])
        return LatencyGrid(**values)


def knob_values(index: IndexConfig, grid: Mapping[str, tuple[int, ...]]) -> list[int]:
    """The values of the index's knob that a grid holds, or one for an index without."""
    if index.query_knob is None:
        return [0]
    highest = getattr(index, "nlist", None) or max(grid[index.query_knob])
    values = [value for value in grid[index.query_knob] if value <= highest]
    return values if values[-1] >= min(highest, max(grid[index.query_knob])) else [*values, highest]


def with_knob(design: Design, value: int) -> Design:
    """The design with another value of its index's query-time knob."""
    if design.index.query_knob is None:
        return design
    knob: dict[str, Any] = {design.index.query_knob: value}
    return replace(design, index=replace(design.index, **knob))


def family(design: Design) -> Design:
    """What designs that share a grid have in common: all but candidates and the knob."""
    knob = design.index.query_knob
    # Not its build part: an index may have further query-time knobs, which no grid spans.
    usual = 0 if knob is None else getattr(design.index.build_part, knob)
    return replace(with_knob(design, usual), candidates=Design().candidates)


def _knob_value(index: IndexConfig) -> float:
    return float(getattr(index, index.query_knob)) if index.query_knob else 0.0


def _between(
    knobs: NDArray[np.float64], values: NDArray[np.float64], at: float
) -> NDArray[np.float64]:
    """Linear between the two nearest knobs; the outermost beyond them."""
    place = float(np.interp(at, knobs, np.arange(len(knobs))))
    low = int(place)
    high = min(low + 1, len(knobs) - 1)
    share = place - low
    result: NDArray[np.float64] = (1 - share) * values[low] + share * values[high]
    return result
