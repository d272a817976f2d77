"""Long work beside the pages: progress, time left, cancel, errors."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from engine.progress import Progress
from ui import jobs
from ui.jobs import Cancelled, Job, start


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(jobs, "time", clock)
    return clock


def test_a_job_runs_beside_its_caller_and_keeps_its_result() -> None:
    gate = threading.Event()

    def work(report: Progress) -> int:
        gate.wait(10)
        return 42

    job = start(work, "work")
    assert not job.ended
    assert not job.wait(0.01)
    gate.set()
    assert job.wait(10)
    assert (job.ended, job.result, job.error, job.done) == (True, 42, None, 1.0)


def test_progress_never_goes_back_nor_beyond_the_whole() -> None:
    job, seen = Job(), []

    def work(report: Progress) -> None:
        for done in (0.1, 0.5, 0.3, 0.7, 1.5, 0.2):
            report(f"at {done}", done)
            seen.append((job.what, job.done))

    job.run(work)
    assert [done for _, done in seen] == [0.1, 0.5, 0.5, 0.7, 1.0, 1.0]
    assert [what for what, _ in seen][2] == "at 0.3"


def test_an_error_is_kept_and_ends_the_job() -> None:
    def work(report: Progress) -> None:
        raise ValueError("no click")

    job = start(work, "work")
    assert job.wait(10)
    assert job.result is None
    assert isinstance(job.error, ValueError)
    assert str(job.error) == "no click"


def test_even_an_exit_within_the_work_ends_the_job() -> None:
    def work(report: Progress) -> None:
        raise SystemExit

    job = start(work, "work")
    assert job.wait(10)
    assert isinstance(job.error, SystemExit)


def test_cancel_ends_the_job_at_its_next_report() -> None:
    reached, gate, steps = threading.Event(), threading.Event(), []

    def work(report: Progress) -> None:
        for step in range(100):
            report("step", step / 100)
            steps.append(step)
            reached.set()
            gate.wait(10)

    job = start(work, "work")
    assert reached.wait(10)
    job.cancel()
    gate.set()
    assert job.wait(10)
    assert isinstance(job.error, Cancelled)
    assert steps == [0]


def test_cancel_after_the_end_changes_nothing() -> None:
    job = start(lambda report: 7, "work")
    assert job.wait(10)
    job.cancel()
    assert (job.result, job.error) == (7, None)


def test_the_time_left_shrinks_as_steady_work_goes_on(clock: Clock) -> None:
    job, left = Job(started=clock.now), []
    for done in (0.1, 0.3, 0.6, 0.9, 1.0):
        clock.now = 100.0 + 20.0 * done
        job.report("step", done)
        left.append(job.left_s)
    assert left == pytest.approx([18.0, 14.0, 8.0, 2.0, 0.0])


def test_no_time_left_is_guessed_while_it_is_too_early(clock: Clock) -> None:
    job = Job(started=clock.now)
    job.report("step", 0.5)
    clock.now += 0.4
    assert job.left_s is None
    clock.now += 5
    assert job.left_s == pytest.approx(5.4)
    slow = Job(started=clock.now)
    clock.now += 60
    slow.report("step", 0.01)
    assert slow.left_s is None


def test_a_job_knows_whether_others_wait_for_it() -> None:
    job = Job()
    with job.watched("me"), job.watched("me"):
        assert not job.watched_by_others("me")
        assert job.watched_by_others("you")
        with job.watched("you"):
            assert job.watched_by_others("me")
        with pytest.raises(KeyError), job.watched("you"):
            raise KeyError
        assert not job.watched_by_others("me")
    assert not job.watched_by_others("you")
