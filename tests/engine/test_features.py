"""The features of a request, held against the log they come from."""

from dataclasses import replace

import numpy as np
import pytest

from engine.features import (
    COLUMNS,
    GROUPS,
    SCHEMA,
    TITLE_WORDS,
    FeatureStore,
    estimate_position_bias,
)
from engine.generators import MF, Interactions
from engine.log import clicks_before
from engine.tokens import hashed_tokens, tokens
from engine.world import KNOBS, World, WorldConfig, make_world


@pytest.fixture(scope="module", params=[9.0, 13.0], ids=["training", "serving"])
def features(request: pytest.FixtureRequest, small_world: World) -> FeatureStore:
    generator = MF(factors=8, iterations=3).fit(
        Interactions.of_clicks(clicks_before(small_world, request.param)), 7
    )
    return FeatureStore(small_world, generator, request.param)


def test_serving_sees_what_training_saw(small_world: World, features: FeatureStore) -> None:
    rows = small_world.impressions.between(features.until, 14.0)
    rows = rows.rows(slice(None, None, 97))
    training = features.table(rows.user, rows.item, rows.at).values
    for row in range(len(rows)):
        serving = features.table(
            int(rows.user[row]), rows.item[row : row + 1].astype(np.int64), float(rows.at[row])
        )
        assert serving.values.tobytes() == training[row].tobytes(), row


def test_slate_of_one_request_equals_its_rows_one_by_one(
    small_world: World, features: FeatureStore
) -> None:
    items = np.arange(0, 800, 7)
    at = 13.0 + 1 / 3
    slate = features.table(5, items, at)
    rows = features.table(np.full(len(items), 5), items, np.full(len(items), at), 1)
    assert slate.values.tobytes() == rows.values.tobytes()


def test_generator_score_at_hand_is_used(features: FeatureStore) -> None:
    given = features.table(1, np.arange(5), 13.5, generator_score=np.arange(5, dtype=np.float32))
    assert given.column("generator_score").tolist() == [0, 1, 2, 3, 4]


def test_counts_are_those_of_the_days_before(small_world: World, features: FeatureStore) -> None:
    log = small_world.impressions
    log = log.rows(log.at < features.until)
    user, items = 11, np.arange(800)
    table = features.table(user, items, 13.5)
    shown = np.bincount(log.item, minlength=800)
    clicks = np.bincount(log.item[log.clicked], minlength=800)
    np.testing.assert_allclose(table.column("item_log_shown"), np.log1p(shown), rtol=1e-6)
    np.testing.assert_allclose(table.column("item_log_clicks"), np.log1p(clicks), rtol=1e-6)
    own = np.count_nonzero(log.clicked & (log.user == user))
    np.testing.assert_allclose(table.column("user_log_clicks"), np.log1p(own), rtol=1e-6)


def test_click_rate_counts_a_view_by_how_likely_it_was_examined(
    small_world: World, features: FeatureStore
) -> None:
    log = small_world.impressions
    log = log.rows(log.at < features.until)
    weight = log.position.astype(float) ** -features.position_bias
    overall = log.clicked.sum() / weight.sum()
    rate = features.table(0, np.arange(800), 13.5).column("item_click_rate")
    for item in (3, 400, 799):
        here = log.item == item
        expected = (log.clicked[here].sum() + 10 * overall) / (weight[here].sum() + 10)
        assert rate[item] == pytest.approx(expected, rel=1e-5)


def test_tastes_follow_the_clicks_of_the_user(small_world: World, features: FeatureStore) -> None:
    log = small_world.impressions
    log = log.rows((log.at < features.until) & log.clicked)
    user = int(np.bincount(log.user).argmax())
    own = log.item[log.user == user]
    topic, duration = small_world.items.topic, small_world.items.duration
    share = np.bincount(topic[own], minlength=10) / len(own)
    items = np.array([np.flatnonzero(topic == t)[0] for t in range(10)])
    taste = features.table(user, items, 13.5).column("topic_taste")
    everybody = np.bincount(topic[log.item], minlength=10) / len(log)
    assert np.argmax(share / everybody) == np.argmax(taste)

    known = own[~np.isnan(duration[own])]
    standard = (np.log(duration) - np.log(240)) / 0.8
    liked = standard[known].sum() / (len(known) + 3)
    item = int(np.flatnonzero(~np.isnan(duration))[0])
    gap = features.table(user, np.array([item]), 13.5).column("duration_gap")[0]
    assert gap == pytest.approx(standard[item] - liked, abs=1e-4)


def test_request_columns_are_those_of_the_moment(
    small_world: World, features: FeatureStore
) -> None:
    at = np.array([13.0, 13.5, 13.0 + 23.9 / 24])
    items = np.array([4, 5, 6])
    table = features.table(2, items, at, np.array([1, 5, 10]))
    assert table.column("hour").tolist() == [0, 12, 23]
    np.testing.assert_allclose(table.column("log_position"), np.log([1, 5, 10]), rtol=1e-6)
    age = at - small_world.items.released[items]
    np.testing.assert_allclose(table.column("item_age"), age, rtol=1e-6)


def test_missing_durations_and_declared_topics_are_nan_and_nothing_else(
    small_world: World, features: FeatureStore
) -> None:
    user, items = np.repeat(np.arange(400), 4), np.arange(1600) % 800
    table = features.table(user, items, 13.5)
    missing = np.isnan(table.values)
    no_duration = np.isnan(small_world.items.duration[items])
    undeclared = small_world.users.declared_topic[user] < 0
    assert no_duration.any()
    assert undeclared.any()
    words = np.array([len(tokens(title)) for title in small_world.items.title])[items]
    expected = {
        "log_duration": no_duration, "duration_gap": no_duration, "declared_match": undeclared,
    } | {f"title_{place}": words < place for place in range(1, TITLE_WORDS + 1)}  # fmt: skip
    for place, name in enumerate(COLUMNS):
        assert np.array_equal(missing[:, place], expected.get(name, np.zeros(1600, bool))), name
    match = table.column("declared_match")[~undeclared]
    same = small_world.users.declared_topic[user] == small_world.items.topic[items]
    assert np.array_equal(match, same[~undeclared])


def test_ids_are_those_of_the_user_the_item_and_whom_they_belong_to(
    small_world: World, features: FeatureStore
) -> None:
    user, items = np.array([0, 399, 7, 7]), np.array([799, 0, 3, 4])
    table = features.table(user, items, 13.5)
    assert table.column("user").tolist() == user.tolist()
    assert table.column("item").tolist() == items.tolist()
    assert table.column("cohort").tolist() == small_world.users.cohort[user].tolist()
    assert table.column("creator").tolist() == small_world.items.creator[items].tolist()


def test_largest_ids_that_a_world_may_have_are_exact() -> None:
    most = max(KNOBS["users"].high, KNOBS["items"].high)
    assert np.float32(most - 1) == most - 1
    assert np.float32(most - 2) != np.float32(most - 1)


def test_words_are_those_of_the_title_in_their_order(
    small_world: World, features: FeatureStore
) -> None:
    items = np.arange(800)
    table = features.table(0, items, 13.5)
    found = np.column_stack([table.column(f"title_{k}") for k in range(1, TITLE_WORDS + 1)])
    expected = hashed_tokens(small_world.items.title.tolist(), TITLE_WORDS)
    assert np.array_equal(found, expected, equal_nan=True)
    assert not np.isnan(found[:, 0]).any()
    assert len(np.unique(found[~np.isnan(found)])) > 50


def test_every_column_belongs_to_a_group_that_is_described() -> None:
    assert {column.group for column in SCHEMA} == set(GROUPS)
    assert len(set(COLUMNS)) == len(COLUMNS)
    assert all(GROUPS.values())


def test_columns_of_many_values_are_ids_and_words_that_trees_leave_alone(
    small_world: World, features: FeatureStore
) -> None:
    user, items = np.arange(400).repeat(2), np.arange(800)
    table = features.table(user, items, 13.5)
    kinds = {column.name: column.kind for column in SCHEMA}
    assert {name for name, kind in kinds.items() if kind == "id"} == {
        "cohort", "creator", "user", "item",
    }  # fmt: skip
    assert {name for name, kind in kinds.items() if kind == "category"} == {"topic"}
    assert len(np.unique(table.column("topic"))) <= 10
    [hour] = [column for column in SCHEMA if column.kind == "cycle"]
    assert (hour.name, hour.period) == ("hour", 24.0)


def test_unknown_column_is_named(features: FeatureStore) -> None:
    with pytest.raises(ValueError, match="column='price': must be one of item_click_rate"):
        features.table(0, np.arange(2), 13.5).column("price")


@pytest.mark.parametrize("bias", [0.0, 0.7, 1.5])
def test_position_bias_is_found_in_explored_slates(small_config: WorldConfig, bias: float) -> None:
    config = replace(small_config, exploration=0.5, impressions=200_000, position_bias=bias)
    assert estimate_position_bias(make_world(config).impressions) == pytest.approx(bias, abs=0.1)


def test_position_bias_is_found_in_the_sample_s_few_explored_slates() -> None:
    log = make_world(WorldConfig(users=1_000, items=3_000)).impressions
    assert log.explored.mean() < 0.06
    assert estimate_position_bias(log) == pytest.approx(0.7, abs=0.15)


def test_position_bias_is_zero_without_explored_slates(small_world: World) -> None:
    log = small_world.impressions
    assert estimate_position_bias(log.rows(~log.explored)) == 0
    assert estimate_position_bias(log.rows(log.at < 0)) == 0
