"""Users, items, and the true relevance of any pair at any time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.seeding import stream
from engine.world.config import WorldConfig
from engine.world.titles import make_titles

HOURS = 24


@dataclass(frozen=True, slots=True, eq=False)
class Users:
    """Who visits. All arrays have one row a user."""

    taste: NDArray[np.float32]  # (users, dimensions), hidden
    drift: NDArray[np.float32]  # (users, dimensions), hidden: how far taste moves by the last day
    duration_taste: NDArray[np.float32]  # (users,), hidden: liked log duration, standardised
    activity: NDArray[np.float32]  # (users,), share of requests
    first_visit: NDArray[np.float32]  # (users,), days from the start of the log
    declared_topic: NDArray[np.int16]  # (users,), -1 where missing
    cohort: NDArray[np.int16]  # (users,), of `COHORTS`: where and how they watch

    def __len__(self) -> int:
        return len(self.taste)


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """The catalogue. All arrays have one row an item."""

    vector: NDArray[np.float32]  # (items, dimensions), hidden
    quality: NDArray[np.float32]  # (items,), hidden, standardised
    topic: NDArray[np.int16]  # (items,)
    creator: NDArray[np.int16]  # (items,), each of one topic
    released: NDArray[np.float32]  # (items,), days from the start of the log; negative: before
    true_duration: NDArray[np.float32]  # (items,), seconds, hidden where it is missing
    duration: NDArray[np.float32]  # (items,), seconds as the catalogue knows them, NaN: missing
    title: NDArray[np.str_]  # (items,)

    def __len__(self) -> int:
        return len(self.topic)


@dataclass(frozen=True, slots=True, eq=False)
class Appeal:
    """What the world adds to a pair beside taste."""

    half_life: NDArray[np.float32]  # (topics,), days in which the bonus of a new item halves
    hour_topic: NDArray[np.float32]  # (24, topics), standardised appeal of a topic at an hour
    affinity_mean: float  # of taste . vector over pairs drawn uniformly
    affinity_sd: float
    intercept: float  # logits, so that the mean relevance is the wanted one
    bands: NDArray[np.float32]  # (durations, ages, parts of the day), standardised levels
    cohort_taste: NDArray[np.float32]  # (cohorts, rank), hidden
    creator_style: NDArray[np.float32]  # (creators, rank), hidden; their product is standardised


MEAN_AGE_DAYS = 25.0
COHORTS = 40
ITEMS_A_CREATOR = 50
_CROSS_RANK = 4
DURATION_CUTS = (-1.0, -0.3, 0.3, 1.0)  # standardised log duration
AGE_CUTS = (0.5, 2.0, 7.0, 30.0)  # days
DAY_PARTS = 4  # of six hours each
LOG_DURATION_MEAN, LOG_DURATION_SD = float(np.log(240.0)), 0.8


def standard_duration(seconds: NDArray[np.float32]) -> NDArray[np.float32]:
    """Log duration with mean 0 and standard deviation 1 over catalogues; NaN stays NaN."""
    return ((np.log(seconds) - LOG_DURATION_MEAN) / LOG_DURATION_SD).astype(np.float32)


def hour_of(at: ArrayLike) -> NDArray[np.int64]:
    """The hour of the day, 0 to 23, of a time in days."""
    return (np.mod(np.asarray(at, dtype=np.float64), 1.0) * HOURS).astype(np.int64)


def make_users(config: WorldConfig, centroids: NDArray[np.float32]) -> Users:
    """Draw the users: a mixture of few topics each, and how active they are."""
    rng = stream(config.seed, "world/users")
    n, d = config.users, config.dimensions
    mixture = rng.dirichlet(np.full(config.topics, config.taste_concentration), size=n)
    taste = mixture @ centroids + 0.3 * rng.standard_normal((n, d))
    declared = mixture.argmax(axis=1)
    declared[rng.random(n) < config.missing_declared] = -1
    activity = np.exp(config.activity_spread * rng.standard_normal(n))
    cold = rng.random(n) < config.cold_users
    return Users(
        taste=taste.astype(np.float32),
        drift=(config.taste_drift * rng.standard_normal((n, d))).astype(np.float32),
        duration_taste=(0.9 * rng.standard_normal(n)).astype(np.float32),
        activity=(activity / activity.sum()).astype(np.float32),
        first_visit=np.where(cold, config.days - 1, 0).astype(np.float32),
        declared_topic=declared.astype(np.int16),
        cohort=stream(config.seed, "world/cohorts").integers(COHORTS, size=n).astype(np.int16),
    )


def make_items(config: WorldConfig, centroids: NDArray[np.float32]) -> Items:
    """Draw the catalogue: clustered by topic, some of it released while the log runs."""
    rng = stream(config.seed, "world/items")
    n, d = config.items, config.dimensions
    topic = rng.choice(config.topics, size=n, p=rng.dirichlet(np.full(config.topics, 2.0)))
    vector = centroids[topic] + 0.6 * rng.standard_normal((n, d))
    quality = rng.standard_normal(n)
    age = rng.exponential(MEAN_AGE_DAYS, size=n)
    late = rng.random(n) < config.late_items
    released = np.where(late, rng.uniform(0, config.days, size=n), -age)
    log_duration = LOG_DURATION_MEAN + LOG_DURATION_SD * rng.standard_normal(n)
    # Half of what is missing is missing because the item is poor: absence itself informs.
    poor = 1.0 / (1.0 + np.exp(2.0 * quality))
    missing = rng.random(n) < config.missing_duration * (0.5 + poor)
    seconds = np.exp(log_duration).astype(np.float32)
    return Items(
        vector=vector.astype(np.float32),
        quality=quality.astype(np.float32),
        topic=topic.astype(np.int16),
        creator=_creators(config, topic),
        released=released.astype(np.float32),
        true_duration=seconds,
        duration=np.where(missing, np.float32(np.nan), seconds),
        title=make_titles(topic, stream(config.seed, "world/titles")),
    )


def make_centroids(config: WorldConfig) -> NDArray[np.float32]:
    """The centres of the topics, (topics, dimensions)."""
    rng = stream(config.seed, "world/topics")
    return rng.standard_normal((config.topics, config.dimensions)).astype(np.float32)


def make_hour_topic(config: WorldConfig) -> NDArray[np.float32]:
    """How a topic's appeal follows the hour: two waves a day, standardised, (24, topics)."""
    rng = stream(config.seed, "world/hours")
    phase = rng.uniform(0, 2 * np.pi, size=(2, config.topics))
    size = np.abs(rng.standard_normal((2, config.topics))) + 0.3
    angle = 2 * np.pi * (np.arange(HOURS) + 0.5)[:, None] / HOURS
    wave = size[0] * np.cos(angle - phase[0]) + 0.7 * size[1] * np.cos(2 * angle - phase[1])
    standard: NDArray[np.float32] = (wave / wave.std()).astype(np.float32)
    return standard


def creators(config: WorldConfig) -> int:
    """How many creators fill the catalogue."""
    return max(config.topics, config.items // ITEMS_A_CREATOR)


def _creators(config: WorldConfig, topic: NDArray[np.integer]) -> NDArray[np.int16]:
    """Who made each item, (items,): a few creators of its topic make most of it."""
    rng = stream(config.seed, "world/creators")
    each = creators(config) // config.topics
    weight = 1.0 / np.arange(1, each + 1)
    rank = rng.choice(each, size=len(topic), p=weight / weight.sum())
    return (topic * each + rank).astype(np.int16)


def make_bands(config: WorldConfig) -> NDArray[np.float32]:
    """Levels by duration, age and part of the day, (5, 5, 4): steps in two pairs of the three."""
    rng = stream(config.seed, "world/bands")
    durations, ages = len(DURATION_CUTS) + 1, len(AGE_CUTS) + 1
    level = rng.standard_normal((durations, ages, 1)) + rng.standard_normal(
        (durations, 1, DAY_PARTS)
    )
    standard: NDArray[np.float32] = ((level - level.mean()) / level.std()).astype(np.float32)
    return standard


def make_cross(config: WorldConfig) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors of cohorts and of creators whose products have mean 0 and sd 1."""
    rng = stream(config.seed, "world/cross")
    taste = rng.standard_normal((COHORTS, _CROSS_RANK))
    style = rng.standard_normal((creators(config), _CROSS_RANK))
    taste, style = taste - taste.mean(axis=0), style - style.mean(axis=0)
    product = taste @ style.T
    return (taste / product.std()).astype(np.float32), style.astype(np.float32)
