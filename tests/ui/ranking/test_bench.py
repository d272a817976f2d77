"""Benches: rankers are fitted once for all who ask; the rest is found out while somebody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest

import engine
from engine.evaluation import Evaluator, Report
from engine.fitting_process import LADDER, LEARNING, Work
from engine.importance import Importance
from engine.live_measurement import MeasuringError
from engine.measurement import RankingTiming
from engine.pipeline import System
from engine.progress import Progress
from engine.rankers import GBDT, RANKERS
from engine.scenario import Scenario
from engine.store import PartStore
from engine.training import Training
from engine.world import World
from tests.small_app import small_scenario
from tests.ui.askers import at_once
from tests.ui.ranking.rankings import a_timing, importances
from tests.ui.views import a_curve
from ui import job_book
from ui.jobs import Cancelled, Job
from ui.ranking import bench as benches_file
from ui.ranking.bench import Benches, RankerBench, allowed, result_or_none
from ui.studio import Studio

SystemOf = Callable[..., System]
PATIENCE_S = 30.0


@pytest.fixture
def benches(app_studio: Studio) -> Iterator[Benches]:
    """Benches of their own, over the app's fitted parts."""
    found = Benches(app_studio)
    yield found
    found.close()


@pytest.fixture
def unfitted(benches: Benches, monkeypatch: pytest.MonkeyPatch) -> Benches:
    """Benches whose jobs end at once with the scenario that they were begun for."""
    monkeypatch.setattr(benches, "_make", lambda scenario, report: scenario)
    return benches


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """Later work need not wait until nobody begins anything."""
    monkeypatch.setattr(job_book, "_CALM_S", 0.0)
    monkeypatch.setattr(job_book, "_BREATH_S", 0.01)


def ended(job: Job | None) -> Job:
    assert job is not None
    assert job.wait(PATIENCE_S)
    return job


def bench_of(benches: Benches, scenario: Scenario) -> RankerBench:
    job = ended(benches.open(scenario))
    assert job.error is None
    made: RankerBench = job.result
    return made


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.005)


# One job for all ------------------------------------------------------------------------------


def test_many_who_ask_at_once_get_one_job(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, gate = [], threading.Event()

    def make(scenario: Scenario, report: Progress) -> str:
        begun.append(scenario)
        gate.wait(10)
        return "bench"

    monkeypatch.setattr(benches, "_make", make)
    jobs = at_once(lambda: benches.open(small_scenario()))
    gate.set()
    assert len({id(job) for job in jobs}) == 1
    assert ended(jobs[0]).result == "bench"
    assert len(begun) == 1


def test_what_needs_no_fit_shares_a_job_and_what_needs_one_does_not(unfitted: Benches) -> None:
    job = unfitted.open(small_scenario(training__negatives="0.5"))
    for same in ({"candidates": "80"}, {"training__correct": "0"}, {"user": "3"}):
        assert unfitted.open(small_scenario(training__negatives="0.5", **same)) is job
    for other in (
        {"ranker": "none"},
        {"ranker__trees": "9"},
        {"generator": "popularity"},
        {"index__ef_search": "30"},
        {"training__rows": "900"},
        {"training__without": "ids"},
        {"training__days": "2"},
        {"rerank": "rules"},
        {"seed": "4"},
    ):
        assert unfitted.open(small_scenario(training__negatives="0.5", **other)) is not job


def test_a_job_that_failed_stays_until_it_is_dropped_and_one_that_was_cancelled_does_not(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = iter([ValueError("no click"), Cancelled(), "bench"])

    def make(scenario: Scenario, report: Progress) -> str:
        outcome = next(outcomes)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    monkeypatch.setattr(benches, "_make", make)
    failed = ended(benches.open(small_scenario()))
    assert benches.open(small_scenario()) is failed
    benches.drop(small_scenario())
    cancelled = ended(benches.open(small_scenario()))
    assert cancelled is not failed
    assert isinstance(cancelled.error, Cancelled)
    assert ended(benches.open(small_scenario())).result == "bench"


def test_benches_that_were_asked_for_longest_ago_are_forgotten(
    unfitted: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfitted._jobs, "most", 2)
    first, second, third = (small_scenario(ranker__trees=str(n)) for n in (1, 2, 3))
    jobs = {scenario: unfitted.open(scenario) for scenario in (first, second)}
    unfitted.open(first)
    unfitted.open(third)
    assert unfitted.open(first) is jobs[first]
    assert unfitted.open(second) is not jobs[second]


def test_closing_ends_the_jobs_that_still_run(app_studio: Studio) -> None:
    benches = Benches(app_studio)
    job = benches.open(small_scenario(ranker__trees="900", ranker__leaves="63", seed="21"))
    benches.close()
    assert isinstance(ended(job).error, Cancelled)


# What a bench knows ---------------------------------------------------------------------------


def test_figures_of_a_bench_are_those_of_the_engines_front_door(
    benches: Benches, own_world: World, own_store: PartStore
) -> None:
    scenario = small_scenario(candidates="60")
    bench = bench_of(benches, small_scenario())
    report = bench.report(scenario.design)
    system = engine.build(own_world, scenario.design, store=own_store)
    expected = engine.evaluate(system, users=len(own_world.users), store=own_store)
    for name, figure in expected.items():
        np.testing.assert_allclose(report[name].value, figure.value, atol=1e-12, err_msg=name)
    assert bench.timing.result(60).rows == (1, 10, 50, 100, 200, 300)
    assert bench.known_timing() is bench.timing.result()


class CountedEvaluator:
    """Counts what it judges."""

    def __init__(self) -> None:
        self.judged: list[tuple[Any, bool]] = []

    def report(self, design: Any) -> str:
        self.judged.append((design, False))
        return f"report of {design}"

    def kept_report(self, design: Any) -> str:
        self.judged.append((design, True))
        return f"kept report of {design}"


class Tunable:
    """Tuned to a design it is that design."""

    def tuned(self, design: Any) -> Any:
        return design


def a_bench(timing: Future[RankingTiming] | None = None) -> RankerBench:
    evaluator = cast(Evaluator, CountedEvaluator())
    return RankerBench(cast(System, Tunable()), evaluator, timing or Future())


def judged(bench: RankerBench) -> list[tuple[Any, bool]]:
    return cast(CountedEvaluator, bench.evaluator).judged


def test_a_report_is_worked_out_once_and_the_oldest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benches_file, "_MOST_REPORTS", 2)
    bench = a_bench()
    names = cast(Any, ["a", "b", "a", "a", "c", "a", "b"])
    reports = [bench.report(name) for name in names]
    assert reports == [f"report of {name}" for name in names]
    assert judged(bench) == [(name, False) for name in "abcb"]


def test_only_the_first_report_is_kept_for_a_later_start() -> None:
    bench = a_bench()
    assert bench.report(cast(Any, "a"), kept=True) == cast(Report, "kept report of a")
    assert bench.report(cast(Any, "a")) == cast(Report, "kept report of a")
    assert judged(bench) == [("a", True)]


def test_candidates_and_the_correction_need_no_new_fit(benches: Benches) -> None:
    start = small_scenario(training__negatives="0.3")
    bench = bench_of(benches, start)
    plain = small_scenario(training__negatives="0.3", training__correct="0")
    far = small_scenario(training__negatives="0.3", candidates="90")
    for scenario in (plain, far):
        assert bench_of(benches, scenario) is bench
    one, two, three = (bench.report(s.design) for s in (start, plain, far))
    assert one["ndcg@10"] == two["ndcg@10"] != three["ndcg@10"]
    assert one["log_loss"].value < two["log_loss"].value  # sampled probabilities are too high
    assert two["calibration_ratio"].value > one["calibration_ratio"].value > 0.5


def test_a_stopwatch_at_work_and_one_that_failed_tell_nothing() -> None:
    waiting: Future[RankingTiming] = Future()
    bench = a_bench(waiting)
    assert bench.known_timing() is None
    waiting.set_exception(MeasuringError("no"))
    assert bench.known_timing() is None
    done: Future[RankingTiming] = Future()
    done.set_result(a_timing())
    assert a_bench(done).known_timing() is done.result()


def test_an_index_that_the_vectors_do_not_allow_is_repaired(benches: Benches) -> None:
    wide = small_scenario(index="ivfpq", index__nlist="300", index__nprobe="9", index__nbits="5")
    bench = bench_of(benches, wide)
    mended = allowed(bench, wide)
    assert mended.design.index.nlist < 300  # type: ignore[attr-defined]
    assert replace(mended, design=replace(mended.design, index=wide.design.index)) == wide
    assert bench.report(mended.design)["ndcg@10"].n > 0


# Found out later ------------------------------------------------------------------------------


@pytest.mark.usefixtures("calm")
def test_features_and_the_curve_are_found_out_while_somebody_looks(
    benches: Benches, own_system: SystemOf
) -> None:
    bench = bench_of(benches, small_scenario())
    assert bench.importances is None
    benches.look_on(bench)
    eventually(lambda: bench.curve is not None)
    assert bench.importances
    assert bench.curve is not None
    for candidates, ndcg in zip(bench.curve.candidates, bench.curve.ndcg, strict=True):
        there = bench.report(bench.system.design.with_candidates(candidates))
        assert ndcg == pytest.approx(there["ndcg@10"].value, abs=1e-12)


class Steps:
    """Shuffling of features, in steps that a test lets go one by one; and a curve at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.taken, self.begun = 0, 0
        self.gate = threading.Semaphore(0)
        self.error: Exception | None = None
        monkeypatch.setattr(benches_file, "importances", self.shuffle)
        monkeypatch.setattr(benches_file, "quality_curve", lambda *_: a_curve())

    def shuffle(self, system: System, progress: Progress) -> list[Importance]:
        self.begun += 1
        if self.error:
            raise self.error
        for step in range(3):
            progress("shuffling", step / 3)
            assert self.gate.acquire(timeout=PATIENCE_S)
            self.taken += 1
        return importances()


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    return Steps(monkeypatch)


def a_quiet_bench() -> RankerBench:
    bench = a_bench()
    cast(Any, bench.evaluator).prepare = lambda *_: None
    return bench


@pytest.mark.usefixtures("calm")
def test_later_work_is_done_once_however_often_it_is_asked_for(
    benches: Benches, steps: Steps
) -> None:
    bench = a_quiet_bench()
    at_once(lambda: benches.look_on(bench))
    for _ in range(3):
        steps.gate.release()
    eventually(lambda: bench.curve is not None and not bench.busy)
    benches.look_on(bench)
    assert (steps.begun, steps.taken) == (1, 3)
    assert not bench.busy


@pytest.mark.usefixtures("calm")
def test_later_work_stops_when_nobody_looks_and_begins_again_when_somebody_does(
    benches: Benches, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_book, "_STILL_WANTED_S", 0.05)
    bench = a_quiet_bench()
    benches.look_on(bench)
    eventually(lambda: steps.begun == 1)
    time.sleep(0.1)
    steps.gate.release()
    eventually(lambda: not bench.busy)
    assert steps.taken == 1
    assert (bench.importances, bench.curve, bench.gave_up) == (None, None, False)
    monkeypatch.setattr(job_book, "_STILL_WANTED_S", PATIENCE_S)
    benches.look_on(bench)
    for _ in range(3):
        steps.gate.release()
    eventually(lambda: bench.curve is not None)
    assert steps.begun == 2


@pytest.mark.usefixtures("calm")
def test_later_work_lets_those_pass_who_wait_for_a_first_look(
    benches: Benches, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(benches, "_make", lambda *_: gate.wait(PATIENCE_S))
    bench = a_quiet_bench()
    job = benches.open(small_scenario())
    benches.look_on(bench)
    time.sleep(0.1)
    assert steps.begun == 0
    gate.set()
    ended(job)
    eventually(lambda: steps.begun == 1)
    for _ in range(3):
        steps.gate.release()
    eventually(lambda: bench.curve is not None)


def test_later_work_waits_until_nobody_begins_anything(
    benches: Benches, steps: Steps, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_book, "_CALM_S", 0.3)
    monkeypatch.setattr(benches, "_make", lambda *_: "bench")
    bench = a_quiet_bench()
    ended(benches.open(small_scenario()))
    begun = time.monotonic()
    benches.look_on(bench)
    eventually(lambda: steps.begun == 1)
    assert time.monotonic() - begun >= 0.2
    for _ in range(3):
        steps.gate.release()
    eventually(lambda: bench.curve is not None)


@pytest.mark.usefixtures("calm")
def test_later_work_that_fails_is_not_tried_each_time_that_the_page_asks(
    benches: Benches, steps: Steps
) -> None:
    steps.error = OSError("no room")
    bench = a_quiet_bench()
    for _ in range(3):
        benches.look_on(bench)
        eventually(lambda: not bench.busy)
    assert bench.gave_up
    assert steps.begun == 1


# Studies --------------------------------------------------------------------------------------


class FakeFits:
    """Fits that do as they are told, and remember what was wanted."""

    def __init__(self, do: Callable[[Work[Any], Progress], pd.DataFrame]) -> None:
        self._do = do
        self.wanted: list[tuple[Work[Any], Scenario]] = []

    def result(self, work: Work[Any], scenario: Scenario, report: Progress) -> pd.DataFrame:
        self.wanted.append((work, scenario))
        return self._do(work, report)


@pytest.fixture
def with_fits(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Work[Any], Progress], pd.DataFrame]], FakeFits]:
    """`with_fits(do)`: studies are left to a stand-in that does as it is told."""

    def given(do: Callable[[Work[Any], Progress], pd.DataFrame]) -> FakeFits:
        fits = FakeFits(do)
        monkeypatch.setattr(benches._studio, "long_fits", fits)
        return fits

    return given


WithFits = Callable[[Callable[..., pd.DataFrame]], FakeFits]


def frame_of(work: Work[Any], report: Progress) -> pd.DataFrame:
    return pd.DataFrame({"ranker": [work.name]})


def test_a_study_of_the_ladder_is_begun_by_one_and_shared_by_all_its_rungs(
    benches: Benches, with_fits: WithFits
) -> None:
    fits = with_fits(frame_of)
    scenario = small_scenario(ranker="logistic")
    assert benches.study(scenario, "ladder") is None
    assert result_or_none(benches.study(scenario, "ladder")) is None
    at_once(lambda: benches.begin_study(scenario, "ladder"))
    job = ended(benches.study(scenario, "ladder"))
    assert fits.wanted == [(LADDER, scenario)]
    assert result_or_none(job) is not None
    for name in RANKERS:
        rung = replace(scenario, design=replace(scenario.design, ranker=RANKERS[name]()))
        assert benches.study(rung, "ladder") is job
    assert benches.study(scenario, "learning") is None
    for other in (
        {"candidates": "50"},
        {"seed": "4"},
        {"training__rows": "900"},
        {"ranker": "gbdt", "ranker__trees": "9"},
    ):
        assert benches.study(small_scenario(**{"ranker": "logistic"} | other), "ladder") is None


def test_a_study_of_learning_is_the_same_from_whatever_rows_it_is_asked_for(
    benches: Benches, with_fits: WithFits
) -> None:
    fits = with_fits(frame_of)
    few = small_scenario(training__rows="3000", training__negatives="0.5")
    benches.begin_study(few, "learning")
    job = ended(benches.study(few, "learning"))
    assert job.error is None
    assert fits.wanted == [(LEARNING, few)]
    for rows in ("900", "50000", str(Training().rows)):
        other = small_scenario(training__rows=rows, training__negatives="0.5")
        assert benches.study(other, "learning") is job
    assert benches.study(small_scenario(), "learning") is None


def test_a_study_is_cancelled_and_can_be_begun_again(benches: Benches, with_fits: WithFits) -> None:
    gate = threading.Event()

    def fit(work: Work[Any], report: Progress) -> pd.DataFrame:
        while not gate.is_set():
            report("fitting", 0.5)
            time.sleep(0.005)
        return frame_of(work, report)

    with_fits(fit)
    scenario = small_scenario()
    benches.begin_study(scenario, "ladder")
    job = benches.study(scenario, "ladder")
    assert result_or_none(job) is None
    benches.end_study(scenario, "ladder")
    assert isinstance(ended(job).error, Cancelled)
    assert benches.study(scenario, "ladder") is None
    gate.set()
    benches.begin_study(scenario, "ladder")
    again = ended(benches.study(scenario, "ladder"))
    assert again is not job
    assert result_or_none(again) is not None


def test_a_study_that_failed_is_begun_anew_when_it_is_wanted_again(
    benches: Benches, with_fits: WithFits
) -> None:
    outcomes = iter([ValueError("no click"), pd.DataFrame({"ranker": ["none"]})])

    def fit(*_: Any) -> pd.DataFrame:
        outcome = next(outcomes)
        if isinstance(outcome, ValueError):
            raise outcome
        return outcome

    with_fits(fit)
    benches.begin_study(small_scenario(), "ladder")
    job = ended(benches.study(small_scenario(), "ladder"))
    assert result_or_none(job) is None
    benches.begin_study(small_scenario(), "ladder")
    assert result_or_none(ended(benches.study(small_scenario(), "ladder"))) is not None


def test_a_study_is_judged_on_the_panel_of_the_page(benches: Benches) -> None:
    scenario = small_scenario(ranker="logistic", training__rows="2000")
    assert scenario.design.ranker != GBDT()
    benches.begin_study(scenario, "learning")
    frame = result_or_none(ended(benches.study(scenario, "learning")))
    assert frame is not None
    assert (frame["ranker"] == "logistic").all()
    bench = bench_of(benches, scenario)
    here = bench.report(scenario.design)
    row = frame[frame["rows"] == bench.system.learned.rows].iloc[0]
    assert row["ndcg@10"] == pytest.approx(here["ndcg@10"].value, abs=1e-12)
    assert row["users"] == here["ndcg@10"].n
