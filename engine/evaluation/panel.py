"""A panel: the users and request contexts on which designs are judged, the same for all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.log import held_out_clicks, split_days
from engine.metrics import ideal_dcg_at_k
from engine.pipeline import check_user, exclusions, request_time
from engine.progress import Progress, silent
from engine.seeding import stream
from engine.store import PartStore, Recipe, part_key
from engine.topk import best_first
from engine.world import World

K = 10
"""Length of the judged list: every figure named @10."""
PANEL_USERS = 500
"""Users on whom pages judge; fewer where the world has fewer."""
_FILE = "slates.npz"
_Slates = tuple[NDArray[np.int64], NDArray[np.float64]]  # ideal items, ideal DCG


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One request a user, with the truth that any slate is held against.

    Rows are users; `excluded` items are in no slate, the ideal one included.
    """

    world: World
    users: NDArray[np.int64]  # (n,)
    at: NDArray[np.float64]  # (n,) request times, days
    excluded: tuple[NDArray[np.int64], ...]
    ideal_items: NDArray[np.int64]  # (n, K) by falling true relevance, -1 where no more are left
    ideal_dcg: NDArray[np.float64]  # (n,)
    held_out: tuple[NDArray[np.int64], ...]  # eligible items clicked on the last day, ascending
    key: str

    def __len__(self) -> int:
        return len(self.users)

    def rows_of(self, items: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of each place in an (n, m) array of items."""
        return np.broadcast_to(np.arange(len(self))[:, None], items.shape)

    def relevance(self, rows: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.float64]:
        """True relevance of items to the users of these rows at their request times."""
        return self.world.relevance(self.users[rows], items, self.at[rows])


def panel_users(world: World, users: int | Sequence[int]) -> NDArray[np.int64]:
    """A seeded draw of so many users, or the ids as given.

    Raises
    ------
    ValueError : a number outside 1 to the world's users, or an unknown or repeated id.
    """
    if isinstance(users, int | np.integer):
        if not 1 <= users <= len(world.users):
            raise ValueError(f"users={users!r}: must be from 1 to {len(world.users)}")
        # The first n of one permutation: a larger panel holds the smaller.
        order = stream(world.config.seed, "panel/users").permutation(len(world.users))
        return np.sort(order[:users])
    ids = np.array([check_user(world, user) for user in users], dtype=np.int64)
    if len(ids) == 0 or len(np.unique(ids)) < len(ids):
        raise ValueError("users: must hold at least one id, and each id once")
    return ids


def make_panel(
    world: World,
    users: int | Sequence[int],
    store: PartStore,
    progress: Progress = silent,
    draw: int = 0,
) -> Panel:
    """The panel of these users; remembered.

    draw : which of the users' independent request times, from 0; see `request_time`.
    """
    ids = panel_users(world, users)
    key = part_key("panel", world.identity, ids.tobytes(), draw)

    def make(report: Progress) -> Panel:
        at = np.array([request_time(world, int(user), draw) for user in ids])
        rules = exclusions(world, store)
        excluded = tuple(rules.of(int(u), t) for u, t in zip(ids, at, strict=True))
        items, dcg = store.part(
            part_key("ideal-slates", key),
            Recipe(
                make=lambda report: _ideal_slates(world, ids, at, excluded, report),
                save=_save_slates,
                load=_load_slates,
                remembered=False,
            ),
            report,
        )
        clicked = held_out_clicks(world, split_days(world.config.days).test)
        held_out = tuple(
            np.setdiff1d(clicked[user], out) for user, out in zip(ids, excluded, strict=True)
        )
        return Panel(world, ids, at, excluded, items, dcg, held_out, key)

    return store.part(key, Recipe(make=make), progress)


def _ideal_slates(
    world: World,
    users: NDArray[np.int64],
    at: NDArray[np.float64],
    excluded: tuple[NDArray[np.int64], ...],
    progress: Progress,
) -> _Slates:
    """Kept on disk: the truth of every item for every user takes a second on a slow machine."""
    items = np.empty((len(users), K), dtype=np.int64)
    dcg = np.empty(len(users))
    everything = np.arange(len(world.items))
    for row, (user, time) in enumerate(zip(users, at, strict=True)):
        relevance = world.relevance(user, everything, time)
        relevance[excluded[row]] = -1.0
        best = best_first(relevance, K)
        items[row] = np.where(relevance[best] < 0, -1, best)
        dcg[row] = ideal_dcg_at_k(np.maximum(relevance[best], 0.0), K)
        if row % 50 == 0:
            progress("finding each user's perfect slate", row / len(users))
    return items, dcg


def _save_slates(slates: _Slates, directory: Path) -> None:
    items, dcg = slates
    np.savez(directory / _FILE, items=items, dcg=dcg)


def _load_slates(directory: Path) -> _Slates:
    with np.load(directory / _FILE, allow_pickle=False) as rows:
        return rows["items"], rows["dcg"]
