"""What a generator learns from: who clicked what, and what is known of either at any time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from engine.log import clicks_before
from engine.table import Column, FeatureTable
from engine.tokens import hashed_tokens
from engine.world import World
from engine.world.truth import standard_duration

_TITLE_WORDS = 6
USER_SCHEMA = (
    Column("declared_topic", "category", "declared"),
    Column("cohort", "id", "ids"),
    Column("user", "id", "ids"),
)
ITEM_SCHEMA = (
    Column("log_duration", group="content"),
    Column("topic", "category", "content"),
    Column("creator", "id", "ids"),
    Column("item", "id", "ids"),
    *(Column(f"title_{place}", "token", "title") for place in range(1, _TITLE_WORDS + 1)),
)


@dataclass(frozen=True, slots=True, eq=False)
class Interactions:
    """Clicks of the days before one day, and features of users and items.

    clicks : (users, items) float32 counts.
    users, items : a row a user or item, those without a click included; such features do not
        change, so that they tell nothing of later days.
    """

    clicks: csr_matrix
    users: FeatureTable
    items: FeatureTable

    @classmethod
    def of_clicks(cls, clicks: csr_matrix) -> Interactions:
        """Clicks alone: nothing else is known of users and items but who they are."""
        users, items = clicks.shape
        return cls(clicks, _ids_alone("user", users), _ids_alone("item", items))


def interactions_before(world: World, day: float) -> Interactions:
    """What is known before a day of the log."""
    return Interactions(clicks_before(world, day), _user_table(world), _item_table(world))


def _ids_alone(name: str, n: int) -> FeatureTable:
    return FeatureTable(np.arange(n, dtype=np.float32)[:, None], (Column(name, "id", "ids"),))


def _user_table(world: World) -> FeatureTable:
    users = world.users
    declared = users.declared_topic.astype(np.float32)
    ids = np.arange(len(users), dtype=np.float32)
    values = np.column_stack([np.where(declared < 0, np.nan, declared), users.cohort, ids])
    return FeatureTable(values.astype(np.float32), USER_SCHEMA)


def _item_table(world: World) -> FeatureTable:
    items = world.items
    ids = np.arange(len(items), dtype=np.float32)
    words = hashed_tokens(items.title.tolist(), _TITLE_WORDS)
    duration = standard_duration(items.duration)
    values = np.column_stack([duration, items.topic, items.creator, ids, words])
    return FeatureTable(values.astype(np.float32), ITEM_SCHEMA)
