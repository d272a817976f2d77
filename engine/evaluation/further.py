"""What more candidates would gain, user by user."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from math import log
from pathlib import Path

from engine.evaluation.curve import GRID
from engine.evaluation.evaluator import Evaluator
from engine.evaluation.report import Report
from engine.figures import Estimate
from engine.intervals import mean_estimate
from engine.pipeline import System
from engine.store import PartStore, Recipe, part_key

_FILE = "further.json"


@dataclass(frozen=True, slots=True)
class Further:
    """NDCG gained by going on to more candidates, with its paired interval."""

    candidates: int
    gain: Estimate


def further(evaluator: Evaluator, system: System, report: Report) -> Further | None:
    """What about twice the candidates would gain; None where there are no more.

    At a point of the grid: its answers are at hand, those of exactly twice are not.

    report : of the system.
    """
    n = system.design.candidates
    more = [m for m in GRID if 1.3 * n < m <= len(system.world.items)]
    if not more:
        return None
    twice = min(more, key=lambda m: abs(log(m / (2 * n))))
    then = evaluator.shown_ndcg(system, twice)
    return Further(twice, mean_estimate(then - report.per_user.ndcg))


def kept_further(
    evaluator: Evaluator, system: System, report: Report, store: PartStore
) -> Further | None:
    """As `further`, read from disk where it was worked out before, and kept there."""
    return store.part(
        part_key("further", evaluator.panel.key, system.design),
        Recipe(make=lambda _: further(evaluator, system, report), save=_save, load=_load),
    )


def _save(found: Further | None, directory: Path) -> None:
    saved = None if found is None else [found.candidates, asdict(found.gain)]
    (directory / _FILE).write_text(json.dumps(saved), encoding="utf-8")


def _load(directory: Path) -> Further | None:
    saved = json.loads((directory / _FILE).read_text(encoding="utf-8"))
    return None if saved is None else Further(saved[0], Estimate(**saved[1]))
