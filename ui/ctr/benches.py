"""Click models fitted, judged and timed in the background, once for all viewers."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from engine.ad_study import AdStudy
from engine.clicks import (
    MODELS,
    ClickDesign,
    ClickImportance,
    FreshnessPoint,
    click_importance,
    click_ladder,
    freshness_curve,
)
from engine.clicks.days import most_age
from engine.clicks.fitting import model_key
from engine.fitting_process import CLICK_AGES, CLICK_LADDER, CLICKS
from engine.latest import Latest
from engine.progress import Progress
from engine.scenario import Scenario
from ui.ctr.bench import MOST_ANSWERS, ClickBench, rung_of
from ui.ctr.finishes import finishes
from ui.ctr.probability_charts import work_out
from ui.ctr.times import Times
from ui.ctr.view import Rung
from ui.job_book import JobBook, let_pass
from ui.jobs import Job, start
from ui.studio import Studio, studio

_MOST_BENCHES = 24
_MOST_KNOWN = 60
_MOST_STUDIES = 24


@dataclass(slots=True, eq=False)
class Known:
    """What has come to be known of a design beside its figures."""

    rungs: dict[str, Rung] = field(default_factory=dict)
    ages: dict[int, FreshnessPoint] = field(default_factory=dict)
    wanted_at: float = 0.0
    busy: bool = False


class ClickBenches:
    """A bench for each fitted model that was asked for; what is found out later beside it."""

    def __init__(self, shared: Studio) -> None:
        self._studio, self.store = shared, shared.store
        self.times = Times(shared.ledger)
        self._reports, self._sales = Latest(MOST_ANSWERS), Latest(4 * MOST_ANSWERS)
        self._lock = threading.Lock()
        self._jobs = JobBook(_MOST_BENCHES)
        self._studies = JobBook(_MOST_STUDIES, again=True)
        self._known: OrderedDict[Hashable, Known] = OrderedDict()
        self._importances: OrderedDict[Hashable, list[ClickImportance]] = OrderedDict()

    def open(self, study: AdStudy) -> Job:
        """The job whose result is the study's bench: begun now, running, or done."""
        return self._jobs.open(
            _bench_key(study), lambda report: self._make(study, report), "click-model"
        )

    def drop(self, scenario: Scenario) -> None:
        """Forget a bench's job, so that it is begun anew when next asked for."""
        self._jobs.drop(_bench_key(scenario.ads))

    def known(self, study: AdStudy) -> Known:
        """What is known of a design by now."""
        with self._lock:
            found = self._known.setdefault((study.log, study.design), Known())
            self._known.move_to_end((study.log, study.design))
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return found

    def importances(self, study: AdStudy) -> list[ClickImportance] | None:
        """What the fitted model loses without each feature, before any calibration; None as long
        as it is not known."""
        return self._importances.get(_bench_key(study))

    def pending(self, bench: ClickBench, study: AdStudy) -> tuple[str, ...]:
        """What will yet be known of a design without being asked for."""
        untimed = any(not self.times.looked(other) for other in self._beside(bench, study))
        waits = {"times": not self.times.complete(study), "times beside": untimed}
        waiting = [name for name, waits_yet in waits.items() if waits_yet]
        return (*waiting, *self._unknown(bench, study))

    def look_on(self, bench: ClickBench, study: AdStudy) -> None:
        """Have the rest found out while the page is calm and somebody still looks."""
        known = self.known(study)
        known.wanted_at = time.monotonic()
        self.times.want(study)
        if self.times.complete(study):
            for other in self._beside(bench, study):
                self.times.want(other, first_look_alone=True)
        with self._lock:
            if known.busy or not self._unknown(bench, study, known):
                return
            known.busy = True
        start(lambda _: self._find_out(bench, study, known), "clicks-later")

    def rungs(self, study: AdStudy) -> tuple[Rung, ...]:
        """The models judged so far with all else as in the design, in ladder order."""
        known, designs = self.known(study).rungs, click_ladder(study.design)
        found = []
        for name, design in designs.items():
            if name in known:
                look = self.times.known(replace(study, design=design)).over_ads
                timing = look.get(study.auction.ads)
                p95 = float("nan") if timing is None else timing.p95.value
                found.append(replace(known[name], p95_ms=p95))
        return tuple(found)

    def _beside(self, bench: ClickBench, study: AdStudy) -> list[AdStudy]:
        """What is timed by a first look once the design itself is timed: the rungs, and A."""
        designs = [*self._fitted_models(bench, study).values()]
        if study.pinned is not None and self.store.has(model_key(bench.log, study.pinned)):
            designs.append(study.pinned)
        return [replace(study, design=design, pins=()) for design in designs]

    def _unknown(
        self, bench: ClickBench, study: AdStudy, known: Known | None = None
    ) -> tuple[str, ...]:
        """What the background, rather than the stopwatch, has yet to find out."""
        known = known or self.known(study)
        waits = {
            "importances": self.importances(study) is None,
            "rungs": bool(self._fitted_models(bench, study).keys() - known.rungs),
            "ages": bool(set(self._fitted_ages(bench, study)) - known.ages.keys()),
            "finishes": not all(map(bench.judged, finishes(study.design))),
        }
        return tuple(name for name, waits_yet in waits.items() if waits_yet)

    def study(self, study: AdStudy, what: str) -> Job | None:
        """The fits of "ladder" or "freshness" that were begun for a design; None without."""
        return self._studies.find(_study_key(study, what))

    def begin_study(self, study: AdStudy, what: str) -> None:
        """Fit all models of the ladder, or the design's model at all ages."""
        work = CLICK_AGES if what == "freshness" else CLICK_LADDER
        asked, fits = Scenario(ads=study), self._studio.long_fits
        self._studies.open(
            _study_key(study, what), lambda report: fits.make(work, asked, report), what
        )

    def end_study(self, study: AdStudy, what: str) -> None:
        """Cancel it."""
        self._studies.cancel(_study_key(study, what))

    def unfitted(self, bench: ClickBench, study: AdStudy, what: str) -> int:
        """How many models of a study are not fitted yet."""
        if what == "ladder":
            return len(MODELS) - len(self._fitted_models(bench, study))
        return len(_ages(study)) - len(set(self._fitted_ages(bench, study)) & set(_ages(study)))

    def close(self) -> None:
        """End what still runs."""
        self._jobs.close()
        self._studies.close()

    def _make(self, study: AdStudy, report: Progress) -> ClickBench:
        log, judged = self._studio.fits.result(CLICKS, Scenario(ads=study), report)
        report("ready", 1.0)
        bench = ClickBench(log, self.store, self._reports, self._sales)
        self._reports.of((log.identity, study.design), lambda: judged)
        return bench

    def _find_out(self, bench: ClickBench, study: AdStudy, known: Known) -> None:
        def breathe(*_: Any) -> None:
            let_pass(self._jobs, known)

        with _ending(known):
            for name, design in self._fitted_models(bench, study).items():
                if name not in known.rungs:
                    breathe()
                    known.rungs[name] = rung_of(bench.report(design))
            for design in finishes(study.design):
                breathe()
                report = bench.report(design)
                breathe()
                bench.slices(design)
                if len(report.p):
                    bench.sold(design, study.auction)
                breathe()
                work_out(report)
            breathe()
            ages = self._fitted_ages(bench, study)
            if set(ages) - known.ages.keys():
                points = freshness_curve(bench.log, study.design, ages, bench.store, breathe)
                known.ages = {point.age_days: point for point in points}
            if self.importances(study) is None:
                breathe()
                found = click_importance(bench.log, study.design.fitted_part, bench.store, breathe)
                self._importances[_bench_key(study)] = found
                while len(self._importances) > _MOST_KNOWN:
                    self._importances.popitem(last=False)

    def _fitted_models(self, bench: ClickBench, study: AdStudy) -> dict[str, ClickDesign]:
        return {
            name: design
            for name, design in click_ladder(study.design).items()
            if self.store.has(model_key(bench.log, design))
        }

    def _fitted_ages(self, bench: ClickBench, study: AdStudy) -> list[int]:
        return [
            age
            for age in range(most_age(study.log, study.design) + 1)
            if self.store.has(model_key(bench.log, replace(study.design, age_days=age)))
        ]


def _ages(study: AdStudy) -> list[int]:
    """The ages of a study of freshness."""
    return [age for age in (0, 1, 3, 5, 7) if age <= most_age(study.log, study.design)]


@contextmanager
def _ending(known: Known) -> Iterator[None]:
    try:
        yield
    finally:
        known.busy = False


def _bench_key(study: AdStudy) -> Hashable:
    """What needs a log or a fit."""
    return study.log, study.design.fitted_part


def _study_key(study: AdStudy, what: str) -> Hashable:
    """The same whichever of its points the design is; what needs no fit does not matter."""
    fitted = study.design.fitted_part
    if what == "freshness":
        return what, study.log, replace(fitted, age_days=0)
    return what, study.log, tuple(design.fitted_part for design in click_ladder(fitted).values())


@cache
def benches() -> ClickBenches:
    """The ones that everybody in this process shares."""
    return ClickBenches(studio())
