"""The workbench: work is done once for all who ask, and what fails is said and begun anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any, TypeVar

import pytest

import engine
from engine.live_measurement import MeasuringError
from engine.measurement import WHOLE
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World
from tests.small_app import small_scenario
from ui import headline
from ui.jobs import Cancelled, Job
from ui.studio import PANEL_USERS, Prepared, Studio, failed
from ui.view import View

T = TypeVar("T")
ASKERS = 12


@pytest.fixture(scope="module")
def ready(app_studio: Studio) -> Prepared:
    return result_of(app_studio.prepare(small_scenario()))


@pytest.fixture
def alone() -> Iterator[Studio]:
    """A studio without a measuring process, and with nothing prepared."""
    studio = Studio(PartStore(None, max_parts=1_000))
    yield studio
    studio.close()


def result_of(job: Job) -> Prepared:
    assert job.wait(60)
    assert job.error is None
    prepared: Prepared = job.result
    return prepared


def with_candidates(n: int) -> Scenario:
    scenario = small_scenario()
    return replace(scenario, design=scenario.design.with_candidates(n))


def at_once(ask: Callable[[], T]) -> list[T]:
    """What many askers get who ask in the same moment."""
    barrier = threading.Barrier(ASKERS)

    def one(_: int) -> T:
        barrier.wait(10)
        return ask()

    with ThreadPoolExecutor(ASKERS) as askers:
        return list(askers.map(one, range(ASKERS)))


def refuse(*_: Any, **__: Any) -> Any:
    raise MeasuringError("the measuring process stopped")


# Preparing ------------------------------------------------------------------------------------


def test_many_who_ask_at_once_get_one_job(alone: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    gate = threading.Event()

    def prepare(scenario: Scenario, report: Any) -> str:
        begun.append(scenario)
        gate.wait(10)
        return "ready"

    monkeypatch.setattr(alone, "_prepare", prepare)
    jobs = at_once(lambda: alone.prepare(small_scenario()))
    gate.set()
    assert len({id(job) for job in jobs}) == 1
    assert jobs[0].wait(10)
    assert (jobs[0].result, len(begun)) == ("ready", 1)


def test_designs_that_differ_in_sliders_alone_share_a_job_and_others_do_not(
    alone: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "_prepare", lambda scenario, report: scenario)
    job = alone.prepare(small_scenario())
    assert alone.prepare(small_scenario(candidates="80", index__ef_search="30")) is job
    assert alone.prepare(small_scenario(user="3")) is job
    for other in (
        {"index__M": "5"},
        {"ranker": "none"},
        {"generator": "popularity"},
        {"seed": "4"},
    ):
        assert alone.prepare(small_scenario(**other)) is not job


def test_a_job_that_was_dropped_is_begun_anew(
    alone: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes = iter([RuntimeError("once"), "ready"])

    def prepare(scenario: Scenario, report: Any) -> str:
        outcome = next(outcomes)
        if isinstance(outcome, RuntimeError):
            raise outcome
        return outcome

    monkeypatch.setattr(alone, "_prepare", prepare)
    first = alone.prepare(small_scenario())
    assert first.wait(10)
    assert isinstance(first.error, RuntimeError)
    assert alone.prepare(small_scenario()) is first
    alone.drop(small_scenario())
    second = alone.prepare(small_scenario())
    assert second.wait(10)
    assert (second.result, second.error) == ("ready", None)


def test_preparing_can_be_cancelled_and_begun_again(app_studio: Studio) -> None:
    scenario = small_scenario(ranker__trees="400", ranker__leaves="63")
    jobs = []
    for _ in range(2):
        jobs.append(app_studio.prepare(scenario))
        jobs[-1].cancel()
        assert jobs[-1].wait(30)
        assert isinstance(jobs[-1].error, Cancelled)
        app_studio.drop(scenario)
    assert jobs[0] is not jobs[1]


def test_a_world_with_fewer_users_than_the_panel_is_judged_on_all_of_them(
    ready: Prepared,
) -> None:
    users = small_scenario().world.users
    assert users < PANEL_USERS
    assert len(ready.evaluator.panel) == users


def test_what_was_prepared_is_being_measured_before_anybody_asks(
    app_studio: Studio, ready: Prepared
) -> None:
    key = (ready.scenario.world, ready.scenario.design)
    assert app_studio._views[key] is app_studio.measured(ready, ready.scenario)


# Measuring ------------------------------------------------------------------------------------


def test_many_who_ask_at_once_get_one_measurement(
    app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = []
    wait = app_studio.ledger.wait

    def counting(scenario: Scenario, *args: Any) -> Any:
        waited.append(scenario)
        return wait(scenario, *args)

    monkeypatch.setattr(app_studio.ledger, "wait", counting)
    scenario = with_candidates(41)
    futures = at_once(lambda: app_studio.measured(ready, scenario))
    assert len({id(future) for future in futures}) == 1
    view = futures[0].result(30)
    assert waited == [scenario]
    assert view.source == "measured"
    other = replace(scenario, user=5)
    assert app_studio.measured(ready, other) is futures[0]


def test_measured_figures_are_those_of_the_engines_front_door(
    app_studio: Studio, ready: Prepared, own_world: World, own_store: PartStore
) -> None:
    scenario = with_candidates(60)
    view = app_studio.measured(ready, scenario).result(30)
    system = engine.build(own_world, scenario.design, store=own_store)
    report = engine.evaluate(system, users=len(own_world.users), store=own_store)
    assert set(view.figures) == set(report)
    for name, (value, half_width) in view.figures.items():
        assert value == pytest.approx(report[name].value, abs=1e-12)
        assert half_width == pytest.approx(report[name].half_width, abs=1e-12)
    for stage, (value, _) in view.loss.items():
        assert value == pytest.approx(report.loss[stage].value, abs=1e-12)
    assert system.index is not None
    assert view.memory_bytes == system.index.memory_bytes


def test_further_is_the_gain_of_the_same_users_at_about_twice_the_candidates(
    app_studio: Studio, ready: Prepared, own_world: World, own_store: PartStore
) -> None:
    view = app_studio.measured(ready, with_candidates(60)).result(30)
    assert view.further is not None
    assert view.further.candidates == 100
    ndcg = [
        engine.evaluate(
            engine.build(own_world, with_candidates(n).design, store=own_store),
            users=len(own_world.users),
            store=own_store,
        )["ndcg@10"].value
        for n in (60, 100)
    ]
    assert view.further.gain.value == pytest.approx(ndcg[1] - ndcg[0], abs=1e-12)
    last = min(1000, len(own_world.items))
    assert app_studio.measured(ready, with_candidates(last)).result(30).further is None


def test_on_a_point_of_its_grid_a_preview_is_what_is_then_measured(
    app_studio: Studio, ready: Prepared
) -> None:
    scenario = with_candidates(50)
    preview = app_studio.preview(ready, scenario)
    measured = app_studio.measured(ready, scenario).result(30)
    assert (preview.source, measured.source) == ("grid", "measured")
    for name in ("ndcg@10", "recall@candidates", "ann_recall", "auc", "log_loss"):
        assert preview.figures[name][0] == pytest.approx(measured.figures[name][0], abs=1e-9)
    for stage in preview.loss:
        assert preview.loss[stage][0] == pytest.approx(measured.loss[stage][0], abs=1e-9)


def test_times_come_from_this_machines_stopwatch_and_measuring_again_takes_new_ones(
    app_studio: Studio, ready: Prepared
) -> None:
    scenario = with_candidates(43)
    before = time.time()
    future = app_studio.measured(ready, scenario)
    latency = future.result(30).latency
    assert latency is not None
    assert before <= latency.taken_at <= time.time()
    assert 0 < latency.p50[WHOLE] <= latency.p95[WHOLE] < 1_000
    app_studio.measure_again(ready, scenario)
    again = app_studio.measured(ready, scenario)
    assert again is not future
    later = again.result(30).latency
    assert later is not None
    assert later.taken_at > latency.taken_at
    assert again.result().figures == future.result().figures


def test_a_measurement_that_failed_is_tried_again_when_next_asked_for(
    app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = with_candidates(47)

    def broken(*_: Any) -> View:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(app_studio, "_measure", broken)
        first = app_studio.measured(ready, scenario)
        with pytest.raises(OSError, match="no room"):
            first.result(30)
    assert failed(first)
    second = app_studio.measured(ready, scenario)
    assert second.result(30).source == "measured"
    assert app_studio.measured(ready, scenario) is second


def test_what_nobody_waits_for_any_more_is_not_begun(
    app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = threading.Event(), []

    def slow(prepared: Prepared, scenario: Scenario) -> str:
        begun.append(scenario.design.candidates)
        gate.wait(10)
        return "view"

    monkeypatch.setattr(app_studio, "_measure", slow)
    running, left, wanted = (app_studio.measured(ready, with_candidates(n)) for n in (71, 72, 73))
    with app_studio.waiting_for(wanted):
        with app_studio.waiting_for(left), app_studio.waiting_for(wanted):
            pass
        gate.set()
        wanted.result(10)
    assert running.result(10) == "view"
    assert left.cancelled()
    assert failed(left)
    assert begun == [71, 73]
    assert app_studio.measured(ready, with_candidates(72)) is not left


# Without the measuring process ------------------------------------------------------------------


def test_without_the_measuring_process_quality_stands_and_the_page_says_so(
    alone: Studio, app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone.process, "call", refuse)
    prepared = result_of(alone.prepare(small_scenario()))
    assert prepared.latency is None
    untimed = alone.measured(prepared, small_scenario()).result(60)
    assert untimed.latency is None
    timed = app_studio.measured(ready, small_scenario()).result(60)
    for name, (value, half_width) in timed.figures.items():
        assert untimed.figures[name] == pytest.approx((value, half_width), abs=1e-12)
    assert "not timed" in headline.source_line(untimed)
    view = alone.measured(prepared, with_candidates(33)).result(60)
    assert view.latency is None
    assert alone.preview(prepared, with_candidates(33)).latency is None


def test_an_unforeseen_error_of_the_grid_ends_the_job_instead_of_hanging_it(
    alone: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(scenario: Scenario) -> Future[Any]:
        raise OSError("no room")

    monkeypatch.setattr(alone.ledger, "grid", broken)
    monkeypatch.setattr(alone.process, "call", refuse)
    job = alone.prepare(small_scenario())
    assert job.wait(60)
    assert isinstance(job.error, OSError)


def test_a_grid_that_never_comes_is_not_waited_for_without_end(
    alone: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.studio._GRID_PATIENCE_S", 0.01)
    monkeypatch.setattr(alone.ledger, "grid", lambda scenario: Future())
    monkeypatch.setattr(alone.process, "call", refuse)
    assert result_of(alone.prepare(small_scenario())).latency is None
