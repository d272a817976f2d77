"""Rankers fitted and judged in the background, once for all viewers."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import pandas as pd

from engine.design import Design
from engine.evaluation import (
    PANEL_USERS,
    Curve,
    Evaluator,
    Report,
    evaluator_for,
    quality_curve,
)
from engine.fitting_process import LADDER, LEARNING, RANKER
from engine.importance import Importance, importances
from engine.ladder import study_designs
from engine.latest import Latest
from engine.measurement import RankingTiming
from engine.pipeline import System
from engine.progress import Progress, within
from engine.scenario import Scenario
from ui.job_book import JobBook, let_pass
from ui.jobs import Cancelled, Job, start
from ui.prepared import as_vectors_allow
from ui.studio import Studio, failed, studio

_MOST_BENCHES = 24
_MOST_REPORTS = 60
_MOST_STUDIES = 24
_MOST_COURSES = 50


@dataclass(slots=True, eq=False, weakref_slot=True)
class RankerBench:
    """One fitted ranker with its panel, and what comes to be known of it after the first look."""

    system: System
    evaluator: Evaluator
    timing: Future[RankingTiming]
    curve: Curve | None = None
    importances: list[Importance] | None = None
    wanted_at: float = 0.0
    busy: bool = False
    gave_up: bool = False  # on what was to be found out later
    courses: Latest = field(default_factory=lambda: Latest(_MOST_COURSES))
    _reports: Latest = field(default_factory=lambda: Latest(_MOST_REPORTS))

    def known_timing(self) -> RankingTiming | None:
        """What the stopwatch read; None as long as it has not, or where it failed."""
        if not self.timing.done() or failed(self.timing):
            return None
        return self.timing.result()

    def report(self, design: Design, kept: bool = False) -> Report:
        """The figures of a design that differs in what needs no fit; worked out once.

        kept : also on disk, for a later start.
        """
        tuned = self.system.tuned(design)
        judge = self.evaluator.kept_report if kept else self.evaluator.report
        return self._reports.of(design, lambda: judge(tuned))


class Benches:
    """A bench for each fitted ranker that was asked for; studies of several beside it."""

    def __init__(self, shared: Studio) -> None:
        self._studio = shared
        self._lock = threading.Lock()
        self._jobs = JobBook(_MOST_BENCHES)
        self._studies = JobBook(_MOST_STUDIES, again=True)

    def open(self, scenario: Scenario) -> Job:
        """The job whose result is the scenario's bench: begun now, running, or done."""
        return self._jobs.open(
            _bench_key(scenario), lambda report: self._make(scenario, report), "ranker"
        )

    def drop(self, scenario: Scenario) -> None:
        """Forget a bench's job, so that it is begun anew when next asked for."""
        self._jobs.drop(_bench_key(scenario))

    def look_on(self, bench: RankerBench) -> None:
        """Have the rest found out while the page is calm and somebody still looks."""
        bench.wanted_at = time.monotonic()
        with self._lock:
            known = bench.curve is not None and bench.importances is not None
            if bench.busy or bench.gave_up or known:
                return
            bench.busy = True
        start(lambda _: self._find_out(bench), "ranker-later")

    def study(self, scenario: Scenario, what: str) -> Job | None:
        """The study that was begun for a scenario; None where there is none."""
        return self._studies.find((what, _study_key(scenario, what)))

    def begin_study(self, scenario: Scenario, what: str) -> None:
        """Fit and judge the whole ladder ("ladder"), or one ranker on more and more rows
        ("learning"), for the scenario's world and training."""
        key = (what, _study_key(scenario, what))
        work = LADDER if what == "ladder" else LEARNING
        fits = self._studio.long_fits
        self._studies.open(key, lambda report: fits.result(work, scenario, report), what)

    def end_study(self, scenario: Scenario, what: str) -> None:
        """Cancel a study."""
        self._studies.cancel((what, _study_key(scenario, what)))

    def close(self) -> None:
        """End what still runs."""
        self._jobs.close()
        self._studies.close()

    def _make(self, scenario: Scenario, report: Progress) -> RankerBench:
        fits, store = self._studio.fits, self._studio.store
        allowed, system = fits.result(RANKER, scenario, within(report, 0.0, 0.8))
        timing = self._studio.ledger.ranking(allowed)
        panel = min(PANEL_USERS, len(system.world.users))
        evaluator = evaluator_for(system.world, panel, store, within(report, 0.8, 0.85))
        report("judging the slates of the panel", 0.85)
        bench = RankerBench(system, evaluator, timing)
        bench.report(system.design, kept=True)
        report("ready", 1.0)
        return bench

    def _find_out(self, bench: RankerBench) -> None:
        def breathe(*_: Any) -> None:
            let_pass(self._jobs, bench)

        try:
            breathe()
            if bench.importances is None:
                bench.importances = importances(bench.system, progress=breathe)
            if bench.curve is None:
                bench.evaluator.prepare(bench.system, breathe)
                breathe()
                bench.curve = quality_curve(bench.evaluator, bench.system)
        except Cancelled:
            raise
        except Exception:
            bench.gave_up = True  # or it would fail again each time that the page asks
            raise
        finally:
            bench.busy = False


def allowed(bench: RankerBench, scenario: Scenario) -> Scenario:
    """The scenario with its index repaired to the vectors that there are."""
    return replace(scenario, design=as_vectors_allow(bench.system, scenario.design)[0])


def result_or_none(job: Job | None) -> pd.DataFrame | None:
    """The frame of a study that has ended well."""
    if job is None or not job.ended or job.error is not None:
        return None
    frame: pd.DataFrame = job.result
    return frame


def _bench_key(scenario: Scenario) -> Hashable:
    """What needs a fit, a build or a search, or changes all slates; candidates and the
    correction do not."""
    design = scenario.design
    return scenario.world, design.fitted_part, design.index, design.rerank, design.slate


def _study_key(scenario: Scenario, what: str) -> Hashable:
    return scenario.world, *study_designs(scenario.design, what)


@cache
def benches() -> Benches:
    """The ones that everybody in this process shares."""
    return Benches(studio())
