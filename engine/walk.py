"""One request, stage by stage: what each stage kept, whom it lost, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from engine.evaluation import LOSS_STAGES, K
from engine.figures import Measurement
from engine.metrics import dcg_at_k
from engine.pipeline import STAGES, System
from engine.topk import best_first
from engine.world import topic_names

KEPT = "kept"
"""The fate, in the rows of a stage, of an item that the stage handed on."""


class Fate(StrEnum):
    """What became of an item: shown, left out by rule, or lost by a stage of `LOSS_STAGES`."""

    SHOWN = "shown"
    CLICKED = "clicked"
    UNRELEASED = "unreleased"
    GENERATION = "generation"
    INDEX = "index"
    RANKING = "ranking"
    RERANKING = "reranking"


LEFT_OUT = (Fate.CLICKED, Fate.UNRELEASED)
_WHY = {
    Fate.SHOWN: "in the slate",
    Fate.CLICKED: "the user clicked it before",
    Fate.UNRELEASED: "not yet released",
    Fate.INDEX: "the search passed it by",
    Fate.RANKING: "a candidate, but not ranked into the slate",
    Fate.RERANKING: "ranked into the slate, but not left there",
}


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """All that happened to one request, with the truth beside it.

    system : who answered.
    user, at : the request, `at` in days from the start of the log.
    left_out : `CLICKED` and `UNRELEASED` -> int64 ids that no slate may hold, ascending; no id
        is in both.
    orders : stage of `LOSS_STAGES` -> int64 ids, best first, all that the stage put in order: the
        generator's exact order of what it may propose, the index's answer, the ranker's order of
        that answer, and the slate as re-ranked, or as ranked where nothing re-ranks.
    survivors : stage of `LOSS_STAGES` -> int64 ids, best first, that it handed on; the ranker's
        are the slate as ranked, those of the last the slate shown.
    scores : "generation" -> the generator's exact score of every item, "ranking" -> the
        ranker's of the candidates and NaN elsewhere; float32 (items,).
    relevance : float64 (items,), the true one.
    ascending : float64, the relevance of the items that are not left out, rising.
    ideal : int64 ids of the ten truly best that are not left out, fewer if no more are.
    ndcg : true NDCG@10 of the slate; NaN where no item is left for the user.
    loss : stage of `LOSS_STAGES` -> its share of 1 - ndcg, see `Loss`; they add up to it.
    milliseconds : stage of `STAGES` -> time of this one request in this process, asked right
        after the same work had been done. One reading: `engine.measure` gives percentiles.
    """

    system: System
    user: int
    at: float
    left_out: dict[Fate, NDArray[np.int64]]
    orders: dict[str, NDArray[np.int64]]
    survivors: dict[str, NDArray[np.int64]]
    scores: dict[str, NDArray[np.float32]]
    relevance: NDArray[np.float64]
    ascending: NDArray[np.float64]
    ideal: NDArray[np.int64]
    ndcg: float
    loss: dict[str, float]
    milliseconds: dict[str, Measurement]

    @property
    def catalogue(self) -> int:
        """How many items there are, those left out included."""
        return len(self.relevance)

    @property
    def slate(self) -> NDArray[np.int64]:
        """What the user is shown, int64 ids, best first."""
        return self.survivors[LOSS_STAGES[-1]]

    @property
    def passed_by(self) -> NDArray[np.int64]:
        """The generator's own best candidates that the index missed, int64 ids, best first."""
        proposed = self.survivors["generation"]
        return proposed[~np.isin(proposed, self.survivors["index"])]

    def ranks(self, stage: str) -> NDArray[np.int64]:
        """Every item's rank from 1 in a stage's order, int64 (items,); 0 where it has none.

        Raises
        ------
        ValueError : a stage that is not of `LOSS_STAGES`.
        """
        if stage not in LOSS_STAGES:
            raise ValueError(f"stage={stage!r}: must be one of {', '.join(LOSS_STAGES)}")
        order = self.orders[stage]
        ranks = np.zeros(self.catalogue, dtype=np.int64)
        ranks[order] = np.arange(1, len(order) + 1)
        return ranks

    def true_ranks(self, items: ArrayLike) -> NDArray[np.int64]:
        """Each item's rank from 1 by true relevance among those that are not left out.

        Returns
        -------
        int64 (n,), equals sharing the best rank; 0 where an item is left out.

        Raises
        ------
        ValueError : an item that the catalogue does not have.
        """
        ids = check_items(items, self.catalogue)
        better = len(self.ascending) - self.ascending.searchsorted(self.relevance[ids], "right")
        banned = np.concatenate(list(self.left_out.values()))
        return np.where(np.isin(ids, banned), 0, better + 1)

    def fates(self, items: ArrayLike) -> list[Fate]:
        """What became of each item.

        An item that a later stage holds was not lost by an earlier one: a search that errs may
        return what an exact one would not.

        Raises
        ------
        ValueError : an item that the catalogue does not have.
        """
        ids = check_items(items, self.catalogue)
        fates = np.full(len(ids), LOSS_STAGES[0], dtype=object)
        for stage, lost_by_next in zip(LOSS_STAGES, (*LOSS_STAGES[1:], Fate.SHOWN), strict=True):
            fates[np.isin(ids, self.survivors[stage])] = lost_by_next
        for rule, banned in self.left_out.items():
            fates[np.isin(ids, banned)] = rule
        return [Fate(fate) for fate in fates]

    def why(self, items: ArrayLike) -> list[str]:
        """The fate of each item in words. Raises ValueError as `fates` does."""
        ids = check_items(items, self.catalogue)
        return self._why(ids, self.fates(ids))

    def table(self, items: ArrayLike) -> pd.DataFrame:
        """A row an item, in the order given.

        Returns
        -------
        item, title, topic, each stage's score and rank (`generation_score`, `index_rank`, ...;
        missing where it has none), relevance, true_rank, fate, and why in words.

        Raises
        ------
        ValueError : an item that the catalogue does not have.
        """
        ids = check_items(items, self.catalogue)
        fates = self.fates(ids)
        return self._frame(ids, fates, self._why(ids, fates))

    def rows(self, stage: str) -> pd.DataFrame:
        """What came before a stage: first what it handed on, then what it cut, by its own order.

        Before the first stage comes the whole catalogue. What has no rank at the stage stands
        last, as the stage before had it, or by its true relevance.

        Returns
        -------
        The columns of `table`, where fate is that at this stage: "kept", or who cut the item.

        Raises
        ------
        ValueError : a stage that is not of `LOSS_STAGES`.
        """
        ranks, kept = self.ranks(stage), self.survivors[stage]
        place = LOSS_STAGES.index(stage)
        before = self.survivors[LOSS_STAGES[place - 1]] if place else np.argsort(-self.relevance)
        cut = before[~np.isin(before, kept)]
        cut = cut[_by_rank(ranks[cut])]
        fates = [fate if fate in LEFT_OUT else Fate(stage) for fate in self.fates(cut)]
        return self._frame(
            np.concatenate([kept, cut]),
            [KEPT] * len(kept) + [str(fate) for fate in fates],
            [""] * len(kept) + self._why(cut, fates),
        )

    def _why(self, ids: NDArray[np.int64], fates: Sequence[Fate]) -> list[str]:
        vectors = self.system.generator.item_vectors
        unknown = "it has no vector" if vectors is not None else "it is never proposed"
        not_proposed = {
            True: f"not among the generator's best {self.system.design.candidates:,}",
            False: f"nobody clicked it yet, so {unknown}",
        }
        known = self.ranks("generation")[ids] > 0
        return [
            not_proposed[knows] if fate is Fate.GENERATION else _WHY[fate]
            for knows, fate in zip(known.tolist(), fates, strict=True)
        ]

    def _frame(
        self, ids: NDArray[np.int64], fates: Sequence[str], why: Sequence[str]
    ) -> pd.DataFrame:
        world = self.system.world
        columns: dict[str, object] = {
            "item": ids,
            "title": world.items.title[ids],
            "topic": np.array(topic_names(world.config.topics))[world.items.topic[ids]],
        }
        for stage in LOSS_STAGES:
            if stage in self.scores:
                columns[f"{stage}_score"] = self.scores[stage][ids]
            columns[f"{stage}_rank"] = _or_missing(self.ranks(stage)[ids])
        columns["relevance"] = self.relevance[ids]
        columns["true_rank"] = _or_missing(self.true_ranks(ids))
        return pd.DataFrame(columns | {"fate": [str(fate) for fate in fates], "why": why})


def walk(system: System, user: int, at: float | None = None) -> Walk:
    """Answer one request, keep all that each stage saw, and hold it against the truth.

    Parameters
    ----------
    user, at : as in `System.recommend`.

    Raises
    ------
    ValueError : an unknown user, or a time whose future the statistics have seen.
    """
    at = system.time_of(user, at)
    world, design = system.world, system.design
    everything = np.arange(len(world.items))
    returned = system.retrieve(user, at, design.candidates)[0]
    ranker_scores = system.ranker.scores(system.features.table(user, returned, at))
    slate = system.recommend(user, at)  # the same work again, so that its trace is a warm one
    taken_at = time.time()
    order = system.exact_candidates(user, at, len(everything))
    orders = {
        "generation": order,
        "index": returned,
        "ranking": returned[best_first(ranker_scores, len(returned))],
        "reranking": slate.items,
    }
    survivors = orders | {
        "generation": order[: design.candidates],
        "ranking": orders["ranking"][: design.slate],
    }
    of_candidates = np.full(len(everything), np.nan, dtype=np.float32)
    of_candidates[returned] = ranker_scores

    left_out = _left_out(system, user, at)
    relevance = world.relevance(user, everything, at)
    eligible = relevance.copy()
    eligible[np.concatenate(list(left_out.values()))] = -1.0
    ideal = best_first(eligible, K)
    ideal = ideal[eligible[ideal] >= 0]  # who clicked nearly everything has few items left
    reached = _reached(relevance, ideal, survivors)
    return Walk(
        system=system,
        user=int(user),
        at=at,
        left_out=left_out,
        orders=orders,
        survivors=survivors,
        scores={
            "generation": system.generator.scores(user, everything),
            "ranking": of_candidates,
        },
        relevance=relevance,
        ascending=np.sort(eligible[eligible >= 0]),
        ideal=ideal,
        ndcg=float(reached[-1]),
        loss=dict(zip(LOSS_STAGES, (reached[:-1] - reached[1:]).tolist(), strict=True)),
        milliseconds={
            stage: Measurement(slate.trace[stage] / 1e3, "ms", 1, taken_at) for stage in STAGES
        },
    )


def check_items(items: ArrayLike, catalogue: int) -> NDArray[np.int64]:
    """Item ids as int64 (n,); ValueError for one that a catalogue of this size does not have."""
    ids = np.atleast_1d(np.asarray(items))
    if ids.size == 0:
        return np.empty(0, dtype=np.int64)
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise ValueError(f"item={items!r}: must be a whole number, or a list of them")
    unknown = ids[(ids < 0) | (ids >= catalogue)]
    if unknown.size:
        raise ValueError(f"item={unknown[0]}: must be from 0 to {catalogue - 1}")
    return ids.astype(np.int64)


def _left_out(system: System, user: int, at: float) -> dict[Fate, NDArray[np.int64]]:
    banned = np.sort(system.exclusions.of(user, at))
    # As exact as the request time: a comparison in float32 would let items out too early.
    pending = system.world.items.released[banned].astype(np.float64) > at
    return {Fate.CLICKED: banned[~pending], Fate.UNRELEASED: banned[pending]}


def _reached(
    relevance: NDArray[np.float64],
    ideal: NDArray[np.int64],
    survivors: dict[str, NDArray[np.int64]],
) -> NDArray[np.float64]:
    """NDCG within reach before any stage and after each, (stages + 1,); NaN without an ideal.

    Until something is ranked that of the best slate possible, then that of the order itself.
    """
    if not len(ideal):
        return np.full(len(LOSS_STAGES) + 1, np.nan)
    ranked_from = LOSS_STAGES.index("ranking")
    gains = [relevance[ideal]]
    for place, stage in enumerate(LOSS_STAGES):
        of_kept = relevance[survivors[stage]]
        gains.append(of_kept if place >= ranked_from else np.sort(of_kept)[::-1])
    dcg = np.array([float(dcg_at_k(gain, K)) for gain in gains])
    reached: NDArray[np.float64] = dcg / dcg[0]
    return reached


def _by_rank(ranks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Places by rank rising, those without one (0) last and as they stood."""
    return np.argsort(np.where(ranks > 0, ranks, np.iinfo(np.int64).max), kind="stable")


def _or_missing(ranks: NDArray[np.int64]) -> pd.Series:
    """Ranks as pandas integers, missing where there is none (0)."""
    return pd.Series(ranks, dtype="Int64").where(ranks > 0)
