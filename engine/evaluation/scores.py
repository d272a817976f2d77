"""Scores of (user, item) pairs of a panel: filled as they are asked for, and kept on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.pairs import Compute, PairBook
from engine.evaluation.panel import Panel
from engine.pipeline import System
from engine.progress import Progress
from engine.store import PartStore, Recipe, part_key

_USERS_AT_ONCE = 25


class ScoreBooks(NamedTuple):
    """The ranker's and the generator's scores of pairs, as far as they are known."""

    ranker: PairBook
    generator: PairBook


def known_scores(panel: Panel, system: System, store: PartStore) -> ScoreBooks:
    """The scores that are on disk or in memory, or empty books."""
    key = _key(panel, system)
    if not store.has(key):
        return _empty(panel, system)
    recipe: Recipe[ScoreBooks] = Recipe(
        make=lambda _: _empty(panel, system), **_on_disk(panel, system)
    )
    return store.part(key, recipe)


def fill_scores(
    books: ScoreBooks,
    panel: Panel,
    system: System,
    items: NDArray[np.int32],
    store: PartStore,
    progress: Progress,
) -> ScoreBooks:
    """Score candidates of each row in one go, and keep the scores on disk.

    Where they are there already, what comes back is not the books that were given.

    items : (rows, n), -1 beyond a row's end.
    """

    def make(report: Progress) -> ScoreBooks:
        wide = items.astype(np.int64)
        for first in range(0, len(panel), _USERS_AT_ONCE):
            some = slice(first, first + _USERS_AT_ONCE)
            for book in books:
                book.look_up(panel.rows_of(wide)[some], wide[some], 0.0)
            report("scoring the panel's candidates", first / len(panel))
        return books

    recipe: Recipe[ScoreBooks] = Recipe(make=make, **_on_disk(panel, system))
    return store.part(_key(panel, system), recipe, progress)


def _key(panel: Panel, system: System) -> str:
    return part_key("panel-scores", panel.key, *system.design.fitted_part)


def _empty(panel: Panel, system: System) -> ScoreBooks:
    catalogue = len(panel.world.items)
    return ScoreBooks(*(PairBook(of, catalogue) for of in _computes(panel, system)))


def _computes(panel: Panel, system: System) -> tuple[Compute, Compute]:
    """How the ranker and the generator score pairs."""
    features, ranker, generator = system.features, system.ranker, system.generator

    def rank(rows: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
        return ranker.scores(features.table(panel.users[rows], items, panel.at[rows]))

    def fit_in(rows: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float32]:
        return generator.scores(panel.users[rows], items)

    return rank, fit_in


def _on_disk(panel: Panel, system: System) -> dict[str, Any]:
    """How books are written and read."""

    def save(books: ScoreBooks, directory: Path) -> None:
        for name, book in zip(ScoreBooks._fields, books, strict=True):
            keys, values = book.contents()
            np.savez(directory / f"{name}.npz", keys=keys, values=values.astype(np.float32))

    def load(directory: Path) -> ScoreBooks:
        books = []
        for name, compute in zip(ScoreBooks._fields, _computes(panel, system), strict=True):
            with np.load(directory / f"{name}.npz", allow_pickle=False) as saved:
                values = saved["values"].astype(np.float64)
                books.append(PairBook(compute, len(panel.world.items), saved["keys"], values))
        return ScoreBooks(*books)

    return {"save": save, "load": load}
