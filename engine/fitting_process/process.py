"""The app's end of the fitting process."""

from __future__ import annotations

from typing import ClassVar

from engine.child_process import ChildError, ChildProcess


class FittingError(ChildError):
    """The fitting process could not do what it was asked."""


class FittingProcess(ChildProcess):
    """A Python process that fits while the app serves; it gives way to all other work."""

    module: ClassVar[str] = "engine.fitting_process.worker"
    called: ClassVar[str] = "fitting process"
    error: ClassVar[type[ChildError]] = FittingError
