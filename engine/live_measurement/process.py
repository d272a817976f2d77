"""The app's end of the measuring process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any


class MeasuringError(RuntimeError):
    """The measuring process could not do what it was asked."""


class MeasuringProcess:
    """A Python process of its own that times requests; started when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()
        self._closing = False

    def start(self) -> None:
        """Start it now, so that its imports are done by the time it is needed."""
        with self._lock:
            self._running()

    def call(self, task: dict[str, Any]) -> dict[str, Any]:
        """Carry out one task; tasks wait for each other.

        Raises
        ------
        MeasuringError : the process failed at the task, died at it twice, or was closed.
        """
        with self._lock:
            line = self._exchange(task)
            if not line and not self._closing:
                line = self._exchange(task)
        if not line:
            raise MeasuringError("the measuring process stopped")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MeasuringError(answer["error"])
        return answer

    def close(self) -> None:
        """Stop the process, and the task that it may be at."""
        self._closing = True
        if (process := self._process) is not None:
            process.kill()  # ends the task, which holds the lock
        with self._lock:
            self._discard()
            self._closing = False

    def _exchange(self, task: dict[str, Any]) -> str:
        """The answer's line; empty where the process died, which is then gone for good."""
        try:
            process = self._running()
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(json.dumps(task) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line.endswith("\n"):  # it may have died within a line
            self._discard()
            return ""
        return line

    def _discard(self) -> None:
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is not None:
            self._discard()
        if self._process is None:
            one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "engine.live_measurement.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | one_thread | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        return self._process
