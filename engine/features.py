"""Features of a request: what is known of user, item and moment when it comes in."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from engine.generators import Generator
from engine.log import clicks_before
from engine.table import Column, FeatureTable
from engine.tokens import hashed_tokens
from engine.world import Impressions, World
from engine.world.impressions import examination
from engine.world.truth import hour_of, standard_duration

TITLE_WORDS = 6


SCHEMA = (
    Column("item_click_rate", group="item_counts"),
    Column("item_log_clicks", group="item_counts"),
    Column("item_log_shown", group="item_counts"),
    Column("log_duration", group="content"),
    Column("topic", "category", "content"),
    Column("item_age", group="freshness"),
    Column("generator_score", group="generator"),
    Column("topic_taste", group="history"),
    Column("duration_gap", group="history"),
    Column("declared_match", group="declared"),
    Column("user_log_clicks", group="history"),
    Column("hour", "cycle", "moment", period=24.0),
    Column("log_position", group="position"),
    Column("cohort", "id", "ids"),
    Column("creator", "id", "ids"),
    Column("user", "id", "ids"),
    Column("item", "id", "ids"),
    *(Column(f"title_{place}", "token", "title") for place in range(1, TITLE_WORDS + 1)),
)
"""All columns: numbers first, then ids, which trees leave alone."""

GROUPS = {
    "item_counts": "clicks, views and click rate of the item so far",
    "content": "topic and duration",
    "freshness": "age of the item",
    "generator": "the generator's exact score",
    "history": "what the user clicked so far: topics, durations, how much",
    "declared": "whether the topic is the one that the user declared",
    "moment": "hour of the request",
    "position": "position in the slate, 1 in serving",
    "ids": "who: user, cohort, item and creator by their ids",
    "title": "words of the title, hashed",
}
"""Group of columns -> what it holds."""

COLUMNS = tuple(column.name for column in SCHEMA)
ITEM_COLUMNS = ("item_click_rate", "item_log_clicks", "item_log_shown", "log_duration", "topic")
_AT = {name: place for place, name in enumerate(COLUMNS)}
_TITLE = slice(_AT["title_1"], _AT["title_1"] + TITLE_WORDS)
_PRIOR_VIEWS = 10.0
_PRIOR_CLICKS = 3.0


class FeatureStore:
    """Statistics of the log before one day, ready to be joined with a request.

    Nothing later than `until` enters; the catalogue (topic, duration, release) and what
    a user declared are known at any time.

    until : days from the start of the log; the statistics hold what came before.
    generator : fitted to the same days; its exact score is a feature.
    """

    def __init__(self, world: World, generator: Generator, until: float) -> None:
        log = world.impressions.between(-np.inf, until)
        self.until = until
        self.generator = generator
        self.position_bias = estimate_position_bias(log)
        self._items = _item_block(world, log, self.position_bias)
        self._released = world.items.released
        clicks = clicks_before(world, until)
        self._user_log_clicks = np.log1p(np.asarray(clicks.sum(axis=1)).ravel()).astype(np.float32)
        self._topic_taste = _topic_taste(world, clicks)
        self._liked_duration = _liked_duration(world, clicks)
        self._declared = world.users.declared_topic
        self._cohort = world.users.cohort
        self._creator = world.items.creator
        self._title = _title_block(world)

    def table(
        self,
        user: ArrayLike,
        items: NDArray[np.integer],
        at: ArrayLike,
        position: ArrayLike = 1,
        generator_score: NDArray[np.float32] | None = None,
    ) -> FeatureTable:
        """The features of rows (user, item, at).

        Parameters
        ----------
        user, at, position : one value, or one a row. Serving asks for position 1.
        items : (n,) item ids.
        generator_score : (n,), where the caller has it already.
        """
        user, at = np.asarray(user), np.asarray(at, dtype=np.float64)
        ids = np.asarray(items, dtype=np.int64)
        values = np.empty((len(ids), len(COLUMNS)), dtype=np.float32)
        values[:, : len(ITEM_COLUMNS)] = self._items[ids]
        topic = values[:, _AT["topic"]].astype(np.int64)
        if generator_score is None:
            generator_score = self.generator.scores(user, ids)
        values[:, _AT["item_age"]] = at - self._released[ids]
        values[:, _AT["generator_score"]] = generator_score
        values[:, _AT["topic_taste"]] = self._topic_taste[user, topic]
        values[:, _AT["duration_gap"]] = values[:, _AT["log_duration"]] - self._liked_duration[user]
        declared = self._declared[user]
        values[:, _AT["declared_match"]] = np.where(declared < 0, np.nan, declared == topic)
        values[:, _AT["user_log_clicks"]] = self._user_log_clicks[user]
        values[:, _AT["hour"]] = hour_of(at)
        values[:, _AT["log_position"]] = np.log(position)
        values[:, _AT["cohort"]] = self._cohort[user]
        values[:, _AT["creator"]] = self._creator[ids]
        values[:, _AT["user"]] = user
        values[:, _AT["item"]] = ids
        values[:, _TITLE] = self._title[ids]
        return FeatureTable(values, SCHEMA)


def estimate_position_bias(log: Impressions) -> float:
    """The exponent of examination, from slates drawn uniformly.

    There position says nothing of the item, so that clicks fall with examination alone;
    least squares of the log click rate against log position, weighted by clicks. Without
    explored slates that were clicked, 0.
    """
    explored = log.rows(log.explored)
    clicks = np.bincount(explored.position[explored.clicked], minlength=11)[1:]
    shown = np.bincount(explored.position, minlength=11)[1:]
    seen = clicks > 0
    if seen.sum() < 2:
        return 0.0
    x = np.log(np.arange(1, 11)[seen])
    y = np.log(clicks[seen] / shown[seen])
    slope = np.polyfit(x, y, 1, w=np.sqrt(clicks[seen]))[0]
    return float(max(0.0, -slope))


def _item_block(world: World, log: Impressions, bias: float) -> NDArray[np.float32]:
    """Columns of `ITEM_COLUMNS`, (items, 5). Click rates are clicks over examined views."""
    n = len(world.items)
    clicks = np.bincount(log.item[log.clicked], minlength=n)
    views = np.bincount(log.item, weights=examination(log.position, bias), minlength=n)
    prior = clicks.sum() / max(views.sum(), 1.0)
    return np.column_stack(
        [
            (clicks + _PRIOR_VIEWS * prior) / (views + _PRIOR_VIEWS),
            np.log1p(clicks),
            np.log1p(np.bincount(log.item, minlength=n)),
            standard_duration(world.items.duration),
            world.items.topic,
        ]
    ).astype(np.float32)


def _title_block(world: World) -> NDArray[np.float32]:
    return hashed_tokens(world.items.title.tolist(), TITLE_WORDS)


def _topic_taste(world: World, clicks: csr_matrix) -> NDArray[np.float32]:
    """Log of a user's share of clicks in a topic over everybody's, (users, topics)."""
    topics = world.config.topics
    member = np.eye(topics, dtype=np.float32)[world.items.topic]
    by_topic = np.asarray(clicks @ member)
    overall = (by_topic.sum(axis=0) + 1.0) / (by_topic.sum() + topics)
    share = (by_topic + _PRIOR_CLICKS * overall) / (
        by_topic.sum(axis=1, keepdims=True) + _PRIOR_CLICKS
    )
    taste: NDArray[np.float32] = np.log(share / overall).astype(np.float32)
    return taste


def _liked_duration(world: World, clicks: csr_matrix) -> NDArray[np.float32]:
    """Mean standardised log duration of what a user clicked, shrunk to 0, (users,)."""
    duration = standard_duration(world.items.duration)
    known = (~np.isnan(duration)).astype(np.float32)
    total = np.asarray(clicks @ np.nan_to_num(duration)).ravel()
    count = np.asarray(clicks @ known).ravel()
    return (total / (count + _PRIOR_CLICKS)).astype(np.float32)
