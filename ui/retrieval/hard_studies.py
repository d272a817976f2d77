"""Hard and easy vectors measured with one graph, in the background."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from engine.measurement import this_machine
from engine.progress import Progress
from engine.retrieval import IndexPoint
from engine.scenario import Scenario
from engine.store import part_key
from ui.retrieval.hard import cases_of
from ui.retrieval.kept_studies import KeptStudies, Study, awaited_result
from ui.studio import studio

Points = dict[str, IndexPoint]
"""Name of a case -> its point."""
_FILE = "cases.json"


class HardStudies(KeptStudies[Points]):
    """Studies by world, graph and k."""

    name = "hard"

    def part(self, scenario: Scenario) -> str:
        cases, k = tuple(cases_of(scenario)), scenario.design.candidates
        return part_key("hard-vectors", scenario.world, cases, k, this_machine())

    def nothing(self) -> Points:
        return {}

    def find_out(self, scenario: Scenario, study: Study[Points], report: Progress) -> Points:
        cases, k = cases_of(scenario), scenario.design.candidates
        for place, case in enumerate(cases):

            def breathe(what: str = case.name, place: int = place) -> None:
                report(f"{place + 1} of {len(cases)}: {what}", place / len(cases))

            future = self._studio.ledger.indexes(case.of(scenario), [case.index], k)
            (point,) = awaited_result(future, breathe)
            study.found = study.found | {case.name: point}
        return study.found

    def save(self, found: Points, directory: Path) -> None:
        text = json.dumps({name: point.plain() for name, point in found.items()})
        (directory / _FILE).write_text(text, encoding="utf-8")

    def load(self, directory: Path) -> Points:
        told = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        return {name: IndexPoint.from_plain(plain) for name, plain in told.items()}


@cache
def hard_studies() -> HardStudies:
    """Those that everybody in this process shares."""
    return HardStudies(studio())
