"""The fitted parts of a design, each fitted once for the world and the choices it hangs on."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from engine.example_notes import notes_on
from engine.features import FeatureStore
from engine.generators import Generator, GeneratorConfig, interactions_before
from engine.index import Index, IndexConfig
from engine.log import clicks_before, most_ranking_days, split_days
from engine.metrics import grouped_ndcg_at_k
from engine.progress import Progress, silent, within
from engine.rankers import Course, Examples, Ranker, RankerConfig
from engine.store import PartStore, Recipe, part_key
from engine.training import Training, sampled
from engine.world import World

_FIT = "fit.json"


@dataclass(frozen=True, slots=True, eq=False)
class FittedGenerator:
    """A generator, and the seconds that its fit took, where and when it was done."""

    generator: Generator
    seconds: float


def fitted_generator(
    world: World,
    config: GeneratorConfig,
    until: float,
    store: PartStore,
    progress: Progress = silent,
) -> FittedGenerator:
    """The generator fitted to the clicks before a day, and how long that took.

    Raises
    ------
    ValueError : a catalogue that this generator cannot be fitted to.
    """

    def make(report: Progress) -> FittedGenerator:
        interactions = interactions_before(world, until)
        started = perf_counter()
        generator = config.fit(interactions, world.config.seed, report)
        return FittedGenerator(generator, perf_counter() - started)

    def save(fitted: FittedGenerator, directory: Path) -> None:
        fitted.generator.save(directory)
        (directory / _FIT).write_text(json.dumps({"seconds": fitted.seconds}), encoding="utf-8")

    def load(directory: Path) -> FittedGenerator:
        told = json.loads((directory / _FIT).read_text(encoding="utf-8"))
        return FittedGenerator(config.load(directory), told["seconds"])

    key = part_key("generator", world.identity, config, until)
    return store.part(key, Recipe(make, save, load), progress)


def fit_generator(
    world: World,
    config: GeneratorConfig,
    until: float,
    store: PartStore,
    progress: Progress = silent,
) -> Generator:
    """The generator of `fitted_generator` alone."""
    return fitted_generator(world, config, until, store, progress).generator


def statistics(
    world: World,
    config: GeneratorConfig,
    until: float,
    store: PartStore,
    progress: Progress = silent,
) -> FeatureStore:
    """The feature store of the days before a day; cheap, so kept in memory alone."""
    generator = fit_generator(world, config, until, store, progress)
    return store.part(
        part_key("statistics", world.identity, config, until),
        Recipe(make=lambda _: FeatureStore(world, generator, until)),
    )


def build_index(
    world: World,
    generator: GeneratorConfig,
    config: IndexConfig,
    store: PartStore,
    progress: Progress = silent,
) -> tuple[NDArray[np.int64], Index] | None:
    """The item ids that the index holds, and the index of their vectors.

    None for a generator without vectors, which needs no search.
    """
    until = split_days(world.config.days).serving[1]
    fitted = fit_generator(world, generator, until, store)
    if fitted.item_vectors is None:
        return None
    ids, vectors = fitted.with_vectors(), fitted.item_vectors
    identity = world.identity, generator
    return ids, stored_index(
        identity, lambda: vectors[ids], config, world.config.seed, store, progress
    )


def stored_index(
    identity: tuple[object, ...],
    vectors: Callable[[], NDArray[np.float32]],
    config: IndexConfig,
    seed: int,
    store: PartStore,
    progress: Progress = silent,
) -> Index:
    """The index of vectors, built once for all who name the vectors alike."""
    shared = config.build_part  # or a query-time knob that is out of range would spoil the entry
    built = store.part(
        part_key("index", *identity, shared),
        Recipe(
            make=lambda report: shared.build(vectors(), seed, report),
            save=lambda part, directory: part.save(directory),
            load=shared.load,
        ),
        progress,
    )
    return built.tuned(config)


def index_is_built(
    world: World, generator: GeneratorConfig, config: IndexConfig, store: PartStore
) -> bool:
    """Whether the index would not have to be built."""
    return store.has(part_key("index", world.identity, generator, config.build_part))


@dataclass(frozen=True, slots=True, eq=False)
class FittedRanker:
    """A ranker, and how its fit went.

    seconds : that the fit took, where and when it was done.
    rows, clicks : of the examples that it learned from; validation_rows: that stopped it.
    validation_ndcg : mean NDCG@10 of the clicks within each request of the validation day, for
        the choice between rankers; NaN without a click.
    notes : what is odd in its examples, a sentence each.
    """

    ranker: Ranker
    seconds: float
    rows: int
    clicks: int
    validation_rows: int
    validation_ndcg: float
    course: Course
    notes: tuple[str, ...] = ()


def fit_ranker(
    world: World,
    generator: GeneratorConfig,
    config: RankerConfig,
    training: Training,
    store: PartStore,
    progress: Progress = silent,
) -> FittedRanker:
    """The ranker, trained on later days than its generator and statistics come from.

    Raises
    ------
    ValueError : examples without a click, or with nothing else.
    """

    def make(report: Progress) -> FittedRanker:
        report("joining features to impressions", 0.0)
        train, validation = ranking_examples(world, generator, training, store)
        parts = _without(train, training.without), _without(validation, training.without)
        started = perf_counter()
        ranker = config.fit(*parts, world.config.seed, within(report, 0.05, 1.0))
        return FittedRanker(
            ranker=ranker,
            seconds=perf_counter() - started,
            rows=len(train),
            clicks=int(train.clicked.sum()),
            validation_rows=len(validation),
            validation_ndcg=_validation_ndcg(ranker, validation),
            course=ranker.course,
            notes=notes_on(train, validation),
        )

    return store.part(
        part_key("ranker", world.identity, generator, config, _as_fitted(world, training)),
        Recipe(make, _save_ranker, lambda directory: _load_ranker(config, directory)),
        progress,
    )


def _as_fitted(world: World, training: Training) -> Training:
    """One name for one fit: no more days and rows than the log has, and nothing of serving."""
    days = min(training.days, most_ranking_days(world.config.days))
    shown = len(world.impressions.between(*split_days(world.config.days, days).ranking))
    rows = max(min(training.rows, shown), int(Training.knobs["rows"].low))
    return replace(training.fitted_part, days=days, rows=rows)


def ranking_examples(
    world: World, generator: GeneratorConfig, training: Training, store: PartStore
) -> tuple[Examples, Examples]:
    """The examples that train a ranker, and those of the day after that tell when to stop.

    All features are there: a ranker is judged on whole tables, as it serves, whatever is left
    out of what it learns from. Position is a feature in training and 1 in serving. Items that
    the user had clicked before are left out, as they are in serving. Rows without a click are
    left out of both alike, or the loss of the later ones would tell of the share and not of
    the fit.
    """
    split = split_days(world.config.days, training.days)
    early = statistics(world, generator, split.early[1], store)
    seed = world.config.seed
    train = sampled(_examples(world, early, split.ranking), training, seed)
    validation = _examples(world, early, split.validation)
    return train, sampled(validation, replace(training, rows=len(validation) + 500), seed)


def _without(examples: Examples, groups: tuple[str, ...]) -> Examples:
    return Examples(examples.table.without(groups), examples.clicked, examples.request)


def _examples(world: World, early: FeatureStore, span: tuple[float, float]) -> Examples:
    shown = world.impressions.between(*span)
    known = clicks_before(world, early.until)[shown.user, shown.item]
    shown = shown.rows(np.asarray(known).ravel() == 0)
    table = early.table(shown.user, shown.item, shown.at, shown.position)
    return Examples(table, shown.clicked, shown.request)


def _validation_ndcg(ranker: Ranker, validation: Examples) -> float:
    if not validation.clicked.any():
        return math.nan
    scores = ranker.scores(validation.table)
    lists = grouped_ndcg_at_k(validation.clicked, scores, validation.request, 10)
    return float(lists.mean())


def _save_ranker(fitted: FittedRanker, directory: Path) -> None:
    fitted.ranker.save(directory)
    told = {
        "seconds": fitted.seconds,
        "rows": fitted.rows,
        "clicks": fitted.clicks,
        "validation_rows": fitted.validation_rows,
        "validation_ndcg": fitted.validation_ndcg,
        "course": fitted.course._asdict(),
        "notes": fitted.notes,
    }
    (directory / _FIT).write_text(json.dumps(told), encoding="utf-8")


def _load_ranker(config: RankerConfig, directory: Path) -> FittedRanker:
    told = json.loads((directory / _FIT).read_text(encoding="utf-8"))
    course = told.pop("course")
    course = Course(tuple(course["losses"]), course["kept"], course["loss"])
    told["notes"] = tuple(told["notes"])
    return FittedRanker(ranker=config.load(directory), course=course, **told)
