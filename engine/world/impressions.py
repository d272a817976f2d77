"""The log: what a popularity-led policy showed, and what was clicked."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.progress import Progress
from engine.seeding import stream
from engine.world.truth import HOURS

if TYPE_CHECKING:
    from engine.world.world import Truth

SLATE = 10
_POOL = 300
_CHUNK = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Impressions:
    """One row an item shown; rows are in the order of time, ten rows a request."""

    request: NDArray[np.int32]
    user: NDArray[np.int32]
    item: NDArray[np.int32]
    at: NDArray[np.float32]  # days from the start of the log
    position: NDArray[np.int8]  # 1 to 10
    clicked: NDArray[np.bool_]
    explored: NDArray[np.bool_]  # the slate was drawn uniformly

    def __len__(self) -> int:
        return len(self.item)

    def rows(self, which: NDArray[np.bool_] | NDArray[np.integer] | slice) -> Impressions:
        """The log cut to some rows."""
        return Impressions(*(getattr(self, f.name)[which] for f in fields(self)))

    def between(self, start: float, stop: float) -> Impressions:
        """The log cut to ``start <= at < stop``, in days."""
        first, last = np.searchsorted(self.at, [np.float32(start), np.float32(stop)])
        return self.rows(slice(int(first), int(last)))


def examination(position: ArrayLike, bias: float) -> NDArray[np.float64]:
    """Probability that a position (from 1) is looked at: ``position ** -bias``.

    The position-based model with a power law, as in the Open Bandit Pipeline.
    """
    return np.asarray(position, dtype=np.float64) ** -bias


def simulate_impressions(truth: Truth, progress: Progress) -> Impressions:
    """Let every request be answered by the logging policy and draw the clicks."""
    config = truth.config
    user, at = _requests(truth)
    n = len(user)
    items = np.empty((n, SLATE), dtype=np.int32)
    explored = np.empty(n, dtype=bool)
    clicked = np.empty((n, SLATE), dtype=bool)
    position = np.arange(1, SLATE + 1)
    shelf = _Shelf(truth)
    for number, start in enumerate(range(0, n, _CHUNK)):
        part = slice(start, start + _CHUNK)
        rng = stream(config.seed, "log/policy", number)
        items[part], explored[part] = _slates(truth, shelf, user[part], at[part], rng)
        p = truth.click_probability(user[part, None], items[part], at[part, None], position)
        clicked[part] = stream(config.seed, "log/clicks", number).random(p.shape) < p
        progress("showing items and watching clicks", min(1.0, (start + _CHUNK) / n))
    return Impressions(
        request=np.repeat(np.arange(n, dtype=np.int32), SLATE),
        user=np.repeat(user.astype(np.int32), SLATE),
        item=items.ravel(),
        at=np.repeat(at, SLATE),
        position=np.tile(position.astype(np.int8), n),
        clicked=clicked.ravel(),
        explored=np.repeat(explored, SLATE),
    )


def draw_hours(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """Times of day in days, busiest at eight in the evening."""
    hours = np.arange(HOURS)
    busy = 1.0 + 0.6 * np.cos(2 * np.pi * (hours - 20) / HOURS)
    return (rng.choice(HOURS, size=n, p=busy / busy.sum()) + rng.random(n)) / HOURS


def _requests(truth: Truth) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Who asks and when, in the order of time."""
    config, users = truth.config, truth.users
    rng = stream(config.seed, "log/requests")
    n = config.impressions // SLATE
    weight = users.activity.astype(np.float64) * (config.days - users.first_visit)
    user = rng.choice(len(users), size=n, p=weight / weight.sum())
    first = users.first_visit[user].astype(np.int64)
    day = first + np.floor(rng.random(n) * (config.days - first)).astype(np.int64)
    # float32 may round the last instant of the log up to its end.
    last = np.nextafter(np.float32(config.days), np.float32(0))
    at = np.minimum((day + draw_hours(rng, n)).astype(np.float32), last)
    order = np.argsort(at, kind="stable")
    return user[order], at[order]


class _Shelf:
    """Items in the order of release, so that what is out at a time is a prefix."""

    def __init__(self, truth: Truth) -> None:
        self.order = np.argsort(truth.items.released, kind="stable")
        self.released = truth.items.released[self.order]
        weight = np.exp(
            truth.config.policy_popularity * truth.items.quality[self.order].astype(np.float64)
        )
        self.cumulative = np.cumsum(weight)

    def draw(
        self, at: NDArray[np.float32], uniform: NDArray[np.float64], popular: bool
    ) -> NDArray[np.int64]:
        """Items already out, (n, m), drawn by weight or evenly."""
        out = np.searchsorted(self.released, at, side="right")[:, None]
        if popular:
            place = np.searchsorted(self.cumulative, uniform * self.cumulative[out - 1])
        else:
            place = np.floor(uniform * out).astype(np.int64)
        drawn: NDArray[np.int64] = self.order[np.minimum(place, out - 1)]
        return drawn


def _slates(
    truth: Truth,
    shelf: _Shelf,
    user: NDArray[np.int64],
    at: NDArray[np.float32],
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Ten items a request: Gumbel top-n of a noisy score over a pool drawn by popularity."""
    config = truth.config
    n = len(user)
    explored = rng.random(n) < config.exploration
    uniform = rng.random((n, _POOL))
    pool = np.where(
        explored[:, None], shelf.draw(at, uniform, False), shelf.draw(at, uniform, True)
    )
    repeats = _repeats(pool)
    poor = (~repeats).sum(axis=1) < SLATE
    if poor.any():  # a small catalogue, ruled by a handful of items: add those out for longest
        pool[poor, -SLATE:] = shelf.order[:SLATE]
        repeats = _repeats(pool)
    parts = truth.parts(user[:, None], pool, at[:, None])
    known = config.policy_skill * (parts["affinity"] + parts["freshness"])
    known += config.policy_popularity * truth.items.quality[pool]
    score = np.where(explored[:, None], 0.0, known) + rng.gumbel(size=(n, _POOL))
    score[repeats] = -np.inf
    best = np.argpartition(-score, SLATE, axis=1)[:, :SLATE]
    best = np.take_along_axis(best, np.argsort(-np.take_along_axis(score, best, 1), axis=1), 1)
    return np.take_along_axis(pool, best, axis=1), explored


def _repeats(pool: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Where an item stands in its row a second time."""
    order = np.argsort(pool, axis=1, kind="stable")
    ordered = np.take_along_axis(pool, order, axis=1)
    again = np.zeros(pool.shape, dtype=bool)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    repeats = np.empty_like(again)
    np.put_along_axis(repeats, order, again, axis=1)
    return repeats
