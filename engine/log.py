"""Reading the log: which days serve for what, and the clicks as a matrix."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.world import Impressions, World

RANKING_DAYS = 4


@dataclass(frozen=True, slots=True)
class Split:
    """Half-open spans of days. What ranks is trained on later days than what it leans on.

    A ranker trained on the clicks to which its generator was fitted learns to trust the
    generator too much; so the generator is fitted on the early days for the ranker's
    training, and again on all days but the last for serving. The day before the last tells
    the ranker when to stop.
    """

    early: tuple[float, float]  # first fit of generator and statistics
    ranking: tuple[float, float]  # impressions that train the ranker
    validation: tuple[float, float]  # impressions that tell when to stop
    serving: tuple[float, float]  # second fit, for serving
    test: tuple[float, float]  # held out


def most_ranking_days(days: int) -> int:
    """How many days of a log of ``days`` days may train a ranker: half before the validation."""
    return (days - 2) // 2


def split_days(days: int, ranking_days: int = RANKING_DAYS) -> Split:
    """The split of a log of ``days`` days; the last day is held out.

    ranking_days : that train the ranker; `most_ranking_days` are used at most.
    """
    validation = days - 2
    ranking = validation - min(ranking_days, most_ranking_days(days))
    return Split(
        early=(0.0, float(ranking)),
        ranking=(float(ranking), float(validation)),
        validation=(float(validation), float(days - 1)),
        serving=(0.0, float(days - 1)),
        test=(float(days - 1), float(days)),
    )


def click_counts(log: Impressions, users: int, items: int) -> csr_matrix:
    """Clicks of each user on each item, (users, items) float32."""
    user, item = log.user[log.clicked], log.item[log.clicked]
    ones = np.ones(len(user), dtype=np.float32)
    return csr_matrix((ones, (user, item)), shape=(users, items))


def clicks_before(world: World, day: float) -> csr_matrix:
    """Clicks of the days before ``day``, (users, items) float32."""
    config = world.config
    return click_counts(world.impressions.between(-np.inf, day), config.users, config.items)


def held_out_clicks(world: World, span: tuple[float, float]) -> list[NDArray[np.int64]]:
    """Items that each user clicked within the span, unique and ascending."""
    counts = click_counts(
        world.impressions.between(*span), world.config.users, world.config.items
    ).tocsr()
    counts.sum_duplicates()
    return [
        np.sort(counts.indices[a:b]).astype(np.int64)
        for a, b in zip(counts.indptr[:-1], counts.indptr[1:], strict=True)
    ]
