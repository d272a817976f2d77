"""Features know nothing of what comes after their day, and nothing hidden."""

from collections.abc import Callable
from dataclasses import fields, replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.features import COLUMNS, FeatureStore
from engine.generators import MF, interactions_before
from engine.table import FeatureTable
from engine.world import Impressions, World

LEARNED = {
    "item_click_rate", "item_log_clicks", "item_log_shown", "generator_score", "topic_taste",
    "duration_gap", "user_log_clicks",
}  # fmt: skip
# What the catalogue and the users' own accounts tell, before anything is clicked.
KNOWN = {
    "log_duration", "topic", "declared_match", "cohort", "creator", "user", "item",
    *(name for name in COLUMNS if name.startswith("title_")),
}  # fmt: skip
OF_THE_REQUEST = {"item_age", "hour", "log_position"}
Scramble = Callable[[Impressions, NDArray[np.bool_]], Impressions]
DAYS = [9.0, 13.0]  # where statistics end for training, and for serving


def feature_store(world: World, until: float) -> FeatureStore:
    generator = MF(factors=8, iterations=3).fit(interactions_before(world, until), 7)
    return FeatureStore(world, generator, until)


def table_of(world: World, until: float) -> FeatureTable:
    """Features of the same 2,000 rows of a request, whatever the log holds."""
    rng = np.random.default_rng(3)
    user = rng.integers(world.config.users, size=2_000)
    item = rng.integers(world.config.items, size=2_000)
    at = until + rng.random(2_000) * (world.config.days - until)
    position = rng.integers(1, 11, size=2_000)
    return feature_store(world, until).table(user, item, at, position)


def with_log(world: World, change: Callable[[Impressions], Impressions]) -> World:
    return replace(world, impressions=change(world.impressions))


def same_bits(first: FeatureTable, second: FeatureTable) -> bool:
    return first.values.tobytes() == second.values.tobytes()


@pytest.fixture(scope="module", params=DAYS)
def until(request: pytest.FixtureRequest) -> float:
    return float(request.param)


@pytest.fixture(scope="module")
def untouched(small_world: World, until: float) -> FeatureTable:
    return table_of(small_world, until)


def scrambled_clicks(log: Impressions, which: NDArray[np.bool_]) -> Impressions:
    clicked = log.clicked.copy()
    clicked[which] = np.random.default_rng(4).random(which.sum()) < 0.5
    return replace(log, clicked=clicked)


def scrambled_rows(log: Impressions, which: NDArray[np.bool_]) -> Impressions:
    """Other items, users, positions, policies and clicks at the same times."""
    rng = np.random.default_rng(5)
    columns = {field.name: getattr(log, field.name).copy() for field in fields(log)}
    for name in ("user", "position", "clicked", "explored"):
        columns[name][which] = rng.permutation(columns[name][which])
    columns["item"][which] = rng.integers(log.item.max() + 1, size=which.sum())
    return Impressions(**columns)


class TestShiftedClock:
    """Whatever happens at or after the day leaves the features as they were, bit for bit."""

    def test_deleting_the_future_changes_nothing(
        self, small_world: World, until: float, untouched: FeatureTable
    ) -> None:
        past = with_log(small_world, lambda log: log.rows(log.at < until))
        assert len(past.impressions) < len(small_world.impressions)
        assert same_bits(table_of(past, until), untouched)

    @pytest.mark.parametrize("scramble", [scrambled_clicks, scrambled_rows])
    def test_scrambling_the_future_changes_nothing(
        self, small_world: World, until: float, untouched: FeatureTable, scramble: Scramble
    ) -> None:
        other = with_log(small_world, lambda log: scramble(log, log.at >= until))
        assert np.any(other.impressions.clicked != small_world.impressions.clicked)
        assert same_bits(table_of(other, until), untouched)

    def test_rows_at_the_very_instant_belong_to_the_future(
        self, small_world: World, until: float, untouched: FeatureTable
    ) -> None:
        def at_until(log: Impressions) -> Impressions:
            first = np.searchsorted(log.at, until)
            at, clicked = log.at.copy(), log.clicked.copy()
            at[first : first + 500] = until
            clicked[first : first + 500] = True
            return replace(log, at=at, clicked=clicked)

        assert same_bits(table_of(with_log(small_world, at_until), until), untouched)

    def test_rows_just_before_the_instant_count(
        self, small_world: World, until: float, untouched: FeatureTable
    ) -> None:
        def before(log: Impressions) -> Impressions:
            first = np.searchsorted(log.at, until)
            clicked = log.clicked.copy()
            clicked[first - 500 : first] = True
            return replace(log, clicked=clicked)

        assert not same_bits(table_of(with_log(small_world, before), until), untouched)

    @pytest.mark.parametrize("name", sorted(LEARNED))
    def test_scrambling_the_past_changes_what_is_learned(
        self, small_world: World, until: float, untouched: FeatureTable, name: str
    ) -> None:
        other = with_log(small_world, lambda log: scrambled_rows(log, log.at < until))
        assert not np.array_equal(table_of(other, until).column(name), untouched.column(name))

    def test_scrambling_the_past_leaves_what_is_not_learned(
        self, small_world: World, until: float, untouched: FeatureTable
    ) -> None:
        other = table_of(
            with_log(small_world, lambda log: scrambled_rows(log, log.at < until)), until
        )
        for name in set(COLUMNS) - LEARNED:
            assert np.array_equal(other.column(name), untouched.column(name), equal_nan=True), name


def test_every_column_is_learned_known_or_of_the_request() -> None:
    for one, other in combinations((LEARNED, KNOWN, OF_THE_REQUEST), 2):
        assert not one & other
    assert set(COLUMNS) == LEARNED | KNOWN | OF_THE_REQUEST


class TestKnownAtAnyTime:
    """Ids, creator, cohort, title, topic and duration: the same on every day, log or no log."""

    def test_day_of_the_statistics_changes_none_of_it(self, small_world: World) -> None:
        rng = np.random.default_rng(9)
        user, item = rng.integers(400, size=500), rng.integers(800, size=500)
        first, last = (
            feature_store(small_world, until).table(user, item, 13.5) for until in (1.0, 13.0)
        )
        for name in KNOWN:
            assert first.column(name).tobytes() == last.column(name).tobytes(), name
        for name in LEARNED - {"generator_score"}:
            assert first.column(name).tobytes() != last.column(name).tobytes(), name

    def test_time_of_the_request_changes_none_of_it(self, small_world: World) -> None:
        store, items = feature_store(small_world, 13.0), np.arange(800)
        morning, evening = store.table(5, items, 13.3), store.table(5, items, 13.9)
        for name in (KNOWN | LEARNED) - {"log_position"}:
            assert morning.column(name).tobytes() == evening.column(name).tobytes(), name
        for name in ("item_age", "hour"):
            assert not np.array_equal(morning.column(name), evening.column(name)), name

    def test_empty_log_leaves_it_and_nothing_else(self, small_world: World) -> None:
        silence = with_log(small_world, lambda log: log.rows(log.at < 0))
        nothing = FeatureStore(silence, feature_store(small_world, 9.0).generator, 9.0)
        items = np.arange(800)
        quiet = nothing.table(5, items, 13.5)
        plain = feature_store(small_world, 9.0).table(5, items, 13.5)
        for name in KNOWN:
            assert quiet.column(name).tobytes() == plain.column(name).tobytes(), name
        for name in ("item_click_rate", "item_log_clicks", "item_log_shown", "user_log_clicks",
                     "topic_taste"):  # fmt: skip
            assert len(np.unique(quiet.column(name))) == 1, name


def test_nothing_hidden_enters(small_world: World, until: float, untouched: FeatureTable) -> None:
    rng = np.random.default_rng(6)
    users, items = small_world.users, small_world.items
    other = replace(
        small_world,
        users=replace(
            users,
            taste=rng.permutation(users.taste),
            drift=rng.permutation(users.drift),
            duration_taste=rng.permutation(users.duration_taste),
            activity=rng.permutation(users.activity),
        ),
        items=replace(
            items,
            vector=rng.permutation(items.vector),
            quality=rng.permutation(items.quality),
            true_duration=rng.permutation(items.true_duration),
        ),
        appeal=replace(
            small_world.appeal,
            intercept=3.0,
            bands=rng.permutation(small_world.appeal.bands),
            cohort_taste=rng.permutation(small_world.appeal.cohort_taste),
            creator_style=rng.permutation(small_world.appeal.creator_style),
        ),
    )
    assert same_bits(table_of(other, until), untouched)
