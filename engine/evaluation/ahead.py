"""Answers found beforehand, for numbers of candidates and widths of search where sliders stop.

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
"""Answers are found for numbers that are multiples of it."""

TOGETHER = 100
"""Candidates, and width, that one file spans."""

_FOR_CANDIDATES, _FOR_WIDTH = "for-candidates.npy", "for-width.npy"


@dataclass(frozen=True, slots=True, eq=False)
class AnswersAhead:
    """What a graph returns to each row of a panel.

    Both arrays are (len(numbers), rows, numbers[-1]), unsigned, and hold the catalogue's size
    beyond an answer's end.

    numbers : of candidates, and widths of search.
    for_candidates : answers to so many candidates, where the knob is no wider than what is asked.
    for_width : whole answers of a search as wide as a number, what is left out of them included.
    """

    numbers: range
    for_candidates: NDArray[np.unsignedinteger]
    for_width: NDArray[np.unsignedinteger]
    catalogue: int

    def to_candidates(self, row: int, n: int) -> NDArray[np.int32]:
        """One row's answer to n candidates, best first. n : one of the numbers."""
        return self._real(self.for_candidates[self.numbers.index(n), row])

    def of_width(self, row: int, width: int) -> NDArray[np.int32]:
        """One row's whole answer of a search, best first. width : one of the numbers."""
        return self._real(self.for_width[self.numbers.index(width), row])

    def _real(self, items: NDArray[np.unsignedinteger]) -> NDArray[np.int32]:
        return items[items < self.catalogue].astype(np.int32)


def can_find_ahead(system: System) -> bool:
    """Whether the system's index is a graph."""
    return system.index is not None and isinstance(system.index.config, HNSW)


def numbers_asked(system: System, n: int) -> set[int]:
    """Of which numbers there may be answers to a search for n candidates."""
    config = system.design.index
    return {n, config.ef_search} if can_find_ahead(system) and isinstance(config, HNSW) else set()


def known_ahead(system: System, panel: Panel, n: int, store: PartStore) -> AnswersAhead | None:
    """The answers for a number and its neighbours, if they were found before."""
    if not can_find_ahead(system) or n not in (numbers := _numbers(system, n)):
        return None
    if not store.has(_key(system, panel, numbers)):
        return None
    with suppress(NotAtHandError), at_hand_only():  # the disk may have been cleared meanwhile
        return find_ahead(system, panel, n, store)
    return None


def find_ahead(
    system: System, panel: Panel, n: int, store: PartStore, progress: Progress = silent
) -> AnswersAhead:
    """The answers for a number and its neighbours, which are kept on disk together.

    Raises
    ------
    ValueError : an index that is no graph.
    """
    if not can_find_ahead(system):
        raise ValueError("system: its index must be HNSW")
    numbers, catalogue = _numbers(system, n), len(system.world.items)

    def load(directory: Path) -> AnswersAhead:
        for_candidates, for_width = (
            np.asarray(np.load(directory / name, mmap_mode="r", allow_pickle=False))
            for name in (_FOR_CANDIDATES, _FOR_WIDTH)
        )
        return AnswersAhead(numbers, for_candidates, for_width, catalogue)

    def save(found: AnswersAhead, directory: Path) -> None:
        np.save(directory / _FOR_CANDIDATES, found.for_candidates)
        np.save(directory / _FOR_WIDTH, found.for_width)

    return store.part(
        _key(system, panel, numbers),
        Recipe(
            make=lambda report: _find(system, panel, numbers, report),
            save=save,
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
    shape = 2, len(numbers), len(panel), numbers[-1] if numbers else 0
    both = np.full(shape, catalogue, dtype=np.min_scalar_type(catalogue))
    requests = list(zip(panel.users.tolist(), panel.at.tolist(), strict=True))
    for place, number in enumerate(numbers):
        progress("searching ahead of the sliders", place / len(numbers))
        for row, (user, at) in enumerate(requests):
            left = max(number - len(system.skipped.of(user, at)), 0)
            for found, n in zip(both, (number, left), strict=True):
                if n:
                    answer = system.retrieve(user, at, n)[0]
                    found[place, row, : len(answer)] = answer
    return AnswersAhead(numbers, both[0], both[1], catalogue)
