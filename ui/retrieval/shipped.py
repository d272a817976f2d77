"""What ships with the app for the retrieval page, where it holds."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from engine.generators import GENERATORS
from engine.retrieval import VectorData
from engine.retrieval.shipped import index_points, load_index_sizes, load_indexes
from engine.scenario import Scenario
from engine.world import WorldConfig
from ui.retrieval.tradeoff import Sweep


def shipped_sweep(scenario: Scenario) -> Sweep | None:
    """The shipped points that hold for a scenario's vectors; None where none do.

    They hold for the shipped world and for generators at their defaults.

    Raises
    ------
    ValueError : the shipped file cannot be read.
    """
    generator = scenario.design.generator
    usual = GENERATORS[generator.name]()
    if scenario.world != WorldConfig() or scenario.vectors.effective != VectorData():
        return None
    return _sweep(generator.name) if generator == usual else None


@lru_cache(maxsize=8)
def _sweep(generator: str) -> Sweep | None:
    frame = load_indexes()
    mine = frame[frame["generator"] == generator]
    if mine.empty:
        return None
    first = mine.iloc[0]
    line = (
        f"shipped: {len(mine)} indexes, {int(first['requests']):,} single searches each, measured "
        f"on {first['machine']}, {first['measured_on']}, up to {mine['held_up'].max():.0%} held up "
        "by other work"
    )
    return Sweep(tuple(index_points(mine)), int(first["k"]), line)


@lru_cache(maxsize=1)
def shipped_sizes() -> pd.DataFrame:
    """Each type of index over sizes of the catalogue, as it ships.

    Raises
    ------
    ValueError : the shipped file cannot be read.
    """
    return load_index_sizes()
