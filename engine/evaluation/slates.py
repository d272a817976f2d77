"""Figures of the slates as shown: hits of the true top-10, novelty, diversity, age, exposure."""

from __future__ import annotations

from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from engine.evaluation.panel import K, Panel
from engine.figures import Estimate
from engine.metrics import (
    average_precision_at_k,
    intra_list_diversity,
    mean_age,
    novelty,
    precision_at_k,
    reciprocal_rank_at_k,
    self_information,
)
from engine.pipeline import exclusions
from engine.store import PartStore
from engine.world import World


class SlateRows(TypedDict):
    """Figures of each user's slate, (n,) float64 each. NaN: nothing to judge.

    The first four ask which items of the user's true top-10 the slate holds; they are NaN for
    users to whom nothing may be shown, and 0 for those to whom nothing is. The others are NaN
    for slates too short to have them. `freshness` is the mean age in days of the whole slate,
    all else is of its first ten places.
    """

    average_precision: NDArray[np.float64]
    reciprocal_rank: NDArray[np.float64]
    precision: NDArray[np.float64]
    slate_recall: NDArray[np.float64]
    novelty: NDArray[np.float64]
    diversity: NDArray[np.float64]
    freshness: NDArray[np.float64]


def click_information(world: World, store: PartStore) -> NDArray[np.float64]:
    """Self-information of each item by the users who clicked it before serving, (items,) bits."""
    # Each user's clicked items, each once: what no slate may hold is the log's popularity too.
    clickers = np.bincount(exclusions(world, store).clicked, minlength=len(world.items))
    return self_information(clickers, len(world.users))


def judge_slates(
    panel: Panel, information: NDArray[np.float64], slates: NDArray[np.int64]
) -> SlateRows:
    """Judge what each user of the panel is shown.

    Parameters
    ----------
    information : (items,) bits, see `click_information`.
    slates : (n, k) item ids, -1 where a slate ends early.
    """
    top, first, items = panel.ideal_items, slates[:, :K], panel.world.items
    hits = ((first[:, :, None] == top[:, None, :]) & (first >= 0)[:, :, None]).any(axis=2)
    relevant = (top >= 0).sum(axis=1)
    judged = np.where(relevant > 0, 1.0, np.nan)
    return SlateRows(
        average_precision=average_precision_at_k(hits, relevant, K),
        reciprocal_rank=judged * reciprocal_rank_at_k(hits, K),
        precision=judged * precision_at_k(hits, K),
        slate_recall=judged * hits.sum(axis=1) / np.maximum(relevant, 1),
        novelty=novelty(first, information),
        diversity=intra_list_diversity(first, items.vector),
        freshness=mean_age(slates, items.released, panel.at),
    )


def exposure_gini(slates: NDArray[np.int64], items: int) -> Estimate:
    """Gini coefficient of how often each item of the catalogue is shown, with a jackknife interval.

    Items that are never shown count as 0, so that few users with short slates keep it near 1
    whatever they are shown: compare it over one panel only. NaN where nothing is shown.

    Parameters
    ----------
    slates : (n, k) item ids, -1 where a slate ends early, no item twice in a slate.
    items : size of the catalogue.
    """
    return _jackknifed(*_ginis(slates, items))


def exposure_gini_difference(a: NDArray[np.int64], b: NDArray[np.int64], items: int) -> Estimate:
    """Exposure Gini of slates b less that of slates a of the same users, with a paired jackknife.

    A user is left out of both at once. Parameters as in `exposure_gini`, a and b row by row.

    Raises
    ------
    ValueError : not the same number of users.
    """
    if len(a) != len(b):
        raise ValueError(f"a: {len(a)} users, b: {len(b)}: must be the same users")
    (value_a, without_a), (value_b, without_b) = _ginis(a, items), _ginis(b, items)
    return _jackknifed(value_b - value_a, without_b - without_a)


def _ginis(slates: NDArray[np.int64], items: int) -> tuple[float, NDArray[np.float64]]:
    """The Gini coefficient, and what it is without each user, (n,); NaN where nothing is shown.

    As `metrics.gini`, with counts ascending: 2 sum(i x_i) / (items sum(x)) - (items + 1) / items.
    Leaving a user out takes 1 from the count of each item of the slate. Of the items of one count
    those of the slate may as well stand first: the order stays, the sum falls by their places.
    """
    shown = slates >= 0
    times = np.bincount(slates[shown], minlength=items)
    total = int(times.sum())
    if total == 0:
        return np.nan, np.full(len(slates), np.nan)
    of_times = np.bincount(times)
    first_place = 1 + np.cumsum(of_times) - of_times
    seen = np.where(shown, times[np.maximum(slates, 0)], 0)
    alike = np.sort(seen, axis=1)
    falls = np.where(shown, first_place[seen], 0).sum(axis=1) + _pairs_alike(alike)
    weighted = int(np.arange(1, items + 1) @ np.sort(times))
    left = total - shown.sum(axis=1)
    share = np.divide(weighted - falls, left, out=np.full(len(slates), np.nan), where=left > 0)
    fixed = (items + 1) / items
    return 2.0 * weighted / (items * total) - fixed, 2.0 * share / items - fixed


def _pairs_alike(ascending: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many pairs of places in each row hold the same positive number, (n, k) -> (n,)."""
    pairs = np.zeros(len(ascending), dtype=np.int64)
    for apart in range(1, ascending.shape[1]):
        same = (ascending[:, apart:] == ascending[:, :-apart]) & (ascending[:, apart:] > 0)
        if not same.any():
            break  # equal numbers stand together
        pairs += same.sum(axis=1)
    return pairs


def _jackknifed(value: float, without: NDArray[np.float64]) -> Estimate:
    """A value with the interval that leaving out each user in turn gives it, (n,)."""
    n = len(without)
    spread = float(((without - without.mean()) ** 2).sum())
    margin = 1.96 * np.sqrt((n - 1) / n * spread) if n > 1 else np.nan
    return Estimate(value, value - margin, value + margin, n)
