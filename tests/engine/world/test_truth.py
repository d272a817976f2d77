"""The true relevance: its formula, its parts, its calibration, and who and what there is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.world import World, WorldConfig, make_world, topic_names
from engine.world.impressions import examination
from engine.world.titles import TOPICS
from engine.world.truth import hour_of, standard_duration

PAIRS = 300
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


@pytest.fixture(scope="module")
def pairs(small_world: World) -> Pairs:
    rng = np.random.default_rng(5)
    config = small_world.config
    return (
        rng.integers(config.users, size=PAIRS),
        rng.integers(config.items, size=PAIRS),
        rng.uniform(0, config.days, size=PAIRS),
    )


def slow_relevance(world: World, user: int, item: int, at: float) -> float:
    """The formula of the data card, one number at a time."""
    config, users, items, appeal = world.config, world.users, world.items, world.appeal
    affinity = 0.0
    for d in range(config.dimensions):
        taste = float(users.taste[user, d]) + float(users.drift[user, d]) * at / config.days
        affinity += taste * float(items.vector[item, d])
    duration = (math.log(float(items.true_duration[item])) - math.log(240)) / 0.8
    age = max(0.0, at - float(items.released[item]))
    topic = int(items.topic[item])
    logit = (
        config.affinity_weight * (affinity - appeal.affinity_mean) / appeal.affinity_sd
        + config.quality_weight * float(items.quality[item])
        - config.duration_weight * (duration - float(users.duration_taste[user])) ** 2
        + config.freshness_weight * 0.5 ** (age / float(appeal.half_life[topic]))
        + config.hour_weight * float(appeal.hour_topic[int(at % 1 * 24), topic])
        + appeal.intercept
    )
    return 1 / (1 + math.exp(-logit))


def test_relevance_equals_the_formula(small_world: World, pairs: Pairs) -> None:
    rows = zip(*(column.tolist() for column in pairs), strict=True)
    slow = [slow_relevance(small_world, *row) for row in rows]
    np.testing.assert_allclose(small_world.relevance(*pairs), slow, rtol=1e-4, atol=1e-7)


def test_relevance_equals_the_formula_under_other_knobs() -> None:
    world = make_world(
        WorldConfig(
            users=100, items=200, impressions=10_000, days=30, topics=4, dimensions=5,
            affinity_weight=0.7, quality_weight=2.0, duration_weight=1.5, freshness_weight=3.0,
            hour_weight=0.4, taste_drift=1.5,
        )
    )  # fmt: skip
    rng = np.random.default_rng(8)
    user, item = rng.integers(100, size=PAIRS), rng.integers(200, size=PAIRS)
    at = rng.uniform(0, 30, size=PAIRS)
    rows = zip(user.tolist(), item.tolist(), at.tolist(), strict=True)
    slow = [slow_relevance(world, *row) for row in rows]
    np.testing.assert_allclose(world.relevance(user, item, at), slow, rtol=1e-4, atol=1e-7)


def test_parts_add_up_to_the_logit(small_world: World, pairs: Pairs) -> None:
    parts = small_world.parts(*pairs)
    relevance = small_world.relevance(*pairs)
    assert list(parts) == ["affinity", "quality", "duration", "freshness", "hour", "base"]
    logit = np.log(relevance) - np.log1p(-relevance)
    np.testing.assert_allclose(sum(parts.values()), logit, rtol=1e-9, atol=1e-9)


def test_arguments_broadcast(small_world: World) -> None:
    user, items = np.arange(4)[:, None], np.arange(6)
    whole = small_world.relevance(user, items, 3.25)
    assert whole.shape == (4, 6)
    assert whole.dtype == np.float64
    single = [[small_world.relevance(u, i, 3.25) for i in range(6)] for u in range(4)]
    np.testing.assert_allclose(whole, single, rtol=1e-6)


def test_relevance_does_not_hang_on_the_type_of_time(small_world: World, pairs: Pairs) -> None:
    user, item, at = pairs
    rounded = at.astype(np.float32)
    narrow = small_world.relevance(user, item, rounded)
    assert np.array_equal(narrow, small_world.relevance(user, item, rounded.astype(np.float64)))


def test_click_probability_is_examination_times_relevance(small_world: World, pairs: Pairs) -> None:
    position = np.arange(PAIRS) % 10 + 1
    expected = position**-0.7 * small_world.relevance(*pairs)
    np.testing.assert_allclose(small_world.click_probability(*pairs, position), expected)


@given(st.floats(0, 2), st.integers(1, 50))
def test_first_position_is_always_examined_and_later_ones_less(bias: float, k: int) -> None:
    assert examination(1, bias) == 1
    assert 0 < examination(k + 1, bias) <= examination(k, bias) <= 1


@given(st.integers(0, 59), st.integers(0, 23), st.integers(1, 59))
def test_hour_is_that_of_the_clock(day: int, hour: int, minute: int) -> None:
    assert hour_of(day + (hour + minute / 60) / 24) == hour


def test_hour_changes_relevance_by_topic(small_world: World) -> None:
    by_hour = np.stack(
        [small_world.parts(0, np.arange(200), 5 + (h + 0.5) / 24)["hour"] for h in range(24)]
    )
    assert by_hour.std() > 0.5
    # An hour that helps one topic harms another: no single best hour.
    topic = small_world.items.topic[:200]
    best = {t: int(by_hour[:, topic == t][:, 0].argmax()) for t in np.unique(topic)}
    assert len(set(best.values())) >= 4


def test_bonus_of_a_new_item_halves_in_its_topic_s_half_life(small_world: World) -> None:
    items = np.flatnonzero(small_world.items.released > 0)
    released = small_world.items.released[items].astype(np.float64)
    half_life = small_world.appeal.half_life[small_world.items.topic[items]]
    new = small_world.parts(0, items, released)["freshness"]
    np.testing.assert_allclose(new, small_world.config.freshness_weight, rtol=1e-6)
    later = small_world.parts(0, items, released + half_life)["freshness"]
    np.testing.assert_allclose(later, new / 2, rtol=1e-6)


def test_durations_too_long_and_too_short_both_cost(small_world: World) -> None:
    user = 3
    items = np.arange(small_world.config.items)
    gap = standard_duration(small_world.items.true_duration) - small_world.users.duration_taste[3]
    penalty = small_world.parts(user, items, 2.0)["duration"]
    assert np.all(penalty <= 0)
    near, far = np.abs(gap) < 0.5, np.abs(gap) > 1.5
    for side in (gap > 0, gap < 0):
        assert penalty[side & near].min() > penalty[side & far].max()
    line = np.polyval(np.polyfit(gap, penalty, 1), gap)
    assert np.corrcoef(line, penalty)[0, 1] ** 2 < 0.9


def test_tastes_drift(small_world: World) -> None:
    items = np.arange(small_world.config.items)
    start = small_world.parts(5, items, 0.0)["affinity"]
    end = small_world.parts(5, items, float(small_world.config.days))["affinity"]
    assert 0.8 < np.corrcoef(start, end)[0, 1] < 0.999
    still = make_world(replace(small_world.config, taste_drift=0.0, impressions=10_000))
    assert np.array_equal(
        still.parts(5, items, 0.0)["affinity"], still.parts(5, items, 14.0)["affinity"]
    )


@pytest.mark.parametrize("wanted", [0.02, 0.1, 0.4])
def test_calibration_hits_the_mean_relevance(small_config: WorldConfig, wanted: float) -> None:
    world = make_world(replace(small_config, mean_relevance=wanted, impressions=10_000))
    rng = np.random.default_rng(1)
    n = 300_000
    user, item = rng.integers(400, size=n), rng.integers(800, size=n)
    at = rng.uniform(0, world.config.days, size=n)
    out = world.items.released[item] <= at
    mean = world.relevance(user[out], item[out], at[out]).mean()
    assert mean == pytest.approx(wanted, rel=0.02)


def test_affinity_is_standardised(small_world: World) -> None:
    rng = np.random.default_rng(2)
    user, item = rng.integers(400, size=100_000), rng.integers(800, size=100_000)
    affinity = small_world.parts(user, item, 0.0)["affinity"] / small_world.config.affinity_weight
    assert affinity.mean() == pytest.approx(0, abs=0.02)
    assert affinity.std() == pytest.approx(1, abs=0.02)


def test_shares_of_users_and_items_come_near_their_knobs() -> None:
    config = WorldConfig(
        users=5_000,
        items=5_000,
        impressions=10_000,
        late_items=0.2,
        cold_users=0.15,
        missing_duration=0.3,
        missing_declared=0.4,
    )
    world = make_world(config)
    share = {
        "late_items": (world.items.released > 0).mean(),
        "cold_users": (world.users.first_visit == config.days - 1).mean(),
        "missing_duration": np.isnan(world.items.duration).mean(),
        "missing_declared": (world.users.declared_topic == -1).mean(),
    }
    assert share == pytest.approx({name: getattr(config, name) for name in share}, abs=0.03)


def test_known_durations_are_the_true_ones_and_missing_ones_tell_of_poor_quality() -> None:
    items = make_world(WorldConfig(users=100, items=5_000, impressions=10_000)).items
    missing = np.isnan(items.duration)
    assert np.array_equal(items.duration[~missing], items.true_duration[~missing])
    assert items.quality[missing].mean() < items.quality[~missing].mean() - 0.2


def test_declared_topic_is_the_favourite(small_world: World) -> None:
    users, items = small_world.users, small_world.items
    said = np.flatnonzero(users.declared_topic >= 0)
    by_topic = np.stack(
        [users.taste[said] @ items.vector[items.topic == t].mean(axis=0) for t in range(10)], axis=1
    )
    assert (by_topic.argmax(axis=1) == users.declared_topic[said]).mean() > 0.6


def test_titles_are_unique_and_speak_of_their_topic(small_world: World) -> None:
    titles, topic = small_world.items.title, small_world.items.topic
    assert len(np.unique(titles)) == len(titles)
    for title, name in zip(titles, np.array(topic_names(10))[topic], strict=True):
        assert any(words in title.lower() for words in map(str.lower, TOPICS[name])), title


def test_released_items_are_those_out_at_the_time(small_world: World) -> None:
    out = small_world.released(6.5)
    assert out[small_world.items.released < 6.5].all()
    assert not out[small_world.items.released > 6.5].any()
    assert 0 < (~out).sum() < small_world.released(0.0).sum()
