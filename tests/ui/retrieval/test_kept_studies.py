"""Studies on demand: one for all who ask, kept on disk, ended on request."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.progress import Progress
from engine.scenario import Scenario
from engine.store import PartStore
from ui.jobs import Cancelled
from ui.retrieval.kept_studies import KeptStudies, Study, awaited_result
from ui.studio import Studio


class Letters(KeptStudies[str]):
    """Finds "a", then "ab", one letter each time that it is let."""

    name = "letters"

    def __init__(self, directory: Path) -> None:
        super().__init__(cast(Studio, SimpleNamespace(store=PartStore(directory))))
        self.gate, self.begun = threading.Semaphore(0), 0
        self.error: Exception | None = None

    def part(self, scenario: Scenario) -> str:
        return f"letters-{scenario.user}"

    def nothing(self) -> str:
        return ""

    def find_out(self, scenario: Scenario, study: Study[str], report: Progress) -> str:
        self.begun += 1
        for letter in "ab":
            self.gate.acquire(timeout=5)
            report(letter, 0.5)
            if self.error is not None:
                raise self.error
            study.found += letter
        return study.found

    def save(self, found: str, directory: Path) -> None:
        (directory / "found.txt").write_text(found)

    def load(self, directory: Path) -> str:
        return (directory / "found.txt").read_text()


@pytest.fixture
def letters(tmp_path: Path) -> Letters:
    return Letters(tmp_path)


def begun(letters: Letters) -> Study[str]:
    letters.begin(Scenario())
    study = letters.known(Scenario())
    assert study is not None
    return study


def test_a_study_is_begun_once_and_shows_what_is_there_on_the_way(letters: Letters) -> None:
    study = begun(letters)
    assert begun(letters) is study
    letters.gate.release(2)
    assert study.job.wait(5)
    assert (study.found, letters.begun) == ("ab", 1)
    assert letters.known(Scenario(user=3)) is None


def test_a_study_that_is_done_is_there_at_once_after_a_new_start(
    letters: Letters, tmp_path: Path
) -> None:
    letters.gate.release(2)
    assert begun(letters).job.wait(5)
    again = Letters(tmp_path)
    study = again.known(Scenario())
    assert study is not None
    assert study.job.ended
    assert (study.found, again.begun) == ("ab", 0)


def test_a_study_that_was_ended_is_forgotten_and_can_be_begun_anew(letters: Letters) -> None:
    study = begun(letters)
    letters.end(Scenario())
    letters.gate.release(1)
    assert study.job.wait(5)
    assert isinstance(study.job.error, Cancelled)
    assert letters.known(Scenario()) is None
    letters.end(Scenario())
    assert begun(letters) is not study


def test_a_study_that_failed_says_why_until_it_is_begun_again(letters: Letters) -> None:
    letters.error = OSError("no room")
    study = begun(letters)
    letters.gate.release(1)
    assert study.job.wait(5)
    assert letters.known(Scenario()) is study
    assert study.job.error is letters.error
    letters.error = None
    letters.gate.release(2)
    again = begun(letters)
    assert again.job.wait(5)
    assert again.found == "ab"


def test_closing_ends_what_runs(letters: Letters) -> None:
    study = begun(letters)
    letters.close()
    letters.gate.release(1)
    assert study.job.wait(5)
    assert isinstance(study.job.error, Cancelled)


def test_who_waits_for_an_answer_can_give_up() -> None:
    future: Future[Any] = Future()

    def breathe() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        awaited_result(future, breathe)
    future.set_result(42)
    assert awaited_result(future, breathe) == 42
