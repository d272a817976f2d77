"""The workbench measures each design once for all who ask, and says what the engine says."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

import engine
from engine.measurement import WHOLE
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World
from tests.small_app import small_scenario
from tests.ui.askers import at_once
from ui.studio import Prepared, Studio, failed
from ui.view import View


def with_candidates(n: int) -> Scenario:
    return small_scenario(candidates=str(n))


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
        assert half_width == pytest.approx(report[name].half_width, abs=1e-12, nan_ok=True)
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
    for name, pair in future.result().figures.items():
        assert again.result().figures[name] == pytest.approx(pair, abs=0, nan_ok=True)


def test_a_measurement_that_failed_is_tried_again_when_next_asked_for(
    app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = with_candidates(47)

    def broken(*_: Any) -> View:
        raise OSError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(app_studio, "_judge", broken)
        first = app_studio.measured(ready, scenario)
        with pytest.raises(OSError, match="no room"):
            first.result(30)
    assert failed(first)
    second = app_studio.measured(ready, scenario)
    assert second.result(30).source == "measured"
    assert app_studio.measured(ready, scenario) is second


def test_the_next_design_is_judged_while_the_stopwatch_is_still_at_the_one_before(
    app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    wait = app_studio.ledger.wait

    def slow(scenario: Scenario, *given: Any) -> Any:
        assert scenario.design.candidates != 76 or gate.wait(30)
        return wait(scenario, *given)

    monkeypatch.setattr(app_studio.ledger, "wait", slow)
    held, next_one = (app_studio.measured(ready, with_candidates(n)) for n in (76, 77))
    assert next_one.result(20).source == "measured"
    assert not held.done()
    gate.set()
    assert held.result(20).design == with_candidates(76).design


def test_what_nobody_waits_for_any_more_is_not_begun(
    app_studio: Studio, ready: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate, begun = threading.Event(), []
    judge = app_studio._judge

    def slow(prepared: Prepared, scenario: Scenario, kept: bool) -> Any:
        begun.append(scenario.design.candidates)
        gate.wait(10)
        return judge(prepared, scenario, kept)

    monkeypatch.setattr(app_studio, "_judge", slow)
    running, left, wanted = (app_studio.measured(ready, with_candidates(n)) for n in (71, 72, 73))
    with app_studio.waiting_for(wanted):
        with app_studio.waiting_for(left), app_studio.waiting_for(wanted):
            pass
        gate.set()
        wanted.result(10)
    assert running.result(10).design == with_candidates(71).design
    assert left.cancelled()
    assert failed(left)
    assert begun == [71, 73]
    assert app_studio.measured(ready, with_candidates(72)) is not left


def test_it_is_calm_once_nobody_has_asked_for_a_new_design_for_a_while(
    app_studio: Studio, ready: Prepared
) -> None:
    begun = time.monotonic()
    app_studio.measured(ready, with_candidates(57)).result(30)
    again = time.monotonic()
    app_studio.measured(ready, with_candidates(57)).result(30)  # it is known: no disturbance
    app_studio.calm.wait(0.5, 10.0)
    assert begun + 0.5 <= time.monotonic() < again + 5.0
    begun = time.monotonic()
    app_studio.calm.wait(60.0, 0.2)
    assert 0.2 <= time.monotonic() - begun < 5.0
    begun = time.monotonic()
    app_studio.calm.wait(0.1, 10.0)
    assert time.monotonic() - begun < 0.1
