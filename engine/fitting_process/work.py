"""Work that is fitted in a process of its own: what the app needs of it, and how it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, NamedTuple, TypeVar

import pandas as pd

from engine.clicks import ClickLog, ClickReport, click_ladder, freshness_curve, open_clicks
from engine.clicks import run_clicks as judged
from engine.evaluation import (
    PANEL_USERS,
    Evaluator,
    can_find_ahead,
    evaluator_for,
    find_ahead,
    kept_further,
)
from engine.generators import GENERATORS, GeneratorConfig
from engine.grid import QualityGrid, family, load_quality_grid, quality_grid, save_grid
from engine.index import Index
from engine.ladder import judge_rankers, study_designs
from engine.pipeline import System, build, repaired_for
from engine.progress import Progress, within
from engine.rerankers import NoReranking
from engine.retrieval import Vectors, compare_generators, open_vectors
from engine.sample import open_world
from engine.scenario import Scenario
from engine.store import PartStore, Recipe, part_key
from engine.world import World

T = TypeVar("T")
Step = Callable[[Scenario, PartStore, Progress], T]


@dataclass(frozen=True, slots=True)
class Work(Generic[T]):
    """A kind of work on a scenario.

    read : what the app needs, out of parts that the store holds or that are then made.
    make : puts on disk what `read` needs, and what is soon asked for then.
    """

    name: str
    read: Step[T]
    make: Step[Any]


class FittedSystem(NamedTuple):
    """What serves a scenario, whose index is repaired to its vectors."""

    scenario: Scenario
    system: System


class Family(NamedTuple):
    """What the designs of a family share when they are judged; and what serves the scenario."""

    system: System
    evaluator: Evaluator
    quality: QualityGrid


class IndexedVectors(NamedTuple):
    """The scenario with its index repaired to its vectors, these, and a line for each repair."""

    scenario: Scenario
    vectors: Vectors
    built: Index
    repairs: tuple[str, ...]


class JudgedClicks(NamedTuple):
    """A log, and what the study's model is worth on it."""

    log: ClickLog
    report: ClickReport


def generators_of(scenario: Scenario) -> list[GeneratorConfig]:
    """All generators: the design's own with its knobs, the others at their defaults."""
    own = scenario.design.generator
    return [own if kind.name == own.name else kind() for kind in GENERATORS.values()]


def _system(scenario: Scenario, store: PartStore, report: Progress) -> FittedSystem:
    world = open_world(scenario.world, store, within(report, 0.0, 0.2))
    design, _ = repaired_for(world, scenario.design, store, within(report, 0.2, 0.3))
    system = build(world, design, within(report, 0.3, 1.0), store)
    return FittedSystem(replace(scenario, design=design), system)


def _family(scenario: Scenario, store: PartStore, report: Progress) -> Family:
    _, opened = _system(scenario, store, within(report, 0.0, 0.2))
    system = opened.tuned(replace(opened.design, rerank=NoReranking()))
    evaluator = _evaluator(system.world, store, within(report, 0.2, 0.3))
    evaluator.prepare(system, within(report, 0.3, 0.7))
    quality = store.part(
        part_key("quality-grid", evaluator.panel.key, family(system.design)),
        Recipe(
            make=lambda progress: quality_grid(evaluator, system, progress),
            save=save_grid,
            load=load_quality_grid,
        ),
        within(report, 0.7, 1.0),
    )
    return Family(opened, evaluator, quality)


def _opened_family(scenario: Scenario, store: PartStore, report: Progress) -> None:
    system, evaluator, _ = _family(scenario, store, within(report, 0.0, 0.9))
    report("judging the design", 0.9)
    kept_further(evaluator, system, evaluator.kept_report(system), store)


def _ahead(scenario: Scenario, store: PartStore, report: Progress) -> None:
    _, system = _system(scenario, store, within(report, 0.0, 0.2))
    if can_find_ahead(system):
        panel = _evaluator(system.world, store, within(report, 0.2, 0.3)).panel
        find_ahead(system, panel, scenario.design.candidates, store, within(report, 0.3, 1.0))


def _judged_system(scenario: Scenario, store: PartStore, report: Progress) -> None:
    _, system = _system(scenario, store, within(report, 0.0, 0.7))
    evaluator = _evaluator(system.world, store, within(report, 0.7, 0.8))
    report("judging the slates of the panel", 0.8)
    evaluator.kept_report(system)


def _rankers(what: str, timed: bool = False) -> Step[pd.DataFrame]:
    """Fit and judge all rankers of a study."""

    def judge(scenario: Scenario, store: PartStore, report: Progress) -> pd.DataFrame:
        world = open_world(scenario.world, store, within(report, 0.0, 0.05))
        design, _ = repaired_for(world, scenario.design, store)
        designs, share = study_designs(design, what), within(report, 0.05, 1.0)
        return judge_rankers(world, designs, _panel(world), store, share, timed)

    return judge


def _vectors(scenario: Scenario, store: PartStore, report: Progress) -> IndexedVectors:
    world = open_world(scenario.world, store, within(report, 0.0, 0.1))
    generator = scenario.design.generator
    vectors = open_vectors(scenario.vectors, world, generator, store, within(report, 0.1, 0.6))
    config, lines = scenario.design.index.repaired(*vectors.items.shape)
    allowed = replace(scenario, design=replace(scenario.design, index=config))
    index = vectors.index(config, store, within(report, 0.6, 1.0))
    return IndexedVectors(allowed, vectors, index, tuple(lines))


def _generators(scenario: Scenario, store: PartStore, report: Progress) -> pd.DataFrame:
    world = open_world(scenario.world, store, within(report, 0.0, 0.1))
    candidates = min(scenario.design.candidates, len(world.items))
    configs, share = generators_of(scenario), within(report, 0.1, 1.0)
    return compare_generators(world, configs, candidates, _panel(world), share, store)


def _clicks(scenario: Scenario, store: PartStore, report: Progress) -> JudgedClicks:
    log = open_clicks(scenario.ads.log, store, within(report, 0.0, 0.25))
    return JudgedClicks(log, judged(log, scenario.ads.design, store, within(report, 0.25, 1.0)))


def _click_ladder(scenario: Scenario, store: PartStore, report: Progress) -> None:
    log = open_clicks(scenario.ads.log, store, within(report, 0.0, 0.05))
    designs, share = click_ladder(scenario.ads.design).values(), within(report, 0.05, 1.0)
    for place, design in enumerate(designs):
        part = place / len(designs), (place + 1) / len(designs)
        judged(log, design, store, within(share, *part))


def _click_ages(scenario: Scenario, store: PartStore, report: Progress) -> None:
    log = open_clicks(scenario.ads.log, store, within(report, 0.0, 0.05))
    freshness_curve(log, scenario.ads.design, None, store, within(report, 0.05, 1.0))


def _evaluator(world: World, store: PartStore, report: Progress) -> Evaluator:
    return evaluator_for(world, _panel(world), store, report)


def _panel(world: World) -> int:
    return min(PANEL_USERS, len(world.users))


SYSTEM = Work("system", _system, _system)
FAMILY = Work("family", _family, _opened_family)
RANKER = Work("ranker", _system, _judged_system)
LADDER = Work("ladder", _rankers("ladder", timed=True), _rankers("ladder"))
LEARNING = Work("learning", _rankers("learning"), _rankers("learning"))
VECTORS = Work("vectors", _vectors, _vectors)
GENERATORS_COMPARED = Work("generators", _generators, _generators)
AHEAD = Work("ahead", _ahead, _ahead)
CLICKS = Work("clicks", _clicks, _clicks)
CLICK_LADDER = Work("click-ladder", _click_ladder, _click_ladder)
CLICK_AGES = Work("click-ages", _click_ages, _click_ages)
WORKS: dict[str, Work[Any]] = {
    work.name: work
    for work in (
        SYSTEM,
        FAMILY,
        RANKER,
        LADDER,
        LEARNING,
        VECTORS,
        GENERATORS_COMPARED,
        AHEAD,
        CLICKS,
        CLICK_LADDER,
        CLICK_AGES,
    )
}
