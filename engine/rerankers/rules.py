"""Rules of a product: variety, freshness, a cap for each topic, no near-duplicates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob, check_knobs
from engine.rerankers.contract import Pool

HALF_LIFE_DAYS = 3.0
"""Days in which the boost of a new item halves: about the middle of what topics have here."""

NEAR_DUPLICATE = 0.95
"""Cosine between item vectors from which two items count as the same."""

_BEYOND = -1e9  # a gain below all others, yet above what is not allowed


@dataclass(frozen=True, slots=True)
class Rules:
    """Choose the slate one item after the other, by maximal marginal relevance under rules.

    Each place goes to the item with the largest
    ``(1 - diversity) * relevance - diversity * similarity``, the earlier ranked first among
    equals (MMR: Carbonell and Goldstein 1998, lambda = 1 - diversity). Relevance is the
    ranker's score, scaled over the pool to 0..1, plus ``freshness * 2 ** (-age / 3 days)``.
    Similarity is the largest to any item chosen before: the cosine of the generator's item
    vectors, or 1 for an equal topic and 0 otherwise where it has none.

    A near-duplicate of a chosen item, one of cosine 0.95 or more, is passed over. It is not
    told by titles, which never repeat in this world; without vectors nothing is one. Items
    have no creators here, so that the cap is for topics.

    Rules never shorten a slate. Where nothing that they allow is left in the pool, its best
    others fill up: first those beyond the cap, then near-duplicates.

    diversity : weight of MMR's similarity; 0 leaves the order alone.
    freshness : weight of the boost of new items.
    topic_cap : most items of one topic; 0 sets no cap.
    distinct : 1 passes over near-duplicates, 0 does not.
    depth : how many ranked candidates are looked at, or the slate's length if that is more.
    """

    name: ClassVar[str] = "rules"
    knobs: ClassVar[dict[str, Knob]] = {
        "diversity": Knob(0.0, 1.0, "weight of being unlike what is chosen already"),
        "freshness": Knob(0.0, 2.0, "weight of the boost of new items"),
        "topic_cap": Knob(0, 10, "most items of one topic, 0 for any number"),
        "distinct": Knob(0, 1, "whether near-duplicates are passed over"),
        "depth": Knob(10, 200, "ranked candidates that are looked at"),
    }
    diversity: float = 0.3
    freshness: float = 0.0
    topic_cap: int = 4
    distinct: int = 1
    depth: int = 50

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)

    def looks_at(self, slate: int) -> int:
        return max(self.depth, slate)

    def places(self, pool: Pool, k: int) -> NDArray[np.int64]:
        real = np.isfinite(pool.scores)
        ended = None if real.all() else ~real
        relevance = (1.0 - self.diversity) * self._relevance(pool)
        unit = self._directions(pool)
        free = np.ones(real.shape, dtype=bool)
        under_cap, apart = real.copy(), real.copy()
        rows, k = np.arange(len(real)), min(k, real.shape[1])
        nearest = np.zeros(real.shape)
        chosen = np.empty((len(real), k), dtype=np.int64)
        for place in range(k):
            gain = relevance - self.diversity * nearest
            if ended is not None:
                gain[ended] = _BEYOND
            allowed = _strictest(free & apart & under_cap, free & apart, free)
            best = np.where(allowed, gain, -np.inf).argmax(axis=1)
            chosen[:, place] = best
            free[rows, best] = False
            alike = pool.topic == pool.topic[rows, best][:, None]
            if self.topic_cap:
                full = (alike & ~free).sum(axis=1) >= self.topic_cap
                under_cap &= ~(alike & full[:, None])
            if unit is not None:
                cosine = np.vecdot(unit, unit[rows, best][:, None, :])
                if self.distinct:
                    apart &= cosine < NEAR_DUPLICATE
            if self.diversity:
                similarity = alike if pool.vectors is None else cosine
                # Before anything is chosen nothing is similar; cosines may then fall below 0.
                nearest = np.maximum(nearest, similarity) if place else similarity.astype(float)
        return chosen

    def _relevance(self, pool: Pool) -> NDArray[np.float64]:
        """Scaled scores with the boost of new items, (n, m)."""
        relevance = scaled(pool.scores)
        if self.freshness:
            relevance += self.freshness * np.exp2(-pool.age / HALF_LIFE_DAYS)
        return relevance

    def _directions(self, pool: Pool) -> NDArray[np.float32] | None:
        """Item vectors of length 1, (n, m, d); None where no rule asks for them."""
        if pool.vectors is None or not (self.diversity or self.distinct):
            return None
        length = np.sqrt(np.vecdot(pool.vectors, pool.vectors))[..., None]
        directions = np.zeros_like(pool.vectors)  # an item without a vector is unlike everything
        np.divide(pool.vectors, length, out=directions, where=length > 0)
        return directions


def scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row's finite scores taken to 0..1, (n, m); 0 where all are equal, and at -inf."""
    real = np.isfinite(scores)
    low = scores.min(axis=1, keepdims=True, where=real, initial=np.inf)
    high = scores.max(axis=1, keepdims=True, where=real, initial=-np.inf)
    span = high - low
    within = np.zeros_like(scores)
    np.divide(scores - low, span, out=within, where=real & (span > 0))
    return within


def _strictest(*tiers: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each row the first of these that allows anything, (n, m)."""
    allowed = tiers[0]
    for looser in tiers[1:]:
        some = allowed.any(axis=1, keepdims=True)
        if some.all():
            break
        allowed = np.where(some, allowed, looser)
    return allowed
