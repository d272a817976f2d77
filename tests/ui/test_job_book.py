"""One job for each distinct request, and work that lets it pass."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

import pytest

from engine.progress import Progress
from ui import job_book
from ui.job_book import JobBook, let_pass
from ui.jobs import Cancelled


@dataclass
class Looked:
    wanted_at: float


def fails(_: Progress) -> None:
    raise OSError("no room")


def test_who_asks_for_the_same_shares_one_job() -> None:
    book, runs = JobBook(3), []
    jobs = [book.open("a", lambda _: runs.append(1), "work") for _ in range(3)]
    assert jobs[0] is jobs[1] is jobs[2] is book.find("a")
    assert jobs[0].wait(5)
    assert book.open("b", lambda _: runs.append(2), "work").wait(5)
    assert runs == [1, 2]


def test_a_job_that_was_cancelled_or_dropped_is_begun_anew() -> None:
    book, gate = JobBook(3), threading.Event()

    def work(report: Progress) -> str:
        gate.wait(5)
        report("working", 0.5)
        return "done"

    first = book.open("a", work, "work")
    first.cancel()
    gate.set()
    assert first.wait(5)
    assert isinstance(first.error, Cancelled)
    second = book.open("a", work, "work")
    assert second is not first
    book.drop("a")
    assert book.find("a") is None
    assert book.open("a", work, "work") is not second


@pytest.mark.parametrize("again", [False, True])
def test_a_job_that_failed_is_tried_again_where_that_is_wanted(again: bool) -> None:
    book = JobBook(3, again=again)
    first = book.open("a", fails, "work")
    assert first.wait(5)
    assert (book.open("a", fails, "work") is not first) == again


def test_the_job_asked_for_longest_ago_is_forgotten() -> None:
    book = JobBook(2)
    first = book.open("a", lambda _: None, "work")
    book.open("b", lambda _: None, "work")
    book.open("a", lambda _: None, "work")
    book.open("c", lambda _: None, "work")
    assert book.find("b") is None
    assert book.find("a") is first


def test_cancelling_and_closing_end_what_runs() -> None:
    book, gate = JobBook(3), threading.Event()

    def work(report: Progress) -> None:
        gate.wait(5)
        report("working", 0.5)

    one, other = (book.open(key, work, "work") for key in "ab")
    book.cancel("a")
    book.close()
    gate.set()
    for job in (one, other):
        assert job.wait(5)
        assert isinstance(job.error, Cancelled)
    assert book.find("a") is None
    book.cancel("a")


def test_work_waits_while_a_job_of_the_book_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_book, "_CALM_S", 0.0)
    monkeypatch.setattr(job_book, "_BREATH_S", 0.005)
    book, gate, passed = JobBook(3), threading.Event(), threading.Event()
    book.open("a", lambda _: gate.wait(5), "work")

    def later() -> None:
        let_pass(book, Looked(time.monotonic()))
        passed.set()

    threading.Thread(target=later, daemon=True).start()
    assert not passed.wait(0.1)
    gate.set()
    assert passed.wait(5)


def test_work_that_nobody_looks_at_any_more_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_book, "_STILL_WANTED_S", 1.0)
    let_pass(JobBook(1), Looked(time.monotonic()))
    with pytest.raises(Cancelled):
        let_pass(JobBook(1), Looked(time.monotonic() - 2.0))
