"""Many indexes measured on the page's vectors, in the background."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from engine.measurement import this_machine
from engine.progress import Progress, within
from engine.retrieval import IndexPoint, by_build, index_configs, open_vectors
from engine.sample import open_world
from engine.scenario import Scenario
from engine.store import part_key
from ui.retrieval.bench import sweep_key
from ui.retrieval.kept_studies import KeptStudies, Study, awaited_result
from ui.retrieval.points_on_disk import load_points, save_points
from ui.studio import studio

Points = tuple[IndexPoint, ...]


class SweepStudies(KeptStudies[Points]):
    """Sweeps by vectors and k."""

    name = "sweep"

    def part(self, scenario: Scenario) -> str:
        return part_key("index-sweep", *sweep_key(scenario), this_machine())

    def nothing(self) -> Points:
        return ()

    def find_out(self, scenario: Scenario, study: Study[Points], report: Progress) -> Points:
        store = self._studio.store
        world = open_world(scenario.world, store, within(report, 0.0, 0.02))
        vectors = open_vectors(
            scenario.vectors, world, scenario.design.generator, store, within(report, 0.02, 0.05)
        )
        k = min(scenario.design.candidates, len(vectors.items))
        planned = index_configs(k, *vectors.items.shape)
        study.planned = len(planned)
        for group in by_build(planned):
            what = f"{len(study.found)} of {len(planned)} points: {group[0].name}"

            def breathe(what: str = what) -> None:
                report(what, 0.05 + 0.95 * len(study.found) / len(planned))

            breathe()
            future = self._studio.ledger.indexes(scenario, list(group), k)
            study.found = (*study.found, *awaited_result(future, breathe))
        return study.found

    def save(self, found: Points, directory: Path) -> None:
        save_points(found, directory)

    def load(self, directory: Path) -> Points:
        return tuple(load_points(directory))


@cache
def sweep_studies() -> SweepStudies:
    """Those that everybody in this process shares."""
    return SweepStudies(studio())
