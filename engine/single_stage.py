"""The alternative to two stages: no retrieval, the ranker scores the whole catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np

from engine.pipeline import Slate, System
from engine.topk import best_first
from engine.world import World


@dataclass(frozen=True, slots=True, eq=False)
class SingleStage:
    """The ranker of a system over every eligible item; its index and candidates play no part.

    Items that the generator has no vector for are ranked too, with what features they have.
    """

    system: System

    @property
    def world(self) -> World:
        """Whose users it serves."""
        return self.system.world

    def recommend(self, user: int, at: float | None = None) -> Slate:
        """Answer one request; parameters and errors as in `System.recommend`.

        In the trace generation is finding what is eligible; the index and re-ranking take 0.
        """
        system = self.system
        at = system.time_of(user, at)
        started = perf_counter_ns()
        eligible = np.ones(len(self.world.items), dtype=bool)
        eligible[system.exclusions.of(user, at)] = False
        items = np.flatnonzero(eligible)
        found = perf_counter_ns()
        table = system.features.table(user, items, at)
        joined = perf_counter_ns()
        scores = system.ranker.scores(table)
        best = best_first(scores, system.design.slate)
        ranked = perf_counter_ns()
        return Slate(
            user=user,
            at=at,
            items=items[best],
            scores=scores[best],
            trace={
                "generation": (found - started) / 1e3,
                "index": 0.0,
                "features": (joined - found) / 1e3,
                "ranking": (ranked - joined) / 1e3,
                "reranking": 0.0,
            },
        )
