"""The slate of one user: what is shown, how relevant it truly is, and what was missed."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from engine.evaluation import K
from engine.metrics import dcg_at_k
from engine.pipeline import System, request_time
from engine.rerankers import NoReranking
from engine.topk import best_first
from engine.world import topic_names

_MOST_MISSED = 4


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


def look_at(system: System, user: int) -> SlateView:
    """Serve a user and hold the slate against the truth."""
    world, at = system.world, request_time(system.world, user)
    slate = system.recommend(user, at)
    relevance = world.relevance(user, np.arange(len(world.items)), at)
    eligible = relevance.copy()
    eligible[system.exclusions.of(user, at)] = -1.0
    ideal = best_first(eligible, K)
    ideal = ideal[eligible[ideal] >= 0]  # who clicked nearly everything has few items left
    shown = slate.items[:K]
    best = float(dcg_at_k(relevance[ideal], K))
    ndcg = float(dcg_at_k(relevance[shown], K)) / best if best else math.nan
    names = topic_names(world.config.topics)
    cards = tuple(
        Card(
            rank=place + 1,
            title=str(world.items.title[item]),
            topic=names[world.items.topic[item]],
            relevance=float(relevance[item]),
            true_rank=int((eligible > relevance[item]).sum()) + 1,
        )
        for place, item in enumerate(slate.items.tolist())
    )
    missed = _missed(system, user, at, ideal.tolist(), set(slate.items.tolist()), relevance)
    return SlateView(
        user=user,
        hour=int(at % 1 * 24),
        ndcg=ndcg,
        cards=cards,
        missed=tuple(missed[:_MOST_MISSED]),
        others_missed=max(0, len(missed) - _MOST_MISSED),
    )


def _missed(
    system: System,
    user: int,
    at: float,
    ideal: list[int],
    shown: set[int],
    relevance: np.ndarray,
) -> list[Missed]:
    n = system.design.candidates
    proposed = set(system.exact_candidates(user, at, n).tolist())
    returned = set(system.retrieve(user, at, n)[0].tolist())
    ranked = shown
    if system.design.rerank.looks_at(system.design.slate):
        as_ranked = system.tuned(replace(system.design, rerank=NoReranking()))
        ranked = set(as_ranked.recommend(user, at).items.tolist())
    vectors = system.generator.item_vectors
    found = []
    for place, item in enumerate(ideal):
        if item in shown:
            continue
        if item in ranked:
            stage, reason = "reranking", "ranked into the slate, but not left there"
        elif item in returned:
            stage, reason = "ranking", "a candidate, but not ranked into the slate"
        elif item in proposed:
            stage, reason = "index", "the search passed it by"
        elif vectors is not None and not vectors[item].any():
            stage, reason = "generation", "nobody clicked it yet, so it has no vector"
        else:
            stage, reason = "generation", f"not among the generator's best {n:,}"
        found.append(
            Missed(
                str(system.world.items.title[item]),
                float(relevance[item]),
                place + 1,
                stage,
                reason,
            )
        )
    return found
