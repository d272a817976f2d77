"""Why this item: what made its score, and where in the request it stood or fell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from engine.features import SCHEMA
from engine.pipeline import System
from engine.walk import Fate, Walk, check_items, walk
from engine.world import topic_names

_IDS = {column.name for column in SCHEMA if column.kind == "id"}
_WORDS = {column.name for column in SCHEMA if column.kind == "token"}


@dataclass(frozen=True, slots=True)
class Explanation:
    """One item of one request, from its features to its fate.

    generation_rank : by the generator's exact score, among all that it may propose; from 1.
        None where the item is left out or unknown to the generator.
    index_rank : in the index's answer; None where the index did not return the item.
    ranking_rank : by the ranker's score among the candidates; None where it is none of them.
    slate_rank : place in the slate shown; None where it is not in it.
    generation_score : the generator's exact score.
    ranking_score : the ranker's, as in `Slate.scores`; of an item that is no candidate, what it
        would have scored.
    fate, why : what became of the item, and that in words.
    features : name -> the value that the ranker was shown; NaN is a missing one.
    contributions : name -> what the feature adds to the raw score. Together with the base they
        add up to it; see `Contributions`.
    base : the raw score before any feature speaks.
    relevance : the true probability that the user likes the item.
    true_rank : by relevance among the items that are not left out; None where it is.
    parts : name -> logits of the relevance; they add up to its logit. See `Truth.parts`.
    """

    user: int
    item: int
    at: float
    title: str
    topic: str
    generation_rank: int | None
    index_rank: int | None
    ranking_rank: int | None
    slate_rank: int | None
    generation_score: float
    ranking_score: float
    fate: Fate
    why: str
    features: dict[str, float]
    contributions: dict[str, float]
    base: float
    relevance: float
    true_rank: int | None
    parts: dict[str, float]

    @property
    def raw_score(self) -> float:
        """Base and contributions together: log-odds where the ranker gives probabilities."""
        return self.base + sum(self.contributions.values())

    def rows(self) -> pd.DataFrame:
        """A row a feature that contributes, the largest contribution, up or down, first.

        Returns
        -------
        feature, shown (its value as text: the topic by its name, "missing" where it is), and
        contribution.
        """
        names = sorted(self.contributions, key=lambda name: -abs(self.contributions[name]))
        return pd.DataFrame(
            {
                "feature": names,
                "shown": [self._shown(name) for name in names],
                "contribution": [self.contributions[name] for name in names],
            }
        )

    def _shown(self, name: str) -> str:
        value = self.features[name]
        if np.isnan(value):
            return "missing"
        if name == "topic":
            return self.topic
        if name in _WORDS:
            return self.title
        return f"{value:.0f}" if name in _IDS else f"{value:.3g}"


def explain(system: System, user: int, item: int, at: float | None = None) -> Explanation:
    """What made an item's score in one request, and why it is in the slate or is not.

    Parameters
    ----------
    user, at : as in `System.recommend`.
    item : id from 0, shown or not.

    Raises
    ------
    ValueError : an unknown user or item, or a time whose future the statistics have seen.
    """
    check_items([item], len(system.world.items))  # before the work of a whole request
    return explain_in(walk(system, user, at), item)


def explain_in(seen: Walk, item: int) -> Explanation:
    """As `explain`, in a request that was walked through already: most of the work is done.

    Raises
    ------
    ValueError : an unknown item.
    """
    system, world = seen.system, seen.system.world
    ids = check_items([item], len(world.items))
    table = system.features.table(seen.user, ids, seen.at)
    values, names, base = system.ranker.contributions(table)
    parts = world.parts(seen.user, ids, seen.at)
    [fate], [why], [true_rank] = seen.fates(ids), seen.why(ids), seen.true_ranks(ids).tolist()
    ranks = {stage: int(seen.ranks(stage)[item]) or None for stage in seen.orders}
    return Explanation(
        user=seen.user,
        item=int(item),
        at=seen.at,
        title=str(world.items.title[item]),
        topic=topic_names(world.config.topics)[world.items.topic[item]],
        generation_rank=ranks["generation"],
        index_rank=ranks["index"],
        ranking_rank=ranks["ranking"],
        slate_rank=ranks["reranking"],
        generation_score=float(seen.scores["generation"][item]),
        ranking_score=float(system.ranker.scores(table)[0]),
        fate=fate,
        why=why,
        features=dict(zip(table.columns, table.values[0].astype(np.float64).tolist(), strict=True)),
        contributions=dict(zip(names, values[0].tolist(), strict=True)),
        base=base,
        relevance=float(seen.relevance[item]),
        true_rank=true_rank or None,
        parts={name: float(part[0]) for name, part in parts.items()},
    )
