"""What a page shows of one search: measured, or between searches that were measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from math import log, nan
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.design import Design
from engine.index import IndexConfig
from engine.retrieval import IndexPoint, VectorData

Reader = Callable[[IndexPoint], float]
Pair = tuple[float, float]
"""A value, and half the width of its interval; NaN where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class RetrievalView:
    """One index, asked for k, on the vectors that are shown.

    source : "grid" for what lies between searches that were measured, "measured" for this one.
    recall : of the exact search's answer. top10 : of the true top-10 of ``judged`` users; None
        without users.
    exact_top10 : what an exact search finds of it for the users of `curve`, NaN as long as it is
        not known. lost : how much more that is than this search finds, for the same users.
    p50, p95, p99 : of a single search, ms.
    curve : the same search over its query-time knob; None where it has none or is not known.
    around : searches that previews may pass, so that axes can hold them all.
    pinned : the search of the design A.
    """

    design: Design
    data: VectorData
    n: int
    d: int
    k: int
    source: Literal["grid", "measured"]
    recall: Pair
    queries: int
    top10: Pair | None
    judged: int
    p50: float
    p95: float
    p99: float
    requests: int
    taken_at: float
    held_up: float
    build_seconds: float
    memory_bytes: int
    exact_top10: float = nan
    lost: float = nan
    curve: KnobCurve | None = None
    around: tuple[IndexPoint, ...] = ()
    pinned: RetrievalView | None = None

    @classmethod
    def measured(cls, design: Design, data: VectorData, d: int, point: IndexPoint) -> RetrievalView:
        """The search itself, as it was measured."""
        top10 = point.top10
        return cls(
            design=design,
            data=data,
            n=point.n,
            d=d,
            k=point.k,
            source="measured",
            recall=(point.recall.value, point.recall.half_width),
            queries=point.recall.n,
            top10=None if top10 is None else (top10.value, top10.half_width),
            judged=0 if top10 is None else top10.n,
            p50=point.p50.value,
            p95=point.p95.value,
            p99=point.p99.value,
            requests=point.requests,
            taken_at=point.taken_at,
            held_up=point.held_up,
            build_seconds=point.build_seconds,
            memory_bytes=point.memory_bytes,
        )

    @property
    def config(self) -> IndexConfig:
        """The index."""
        return self.design.index


@dataclass(frozen=True, slots=True, eq=False)
class KnobCurve:
    """A search over its query-time knob, at one k; arrays are (knobs,). queries : who asked."""

    knob: str
    queries: int
    values: NDArray[np.float64]
    recall: NDArray[np.float64]
    top10: NDArray[np.float64] | None
    p50: NDArray[np.float64]
    p95: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SearchGrid:
    """One built index measured at values of its query-time knob and of k.

    points : at each k, in ascending order, a point for each value of the knob, in ascending
        order; a single one for an index without such a knob.
    exact : an exact search's share of the users' true top-10 at each k; empty without users.
    """

    points: tuple[tuple[IndexPoint, ...], ...]
    exact: tuple[float, ...] = ()

    @property
    def ks(self) -> tuple[int, ...]:
        """The values of k."""
        return tuple(row[0].k for row in self.points)

    @property
    def knobs(self) -> tuple[int, ...]:
        """The values of the knob; a single zero without one."""
        return tuple(_knob(point.config) for point in self.points[0])

    @property
    def judged(self) -> int:
        """Users whose true top-10 is looked for."""
        top10 = self.points[0][0].top10
        return 0 if top10 is None else top10.n

    def exact_top10(self, k: int) -> float:
        """Between the neighbours in k; NaN without users."""
        if not self.exact:
            return nan
        return float(np.interp(log(k), np.log(self.ks), self.exact))

    def lost(self, design: Design) -> float:
        """What an exact search finds more of the true top-10, for the same users; NaN without."""
        if not self.exact:
            return nan
        found = self._over_knob(design.candidates, _top10)
        there = float(np.interp(_knob(design.index), self.knobs, found))
        return self.exact_top10(design.candidates) - there

    def curve(self, k: int) -> KnobCurve | None:
        """Over the knob at one k; None without a knob."""
        name = self.points[0][0].config.query_knob
        if name is None or len(self.knobs) < 2:
            return None
        with_users = self.points[0][0].top10 is not None
        return KnobCurve(
            knob=name,
            queries=self.points[0][0].recall.n,
            values=np.array(self.knobs, dtype=np.float64),
            recall=self._over_knob(k, _recall),
            top10=self._over_knob(k, _top10) if with_users else None,
            p50=self._over_knob(k, _p50),
            p95=self._over_knob(k, _p95),
        )

    @property
    def all_points(self) -> tuple[IndexPoint, ...]:
        """The points at every k."""
        return tuple(point for row in self.points for point in row)

    def at(self, design: Design, data: VectorData, d: int) -> RetrievalView:
        """What lies between the points at the design's knob and candidates."""
        k, knob = design.candidates, _knob(design.index)
        point = self.points[0][0]

        def between(read: Reader) -> float:
            return float(np.interp(knob, self.knobs, self._over_knob(k, read)))

        newest = max(p.taken_at for row in self.points for p in row)
        return RetrievalView(
            design=design,
            data=data,
            n=point.n,
            d=d,
            k=min(k, point.n),
            source="grid",
            recall=(between(_recall), between(_recall_half)),
            queries=point.recall.n,
            top10=None if point.top10 is None else (between(_top10), between(_top10_half)),
            judged=self.judged,
            p50=between(_p50),
            p95=between(_p95),
            p99=nan,
            requests=point.requests,
            taken_at=newest,
            held_up=max(p.held_up for row in self.points for p in row),
            build_seconds=point.build_seconds,
            memory_bytes=point.memory_bytes,
            exact_top10=self.exact_top10(k),
            lost=self.lost(design),
            curve=self.curve(k),
            around=self.all_points,
        )

    def _over_knob(self, k: int, read: Reader) -> NDArray[np.float64]:
        place = np.log(self.ks)
        return np.array([np.interp(log(k), place, knob) for knob in _read(self, read).T])


# A course asks some hundred times, while a viewer waits.
@lru_cache(maxsize=64)
def _read(grid: SearchGrid, read: Reader) -> NDArray[np.float64]:
    """A figure of each point, float64 (ks, knobs), read-only."""
    table = np.array([[read(point) for point in row] for row in grid.points])
    table.setflags(write=False)
    return table


def with_grid(view: RetrievalView, grid: SearchGrid | None) -> RetrievalView:
    """The view with what is known around it."""
    if grid is None:
        return view
    k = view.design.candidates
    exact, lost = grid.exact_top10(k), grid.lost(view.design)
    if view.top10 is not None and view.judged == grid.judged and k in grid.ks:
        lost = exact - view.top10[0]  # of the same users, with nothing in between
    return replace(view, curve=grid.curve(k), around=grid.all_points, exact_top10=exact, lost=lost)


def _knob(config: IndexConfig) -> int:
    return 0 if config.query_knob is None else int(getattr(config, config.query_knob))


def _recall(point: IndexPoint) -> float:
    return point.recall.value


def _recall_half(point: IndexPoint) -> float:
    return point.recall.half_width


def _p50(point: IndexPoint) -> float:
    return point.p50.value


def _p95(point: IndexPoint) -> float:
    return point.p95.value


def _top10(point: IndexPoint) -> float:
    return nan if point.top10 is None else point.top10.value


def _top10_half(point: IndexPoint) -> float:
    return nan if point.top10 is None else point.top10.half_width
