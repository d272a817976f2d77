"""Which features a ranker lives on: what it loses when one of them is shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.impressions import held_out_impressions
from engine.figures import Estimate
from engine.intervals import placements, placements_difference
from engine.pipeline import System
from engine.progress import Progress, silent
from engine.seeding import stream
from engine.table import Column, FeatureTable

_ROWS = 8_000


@dataclass(frozen=True, slots=True)
class Importance:
    """One feature of a ranker.

    name : of the column; the words of the title count together.
    group : see `features.GROUPS`.
    drop : AUC lost over the held-out impressions when its values are shuffled among them,
        with DeLong's paired interval. A feature that another one can stand in for loses little.
    gain : its share in what the splits of the trees gained in training; None for other models.
    """

    name: str
    group: str
    drop: Estimate
    gain: float | None


def importances(system: System, rows: int = _ROWS, progress: Progress = silent) -> list[Importance]:
    """Permutation importance (Breiman, 2001) of each feature, the most important first.

    Features that it was trained without, or whose values change no score, are left out.

    Parameters
    ----------
    rows : impressions of the last day at most, drawn evenly.

    Returns
    -------
    Empty where the last day lacks clicks or other rows.
    """
    shown = held_out_impressions(system)
    seed = system.world.config.seed
    if len(shown) > rows:
        shown = shown.rows(np.sort(stream(seed, "importance/rows").permutation(len(shown))[:rows]))
    if shown.clicked.all() or not shown.clicked.any():
        return []
    table = system.features.table(shown.user, shown.item, shown.at, shown.position)
    ranker = system.ranker
    as_it_is = ranker.scores(table)
    whole = placements(shown.clicked, as_it_is)
    gains = ranker.gain() or {}
    found = []
    blocks = _blocks(table.schema, system.design.training.without)
    for done, (name, columns) in enumerate(blocks.items()):
        progress("shuffling features", done / len(blocks))
        scores = ranker.scores(_shuffled(table, columns, seed))
        if np.array_equal(scores, as_it_is):
            continue
        drop = placements_difference(placements(shown.clicked, scores), whole)
        group = table.schema[columns[0]].group
        found.append(Importance(name, group, drop, gains.get(name, 0.0) if gains else None))
    return sorted(found, key=lambda one: -one.drop.value)


def _blocks(schema: tuple[Column, ...], without: tuple[str, ...]) -> dict[str, list[int]]:
    """The columns that are shuffled together, by name: all words are one."""
    blocks: dict[str, list[int]] = {}
    for place, column in enumerate(schema):
        if column.group not in without:
            name = "title" if column.kind == "token" else column.name
            blocks.setdefault(name, []).append(place)
    return blocks


def _shuffled(table: FeatureTable, columns: list[int], seed: int) -> FeatureTable:
    values: NDArray[np.float32] = table.values.copy()
    order = stream(seed, "importance/shuffle", columns[0]).permutation(len(table))
    values[:, columns] = values[order][:, columns]
    return FeatureTable(values, table.schema)
