"""What the ranking page still waits for, for which it is drawn again."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from typing import Any, cast

import pytest

from engine.measurement import RankingTiming
from engine.scenario import Scenario
from tests.small_app import small_scenario
from tests.ui.ranking.rankings import a_timing, importances
from tests.ui.views import a_curve
from ui.jobs import Job
from ui.ranking import parts
from ui.ranking.bench import RankerBench
from ui.ranking.parts import pending_of


def timed() -> Future[RankingTiming]:
    future: Future[RankingTiming] = Future()
    future.set_result(a_timing())
    return future


def a_bench(**changes: Any) -> RankerBench:
    """All is known of it, but for `changes`."""
    known: dict[str, Any] = {
        "timing": timed(),
        "curve": a_curve(),
        "importances": importances(),
    }
    nothing = cast(Any, None)
    return RankerBench(nothing, nothing, **known | changes)


class FakeBenches:
    """A's job, and the studies that were begun."""

    def __init__(self) -> None:
        self.of_a = Job()
        self.studies: dict[str, Job] = {}

    def open(self, _: Scenario) -> Job:
        return self.of_a

    def study(self, _: Scenario, what: str) -> Job | None:
        return self.studies.get(what)


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> FakeBenches:
    fake = FakeBenches()
    monkeypatch.setattr(parts, "benches", lambda: fake)
    return fake


ALONE = small_scenario()
PINNED = replace(ALONE, pins=(ALONE.design,))


@pytest.mark.usefixtures("shared")
def test_nothing_is_awaited_of_a_bench_of_which_all_is_known() -> None:
    assert pending_of(a_bench(), ALONE) == ()


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize(
    ("missing", "name"),
    [
        ({"timing": Future()}, "timing"),
        ({"curve": None}, "curve"),
        ({"importances": None}, "importances"),
    ],
)
def test_what_is_not_known_yet_is_awaited(missing: dict[str, Any], name: str) -> None:
    assert pending_of(a_bench(**missing), ALONE) == (name,)


@pytest.mark.usefixtures("shared")
def test_what_was_given_up_is_not_awaited_any_more() -> None:
    assert pending_of(a_bench(curve=None, importances=None, gave_up=True), ALONE) == ()


def test_a_is_awaited_until_it_is_judged_and_then_until_it_is_timed(shared: FakeBenches) -> None:
    assert pending_of(a_bench(), PINNED) == ("pinned",)
    waiting: Future[RankingTiming] = Future()
    shared.of_a.run(lambda _: a_bench(timing=waiting))
    assert pending_of(a_bench(), PINNED) == ("timing of A",)
    waiting.set_result(a_timing())
    assert pending_of(a_bench(), PINNED) == ()


def test_an_a_that_cannot_be_had_is_not_awaited(shared: FakeBenches) -> None:
    def fail(_: Any) -> None:
        raise ValueError("no click")

    shared.of_a.run(fail)
    assert pending_of(a_bench(), PINNED) == ()


def test_a_study_is_awaited_while_it_runs(shared: FakeBenches) -> None:
    shared.studies["learning"] = Job()
    assert pending_of(a_bench(), ALONE) == ("learning",)
    shared.studies["learning"].run(lambda _: None)
    assert pending_of(a_bench(), ALONE) == ()
