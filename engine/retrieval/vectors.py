"""The vectors of a study as arrays: what is searched, who asks, and what the truth is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.evaluation import make_panel, panel_users
from engine.fitting import fit_generator, stored_index
from engine.generators import MF, GeneratorConfig
from engine.index import Exact, Index, IndexConfig
from engine.log import split_days
from engine.pipeline import exclusions
from engine.progress import Progress, silent
from engine.retrieval.data import VectorData
from engine.retrieval.synthetic import drawn_vectors
from engine.store import PartStore, Recipe, part_key
from engine.world import World

QUERIES = 1_000
"""Queries of a study; fewer where the world has fewer users."""
JUDGED = 500
"""Users whose true best items are known; they ask first."""
_DEEPEST = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Requests:
    """Users behind the first queries, and what each is truly best served with.

    excluded : for each user places among the vectors that no slate may hold.
    ideal : places among the vectors of each user's true top-10 (users, 10); -1 for an item that
        has no vector and -2 beyond the end.
    """

    users: NDArray[np.int64]
    excluded: tuple[NDArray[np.int64], ...]
    ideal: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What is searched, and who asks.

    items : float32 (n, d), read-only. ids : int64 (n,), the catalogue's ids of them, or 0 to n-1.
    queries : float32 (q, d). users : int64 (q,), who asks; None for synthetic vectors.
    seed : of the indexes built on them.
    identity : of the vectors, for the names of parts in a store.
    generator : whose vectors they are; None for synthetic ones.
    note : a sentence where they are not the vectors that were asked for; else empty.
    """

    data: VectorData
    items: NDArray[np.float32]
    ids: NDArray[np.int64]
    queries: NDArray[np.float32]
    users: NDArray[np.int64] | None
    seed: int
    identity: tuple[object, ...]
    generator: GeneratorConfig | None = None
    note: str = ""

    def index(self, config: IndexConfig, store: PartStore, progress: Progress = silent) -> Index:
        """The built index of a configuration, read from the store where it was built before."""
        return stored_index(self.identity, lambda: self.items, config, self.seed, store, progress)

    def first(self, queries: int) -> Vectors:
        """The same vectors, asked by the first few only: for a quick look."""
        users = None if self.users is None else self.users[:queries]
        return replace(self, queries=self.queries[:queries], users=users)


def open_vectors(
    data: VectorData,
    world: World,
    generator: GeneratorConfig,
    store: PartStore,
    progress: Progress = silent,
) -> Vectors:
    """The vectors of a choice; remembered.

    A generator without vectors has none to search: those of matrix factorisation stand in, and
    ``note`` says so. ``world`` and ``generator`` do not matter to synthetic vectors.
    """
    data = data.effective
    if data.synthetic:
        key = part_key("vectors", data)
        return store.part(key, Recipe(make=lambda _: _synthetic(data)))
    source: GeneratorConfig = generator if generator.has_vectors else MF()
    key = part_key("vectors", data, world.identity, generator)

    def make(report: Progress) -> Vectors:
        return _of_catalogue(data, world, source, generator, store, report)

    return store.part(key, Recipe(make=make), progress)


def true_scores(vectors: Vectors, k: int, store: PartStore) -> NDArray[np.float32]:
    """Scores of an exact search for each query, (q, min(k, n)), falling; remembered."""
    deepest = max(k, _DEEPEST)  # its beginning answers every smaller k

    def make(report: Progress) -> NDArray[np.float32]:
        exact = Exact().build(vectors.items, 0)
        return exact.search_many(vectors.queries, min(deepest, exact.size))[1]

    key = part_key("true scores", *vectors.identity, len(vectors.queries), deepest)
    return store.part(key, Recipe(make=make))[:, :k]


def true_requests(
    vectors: Vectors, world: World, store: PartStore, progress: Progress = silent
) -> Requests | None:
    """What the first queries' users are truly best served with; None for synthetic vectors."""
    if vectors.users is None:
        return None
    ids = vectors.ids

    def make(report: Progress) -> Requests:
        panel = make_panel(world, min(JUDGED, len(world.users)), store, report)
        skipped = exclusions(world, store).among(ids)
        places = np.full(len(world.items), -1)
        places[ids] = np.arange(len(ids))
        excluded = tuple(
            (found := places[skipped.of(user, at)])[found >= 0]
            for user, at in zip(panel.users.tolist(), panel.at.tolist(), strict=True)
        )
        ideal = np.where(panel.ideal_items < 0, -2, places[panel.ideal_items])
        return Requests(panel.users, excluded, ideal)

    return store.part(part_key("true requests", *vectors.identity), Recipe(make=make), progress)


def _of_catalogue(
    data: VectorData,
    world: World,
    source: GeneratorConfig,
    wanted: GeneratorConfig,
    store: PartStore,
    progress: Progress,
) -> Vectors:
    until = split_days(world.config.days).serving[1]
    fitted = fit_generator(world, source, until, store, progress)
    assert fitted.item_vectors is not None
    ids = fitted.with_vectors()
    users = _askers(world)
    items = fitted.item_vectors[ids]
    queries = np.stack([fitted.query(user) for user in users.tolist()])
    # The same name as in `build_index`: app and study share one index.
    identity: tuple[object, ...] = (world.identity, source)
    if data.normalised:
        items, queries = _unit(items), _unit(queries)
        identity = (*identity, "normalised")
    items.flags.writeable = False
    note = ""
    if source != wanted:
        note = f"The generator {wanted.name} has no vectors: those of {source.name} are searched."
    return Vectors(data, items, ids, queries, users, world.config.seed, identity, source, note)


def _askers(world: World) -> NDArray[np.int64]:
    """The judged panel first, then others up to `QUERIES`."""
    judged = panel_users(world, min(JUDGED, len(world.users)))
    all_of_them = panel_users(world, min(QUERIES, len(world.users)))
    return np.concatenate([judged, np.setdiff1d(all_of_them, judged)])


def _synthetic(data: VectorData) -> Vectors:
    items, queries = drawn_vectors(data, QUERIES)
    if data.normalised:
        items, queries = _unit(items), _unit(queries)
    items.flags.writeable = False
    ids = np.arange(len(items))
    return Vectors(data, items, ids, queries, None, data.seed, ("synthetic", data))


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows of length 1; a row of zeros stays one."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: NDArray[np.float32] = (rows / np.where(lengths > 0, lengths, 1)).astype(np.float32)
    return unit
