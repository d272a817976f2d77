"""The fitted parts of a design, each fitted once for the world and the choices it hangs on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.features import FeatureStore
from engine.generators import Generator, GeneratorConfig
from engine.index import Index, IndexConfig
from engine.log import clicks_before, split_days
from engine.progress import Progress, silent
from engine.rankers import Ranker, RankerConfig
from engine.store import PartStore, Recipe, part_key
from engine.world import World


def fit_generator(
    world: World,
    config: GeneratorConfig,
    until: float,
    store: PartStore,
    progress: Progress = silent,
) -> Generator:
    """The generator fitted to the clicks before a day."""
    return store.part(
        part_key("generator", world.identity, config, until),
        Recipe(
            make=lambda report: config.fit(clicks_before(world, until), world.config.seed, report),
            save=lambda part, directory: part.save(directory),
            load=config.load,
        ),
        progress,
    )


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
    shared = config.build_part  # or a query-time knob that is out of range would spoil the entry
    built = store.part(
        part_key("index", world.identity, generator, shared),
        Recipe(
            make=lambda report: shared.build(vectors[ids], world.config.seed, report),
            save=lambda part, directory: part.save(directory),
            load=shared.load,
        ),
        progress,
    )
    return ids, built.tuned(config)


def index_is_built(
    world: World, generator: GeneratorConfig, config: IndexConfig, store: PartStore
) -> bool:
    """Whether the index would not have to be built."""
    return store.has(part_key("index", world.identity, generator, config.build_part))


def fit_ranker(
    world: World,
    generator: GeneratorConfig,
    config: RankerConfig,
    store: PartStore,
    progress: Progress = silent,
) -> Ranker:
    """The ranker, trained on later days than its generator and statistics come from.

    Position is a feature in training and 1 in serving. Items that the user had clicked
    before are left out, as they are in serving.
    """

    def make(report: Progress) -> Ranker:
        split = split_days(world.config.days)
        early = statistics(world, generator, split.early[1], store)
        shown = world.impressions.between(*split.ranking)
        known = clicks_before(world, split.early[1])[shown.user, shown.item]
        shown = shown.rows(np.asarray(known).ravel() == 0)
        report("joining features to impressions", 0.0)
        table = early.table(shown.user, shown.item, shown.at, shown.position)
        return config.fit(table, shown.clicked, world.config.seed, report)

    def load(directory: Path) -> Ranker:
        return config.load(directory)

    return store.part(
        part_key("ranker", world.identity, generator, config),
        Recipe(make=make, save=lambda part, directory: part.save(directory), load=load),
        progress,
    )
