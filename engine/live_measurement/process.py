"""The app's end of the measuring process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from typing import Any


class MeasuringError(RuntimeError):
    """The measuring process could not do what it was asked."""


class MeasuringProcess:
    """A Python process of its own that times requests; started when first needed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start it now, so that its imports are done by the time it is needed."""
        with self._lock:
            self._running()

    def call(self, task: dict[str, Any]) -> dict[str, Any]:
        """Carry out one task; tasks wait for each other.

        Raises
        ------
        MeasuringError : the process failed at the task, twice if it died.
        """
        with self._lock:
            line = self._exchange(task) or self._exchange(task)
        if not line:
            raise MeasuringError("the measuring process stopped twice")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise MeasuringError(answer["error"])
        return answer

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _exchange(self, task: dict[str, Any]) -> str:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(task) + "\n")
            process.stdin.flush()
            return process.stdout.readline()
        except OSError:
            return ""

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
            self._process = subprocess.Popen(
                [sys.executable, "-m", "engine.live_measurement.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=os.environ | one_thread | {"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        return self._process
