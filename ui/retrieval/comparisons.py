"""Generators compared in a world, in the background."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from engine.generators import GENERATORS, GeneratorConfig
from engine.progress import Progress, within
from engine.retrieval.generators import compare_generators
from engine.sample import open_world
from engine.scenario import Scenario
from engine.store import part_key
from ui.retrieval.kept_studies import KeptStudies, Study
from ui.studio import PANEL_USERS, studio

_FRAME = "frame.csv"


def configs_of(scenario: Scenario) -> list[GeneratorConfig]:
    """All generators: the design's own with its knobs, the others at their defaults."""
    own = scenario.design.generator
    return [own if kind.name == own.name else kind() for kind in GENERATORS.values()]


class Comparisons(KeptStudies[pd.DataFrame]):
    """Comparisons by world, generators and k; a frame of `compare_generators` each."""

    name = "generators"

    def part(self, scenario: Scenario) -> str:
        named = scenario.world, configs_of(scenario), scenario.design.candidates
        return part_key("generators-compared", *named)

    def nothing(self) -> pd.DataFrame:
        return pd.DataFrame()

    def find_out(
        self, scenario: Scenario, study: Study[pd.DataFrame], report: Progress
    ) -> pd.DataFrame:
        store = self._studio.store
        world = open_world(scenario.world, store, within(report, 0.0, 0.1))
        candidates = min(scenario.design.candidates, len(world.items))
        users = min(PANEL_USERS, len(world.users))
        progress = within(report, 0.1, 1.0)
        return compare_generators(world, configs_of(scenario), candidates, users, progress, store)

    def save(self, found: pd.DataFrame, directory: Path) -> None:
        found.to_csv(directory / _FRAME, index=False)

    def load(self, directory: Path) -> pd.DataFrame:
        return pd.read_csv(directory / _FRAME)


@cache
def comparisons() -> Comparisons:
    """Those that everybody in this process shares."""
    return Comparisons(studio())
