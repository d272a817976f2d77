"""Python processes beside the app, spoken to in lines of JSON: a task a line, an answer a line."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, ClassVar

from engine.progress import Progress, silent

_LOOK_EVERY_S = 0.1
_REPORT_EVERY_S = 0.05
_AT_ONCE = 1 << 20
WAITING = "waiting for other work"


class ChildError(RuntimeError):
    """The process could not do what it was asked."""


class ChildProcess:
    """A Python process that carries out one task after the other; started when first needed.

    module : what runs in it; it hands its answers to `serve`.
    called : its name in messages.
    error : what is raised where it fails.
    """

    module: ClassVar[str]
    called: ClassVar[str]
    error: ClassVar[type[ChildError]] = ChildError

    def __init__(self, env: Mapping[str, str] | None = None) -> None:
        self._env = env or {}
        self._process: subprocess.Popen[bytes] | None = None
        self._read = b""  # of the next answer
        self._lock = threading.Lock()
        self._closing = False

    def start(self) -> None:
        """Start it now, so that its imports are done by the time it is needed."""
        if self._lock.acquire(blocking=False):  # else whoever has it starts it
            try:
                self._running()
            finally:
                self._lock.release()

    def call(self, task: dict[str, Any], report: Progress = silent) -> dict[str, Any]:
        """Carry out one task; tasks wait for each other.

        Parameters
        ----------
        report : told how far it is, every tenth of a second at least. Where it raises, the task
            is given up, and the process with it.

        Raises
        ------
        ChildError : the process failed at the task, died at it twice, or was closed.
        """
        while not self._lock.acquire(timeout=_LOOK_EVERY_S):
            report(WAITING, 0.0)
        try:
            answer = self._exchange(task, report)
            if answer is None and not self._closing:
                answer = self._exchange(task, report)
        except BaseException:
            self._discard()
            raise
        finally:
            self._lock.release()
        if answer is None:
            raise self.error(f"the {self.called} stopped")
        if "error" in answer:
            raise self.error(answer["error"])
        return answer

    def close(self) -> None:
        """Stop the process, and the task that it may be at."""
        self._closing = True
        if (process := self._process) is not None:
            process.kill()  # ends the task, which holds the lock
        with self._lock:
            self._discard()
            self._closing = False

    def _exchange(self, task: dict[str, Any], report: Progress) -> dict[str, Any] | None:
        """The answer; None where the process died, which is then gone for good."""
        try:
            process = self._running()
            assert process.stdin is not None
            process.stdin.write(json.dumps(task).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            self._discard()
            return None
        told: tuple[str, float] = "starting", 0.0
        while line := self._line(process, partial(report, *told)):
            answer: dict[str, Any] = json.loads(line)
            if "report" not in answer:
                return answer
            told = tuple(answer["report"])
            report(*told)
        self._discard()
        return None

    def _line(self, process: subprocess.Popen[bytes], meanwhile: Callable[[], None]) -> bytes:
        """The next whole line; empty where the process died, maybe within one."""
        assert process.stdout is not None
        with selectors.DefaultSelector() as written:
            written.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._read:
                if not written.select(_LOOK_EVERY_S):
                    meanwhile()
                elif more := os.read(process.stdout.fileno(), _AT_ONCE):
                    self._read += more
                else:
                    return b""
        line, _, self._read = self._read.partition(b"\n")
        return line

    def _discard(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        self._read = b""
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is not None:
            self._discard()
        if self._process is None:
            one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
            found_alike = {"PYTHONPATH": os.pathsep.join(sys.path)}
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, **one_thread, **found_alike, **self._env},
            )
        return self._process


def serve(answer: Callable[[Mapping[str, Any], Progress], dict[str, Any]]) -> None:
    """In the process: answer the tasks from standard input until it ends."""
    # A library that prints must not break into the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    told_at = float("-inf")

    def write(found: dict[str, Any]) -> None:
        try:
            answers.write(json.dumps(found) + "\n")
            answers.flush()
        except BrokenPipeError:  # the app is gone; a flush at the end would fail again
            os._exit(0)

    def report(what: str, done: float) -> None:
        nonlocal told_at
        if time.monotonic() - told_at > _REPORT_EVERY_S:
            told_at = time.monotonic()
            write({"report": [what, done]})

    with suppress(KeyboardInterrupt):  # Ctrl-C reaches the whole terminal
        for line in sys.stdin:
            try:
                found = answer(json.loads(line), report)
            except Exception as error:
                found = {"error": f"{type(error).__name__}: {error}"}
            write(found)
