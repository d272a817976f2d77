"""Indexes measured for the retrieval page in the background, once for all viewers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from engine.design import Design
from engine.evaluation import candidates_up_to
from engine.fitting_process import VECTORS
from engine.grid import KNOB_GRID, knob_values, with_knob
from engine.index import Exact, Index, IndexConfig
from engine.latest import Latest
from engine.measurement import this_machine
from engine.progress import Progress
from engine.rankers import NoRanker
from engine.retrieval import (
    JUDGED,
    QUERIES,
    IndexPoint,
    Vectors,
    query_recalls,
)
from engine.scenario import Scenario
from engine.search_walk import Projection, project
from engine.store import Recipe, part_key
from ui.calm import Calm
from ui.job_book import JobBook, let_pass
from ui.jobs import Cancelled, Job, start
from ui.retrieval.points_on_disk import load_points, save_points
from ui.retrieval.view import SearchGrid
from ui.studio import Studio, failed, studio

GRID_KS = (10, 30, 100, 300, 1_000)
"""Numbers of candidates between which a preview is drawn."""

FIRST_LOOK = 50
"""Queries that ask before a page shows a search; all of them ask once it is left alone."""

_MOST_BENCHES = 16
_MOST_POINTS = 400
_MOST_COURSES = 50
_MOST_FILMS = 12  # each takes some 400 kB
_CALM_S = 1.5
_REFINED_AFTER_S = 3.0
_COUNTED_S = 0.5
_BREATH_S = 0.1
_TOGETHER = 3  # in turn, for a second or two: a slider that is let go waits until they are done
_PATIENCE_S = 120.0


@dataclass(frozen=True, slots=True)
class Film:
    """A search as it is played: a sentence about it, and what the browser is sent."""

    summary: str
    sent: bytes


@dataclass(slots=True, eq=False, weakref_slot=True)
class VectorBench:
    """Vectors with one built index, and what comes to be known of them after the first look.

    scenario : what it was opened for, its index repaired to the vectors.
    repairs : a line for each repair.
    """

    scenario: Scenario
    vectors: Vectors
    index: Index
    repairs: tuple[str, ...] = ()
    grids: dict[Design, SearchGrid] = field(default_factory=dict)
    wanted_at: float = 0.0
    busy: bool = False
    gave_up: bool = False  # on what was to be found out later
    courses: Latest = field(default_factory=lambda: Latest(_MOST_COURSES))
    films: Latest = field(default_factory=lambda: Latest(_MOST_FILMS))
    _projection: Projection | None = None

    @property
    def n(self) -> int:
        """Vectors in the index."""
        return len(self.vectors.items)

    def grid(self, design: Design) -> SearchGrid | None:
        """Searches measured around a design; None as long as they are not."""
        return self.grids.get(searched(design))

    def projection(self) -> Projection:
        """Where the vectors lie in the plane; worked out once."""
        if self._projection is None:
            self._projection = project(self.vectors.items)
        return self._projection


class VectorBenches:
    """A bench for each built index that was asked for; points and sweeps beside it."""

    def __init__(self, shared: Studio) -> None:
        self._studio = shared
        self._lock = threading.Lock()
        self._jobs = JobBook(_MOST_BENCHES)
        self._points: OrderedDict[Hashable, Future[IndexPoint]] = OrderedDict()
        self._recalls: OrderedDict[Hashable, Future[NDArray[np.float64]]] = OrderedDict()
        self._refining: OrderedDict[Hashable, Future[IndexPoint]] = OrderedDict()
        self._stopwatch = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search-point")
        self._counting = ThreadPoolExecutor(max_workers=1, thread_name_prefix="search-recalls")
        self._calm = Calm()  # of those who move a slider here

    def open(self, scenario: Scenario) -> Job:
        """The job whose result is the scenario's bench: begun now, running, or done."""
        return self._jobs.open(
            bench_key(scenario), lambda report: self._make(scenario, report), "vectors"
        )

    def drop(self, scenario: Scenario) -> None:
        """Forget a bench's job, so that it is begun anew when next asked for."""
        self._jobs.drop(bench_key(scenario))

    def point(self, scenario: Scenario, again: bool = True) -> Future[IndexPoint]:
        """A first look at the scenario's own search, measured once for all who ask.

        again : whether one that failed is begun anew.
        """
        key = point_key(scenario)
        with self._lock:
            future = self._points.get(key)
            if future is None or (again and failed(future)):
                self._calm.disturb()
                future = self._stopwatch.submit(self._measure, scenario, FIRST_LOOK)
                self._points[key] = future
            self._points.move_to_end(key)
            while len(self._points) > _MOST_POINTS:
                self._points.popitem(last=False)
        return future

    def refined(self, scenario: Scenario) -> bool:
        """Whether all queries have asked; begun by asking, once the page was left alone."""
        key = point_key(scenario)
        with self._lock:
            known = self._points.get(key)
            if known is None or not known.done() or failed(known):
                return False
            if known.result().recall.n != FIRST_LOOK:  # all, or as many as there are
                return True
            calm = self._calm.left_s(_REFINED_AFTER_S) < 0
            running = self._refining.get(key)
            if running is None and calm:
                self._refining[key] = self._stopwatch.submit(self._measure, scenario, QUERIES)
                while len(self._refining) > _MOST_POINTS:
                    self._refining.popitem(last=False)
            elif running is not None and running.done():
                if failed(running):
                    return True  # the first look stays
                self._points[key] = running
                return True
        return False

    def known(self, scenario: Scenario) -> IndexPoint | None:
        """The scenario's own search, where it is at hand."""
        with self._lock:
            future = self._points.get(point_key(scenario))
        return None if future is None or not future.done() or failed(future) else future.result()

    def recalls(
        self, bench: VectorBench, scenario: Scenario, queries: int
    ) -> NDArray[np.float64] | None:
        """Recall of each of the first few queries, where it is known; begun by asking."""
        future = self.count(bench, scenario, queries)
        wait_for([future], timeout=_COUNTED_S)  # mostly it is there at once: no second drawing
        return None if not future.done() or failed(future) else future.result()

    def count(
        self, bench: VectorBench, scenario: Scenario, queries: int
    ) -> Future[NDArray[np.float64]]:
        """Begin to find recall query by query, once for all who ask."""
        key = (point_key(scenario), queries)
        with self._lock:
            future = self._recalls.get(key)
            if future is None or failed(future):
                for waiting in self._recalls.values():
                    waiting.cancel()  # of the searches that a slider passed, the newest counts
                future = self._counting.submit(
                    query_recalls,
                    bench.vectors.first(queries),
                    scenario.design.index,
                    scenario.design.candidates,
                    self._studio.store,
                )
                self._recalls[key] = future
            self._recalls.move_to_end(key)
            while len(self._recalls) > _MOST_POINTS:
                self._recalls.popitem(last=False)
        return future

    def counting(self, scenario: Scenario, queries: int) -> bool:
        """Whether recall is being counted query by query, or would be had nobody gone before."""
        with self._lock:
            future = self._recalls.get((point_key(scenario), queries))
        return future is not None and (not future.done() or future.cancelled())

    def look_on(self, bench: VectorBench, scenario: Scenario) -> None:
        """Have a grid measured while the page is calm and somebody still looks."""
        bench.wanted_at = time.monotonic()
        with self._lock:
            if bench.busy or bench.gave_up or bench.grid(scenario.design) is not None:
                return
            bench.busy = True
        start(lambda _: self._find_out(bench, scenario), "search-grid")

    def close(self) -> None:
        """End what still runs."""
        self._jobs.close()
        for pool in (self._stopwatch, self._counting):
            pool.shutdown(wait=False, cancel_futures=True)

    def _make(self, scenario: Scenario, report: Progress) -> VectorBench:
        found = self._studio.fits.result(VECTORS, scenario, report)
        report("ready", 1.0)
        return VectorBench(*found)

    def _measure(self, scenario: Scenario, queries: int) -> IndexPoint:
        index, k = scenario.design.index, scenario.design.candidates
        (point,) = self._measured(scenario, [index], k, queries=queries)
        return point

    def _measured(
        self,
        scenario: Scenario,
        configs: Sequence[IndexConfig],
        k: int,
        breathe: Callable[[], None] = lambda: None,
        queries: int = QUERIES,
    ) -> list[IndexPoint]:
        """Points of configurations that share one build, from the measuring process."""
        future = self._studio.ledger.indexes(scenario, list(configs), k, queries)
        end = time.monotonic() + _PATIENCE_S
        while not future.done() and time.monotonic() < end:
            breathe()
            time.sleep(0.005)
        return list(future.result(0))

    def _find_out(self, bench: VectorBench, scenario: Scenario) -> None:
        try:
            self._let_pass(bench)
            bench.grids[searched(scenario.design)] = self._grid(bench, scenario)
        except Cancelled:
            raise
        except Exception:
            bench.gave_up = True  # or it would fail again each time that the page asks
            raise
        finally:
            bench.busy = False

    def _grid(self, bench: VectorBench, scenario: Scenario) -> SearchGrid:
        vectors, design = bench.vectors, scenario.design
        ks = candidates_up_to(bench.n, GRID_KS)
        configs = [
            with_knob(design, int(knob)).index for knob in knob_values(design.index, KNOB_GRID)
        ]
        with_users = vectors.users is not None
        together: list[list[IndexConfig]] = [
            configs[first : first + _TOGETHER] for first in range(0, len(configs), _TOGETHER)
        ]
        together += [[Exact()]] if with_users else []

        def make(_: Progress) -> list[IndexPoint]:
            points: list[IndexPoint] = []
            for k, some in product(ks, together):
                self._let_pass(bench)
                points += self._measured(scenario, some, k, queries=JUDGED)
            return points

        key = part_key("search-grid", *vectors.identity, configs, ks, JUDGED, this_machine())
        points = self._studio.store.part(key, Recipe(make, save_points, load_points))
        width = len(configs) + with_users
        rows = [points[first : first + width] for first in range(0, len(points), width)]
        exact = [top10.value for row in rows if with_users and (top10 := row[-1].top10)]
        return SearchGrid(tuple(tuple(row[: len(configs)]) for row in rows), tuple(exact))

    def _let_pass(self, bench: VectorBench) -> None:
        """Let those pass who wait for a first look or move a slider."""
        while self._calm.left_s(_CALM_S) > 0:
            time.sleep(_BREATH_S)
        let_pass(self._jobs, bench)


def searched(design: Design) -> Design:
    """What designs have in common that one grid spans: the index but for its query-time knob."""
    usual = 0 if design.index.query_knob is None else _usual_knob(design)
    return Design(design.generator, with_knob(design, usual).index, ranker=NoRanker())


def bench_key(scenario: Scenario) -> Hashable:
    """What needs vectors or a build; what acts at query time does not."""
    return *_vectors_key(scenario), scenario.design.index.build_part


def point_key(scenario: Scenario) -> Hashable:
    """One search: vectors, index and how many are asked for."""
    return *_vectors_key(scenario), scenario.design.index, scenario.design.candidates


def sweep_key(scenario: Scenario) -> tuple[object, ...]:
    """Many indexes: vectors, and how many are asked for."""
    return *_vectors_key(scenario), scenario.design.candidates


def _vectors_key(scenario: Scenario) -> tuple[object, ...]:
    data = scenario.vectors.effective
    if data.synthetic:
        return (data,)
    return data, scenario.world, scenario.design.generator


def _usual_knob(design: Design) -> int:
    assert design.index.query_knob is not None
    usual: int = getattr(design.index.build_part, design.index.query_knob)
    return usual


@cache
def benches() -> VectorBenches:
    """The ones that everybody in this process shares."""
    return VectorBenches(studio())
