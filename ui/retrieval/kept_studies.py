"""What is measured on demand, in the background: once for all viewers, and kept on disk."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from engine.progress import Progress
from engine.scenario import Scenario
from engine.store import Recipe
from ui.jobs import Job, start
from ui.studio import Studio

T = TypeVar("T")
_MOST = 16
_LOOK_EVERY_S = 0.02


@dataclass(slots=True, eq=False)
class Study(Generic[T]):
    """A study under way, or done. found : what is there by now; planned : how many, if known."""

    found: T
    job: Job = field(default_factory=Job)
    planned: int = 0


class KeptStudies(ABC, Generic[T]):
    """Studies of one kind, by what they hang on.

    name : of their threads.
    """

    name: ClassVar[str]

    def __init__(self, shared: Studio) -> None:
        self._studio = shared
        self._lock = threading.Lock()
        self._held: OrderedDict[str, Study[T]] = OrderedDict()

    @abstractmethod
    def part(self, scenario: Scenario) -> str:
        """The name of all that a scenario's study hangs on, also on disk."""

    @abstractmethod
    def nothing(self) -> T:
        """What there is before anything was found out."""

    @abstractmethod
    def find_out(self, scenario: Scenario, study: Study[T], report: Progress) -> T:
        """Do it; what is there on the way goes into ``study.found``."""

    @abstractmethod
    def save(self, found: T, directory: Path) -> None:
        """Write what was found out."""

    @abstractmethod
    def load(self, directory: Path) -> T:
        """Read what `save` wrote."""

    def known(self, scenario: Scenario) -> Study[T] | None:
        """The study of a scenario: under way, done, or read from disk; None where there is none."""
        part = self.part(scenario)
        with self._lock:
            if part in self._held:
                self._held.move_to_end(part)
                return self._held[part]
        if not self._studio.store.has(part):
            return None
        done = Study(self._studio.store.part(part, self._recipe(_not_here)))
        done.job.run(lambda _: None)
        return self._keep(part, done)

    def begin(self, scenario: Scenario) -> None:
        """Begin the study, unless it is under way or done."""
        found = self.known(scenario)
        if found is not None and found.job.error is None:
            return
        study = self._keep(self.part(scenario), Study(self.nothing()))

        def work(report: Progress) -> None:
            recipe = self._recipe(lambda _: self.find_out(scenario, study, report))
            study.found = self._studio.store.part(self.part(scenario), recipe)

        study.job = start(work, self.name)

    def end(self, scenario: Scenario) -> None:
        """Cancel a study."""
        with self._lock:
            study = self._held.pop(self.part(scenario), None)
        if study is not None:
            study.job.cancel()

    def close(self) -> None:
        """End what still runs."""
        with self._lock:
            held = list(self._held.values())
        for study in held:
            study.job.cancel()

    def _keep(self, part: str, study: Study[T]) -> Study[T]:
        with self._lock:
            self._held[part] = study
            self._held.move_to_end(part)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return study

    def _recipe(self, make: Callable[[Progress], T]) -> Recipe[T]:
        return Recipe(make=make, save=self.save, load=self.load)


R = TypeVar("R")


def awaited_result(future: Future[R], breathe: Callable[[], None]) -> R:
    """What the measuring process answers; meanwhile ``breathe``, which may raise to give up."""
    while not future.done():
        breathe()
        time.sleep(_LOOK_EVERY_S)
    return future.result(0)


def _not_here(_: Progress) -> Any:
    raise ValueError("study: must have been done before")
