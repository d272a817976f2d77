"""Answers found beforehand, for numbers of candidates at which a slider stops.

A graph is walked the wider the more is asked of it, and finds anew each time: for a whole panel
that takes longer than a slider may. The answers of other indexes are beginnings of one another, or
are found much sooner.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.design import MAX_CANDIDATES
from engine.evaluation.panel import Panel
from engine.index import HNSW
from engine.pipeline import System
from engine.progress import Progress, silent
from engine.store import NotAtHandError, PartStore, Recipe, at_hand_only, part_key

AHEAD_STEP = 10
"""Answers are found for numbers of candidates that are multiples of it."""

TOGETHER = 200
"""Candidates that one file spans."""

_FILE = "items.npy"


@dataclass(frozen=True, slots=True, eq=False)
class AnswersAhead:
    """What a graph returns to each row of a panel where its knob is no wider than what is asked.

    numbers : numbers of candidates.
    items : (len(numbers), rows, numbers[-1]) unsigned, the catalogue's size beyond an answer's end.
    """

    numbers: range
    items: NDArray[np.unsignedinteger]
    catalogue: int

    def answer(self, row: int, n: int) -> NDArray[np.int32]:
        """One row's answer, best first. n : one of the numbers."""
        found = self.items[self.numbers.index(n), row, :n]
        return found[found < self.catalogue].astype(np.int32)


def can_find_ahead(system: System) -> bool:
    """Whether the system's index is a graph."""
    return system.index is not None and isinstance(system.index.config, HNSW)


def known_ahead(system: System, panel: Panel, n: int, store: PartStore) -> AnswersAhead | None:
    """The answers for n candidates and its neighbours, if they were found before."""
    if n % AHEAD_STEP or not can_find_ahead(system):
        return None
    if not store.has(_key(system, panel, _numbers(system, n))):
        return None
    with suppress(NotAtHandError), at_hand_only():  # the disk may have been cleared meanwhile
        return find_ahead(system, panel, n, store)
    return None


def find_ahead(
    system: System, panel: Panel, n: int, store: PartStore, progress: Progress = silent
) -> AnswersAhead:
    """The answers for n candidates and its neighbours, which are kept on disk together.

    Raises
    ------
    ValueError : an index that is no graph.
    """
    if not can_find_ahead(system):
        raise ValueError("system: its index must be HNSW")
    numbers, catalogue = _numbers(system, n), len(system.world.items)

    def load(directory: Path) -> AnswersAhead:
        items = np.load(directory / _FILE, mmap_mode="r", allow_pickle=False)
        return AnswersAhead(numbers, np.asarray(items), catalogue)

    return store.part(
        _key(system, panel, numbers),
        Recipe(
            make=lambda report: _find(system, panel, numbers, report),
            save=lambda found, directory: np.save(directory / _FILE, found.items),
            load=load,
            remembered=False,
        ),
        progress,
    )


def _numbers(system: System, n: int) -> range:
    first = (n - 1) // TOGETHER * TOGETHER
    last = min(first + TOGETHER, MAX_CANDIDATES, len(system.world.items))
    return range(first + AHEAD_STEP, last + 1, AHEAD_STEP)


def _key(system: System, panel: Panel, numbers: range) -> str:
    assert system.index is not None
    of = panel.key, system.design.generator, system.index.config.build_part
    return part_key("answers-ahead", *of, numbers)


def _find(system: System, panel: Panel, numbers: range, progress: Progress) -> AnswersAhead:
    config, catalogue = system.design.index, len(system.world.items)
    assert isinstance(config, HNSW)
    system = system.tuned(replace(system.design, index=replace(config, ef_search=1)))
    shape = len(numbers), len(panel), numbers[-1] if numbers else 0
    items = np.full(shape, catalogue, dtype=np.min_scalar_type(catalogue))
    for place, n in enumerate(numbers):
        progress("searching ahead of the slider", place / len(numbers))
        for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
            found = system.retrieve(user, at, n)[0]
            items[place, row, : len(found)] = found
    return AnswersAhead(numbers, items, catalogue)
