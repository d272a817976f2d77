"""The workbench: designs are prepared once for all who ask; what fails is said and begun anew."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from engine.evaluation import PANEL_USERS
from engine.live_measurement import MeasuringError
from engine.scenario import Scenario
from engine.store import PartStore
from tests.small_app import small_scenario
from tests.ui.askers import at_once, result_of
from ui import headline
from ui.jobs import Cancelled
from ui.studio import Prepared, Studio


@pytest.fixture
def alone() -> Iterator[Studio]:
    """A studio without a measuring process, and with nothing prepared."""
    studio = Studio(PartStore(None, max_parts=1_000))
    yield studio
    studio.close()


def refuse(*_: Any, **__: Any) -> Any:
    raise MeasuringError("the measuring process stopped")


def with_candidates(n: int) -> Scenario:
    return small_scenario(candidates=str(n))


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


def test_closing_ends_the_jobs_that_still_run(alone: Studio) -> None:
    job = alone.prepare(small_scenario())
    alone.close()
    assert job.ended
    assert isinstance(job.error, Cancelled)


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
        assert untimed.figures[name] == pytest.approx((value, half_width), abs=1e-12, nan_ok=True)
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
