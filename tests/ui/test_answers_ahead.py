"""Answers are found ahead of the slider: while all is calm, the newest family first."""

from __future__ import annotations

import threading
import time
from typing import Any, cast

import pytest

from engine.design import Design
from engine.fitting_process import AHEAD, Fits, FittingError, Work
from engine.index import HNSW, IVFFlat
from engine.progress import Progress
from engine.scenario import Scenario
from engine.world import WorldConfig
from ui import answers_ahead
from ui.answers_ahead import AnswersAhead

CALM_S = 0.3


class Asked:
    """Stands in for the fits: notes what it is asked for, and may fail or take its time."""

    def __init__(self) -> None:
        self.numbers: list[tuple[str, int]] = []
        self.at: list[float] = []
        self.failing = False
        self.free = threading.Event()
        self.free.set()

    def result(self, work: Work[Any], scenario: Scenario, _: Progress) -> None:
        assert work is AHEAD
        self.free.wait(10)
        self.at.append(time.monotonic())
        self.numbers.append((scenario.design.generator.name, scenario.design.candidates))
        if self.failing:
            raise FittingError("as if it had died")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setattr(answers_ahead, "_CALM_S", CALM_S)
    return Asked()


def ahead_of(asked: Asked) -> AnswersAhead:
    return AnswersAhead(cast(Fits, asked))


def wait_for(asked: Asked, count: int) -> None:
    deadline = time.monotonic() + 10
    while len(asked.numbers) < count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(asked.numbers) >= count


def test_what_each_search_is_too_narrow_for_is_found_part_by_part_though_one_fails(
    asked: Asked,
) -> None:
    asked.failing = True
    ahead_of(asked).want(Scenario(design=Design(index=HNSW(ef_search=400))))
    wait_for(asked, 4)
    assert asked.numbers == [("mf", n) for n in (400, 600, 800, 1000)]


def test_a_small_catalogue_ends_it(asked: Asked) -> None:
    small = Scenario(WorldConfig(items=300), Design(index=HNSW(ef_search=50)))
    ahead_of(asked).want(small)
    wait_for(asked, 2)
    assert asked.numbers == [("mf", 200), ("mf", 300)]


def test_it_waits_until_nobody_is_served(asked: Asked) -> None:
    ahead = ahead_of(asked)
    ahead.want(Scenario())
    end = time.monotonic() + 3 * CALM_S
    while time.monotonic() < end:
        ahead.hold_back()
        time.sleep(0.05)
    assert asked.numbers == []
    wait_for(asked, 1)
    assert asked.at[0] >= end


def test_the_newest_family_goes_first_and_is_asked_for_once(asked: Asked) -> None:
    ahead = ahead_of(asked)
    asked.free.clear()
    ahead.want(Scenario())
    time.sleep(2 * CALM_S)  # the first part is asked for by now
    newer = Scenario(design=Design(generator="ease", index="hnsw"))
    ahead.want(newer)
    ahead.want(newer)
    asked.free.set()
    wait_for(asked, 8)
    time.sleep(2 * CALM_S)
    assert [name for name, _ in asked.numbers] == ["mf", *["ease"] * 4, *["mf"] * 3]


def test_other_indexes_need_none_and_none_is_found_after_the_end(asked: Asked) -> None:
    ahead = ahead_of(asked)
    ahead.want(Scenario(design=Design(index=IVFFlat())))
    ahead.want(Scenario())
    ahead.close()
    time.sleep(2 * CALM_S)
    assert asked.numbers == []
