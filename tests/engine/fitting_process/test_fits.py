"""Works are done with what is at hand; what is not is fitted elsewhere, and reads the same here."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.fitting_process import Fits, FittingError
from engine.fitting_process.work import SYSTEM, Work
from engine.progress import Progress, silent
from engine.scenario import Scenario
from engine.store import PartStore, Recipe
from engine.world import WorldConfig
from tests.engine.conftest import quick_design

SCENARIO = Scenario(
    WorldConfig(users=150, items=300, impressions=10_000), quick_design("mf", "hnsw", "none")
)
Made = list[str]


def counting(made: Made, where: str) -> Work[int]:
    """A work of one part: `made` tells who made it."""

    def make(_: Progress) -> np.ndarray:
        made.append(where)
        return np.arange(5)

    def read(scenario: Scenario, store: PartStore, report: Progress) -> int:
        report("looking", 0.5)
        recipe = Recipe(
            make,
            lambda part, directory: np.save(directory / "n.npy", part),
            lambda directory: np.load(directory / "n.npy", allow_pickle=False),
        )
        return int(store.part(f"numbers-{scenario.design.candidates}", recipe).sum())

    return Work("counting", read, read)


class FakeProcess:
    """Makes parts with a store of its own, as the process does; or fails."""

    def __init__(self, make: Callable[[Progress], Any]) -> None:
        self.tasks: list[dict[str, Any]] = []
        self.started = 0
        self.answer: dict[str, Any] = {"done": True}
        self.error: BaseException | None = None
        self._make = make

    def start(self) -> None:
        self.started += 1

    def call(self, task: dict[str, Any], report: Progress) -> dict[str, Any]:
        self.tasks.append(task)
        report("fitting", 0.5)
        if self.error is not None:
            raise self.error
        if "done" in self.answer:
            self._make(report)
        return self.answer


@pytest.fixture
def made() -> Made:
    return []


def fits_on(directory: Path | None, made: Made) -> tuple[Fits, FakeProcess]:
    fits = Fits(PartStore(directory))
    there = counting(made, "there")
    process = FakeProcess(lambda report: there.make(SCENARIO, PartStore(directory), report))
    fits.process = process  # type: ignore[assignment]
    return fits, process


def test_what_is_not_at_hand_is_made_in_the_process_and_read_here(
    tmp_path: Path, made: Made
) -> None:
    fits, process = fits_on(tmp_path, made)
    assert fits.result(counting(made, "here"), SCENARIO, silent) == 10
    assert made == ["there"]
    assert process.tasks == [{"what": "counting", "scenario": SCENARIO.to_query()}]


def test_what_is_on_disk_or_remembered_is_not_asked_for(tmp_path: Path, made: Made) -> None:
    here = counting(made, "here")
    here.make(SCENARIO, PartStore(tmp_path), silent)
    fits, process = fits_on(tmp_path, made)
    for _ in range(2):
        assert fits.result(here, SCENARIO, silent) == 10
    assert (made, process.tasks) == (["here"], [])


def test_without_a_directory_everything_is_made_here(made: Made) -> None:
    fits, process = fits_on(None, made)
    told: list[float] = []
    assert fits.result(counting(made, "here"), SCENARIO, lambda _, done: told.append(done)) == 10
    fits.make(counting(made, "here"), SCENARIO, silent)
    fits.start()
    assert (made, process.tasks, process.started, told) == (["here"], [], 0, [0.5])


def test_what_the_process_could_not_keep_is_made_here_in_the_end(
    tmp_path: Path, made: Made
) -> None:
    fits, process = fits_on(tmp_path, made)
    process._make = lambda _: None
    assert fits.result(counting(made, "here"), SCENARIO, silent) == 10
    assert (made, len(process.tasks)) == (["here"], 1)


def test_progress_rises_from_the_process_to_the_reading(tmp_path: Path, made: Made) -> None:
    fits, _ = fits_on(tmp_path, made)
    told: list[tuple[str, float]] = []
    fits.result(counting(made, "here"), SCENARIO, lambda *report: told.append(report))
    shares = [done for _, done in told]
    assert shares == sorted(shares)
    assert told[:2] == [("looking", 0.0), ("fitting", 0.45)]
    assert 0.9 < shares[-1] <= 1.0


def test_what_the_process_refuses_is_a_value_error_in_its_words(tmp_path: Path, made: Made) -> None:
    fits, process = fits_on(tmp_path, made)
    process.answer = {"refused": "log: must hold clicks"}
    with pytest.raises(ValueError, match=r"^log: must hold clicks$"):
        fits.result(counting(made, "here"), SCENARIO, silent)
    assert made == []


@pytest.mark.parametrize("error", [FittingError("stopped"), KeyboardInterrupt()])
def test_after_a_failure_or_a_cancel_the_process_is_there_for_who_comes_next(
    tmp_path: Path, made: Made, error: BaseException
) -> None:
    fits, process = fits_on(tmp_path, made)
    process.error = error
    with pytest.raises(type(error)):
        fits.result(counting(made, "here"), SCENARIO, silent)
    assert (made, process.started) == ([], 1)


def test_from_end_to_end_a_system_is_fitted_in_a_process_of_its_own_that_gives_way(
    tmp_path: Path,
) -> None:
    fits = Fits(PartStore(tmp_path))
    try:
        told: list[float] = []
        found, system = fits.result(SYSTEM, SCENARIO, lambda _, done: told.append(done))
        assert found == SCENARIO
        assert system.recommend(3).items.shape == (10,)
        assert list(tmp_path.glob("index-*")), "fitted there, and read here"
        assert told == sorted(told)
        child = fits.process._process
        assert child is not None
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == 19
    finally:
        fits.close()
