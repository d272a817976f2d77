"""Equal choices make equal worlds, and each stage has a random stream of its own."""

from dataclasses import fields, replace

import numpy as np
import pytest

from engine.world import World, WorldConfig, make_world

TINY = WorldConfig(users=150, items=300, impressions=10_000)


@pytest.fixture(scope="module")
def tiny() -> World:
    return make_world(TINY)


def assert_same(first: object, second: object) -> None:
    """Bit for bit, NaN included."""
    for field in fields(first):  # type: ignore[arg-type]
        a, b = np.asarray(getattr(first, field.name)), np.asarray(getattr(second, field.name))
        assert (a.dtype, a.shape) == (b.dtype, b.shape), field.name
        assert a.tobytes() == b.tobytes(), field.name


def differs(first: object, second: object) -> bool:
    try:
        assert_same(first, second)
    except AssertionError:
        return True
    return False


def test_equal_configurations_make_identical_worlds(tiny: World) -> None:
    again = make_world(TINY)
    for part in ("users", "items", "appeal", "impressions"):
        assert_same(getattr(tiny, part), getattr(again, part))
    assert again.identity == tiny.identity


def test_another_seed_makes_another_world(tiny: World) -> None:
    other = make_world(replace(TINY, seed=8))
    for part in ("users", "items", "appeal", "impressions"):
        assert differs(getattr(tiny, part), getattr(other, part)), part
    assert other.identity != tiny.identity


@pytest.mark.parametrize(
    "knobs",
    [
        {"exploration": 0.3},
        {"position_bias": 0.2},
        {"policy_skill": 0.1},
        {"policy_popularity": 1.5},
        {"impressions": 20_000},
    ],
    ids=lambda knobs: next(iter(knobs)),
)
def test_knobs_of_the_log_move_no_user_item_or_relevance(
    tiny: World, knobs: dict[str, float]
) -> None:
    other = make_world(replace(TINY, **knobs))
    for part in ("users", "items", "appeal"):
        assert_same(getattr(tiny, part), getattr(other, part))
    assert differs(tiny.impressions, other.impressions)


@pytest.mark.parametrize(
    "knobs",
    [
        {"users": 160},
        {"taste_concentration": 1.0},
        {"taste_drift": 0.5},
        {"activity_spread": 1.5},
        {"cold_users": 0.3},
        {"missing_declared": 0.6},
    ],
    ids=lambda knobs: next(iter(knobs)),
)
def test_knobs_of_users_move_no_item(tiny: World, knobs: dict[str, float]) -> None:
    other = make_world(replace(TINY, **knobs))
    assert_same(tiny.items, other.items)
    assert differs(tiny.users, other.users)


@pytest.mark.parametrize(
    "knobs",
    [{"items": 310}, {"late_items": 0.4}, {"missing_duration": 0.5}],
    ids=lambda knobs: next(iter(knobs)),
)
def test_knobs_of_items_move_no_user(tiny: World, knobs: dict[str, float]) -> None:
    other = make_world(replace(TINY, **knobs))
    assert_same(tiny.users, other.users)
    assert differs(tiny.items, other.items)


def test_more_exploration_leaves_the_other_slates_as_they_were(tiny: World) -> None:
    other = make_world(replace(TINY, exploration=0.3))
    neither = ~(tiny.impressions.explored | other.impressions.explored)
    assert 0.5 < neither.mean() < 0.9
    assert np.array_equal(tiny.impressions.item[neither], other.impressions.item[neither])
    assert np.array_equal(tiny.impressions.clicked[neither], other.impressions.clicked[neither])


def test_weaker_position_bias_shows_the_same_and_only_adds_clicks(tiny: World) -> None:
    other = make_world(replace(TINY, position_bias=0.2))
    assert np.array_equal(tiny.impressions.item, other.impressions.item)
    assert np.all(other.impressions.clicked[tiny.impressions.clicked])
    assert other.impressions.clicked.sum() > tiny.impressions.clicked.sum()


def test_progress_rises_to_one(tiny: World) -> None:
    seen: list[float] = []
    make_world(TINY, progress=lambda what, done: seen.append(done))
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
