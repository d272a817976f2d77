"""Sizes of the catalogue measured on the page's own vectors, in the background."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from engine.measurement import this_machine
from engine.progress import Progress
from engine.scenario import Scenario
from engine.store import part_key
from ui.retrieval.bench import sweep_key
from ui.retrieval.kept_studies import KeptStudies, Study, awaited_result
from ui.studio import studio

HERE = (2_000, 5_000, 10_000, 20_000)
"""Sizes that are measured on demand: larger ones would hold the stopwatch for minutes."""

Frames = tuple[pd.DataFrame, ...]
"""Frames of `measure_size`."""
_FILE = "sizes.csv"


class SizeStudies(KeptStudies[Frames]):
    """Studies by vectors and k."""

    name = "sizes"

    def part(self, scenario: Scenario) -> str:
        return part_key("sizes-here", *sweep_key(scenario), this_machine())

    def nothing(self) -> Frames:
        return ()

    def find_out(self, scenario: Scenario, study: Study[Frames], report: Progress) -> Frames:
        for n in HERE:
            done = sum(size for size in HERE if size < n) / sum(HERE)

            def breathe(n: int = n, done: float = done) -> None:
                report(f"each type of index on {n:,} vectors", done)

            future = self._studio.ledger.size(scenario, n, scenario.design.candidates)
            study.found = (*study.found, awaited_result(future, breathe))
        return (pd.concat(study.found, ignore_index=True),)

    def save(self, found: Frames, directory: Path) -> None:
        pd.concat(found, ignore_index=True).to_csv(directory / _FILE, index=False)

    def load(self, directory: Path) -> Frames:
        return (pd.read_csv(directory / _FILE),)


@cache
def size_studies() -> SizeStudies:
    """Those that everybody in this process shares."""
    return SizeStudies(studio())
