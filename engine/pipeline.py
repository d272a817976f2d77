"""From a design to a system that answers requests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.design import Design
from engine.features import FeatureStore
from engine.fitting import FittedRanker, build_index, fit_generator, fit_ranker, statistics
from engine.generators import Generator
from engine.index import Index
from engine.log import clicks_before, split_days
from engine.progress import Progress, silent, within
from engine.rankers import Ranker
from engine.rerankers import Pool
from engine.seeding import stream
from engine.store import PartStore, Recipe, default_store, part_key
from engine.topk import best_first
from engine.training import Corrected
from engine.world import World
from engine.world.impressions import draw_hours

STAGES = ("generation", "index", "features", "ranking", "reranking")


@dataclass(frozen=True, slots=True, eq=False)
class Slate:
    """The answer to one request, best item first.

    items : int64 (k,). scores : float32 (k,), the ranker's, which fall unless the slate was
    re-ranked. trace : microseconds a stage.
    """

    user: int
    at: float
    items: NDArray[np.int64]
    scores: NDArray[np.float32]
    trace: dict[str, float]


class Recommender(Protocol):
    """What answers requests in a world, and hence can be timed."""

    @property
    def world(self) -> World:
        """Whose users it serves."""
        ...

    def recommend(self, user: int, at: float | None = None) -> Slate:
        """Answer one request, as `System.recommend` does."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Exclusions:
    """What no slate may hold: items clicked in training, and items not yet out."""

    offsets: NDArray[np.int64]  # (users + 1,)
    clicked: NDArray[np.int64]  # item ids, user after user
    pending: NDArray[np.int64]  # ids of items released after serving began, by release
    pending_released: NDArray[np.float64]

    def of(self, user: int, at: float) -> NDArray[np.int64]:
        """The ids to leave out, for a user at a time; unordered."""
        clicked = self.clicked[self.offsets[user] : self.offsets[user + 1]]
        first = self.pending_released.searchsorted(at, side="right")
        if first == len(self.pending):
            return clicked
        return np.concatenate([clicked, self.pending[first:]])

    def among(self, items: NDArray[np.int64]) -> Exclusions:
        """Without the pending items that are not among these: nobody would propose them."""
        kept = np.isin(self.pending, items)
        return replace(
            self, pending=self.pending[kept], pending_released=self.pending_released[kept]
        )


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """A fitted design. Read-only, so that requests may come from many threads."""

    world: World
    design: Design
    generator: Generator
    index: Index | None  # None: the generator has no vectors
    index_items: NDArray[np.int64]  # item id of each vector in the index
    features: FeatureStore
    learned: FittedRanker
    exclusions: Exclusions
    skipped: Exclusions  # those of the exclusions that the generator could propose

    @property
    def ranker(self) -> Ranker:
        """What orders candidates, as it was learned."""
        return self.learned.ranker

    @property
    def calibrated(self) -> Ranker:
        """What predicts clicks: the ranker, its probabilities corrected where that is wanted.

        The order is the same, so that slates do not hang on it.
        """
        learned, training = self.learned.ranker, self.design.training
        if training.correct and training.negatives < 1.0 and learned.gives_probabilities:
            return Corrected(learned, training.negatives)
        return learned

    @property
    def serving_from(self) -> float:
        """The earliest request time, in days: statistics before it are in use."""
        return self.features.until

    def recommend(self, user: int, at: float | None = None) -> Slate:
        """Answer one request.

        Parameters
        ----------
        user : id from 0.
        at : request time in days from the start of the log, not before `serving_from`;
            None takes the user's own request time on the last day.

        Raises
        ------
        ValueError : an unknown user, or a time whose future the statistics have seen.
        """
        at = self.time_of(user, at)
        candidates, generation, index = self.retrieve(user, at, self.design.candidates)
        retrieved = perf_counter_ns()
        table = self.features.table(user, candidates, at)
        joined = perf_counter_ns()
        scores = self.ranker.scores(table)
        pool = self.design.rerank.looks_at(self.design.slate)
        best = best_first(scores, pool or self.design.slate)
        ranked = reranked = perf_counter_ns()
        if pool:
            row = candidates[best][None], scores[best][None], np.array([at])
            best = best[self.rerank(*row)[0]]
            reranked = perf_counter_ns()
        return Slate(
            user=user,
            at=at,
            items=candidates[best],
            scores=scores[best],
            trace={
                "generation": generation / 1e3,
                "index": index / 1e3,
                "features": (joined - retrieved) / 1e3,
                "ranking": (ranked - joined) / 1e3,
                "reranking": (reranked - ranked) / 1e3,
            },
        )

    def time_of(self, user: int, at: float | None) -> float:
        """A request's time in days; None is the user's own. Raises ValueError as `recommend`."""
        check_user(self.world, user)
        if at is None:
            return request_time(self.world, user)
        if not self.serving_from <= at < np.inf:
            raise ValueError(
                f"at={at!r}: must be {self.serving_from:g} days or later; "
                "this system is fitted to the days before"
            )
        return at

    def retrieve(self, user: int, at: float, n: int) -> tuple[NDArray[np.int64], int, int]:
        """The first stage alone: up to n eligible items, best first, as the index finds them.

        Returns
        -------
        The items, and the nanoseconds of generation (the user's vector and what to leave
        out) and of the index (the search, and leaving it out). A generator without vectors
        does all of it by itself, and its index takes 0.
        """
        started = perf_counter_ns()
        if self.index is None:
            return self.exact_candidates(user, at, n), perf_counter_ns() - started, 0
        excluded = self.skipped.of(user, at)
        query = self.generator.query(user)
        generated = perf_counter_ns()
        places, _ = self.index.search(query, n + len(excluded))
        kept = self._without(self.index_items[places], excluded)[:n]
        return kept, generated - started, perf_counter_ns() - generated

    def exact_candidates(self, user: int, at: float, n: int) -> NDArray[np.int64]:
        """What an exact search would return: the generator's own n best eligible items."""
        excluded = self.skipped.of(user, at)
        return self._without(self.generator.top(user, n + len(excluded)), excluded)[:n]

    def rerank(
        self, items: NDArray[np.integer], scores: NDArray[np.floating], at: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """The places of the slates within ranked candidates, (n, up to the design's slate).

        Parameters
        ----------
        items : (n, m) ids, best ranked first, -1 beyond a row's end.
        scores : (n, m) the ranker's, -inf beyond a row's end.
        at : (n,) request times, days.
        """
        pool = Pool.of(self.world.items, self.generator.item_vectors, items, scores, at)
        return self.design.rerank.places(pool, self.design.slate)

    def tuned(self, design: Design) -> System:
        """The same fitted parts under other choices that need no fit.

        Raises
        ------
        ValueError : the design differs in a choice that needs a fit.
        """
        if design.fitted_part != self.design.fitted_part:
            raise ValueError("design: must have the generator, ranker and training of this system")
        index = None if self.index is None else self.index.tuned(design.index)
        return replace(self, design=design, index=index)

    def _without(self, items: NDArray[np.int64], excluded: NDArray[np.int64]) -> NDArray[np.int64]:
        if not len(excluded):
            return items
        banned = np.zeros(len(self.world.items), dtype=bool)
        banned[excluded] = True
        return items[~banned[items]]


def build(
    world: World,
    design: Design,
    progress: Progress | None = None,
    store: PartStore | None = None,
) -> System:
    """Fit what the design needs and has not been fitted before.

    Parameters
    ----------
    progress : called with what is running and the share done, 0 to 1.
    store : where fitted parts are kept; the one that the process shares by default.

    Raises
    ------
    ValueError : the design cannot be built on this world, e.g. an index whose knobs its
        vectors do not allow (`IndexConfig.repaired` gives the nearest that they do).
    """
    progress, store = progress or silent, store or default_store()
    if design.candidates > world.config.items:
        raise ValueError(
            f"candidates={design.candidates}: must be at most the catalogue's "
            f"{world.config.items} items"
        )
    split = split_days(world.config.days)
    serving = split.serving[1]
    generator = fit_generator(world, design.generator, serving, store, within(progress, 0.0, 0.15))
    indexed = build_index(world, design.generator, design.index, store, within(progress, 0.15, 0.5))
    learned = fit_ranker(
        world,
        design.generator,
        design.ranker,
        design.training,
        store,
        within(progress, 0.5, 0.97),
    )
    progress("gathering statistics", 0.97)
    items, index = indexed or (np.arange(0), None)
    rules = exclusions(world, store)
    system = System(
        world=world,
        design=design,
        generator=generator,
        index=index,
        index_items=items,
        features=statistics(world, design.generator, serving, store),
        learned=learned,
        exclusions=rules,
        skipped=rules.among(generator.known_items()),
    )
    progress("ready", 1.0)
    return system


def repaired_for(
    world: World, design: Design, store: PartStore, progress: Progress = silent
) -> tuple[Design, list[str]]:
    """The nearest design that can be built, and one line for each repair.

    How many vectors there are to index shows once the generator is fitted: items that
    nobody clicked have none.
    """
    serving = split_days(world.config.days).serving[1]
    generator = fit_generator(world, design.generator, serving, store, progress)
    if generator.item_vectors is None:
        return design, []
    ids = generator.with_vectors()
    index, lines = design.index.repaired(len(ids), generator.item_vectors.shape[1])
    return replace(design, index=index), lines


def exclusions(world: World, store: PartStore) -> Exclusions:
    """The exclusions of a world, the same for all designs."""

    def make(_: Progress) -> Exclusions:
        serving = split_days(world.config.days).serving[1]
        clicks = clicks_before(world, serving)
        clicks.sum_duplicates()
        released = world.items.released
        pending = np.flatnonzero(released > serving)
        pending = pending[np.argsort(released[pending], kind="stable")]
        return Exclusions(
            offsets=clicks.indptr.astype(np.int64),
            clicked=clicks.indices.astype(np.int64),
            pending=pending.astype(np.int64),
            # As exact as request times are, which float32 would round up to a release to come.
            pending_released=released[pending].astype(np.float64),
        )

    return store.part(part_key("exclusions", world.identity), Recipe(make=make))


def request_time(world: World, user: int, draw: int = 0) -> float:
    """The user's own request time on the last day, in days; the same for all designs.

    draw : which of many independent ones; all figures that are shown rest on the first, 0.
    """
    if draw:
        rng = stream(world.config.seed, "panel/another-request", user, draw)
    else:
        rng = stream(world.config.seed, "panel/request", user)
    day = split_days(world.config.days).test[0]
    return day + float(draw_hours(rng, 1)[0])


def check_user(world: World, user: int) -> int:
    """Raise ValueError for a user that the world does not have."""
    if isinstance(user, bool) or not isinstance(user, int | np.integer):
        raise ValueError(f"user={user!r}: must be a whole number")
    if not 0 <= user < len(world.users):
        raise ValueError(f"user={user!r}: must be from 0 to {len(world.users) - 1}")
    return int(user)
