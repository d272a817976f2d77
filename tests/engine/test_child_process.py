"""Processes beside the app: both ends outlive what goes wrong, and say what it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest

from engine.child_process import WAITING, ChildError, ChildProcess
from engine.live_measurement import MeasuringError, MeasuringProcess

ROOT = Path(__file__).parents[2]
# Does as the task says: answers, fails, dies, or dies within a line.
STAND_IN = """
    import json, os, sys, time
    from pathlib import Path

    for line in sys.stdin:
        task = json.loads(line)
        seen = Path(task.get("seen", os.devnull))
        first = not seen.exists()
        if task["what"] != "echo":
            seen.write_text("x")
        if task["what"] == "die" or (task["what"] == "die once" and first):
            os._exit(3)
        if task["what"] == "half" and first:
            sys.stdout.write('{"pid": 1')
            sys.stdout.flush()
            os._exit(3)
        if task["what"] == "sleep":
            time.sleep(60)
        if task["what"] == "nap":
            time.sleep(0.5)
        if task["what"] == "report":
            for done in range(task["n"]):
                print(json.dumps({"report": ["counting", done / task["n"]]}), flush=True)
        answer = {"pid": os.getpid(), "env": dict(os.environ), "task": task}
        if task["what"] == "fail":
            answer = {"error": "ValueError: nlist=9: too many"}
        print(json.dumps(answer), flush=True)
"""


class StandIn(ChildProcess):
    """A process that does as the task says."""

    module: ClassVar[str] = "stand_in"
    called: ClassVar[str] = "stand-in"


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A process whose module is the stand-in."""
    (tmp_path / "stand_in.py").write_text(textwrap.dedent(STAND_IN))
    monkeypatch.syspath_prepend(tmp_path)
    child = StandIn({"OWN": "yes"})
    yield child
    child.close()


@contextmanager
def at_work(process: StandIn, what: str, seen: Path) -> Iterator[Future[dict[str, Any]]]:
    """The process at a task that has begun."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(process.call, {"what": what, "seen": str(seen)})
        deadline = time.monotonic() + 10
        while not seen.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        yield running


def test_tasks_go_to_one_process_of_its_own(process: StandIn) -> None:
    answers = [process.call({"what": "echo", "n": n}) for n in range(3)]
    assert len({answer["pid"] for answer in answers} | {os.getpid()}) == 2
    assert [answer["task"]["n"] for answer in answers] == [0, 1, 2]


def test_its_libraries_have_one_thread_and_it_finds_the_same_code(
    process: StandIn,
) -> None:
    env = process.call({"what": "echo"})["env"]
    assert {env[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL")} == {"1"}
    assert env["OWN"] == "yes"
    assert str(ROOT) in [os.path.abspath(path) for path in env["PYTHONPATH"].split(os.pathsep)]


def test_tasks_of_many_threads_each_get_their_own_answer(process: StandIn) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: process.call({"what": "echo", "n": n}), range(40)))
    assert [answer["task"]["n"] for answer in answers] == list(range(40))


def test_process_that_was_killed_is_started_again(process: StandIn) -> None:
    for _ in range(3):
        pid = process.call({"what": "echo"})["pid"]
        os.kill(pid, signal.SIGKILL)
        assert process.call({"what": "echo"})["pid"] != pid


@pytest.mark.parametrize("what", ["die once", "half"])
def test_task_at_which_it_died_is_tried_again(process: StandIn, tmp_path: Path, what: str) -> None:
    answer = process.call({"what": what, "seen": str(tmp_path / "seen")})
    assert answer["task"]["what"] == what


def test_task_that_kills_it_twice_is_given_up_and_the_next_one_served(
    process: StandIn,
) -> None:
    with pytest.raises(ChildError, match="stopped"):
        process.call({"what": "die"})
    assert process.call({"what": "echo"})["pid"]


def test_error_in_the_worker_comes_back_with_its_text(process: StandIn) -> None:
    pid = process.call({"what": "echo"})["pid"]
    with pytest.raises(ChildError, match=r"^ValueError: nlist=9: too many$"):
        process.call({"what": "fail"})
    assert process.call({"what": "echo"})["pid"] == pid


def test_closing_ends_the_task_that_is_running_and_starts_no_other(
    process: StandIn, tmp_path: Path
) -> None:
    with at_work(process, "sleep", tmp_path / "seen") as running:
        process.close()
        with pytest.raises(ChildError):
            running.result(10)
    assert process._process is None


def test_closing_twice_or_before_the_start_does_no_harm() -> None:
    child = StandIn()
    child.close()
    child.close()


def test_process_is_started_ahead_of_its_first_task(process: StandIn) -> None:
    process.start()
    assert process._process is not None
    pid = process._process.pid
    assert process.call({"what": "echo"})["pid"] == pid


def test_start_does_not_wait_for_the_task_that_is_running(process: StandIn, tmp_path: Path) -> None:
    with at_work(process, "nap", tmp_path / "seen") as running:
        process.start()
        assert not running.done()
        assert running.result(10)["task"]["what"] == "nap"


def test_process_that_cannot_be_started_is_a_measuring_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(MeasuringError, match="the measuring process stopped"):
        MeasuringProcess().call({"what": "echo"})


# Reports -------------------------------------------------------------------------------------


def test_reports_come_before_the_answer_and_in_order(process: StandIn) -> None:
    heard: list[tuple[str, float]] = []
    answer = process.call({"what": "report", "n": 4}, lambda *told: heard.append(told))
    assert answer["task"]["n"] == 4
    assert [told for told in heard if told[0] == "counting"] == [
        ("counting", done / 4) for done in range(4)
    ]


class GaveUpError(Exception):
    """Of somebody who listens."""


def test_listener_who_gives_up_ends_the_task_at_once_though_nothing_is_reported(
    process: StandIn,
) -> None:
    pid = process.call({"what": "echo"})["pid"]
    calls = []

    def give_up(what: str, done: float) -> None:
        calls.append(what)
        if len(calls) == 3:
            raise GaveUpError

    began = time.monotonic()
    with pytest.raises(GaveUpError):
        process.call({"what": "sleep"}, give_up)
    assert time.monotonic() - began < 10
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert process.call({"what": "echo"})["pid"] != pid


def test_who_waits_for_a_turn_is_told_so_and_may_give_up_without_harm_to_the_other(
    process: StandIn, tmp_path: Path
) -> None:
    with at_work(process, "nap", tmp_path / "seen") as running:

        def give_up(what: str, done: float) -> None:
            assert (what, done) == (WAITING, 0.0)
            raise GaveUpError

        with pytest.raises(GaveUpError):
            process.call({"what": "echo"}, give_up)
        assert running.result(10)["task"]["what"] == "nap"


# The process's end ---------------------------------------------------------------------------

NOISY = """
import os
from engine.child_process import serve

def answer(task, report):
    print("a library says hello")
    os.write(1, b"and so does C")
    report("working", 0.5)
    return {"task": task}

serve(answer)
"""


def test_whatever_a_library_prints_stays_out_of_the_answers() -> None:
    out = subprocess.run(
        [sys.executable, "-c", NOISY],
        cwd=ROOT,
        input='{"n": 1}\n{"n": 2}\nno json\n',
        capture_output=True,
        text=True,
    )
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    reports = [answer for answer in answers if "report" in answer]
    assert reports[0] == {"report": ["working", 0.5]}
    *answers, last = [answer for answer in answers if "report" not in answer]
    assert answers == [{"task": {"n": 1}}, {"task": {"n": 2}}]
    assert last["error"].startswith("JSONDecodeError")
    assert "hello" in out.stderr


def test_worker_whose_app_is_gone_ends_without_a_word() -> None:
    slow = NOISY.replace("    os.write", "    import time; time.sleep(0.3)\n    os.write")
    orphan = subprocess.Popen(
        [sys.executable, "-c", slow],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert orphan.stdin is not None
    assert orphan.stdout is not None
    assert orphan.stderr is not None
    orphan.stdin.write('{"n": 1}\n')
    orphan.stdin.flush()
    orphan.stdout.close()
    orphan.stdin.close()
    said = orphan.stderr.read()
    orphan.stderr.close()
    assert orphan.wait(10) == 0
    assert "Error" not in said
