"""The app's end of the measuring process."""

from __future__ import annotations

from typing import ClassVar

from engine.child_process import ChildError, ChildProcess


class MeasuringError(ChildError):
    """The measuring process could not do what it was asked."""


class MeasuringProcess(ChildProcess):
    """A Python process of its own that times requests."""

    module: ClassVar[str] = "engine.live_measurement.worker"
    called: ClassVar[str] = "measuring process"
    error: ClassVar[type[ChildError]] = MeasuringError
