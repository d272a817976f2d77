"""Answers are found ahead of the slider: while all is calm, the newest family first."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any, cast

import pytest

from engine.design import Design
from engine.fitting_process import AHEAD, Fits, FittingError, Work
from engine.index import HNSW, IVFFlat
from engine.progress import Progress
from engine.rankers import DCN
from engine.scenario import Scenario
from engine.world import WorldConfig
from ui import searches_ahead
from ui.calm import Calm
from ui.searches_ahead import SearchesAhead

CALM_S = 0.3
MF, TOWERS = (
    Scenario(design=Design(generator=name, index=HNSW(ef_search=800), candidates=900))
    for name in ("mf", "two_tower")
)


class Asked:
    """Stands in for the fits: notes what it is asked for, and may fail or take its time."""

    def __init__(self) -> None:
        self.numbers: list[tuple[str, int]] = []
        self.scenarios: list[Scenario] = []
        self.at: list[float] = []
        self.error: Exception | None = None
        self.free = threading.Event()
        self.free.set()
        self.given_up = False
        self.busy = False
        self.calm = Calm()
        self.found: list[int] = []

    def have_at_hand(self, work: Work[Any], scenario: Scenario, report: Progress) -> None:
        assert work is AHEAD
        self.at.append(time.monotonic())
        self.scenarios.append(scenario)
        self.numbers.append((scenario.design.generator.name, scenario.design.candidates))
        while not self.free.wait(0.02):
            try:
                report("searching", 0.5)
            except BaseException:
                self.given_up = True
                raise
        if self.error is not None:
            raise self.error


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setattr(searches_ahead, "_CALM_S", CALM_S)
    monkeypatch.setattr(searches_ahead, "_LOOK_EVERY_S", 0.02)
    return Asked()


def ahead_of(asked: Asked) -> SearchesAhead:
    def found(searched: Scenario) -> None:
        asked.found.append(searched.design.candidates)

    return SearchesAhead(cast(Fits, asked), asked.calm, lambda: asked.busy, found)


def wait_for(asked: Asked, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(asked.numbers) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(asked.numbers) >= count


def searched(ef_search: int, candidates: int = 1000, **world: int) -> Scenario:
    design = Design(index=HNSW(ef_search=ef_search), candidates=candidates)
    return Scenario(WorldConfig(**world), design)


@pytest.mark.parametrize("error", [FittingError("as if it had died"), OSError(), RuntimeError()])
def test_files_from_the_design_upwards_are_found_though_they_fail(
    asked: Asked, error: Exception
) -> None:
    asked.error = error
    ahead_of(asked).want(searched(800))
    wait_for(asked, 3)
    assert asked.numbers == [("mf", n) for n in (800, 900, 1000)]
    assert asked.found == []


def test_it_is_told_of_each_file_that_is_there(asked: Asked) -> None:
    ahead_of(asked).want(searched(800))
    deadline = time.monotonic() + 10
    while len(asked.found) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert asked.found == [800, 900, 1000]


def test_a_small_catalogue_ends_it_and_what_is_left_out_is_asked_for_too(asked: Asked) -> None:
    ahead_of(asked).want(searched(301, items=450))
    wait_for(asked, 3)
    assert asked.numbers == [("mf", 300), ("mf", 400), ("mf", 450)]


def test_it_waits_until_nobody_is_served_and_nothing_is_made_ready(asked: Asked) -> None:
    ahead = ahead_of(asked)
    ahead.want(MF)
    end = time.monotonic() + 3 * CALM_S
    while time.monotonic() < end:
        asked.calm.disturb()
        time.sleep(0.05)
    asked.busy = True
    time.sleep(2 * CALM_S)
    assert asked.numbers == []
    asked.busy = False
    wait_for(asked, 1)


def test_the_newest_family_goes_first_and_a_file_is_asked_for_once_whatever_ranks(
    asked: Asked,
) -> None:
    ahead = ahead_of(asked)
    asked.free.clear()
    ahead.want(MF)
    wait_for(asked, 1)
    ahead.want(TOWERS)
    ahead.want(TOWERS)
    ahead.want(replace(TOWERS, design=replace(TOWERS.design, ranker=DCN()), user=7))
    asked.free.set()
    wait_for(asked, 6)
    ahead.want(MF)
    time.sleep(2 * CALM_S)
    assert [name for name, _ in asked.numbers] == ["mf", *["two_tower"] * 3, *["mf"] * 2]
    assert {scenario.design.ranker.name for scenario in asked.scenarios} == {"none"}


def test_a_narrower_search_and_fewer_candidates_want_more(asked: Asked) -> None:
    ahead = ahead_of(asked)
    ahead.want(searched(900))
    wait_for(asked, 2)
    ahead.want(searched(800))
    wait_for(asked, 3)
    ahead.want(searched(1000, candidates=700))
    wait_for(asked, 4)
    assert [n for _, n in asked.numbers] == [900, 1000, 800, 700]


def test_other_indexes_need_none_nor_do_slates_at_which_the_slider_stops_elsewhere(
    asked: Asked,
) -> None:
    ahead = ahead_of(asked)
    ahead.want(Scenario(design=Design(index=IVFFlat())))
    ahead.want(Scenario(design=Design(slate=15)))
    ahead.want(searched(900))
    wait_for(asked, 1)
    time.sleep(2 * CALM_S)
    assert asked.numbers == [("mf", 900), ("mf", 1000)]


def test_closing_gives_up_what_is_at_work_and_asks_for_no_more(asked: Asked) -> None:
    ahead = ahead_of(asked)
    asked.free.clear()
    ahead.want(MF)
    wait_for(asked, 1)
    ahead.close()
    assert asked.given_up
    asked.free.set()
    ahead.want(TOWERS)
    time.sleep(2 * CALM_S)
    assert len(asked.numbers) == 1


def test_closing_without_anything_wanted_is_nothing(asked: Asked) -> None:
    ahead_of(asked).close()
    assert asked.numbers == []


def test_who_wants_may_hold_the_lock_that_being_busy_takes(asked: Asked) -> None:
    lock = threading.Lock()

    def busy() -> bool:
        with lock:
            return False

    ahead = SearchesAhead(cast(Fits, asked), asked.calm, busy, lambda _: None)
    for _ in range(200):
        with lock:
            ahead.want(MF)
        time.sleep(0.001)
    wait_for(asked, 3)
