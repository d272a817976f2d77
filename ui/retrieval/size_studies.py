"""Sizes of the catalogue measured on the page's own vectors, in the background."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from engine.measurement import this_machine
from engine.progress import Progress
from engine.scenario import Scenario
from engine.store import Recipe, part_key
from ui.jobs import Job, start
from ui.studio import Studio, studio

HERE = (2_000, 5_000, 10_000, 20_000)
"""Sizes that are measured on demand: larger ones would hold the stopwatch for minutes."""

_MOST = 12
_FILE = "sizes.csv"


@dataclass(slots=True, eq=False)
class SizeStudy:
    """Sizes under way, or done. frames : a frame of `measure_size` for each that is there."""

    job: Job = field(default_factory=Job)
    frames: tuple[pd.DataFrame, ...] = ()


class SizeStudies:
    """Studies of sizes, once for all viewers."""

    def __init__(self, shared: Studio) -> None:
        self._studio = shared
        self._lock = threading.Lock()
        self._held: OrderedDict[Hashable, SizeStudy] = OrderedDict()

    def known(self, scenario: Scenario) -> SizeStudy | None:
        """The study of a scenario's vectors and k: under way, done, or read from disk."""
        key = _key(scenario)
        with self._lock:
            if key in self._held:
                return self._held[key]
        if not self._studio.store.has(_part(scenario)):
            return None
        study = SizeStudy(frames=(self._studio.store.part(_part(scenario), _recipe(_never)),))
        study.job.run(lambda _: None)
        return self._keep(key, study)

    def begin(self, scenario: Scenario) -> None:
        """Measure all sizes, in the background."""
        found = self.known(scenario)
        if found is None or found.job.error is not None:
            study = self._keep(_key(scenario), SizeStudy())
            study.job = start(lambda report: self._measure(scenario, study, report), "sizes")

    def end(self, scenario: Scenario) -> None:
        """Cancel a study."""
        with self._lock:
            study = self._held.pop(_key(scenario), None)
        if study is not None:
            study.job.cancel()

    def close(self) -> None:
        """End what still runs."""
        with self._lock:
            held = list(self._held.values())
        for study in held:
            study.job.cancel()

    def _keep(self, key: Hashable, study: SizeStudy) -> SizeStudy:
        with self._lock:
            self._held[key] = study
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return study

    def _measure(self, scenario: Scenario, study: SizeStudy, report: Progress) -> None:
        def make(_: Progress) -> pd.DataFrame:
            for n in HERE:
                future = self._studio.ledger.size(scenario, n, scenario.design.candidates)
                done = sum(size for size in HERE if size < n) / sum(HERE)
                while not future.done():
                    report(f"each type of index on {n:,} vectors", done)
                    time.sleep(0.05)
                study.frames = (*study.frames, future.result(0))
            return pd.concat(study.frames, ignore_index=True)

        study.frames = (self._studio.store.part(_part(scenario), _recipe(make)),)


def _key(scenario: Scenario) -> tuple[object, ...]:
    data, k = scenario.vectors.effective, scenario.design.candidates
    if data.synthetic:
        return data, k
    return data, k, scenario.world, scenario.design.generator


def _part(scenario: Scenario) -> str:
    return part_key("sizes-here", *_key(scenario), this_machine())


def _recipe(make: Any) -> Recipe[pd.DataFrame]:
    return Recipe(make=make, save=_save, load=_load)


def _never(_: Progress) -> pd.DataFrame:
    raise ValueError("sizes: must have been measured before")


def _save(frame: pd.DataFrame, directory: Path) -> None:
    frame.to_csv(directory / _FILE, index=False)


def _load(directory: Path) -> pd.DataFrame:
    return pd.read_csv(directory / _FILE)


@cache
def size_studies() -> SizeStudies:
    """Those that everybody in this process shares."""
    return SizeStudies(studio())
