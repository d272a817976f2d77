"""The app's one workbench: fitted designs, judged and timed, shared by all viewers."""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cache
from typing import NamedTuple, TypeVar

from engine.design import MAX_CANDIDATES, Design
from engine.evaluation import Curve, Further, Report, further, kept_further
from engine.fitting_process import FAMILY, SYSTEM, Fits
from engine.grid import LatencyGrid, family, load_latency_grid, save_grid
from engine.live_measurement import FIRST_LOOK, Ledger, MeasuringError, MeasuringProcess
from engine.measurement import Timing, this_machine
from engine.pipeline import System
from engine.progress import Progress, within
from engine.rerankers import NoReranking
from engine.scenario import Scenario
from engine.store import PartStore, Recipe, default_store, part_key
from ui.calm import Calm
from ui.jobs import Job, start
from ui.prepared import Prepared
from ui.reranking_previews import RerankingPreviews
from ui.searches_ahead import SearchesAhead
from ui.view import View

T = TypeVar("T")
_MOST_PREPARED = 16
_MOST_VIEWS = 400
_PATIENCE_S = 30.0
_GRID_PATIENCE_S = 180.0
_FIRST_VIEW_S = 6.0
_CLOSING_S = 5.0


def _nothing() -> None:
    """What comes after the first page where nothing does."""


class Studio:
    """Prepares families of designs in the background, and measures designs once for all."""

    def __init__(self, store: PartStore) -> None:
        self.store = store
        self.process = MeasuringProcess()
        self.ledger = Ledger(self.process)
        self.fits, self.long_fits = Fits(store), Fits(store)
        self.calm = Calm()
        self.reranking_previews = RerankingPreviews(self.calm)
        self.searches_ahead = SearchesAhead(self.fits, self.calm, self._preparing, self._read_ahead)
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()
        self._systems: dict[Hashable, System] = {}  # of the jobs above that have come so far
        self._views: OrderedDict[Hashable, Future[View]] = OrderedDict()
        self._reranking_ms = 0.0, 0.0  # p50 and p95, as last measured
        self._waiting: Counter[Future[View]] = Counter()
        self._waiters = ThreadPoolExecutor(max_workers=8, thread_name_prefix="first-look")
        self._judges = ThreadPoolExecutor(max_workers=1, thread_name_prefix="judge")
        self._judging_curve: Future[Curve] = Future()
        self._judging_curve.cancel()

    def warm_up(self, afterwards: Callable[[], None] = _nothing) -> None:
        """Begin with what the first viewer will see; go on with what comes ``afterwards``."""
        self.process.start()
        job = self.prepare(Scenario())

        def settle() -> None:
            job.wait(600)
            # What was loaded stays: the collector need not walk it again.
            gc.collect()
            gc.freeze()
            if job.error is None:
                time.sleep(_FIRST_VIEW_S)
                _look_ahead(job.result)
                self.fits.start()
                afterwards()

        threading.Thread(target=settle, name="settle", daemon=True).start()

    def close(self) -> None:
        """Stop what runs beside the app.

        A thread that is within a library's C++ when Python ends takes the process down with it.
        """
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.cancel()
        self.searches_ahead.close()
        for process in (self.process, self.fits, self.long_fits):
            process.close()
        deadline = time.monotonic() + _CLOSING_S
        for job in jobs:
            job.wait(max(0.0, deadline - time.monotonic()))

    def prepare(self, scenario: Scenario) -> Job:
        """The job that prepares the scenario's family: begun now, running, or done."""
        key = _family_key(scenario)
        with self._lock:
            job = self._jobs.get(key)
            if job is None:
                job = start(lambda report: self._prepare(scenario, report), "prepare")
                self._jobs[key] = job
            self._jobs.move_to_end(key)
            while len(self._jobs) > _MOST_PREPARED:
                oldest, _ = self._jobs.popitem(last=False)
                self._systems.pop(oldest, None)
        return job

    def system(self, scenario: Scenario) -> System | None:
        """What serves the scenario, once fitted: its job goes on to grids for previews."""
        with self._lock:
            return self._systems.get(_family_key(scenario))

    def drop(self, scenario: Scenario) -> None:
        """Forget a family's job, so that it is begun anew when next asked for."""
        with self._lock:
            self._jobs.pop(_family_key(scenario), None)
            self._systems.pop(_family_key(scenario), None)

    def preview(self, prepared: Prepared, scenario: Scenario) -> View:
        """What the grids say of a design, at once.

        While there is none for its re-ranking, of the design without it.
        """
        design, quality = scenario.design, prepared.quality_of(scenario.design)
        if quality is None:
            design, quality = replace(design, rerank=NoReranking()), prepared.quality
        return View.preview(
            design=design,
            quality=quality,
            latency=self.latency_grid(prepared, design),
            clicks=prepared.clicks,
            memory_bytes=_memory_bytes(prepared.system_of(scenario.design)),
            users=len(prepared.evaluator.panel),
        )

    def latency_grid(self, prepared: Prepared, design: Design) -> LatencyGrid | None:
        """The family's grid, with the time of the design's re-ranking as it was last measured."""
        if prepared.latency is None or design.rerank == NoReranking():
            return prepared.latency
        return prepared.latency.with_reranking(*self._reranking_ms)

    def known(self, scenario: Scenario) -> View | None:
        """The design's own figures, where they are at hand."""
        with self._lock:
            future = self._views.get((scenario.world, scenario.design))
        return None if future is None or not future.done() or failed(future) else future.result()

    def measured(self, prepared: Prepared, scenario: Scenario) -> Future[View]:
        """The design's own figures, measured once for all who ask."""
        key = (scenario.world, scenario.design)
        with self._lock:
            future = self._views.get(key)
            if future is None or failed(future):
                self.calm.disturb()
                self._search_ahead(scenario)
                future = self._views[key] = self._begun(prepared, scenario)
            self._views.move_to_end(key)
            while len(self._views) > _MOST_VIEWS:
                self._views.popitem(last=False)
        return future

    def with_judged_curve(self, prepared: Prepared, view: View) -> View:
        """A measured view with its own quality over candidates, where that is known by now."""
        if view.source == "grid" or view.curve_judged:
            return view
        curve = prepared.judged_curve(view.design)
        return view if curve is None else replace(view, curve=curve, curve_judged=True)

    def judge_curve(self, prepared: Prepared, design: Design) -> None:
        """Have it judged beside the page: what a slider is waited for goes first."""
        with self._lock:
            if not self._judging_curve.done():
                return
            self._judging_curve = self._judges.submit(
                prepared.judge_curve, prepared.system_of(design)
            )

    @contextmanager
    def waiting_for(self, future: Future[View]) -> Iterator[None]:
        """Count as somebody who waits: what nobody waits for any more is not begun."""
        with self._lock:
            self._waiting[future] += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting[future] -= 1
                if self._waiting[future] == 0:
                    del self._waiting[future]
                    future.cancel()

    def measure_again(self, prepared: Prepared, scenario: Scenario) -> None:
        """Time the design anew, and the grid around it; quality is no matter of chance."""
        self.ledger.forget(scenario)
        with self._lock:
            self._views.pop((scenario.world, scenario.design), None)
            job = self._jobs.get(_family_key(scenario))

        def grid_again() -> None:
            key, recipe = self._latency_part(prepared.scenario, prepared.system.world.identity)
            self.store.forget(key)
            with suppress(MeasuringError):
                grid = self.store.part(key, recipe)
                if job is not None:
                    job.result = prepared.timed_anew(grid)

        threading.Thread(target=grid_again, name="grid-again", daemon=True).start()

    def _prepare(self, scenario: Scenario, report: Progress) -> Prepared:
        key = _family_key(scenario)  # as it is asked for, which its index may not allow
        wanted, system = self.fits.result(SYSTEM, scenario, within(report, 0.0, 0.5))
        scenario = replace(wanted, design=replace(wanted.design, rerank=NoReranking()))
        system = system.tuned(scenario.design)
        with self._lock:
            if key in self._jobs:  # or it would be kept for nobody
                self._systems[key] = system
        latency = self._latency_grid(scenario, system.world.identity)
        _, evaluator, quality = self.fits.result(FAMILY, wanted, within(report, 0.5, 0.9))
        report("timing the design on this machine", 0.92)
        times = _result_or_none(latency)
        prepared = Prepared(scenario, system, evaluator, quality, times, evaluator.clicks(system))
        self._open_with(prepared, wanted)
        self._search_ahead(wanted)
        report("ready", 1.0)
        return prepared

    def _search_ahead(self, scenario: Scenario) -> None:
        if self.store.directory is not None:  # where the process leaves what it finds
            self.searches_ahead.want(scenario)

    def _read_ahead(self, searched: Scenario) -> None:
        """Read what was found before a slider asks for it: checking a file takes a while."""
        with self._lock:
            done = [job for job in self._jobs.values() if job.ended and job.error is None]
        for prepared in (job.result for job in done):
            design = prepared.system.design
            same = prepared.scenario.world == searched.world
            if same and _search_part(design) == _search_part(searched.design):
                prepared.evaluator.look_ahead(prepared.system, searched.design.candidates)

    def _preparing(self) -> bool:
        with self._lock:
            return any(not job.ended for job in self._jobs.values())

    def _open_with(self, prepared: Prepared, scenario: Scenario) -> None:
        """Have the design that a family is opened with measured before anybody asks."""
        key = (scenario.world, scenario.design)
        with self._lock:
            if key not in self._views or failed(self._views[key]):
                self._views[key] = self._begun(prepared, scenario, kept=True)

    def _latency_grid(self, scenario: Scenario, world: str) -> Future[LatencyGrid]:
        """From disk, or timed now by the measuring process."""
        key, recipe = self._latency_part(scenario, world)
        future: Future[LatencyGrid] = Future()

        def work() -> None:
            try:
                future.set_result(self.store.part(key, recipe))
            except Exception as error:  # or those who wait would wait for good
                future.set_exception(error)

        threading.Thread(target=work, name="latency-grid", daemon=True).start()
        return future

    def _latency_part(self, scenario: Scenario, world: str) -> tuple[str, Recipe[LatencyGrid]]:
        """The name of a family's latency grid, and how it comes about."""
        key = part_key("latency-grid", world, family(scenario.design), this_machine())
        return key, Recipe(
            make=lambda _: self._timed_grid(scenario),
            save=save_grid,
            load=load_latency_grid,
        )

    def _timed_grid(self, scenario: Scenario) -> LatencyGrid:
        try:
            return self.ledger.grid(scenario).result(_GRID_PATIENCE_S)
        except TimeoutError:
            raise MeasuringError("the measuring process did not answer") from None

    def _begun(self, prepared: Prepared, scenario: Scenario, kept: bool = False) -> Future[View]:
        """The view to come of a design, which is judged and timed in turn."""
        future: Future[View] = Future()
        self._judges.submit(self._measure, prepared, scenario, future, kept)
        return future

    def _measure(
        self, prepared: Prepared, scenario: Scenario, future: Future[View], kept: bool
    ) -> None:
        """Judge the design here, while the stopwatch runs in its own process.

        Who comes next is judged before it has stopped: that may take a while, where the design
        is one of a family that is only just loaded there.
        """
        if not future.set_running_or_notify_cancel():
            return
        timed = self._waiters.submit(self.ledger.wait, scenario, FIRST_LOOK, _PATIENCE_S)
        try:
            judged = self._judge(prepared, scenario, kept)
        except BaseException as error:
            future.set_exception(error)
            return

        def join(timed: Future[Timing | None]) -> None:
            try:
                future.set_result(self._joined(prepared, judged, _result_or_none(timed)))
            except BaseException as error:
                future.set_exception(error)

        timed.add_done_callback(join)

    def _judge(self, prepared: Prepared, scenario: Scenario, kept: bool) -> _Judged:
        """kept : whether the figures are looked for on disk, and kept there."""
        system, evaluator = prepared.system_of(scenario.design), prepared.evaluator
        report = evaluator.kept_report(system) if kept else evaluator.report(system)
        more = (
            kept_further(evaluator, system, report, self.store)
            if kept
            else further(evaluator, system, report)
        )
        return _Judged(system, report, more, *prepared.curve_at_hand(system))

    def _joined(self, prepared: Prepared, judged: _Judged, timing: Timing | None) -> View:
        design = judged.system.design
        if timing is not None and design.rerank != NoReranking():
            self._reranking_ms = timing.split(50)["reranking"], timing.split(95)["reranking"]
        return View.measured(
            design=design,
            report=judged.report,
            curve=judged.curve,
            curve_judged=judged.curve_judged,
            timing=timing,
            grid=self.latency_grid(prepared, design),
            memory_bytes=_memory_bytes(judged.system),
            further=judged.further,
        )


class _Judged(NamedTuple):
    """What is known of a design but for its times."""

    system: System
    report: Report
    further: Further | None
    curve: Curve
    curve_judged: bool


def _look_ahead(prepared: Prepared) -> None:
    """Work out what sliders need: the page opened with a report from disk."""
    design = prepared.system.design
    for deep in (design, design.with_candidates(MAX_CANDIDATES)):
        system = prepared.system.tuned(deep)
        further(prepared.evaluator, system, prepared.evaluator.report(system))


def _search_part(design: Design) -> Hashable:
    """What answers of an index hang on."""
    return design.generator, design.index.build_part


def _memory_bytes(system: System) -> int:
    return 0 if system.index is None else system.index.memory_bytes


def _family_key(scenario: Scenario) -> Hashable:
    # Re-ranking needs nothing fitted, and its time is the same whatever comes before.
    return scenario.world, family(replace(scenario.design, rerank=NoReranking()))


def failed(future: Future[T]) -> bool:
    """Whether a future ended without a result."""
    return future.done() and (future.cancelled() or future.exception() is not None)


def _result_or_none(future: Future[T]) -> T | None:
    try:
        return future.result()
    except MeasuringError:
        return None


@cache
def studio() -> Studio:
    """The one that everybody in this process shares."""
    return Studio(default_store())
