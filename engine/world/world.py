"""A world whole: its truth and its log, and how it is made from a configuration."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.progress import Progress, silent, within
from engine.seeding import stream
from engine.world.config import WorldConfig
from engine.world.impressions import Impressions, examination, simulate_impressions
from engine.world.truth import (
    AGE_CUTS,
    DAY_PARTS,
    DURATION_CUTS,
    HOURS,
    MEAN_AGE_DAYS,
    Appeal,
    Items,
    Users,
    hour_of,
    make_bands,
    make_centroids,
    make_cross,
    make_hour_topic,
    make_items,
    make_users,
    standard_duration,
)

_CALIBRATION_PAIRS = 200_000

Part = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Who and what there is, and how relevant any item is to any user at any time."""

    config: WorldConfig
    users: Users
    items: Items
    appeal: Appeal

    def parts(self, user: ArrayLike, item: ArrayLike, at: ArrayLike) -> dict[str, Part]:
        """The logits of the true relevance, part by part.

        Parameters
        ----------
        user, item : integer ids that broadcast against each other and against `at`.
        at : time in days from the start of the log.

        Returns
        -------
        name of the part -> float64 of the common shape; they add up to the logit of `relevance`.
        Trends, steps and crosses are left out where the configuration gives them no weight.
        """
        user, item, at = np.asarray(user), np.asarray(item), np.asarray(at, dtype=np.float64)
        config, users, items = self.config, self.users, self.items
        taste = users.taste[user] + users.drift[user] * (at / config.days)[..., None]
        affinity = np.einsum("...d,...d->...", taste.astype(np.float32), items.vector[item])
        gap = standard_duration(items.true_duration[item]) - users.duration_taste[user]
        age = np.maximum(at - items.released[item], 0.0)
        topic = items.topic[item]
        parts = {
            "affinity": config.affinity_weight
            * (affinity.astype(np.float64) - self.appeal.affinity_mean)
            / self.appeal.affinity_sd,
            "quality": config.quality_weight * items.quality[item].astype(np.float64),
            "duration": -config.duration_weight * gap.astype(np.float64) ** 2,
            "freshness": config.freshness_weight * np.exp2(-age / self.appeal.half_life[topic]),
            "hour": config.hour_weight
            * self.appeal.hour_topic[hour_of(at), topic].astype(np.float64),
            "base": np.asarray(self.appeal.intercept),
        }
        if config.trend_weight:
            parts["trend"] = config.trend_weight * self._trend(item, age)
        if config.band_weight:
            parts["bands"] = config.band_weight * self._bands(item, at, age)
        if config.cross_weight:
            cross = np.einsum(
                "...d,...d->...",
                self.appeal.cohort_taste[users.cohort[user]],
                self.appeal.creator_style[items.creator[item]],
            )
            parts["cross"] = config.cross_weight * cross.astype(np.float64)
        shape = np.broadcast_shapes(user.shape, item.shape, at.shape)
        return {name: np.broadcast_to(part, shape) for name, part in parts.items()}

    def _trend(self, item: NDArray[np.integer], age: Part) -> Part:
        """Longer is better and older is worse, each by a straight line, (pairs,) of sd 1."""
        duration = standard_duration(self.items.true_duration[item]).astype(np.float64)
        since = (age - MEAN_AGE_DAYS) / MEAN_AGE_DAYS  # an exponential's sd is its mean
        trend: Part = (duration - since) / np.sqrt(2.0)
        return trend

    def _bands(self, item: NDArray[np.integer], at: NDArray[np.float64], age: Part) -> Part:
        """The level of each pair's duration, age and part of the day."""
        duration = standard_duration(self.items.true_duration[item])
        level: Part = self.appeal.bands[
            np.searchsorted(np.array(DURATION_CUTS), duration, side="right"),
            np.searchsorted(np.array(AGE_CUTS), age, side="right"),
            hour_of(at) * DAY_PARTS // HOURS,
        ].astype(np.float64)
        return level

    def relevance(self, user: ArrayLike, item: ArrayLike, at: ArrayLike) -> NDArray[np.float64]:
        """True probability that the user likes the item at that time, once examined."""
        logits = sum(self.parts(user, item, at).values())
        return 1.0 / (1.0 + np.exp(-logits))

    def click_probability(
        self, user: ArrayLike, item: ArrayLike, at: ArrayLike, position: ArrayLike
    ) -> NDArray[np.float64]:
        """True probability of a click on an item shown at a position (from 1)."""
        return examination(position, self.config.position_bias) * self.relevance(user, item, at)

    def released(self, at: float) -> NDArray[np.bool_]:
        """Which items are out at a time, (items,)."""
        return self.items.released <= at


@dataclass(frozen=True, slots=True, eq=False)
class World(Truth):
    """A truth with the log that a logging policy left of it."""

    impressions: Impressions
    identity: str  # equal for equal worlds: names what was fitted to it


def make_world(config: WorldConfig, progress: Progress | None = None) -> World:
    """Make the world of a configuration; equal configurations make equal worlds.

    Raises
    ------
    ValueError : the configuration asks for what cannot be (see `WorldConfig`).
    """
    progress = progress or silent
    progress("drawing users and items", 0.0)
    centroids = make_centroids(config)
    cohort_taste, creator_style = make_cross(config)
    truth = _calibrated(
        Truth(
            config,
            make_users(config, centroids),
            make_items(config, centroids),
            Appeal(
                half_life=_half_lives(config),
                hour_topic=make_hour_topic(config),
                affinity_mean=0.0,
                affinity_sd=1.0,
                intercept=0.0,
                bands=make_bands(config),
                cohort_taste=cohort_taste,
                creator_style=creator_style,
            ),
        )
    )
    progress("showing items and watching clicks", 0.1)
    shown = simulate_impressions(truth, within(progress, 0.1, 1.0))
    return World(truth.config, truth.users, truth.items, truth.appeal, shown, repr(config))


def _half_lives(config: WorldConfig) -> NDArray[np.float32]:
    rng = stream(config.seed, "world/half-lives")
    return np.exp(rng.uniform(np.log(1.0), np.log(12.0), size=config.topics)).astype(np.float32)


def _calibrated(truth: Truth) -> Truth:
    """Standardise affinity and find the intercept by bisection, on pairs drawn uniformly."""
    config = truth.config
    rng = stream(config.seed, "world/calibration")
    user = rng.integers(config.users, size=_CALIBRATION_PAIRS)
    item = rng.integers(config.items, size=_CALIBRATION_PAIRS)
    at = rng.integers(config.days * HOURS, size=_CALIBRATION_PAIRS) / HOURS
    out = truth.items.released[item] <= at
    user, item, at = user[out], item[out], at[out]

    affinity = np.einsum("nd,nd->n", truth.users.taste[user], truth.items.vector[item])
    appeal = replace(
        truth.appeal, affinity_mean=float(affinity.mean()), affinity_sd=float(affinity.std())
    )
    truth = replace(truth, appeal=appeal)
    logits = sum(truth.parts(user, item, at).values())
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        if np.mean(1.0 / (1.0 + np.exp(-(logits + middle)))) < config.mean_relevance:
            low = middle
        else:
            high = middle
    # Rounded, so that a processor's last bit in the mean cannot move every click.
    return replace(truth, appeal=replace(appeal, intercept=round((low + high) / 2, 6)))
