"""The app's end of the measuring process: it outlives deaths, and says what went wrong."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from engine.live_measurement import MeasuringError, MeasuringProcess
from engine.live_measurement import process as process_module

ROOT = Path(__file__).parents[3]
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
        answer = {"pid": os.getpid(), "env": dict(os.environ), "task": task}
        if task["what"] == "fail":
            answer = {"error": "ValueError: nlist=9: too many"}
        print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MeasuringProcess]:
    """A measuring process whose worker is a stand-in."""
    script = tmp_path / "stand_in.py"
    script.write_text(textwrap.dedent(STAND_IN))
    popen = subprocess.Popen

    def started(command: list[str], **options: Any) -> subprocess.Popen[str]:
        assert command == [sys.executable, "-m", "engine.live_measurement.worker"]
        return popen([sys.executable, str(script)], **options)

    monkeypatch.setattr(process_module.subprocess, "Popen", started)
    measuring = MeasuringProcess()
    yield measuring
    measuring.close()


def test_tasks_go_to_one_process_of_its_own(process: MeasuringProcess) -> None:
    answers = [process.call({"what": "echo", "n": n}) for n in range(3)]
    assert len({answer["pid"] for answer in answers} | {os.getpid()}) == 2
    assert [answer["task"]["n"] for answer in answers] == [0, 1, 2]


def test_its_libraries_have_one_thread_and_it_finds_the_same_code(
    process: MeasuringProcess,
) -> None:
    env = process.call({"what": "echo"})["env"]
    assert {env[f"{name}_NUM_THREADS"] for name in ("OMP", "OPENBLAS", "MKL")} == {"1"}
    assert str(ROOT) in [os.path.abspath(path) for path in env["PYTHONPATH"].split(os.pathsep)]


def test_tasks_of_many_threads_each_get_their_own_answer(process: MeasuringProcess) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: process.call({"what": "echo", "n": n}), range(40)))
    assert [answer["task"]["n"] for answer in answers] == list(range(40))


def test_process_that_was_killed_is_started_again(process: MeasuringProcess) -> None:
    for _ in range(3):
        pid = process.call({"what": "echo"})["pid"]
        os.kill(pid, signal.SIGKILL)
        assert process.call({"what": "echo"})["pid"] != pid


@pytest.mark.parametrize("what", ["die once", "half"])
def test_task_at_which_it_died_is_tried_again(
    process: MeasuringProcess, tmp_path: Path, what: str
) -> None:
    answer = process.call({"what": what, "seen": str(tmp_path / "seen")})
    assert answer["task"]["what"] == what


def test_task_that_kills_it_twice_is_given_up_and_the_next_one_served(
    process: MeasuringProcess,
) -> None:
    with pytest.raises(MeasuringError, match="stopped"):
        process.call({"what": "die"})
    assert process.call({"what": "echo"})["pid"]


def test_error_in_the_worker_comes_back_with_its_text(process: MeasuringProcess) -> None:
    pid = process.call({"what": "echo"})["pid"]
    with pytest.raises(MeasuringError, match=r"^ValueError: nlist=9: too many$"):
        process.call({"what": "fail"})
    assert process.call({"what": "echo"})["pid"] == pid


def test_closing_ends_the_task_that_is_running_and_starts_no_other(
    process: MeasuringProcess, tmp_path: Path
) -> None:
    seen = tmp_path / "seen"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(process.call, {"what": "sleep", "seen": str(seen)})
        deadline = time.monotonic() + 10
        while not seen.exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.close()
        with pytest.raises(MeasuringError):
            running.result(10)
    assert process._process is None


def test_closing_twice_or_before_the_start_does_no_harm() -> None:
    measuring = MeasuringProcess()
    measuring.close()
    measuring.close()


def test_process_is_started_ahead_of_its_first_task(process: MeasuringProcess) -> None:
    process.start()
    assert process._process is not None
    pid = process._process.pid
    assert process.call({"what": "echo"})["pid"] == pid


def test_process_that_cannot_be_started_is_a_measuring_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(process_module.subprocess, "Popen", refuse)
    with pytest.raises(MeasuringError):
        MeasuringProcess().call({"what": "echo"})
