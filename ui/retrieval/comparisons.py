"""Generators compared in a world, in the background."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from engine.fitting_process import GENERATORS_COMPARED, generators_of
from engine.progress import Progress
from engine.scenario import Scenario
from engine.store import part_key
from ui.retrieval.kept_studies import KeptStudies, Study
from ui.studio import studio

_FRAME = "frame.csv"


class Comparisons(KeptStudies[pd.DataFrame]):
    """Comparisons by world, generators and k; a frame of `compare_generators` each."""

    name = "generators"

    def part(self, scenario: Scenario) -> str:
        named = scenario.world, generators_of(scenario), scenario.design.candidates
        return part_key("generators-compared", *named)

    def nothing(self) -> pd.DataFrame:
        return pd.DataFrame()

    def find_out(
        self, scenario: Scenario, study: Study[pd.DataFrame], report: Progress
    ) -> pd.DataFrame:
        return self._studio.long_fits.result(GENERATORS_COMPARED, scenario, report)

    def save(self, found: pd.DataFrame, directory: Path) -> None:
        found.to_csv(directory / _FRAME, index=False)

    def load(self, directory: Path) -> pd.DataFrame:
        return pd.read_csv(directory / _FRAME)


@cache
def comparisons() -> Comparisons:
    """Those that everybody in this process shares."""
    return Comparisons(studio())
