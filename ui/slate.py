"""The slate of one user: what is shown, how relevant it truly is, and what was missed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from engine.design import Design
from engine.walk import Fate, Walk, walk
from engine.world import topic_names
from ui.prepared import Prepared

_MOST_MISSED = 4
_MOST_WALKED = 16  # each holds a family's fitted parts in memory


@dataclass(frozen=True, slots=True)
class Card:
    """An item of the slate."""

    rank: int
    title: str
    topic: str
    relevance: float
    true_rank: int


@dataclass(frozen=True, slots=True)
class Missed:
    """One of the user's ten best items that the slate does not hold."""

    title: str
    relevance: float
    true_rank: int
    lost_in: str  # stage, and the reason in words
    reason: str


@dataclass(frozen=True, slots=True)
class SlateView:
    """A user's slate with the truth beside it. ndcg: NaN where no item is left for the user."""

    user: int
    hour: int
    ndcg: float
    cards: tuple[Card, ...]
    missed: tuple[Missed, ...]
    others_missed: int


@lru_cache(maxsize=_MOST_WALKED)
def walked(ready: Prepared, design: Design, user: int) -> Walk:
    """A user's request, walked through once for all parts of the page that tell of it."""
    return walk(ready.system_of(design), user)


def look_at(seen: Walk) -> SlateView:
    """Hold the slate of a request against the truth."""
    world = seen.system.world
    items, names = world.items, topic_names(world.config.topics)
    true_ranks = seen.true_ranks(seen.slate).tolist()
    cards = tuple(
        Card(
            rank=place,
            title=str(items.title[item]),
            topic=names[items.topic[item]],
            relevance=float(seen.relevance[item]),
            true_rank=true_rank,
        )
        for place, (item, true_rank) in enumerate(
            zip(seen.slate.tolist(), true_ranks, strict=True), start=1
        )
    )
    fates = zip(seen.ideal.tolist(), seen.fates(seen.ideal), seen.why(seen.ideal), strict=True)
    missed = [
        Missed(str(items.title[item]), float(seen.relevance[item]), place, fate.value, why)
        for place, (item, fate, why) in enumerate(fates, start=1)
        if fate is not Fate.SHOWN
    ]
    return SlateView(
        user=seen.user,
        hour=int(seen.at % 1 * 24),
        ndcg=seen.ndcg,
        cards=cards,
        missed=tuple(missed[:_MOST_MISSED]),
        others_missed=max(0, len(missed) - _MOST_MISSED),
    )
