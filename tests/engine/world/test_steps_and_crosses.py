"""Creators and cohorts, and the two parts of relevance that stand on bands and on both of them."""

from dataclasses import fields, replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.world import World, WorldConfig, make_world
from engine.world.truth import (
    AGE_CUTS,
    COHORTS,
    DAY_PARTS,
    DURATION_CUTS,
    ITEMS_A_CREATOR,
    creators,
    make_bands,
    make_cross,
)

TINY = WorldConfig(users=150, items=300, impressions=10_000)
WEIGHED = replace(TINY, band_weight=0.8, cross_weight=1.3)
PARTS = ["affinity", "quality", "duration", "freshness", "hour", "base"]


@pytest.fixture(scope="module")
def tiny() -> World:
    return make_world(TINY)


@pytest.fixture(scope="module")
def weighed() -> World:
    return make_world(WEIGHED)


@pytest.fixture(scope="module")
def many_items() -> World:
    return make_world(WorldConfig(users=100, items=20_000, impressions=10_000))


def pairs(world: World, n: int = 5_000) -> tuple[NDArray[np.int64], ...]:
    rng = np.random.default_rng(3)
    return rng.integers(world.config.users, size=n), rng.integers(world.config.items, size=n)


class TestCreators:
    @pytest.mark.parametrize(
        ("items", "topics", "number"),
        [(20_000, 10, 400), (200, 10, 10), (200, 2, 4), (200_000, 2, 4_000)],
    )
    def test_are_one_a_topic_or_one_for_fifty_items(
        self, items: int, topics: int, number: int
    ) -> None:
        assert ITEMS_A_CREATOR == 50
        config = WorldConfig(items=items, topics=topics)
        assert creators(config) == number < np.iinfo(np.int16).max
        assert make_cross(config)[1].shape[0] == number

    def test_make_items_of_one_topic_alone(self, many_items: World, tiny: World) -> None:
        for world in (many_items, tiny):
            items = world.items
            assert items.creator.dtype == np.int16
            assert 0 <= items.creator.min() <= items.creator.max() < creators(world.config)
            for creator in np.unique(items.creator):
                assert len(np.unique(items.topic[items.creator == creator])) == 1

    def test_of_a_topic_share_its_items_as_one_a_half_and_a_third(self, many_items: World) -> None:
        items = many_items.items
        each = creators(many_items.config) // many_items.config.topics
        rank = items.creator - each * items.topic
        share = np.bincount(rank, minlength=each) / len(rank)
        expected = 1 / np.arange(1, each + 1)
        expected /= expected.sum()
        assert len(share) == each == 40
        noise = np.sqrt(expected * (1 - expected) / len(rank))
        assert np.all(np.abs(share - expected) < 4.5 * noise)

    def test_hang_on_nothing_hidden(self, many_items: World) -> None:
        items = many_items.items
        error = 1 / np.sqrt(len(items))
        for hidden in (items.quality, items.true_duration, items.released):
            for topic in range(10):
                here = items.topic == topic
                of_topic = np.corrcoef(items.creator[here], hidden[here])[0, 1]
                assert abs(of_topic) < 5 * error / np.sqrt(here.mean())


class TestCohorts:
    def test_are_forty_of_about_the_same_size(self) -> None:
        world = make_world(WorldConfig(users=8_000, items=200, impressions=10_000))
        cohort = world.users.cohort
        assert cohort.dtype == np.int16
        size = np.bincount(cohort, minlength=COHORTS)
        assert len(size) == COHORTS == 40
        chi_square = ((size - 200) ** 2 / 200).sum()
        assert abs(chi_square - 39) < 4 * np.sqrt(2 * 39)

    def test_are_another_draw_for_another_seed_alone(self, tiny: World) -> None:
        other = make_world(replace(TINY, taste_drift=0.9, activity_spread=1.5, items=310))
        assert np.array_equal(other.users.cohort, tiny.users.cohort)
        assert not np.array_equal(make_world(replace(TINY, seed=8)).users.cohort, tiny.users.cohort)


class TestWeights:
    def test_parts_without_weight_are_left_out(self, tiny: World, weighed: World) -> None:
        assert (TINY.band_weight, TINY.cross_weight) == (0, 0)
        assert list(tiny.parts(0, 0, 1.0)) == PARTS
        assert list(weighed.parts(0, 0, 1.0)) == [*PARTS, "bands", "cross"]
        for name, part in (("band_weight", "bands"), ("cross_weight", "cross")):
            only = make_world(replace(TINY, **{name: 1.0}))
            assert list(only.parts(0, 0, 1.0)) == [*PARTS, part]

    def test_parts_add_up_to_the_logit(self, weighed: World) -> None:
        user, item = pairs(weighed)
        at = np.random.default_rng(5).uniform(0, 14, size=len(user))
        parts, relevance = weighed.parts(user, item, at), weighed.relevance(user, item, at)
        logit = np.log(relevance) - np.log1p(-relevance)
        np.testing.assert_allclose(sum(parts.values()), logit, rtol=1e-9, atol=1e-9)
        for name in ("bands", "cross"):
            assert parts[name].dtype == np.float64
            assert parts[name].std() > 0.3, name

    def test_parts_broadcast(self, weighed: World) -> None:
        parts = weighed.parts(np.arange(3)[:, None], np.arange(5), 2.25)
        for name in ("bands", "cross"):
            assert parts[name].shape == (3, 5)
            assert parts[name][2, 4] == weighed.parts(2, 4, 2.25)[name]

    def test_weights_move_no_user_no_item_and_none_of_what_they_weigh(
        self, tiny: World, weighed: World
    ) -> None:
        for part in ("users", "items"):
            for field in fields(getattr(tiny, part)):
                before = np.asarray(getattr(getattr(tiny, part), field.name))
                after = np.asarray(getattr(getattr(weighed, part), field.name))
                assert before.tobytes() == after.tobytes(), field.name
        for name in ("bands", "cohort_taste", "creator_style", "hour_topic", "half_life"):
            assert np.array_equal(getattr(tiny.appeal, name), getattr(weighed.appeal, name)), name

    def test_weights_leave_the_other_parts_but_the_constant_as_they_were(
        self, tiny: World, weighed: World
    ) -> None:
        user, item = pairs(tiny)
        before, after = tiny.parts(user, item, 3.5), weighed.parts(user, item, 3.5)
        for name in PARTS[:-1]:
            assert np.array_equal(before[name], after[name]), name
        assert before["base"][0] != after["base"][0]

    def test_mean_relevance_is_the_wanted_one_under_heavy_weights(self) -> None:
        world = make_world(replace(TINY, users=2_000, band_weight=2.0, cross_weight=3.0))
        user, item = pairs(world, 200_000)
        at = np.random.default_rng(6).uniform(0, 14, size=len(user))
        out = world.items.released[item] <= at
        mean = world.relevance(user[out], item[out], at[out]).mean()
        assert mean == pytest.approx(world.config.mean_relevance, rel=0.03)

    def test_doubled_weight_doubles_its_part(self, weighed: World) -> None:
        twice = make_world(replace(WEIGHED, band_weight=1.6, cross_weight=2.6))
        user, item = pairs(weighed)
        before, after = weighed.parts(user, item, 3.5), twice.parts(user, item, 3.5)
        for name in ("bands", "cross"):
            np.testing.assert_allclose(after[name], 2 * before[name], rtol=1e-12)


class TestBands:
    def test_levels_are_standardised(self) -> None:
        for seed in (1, 7):
            level = make_bands(WorldConfig(seed=seed))
            assert level.shape == (5, 5, 4)
            assert level.mean() == pytest.approx(0, abs=1e-6)
            assert level.std() == pytest.approx(1, rel=1e-5)

    def test_levels_are_steps_in_two_pairs_of_the_three(self) -> None:
        """Age and part of the day never meet but in the duration: differences show it."""
        level = make_bands(WorldConfig())
        mixed = level - level[:, :1] - level[:, :, :1] + level[:, :1, :1]
        np.testing.assert_allclose(mixed, 0, atol=1e-5)
        for axis in (1, 2):  # but duration does meet both of them
            of_pair = level.mean(axis=3 - axis)
            alone = of_pair - of_pair[:1] - of_pair[:, :1] + of_pair[:1, :1]
            assert np.abs(alone).max() > 0.3

    @pytest.mark.parametrize(
        ("duration", "age", "hour", "band"),
        [
            # log duration, sd from the mean; days; hours: which band of each
            (-1.5, 0.0, 0.0, (0, 0, 0)),
            (-1.01, 0.49, 5.9, (0, 0, 0)),
            (-0.99, 0.51, 6.1, (1, 1, 1)),
            (-0.31, 1.9, 11.9, (1, 1, 1)),
            (0.0, 2.1, 12.1, (2, 2, 2)),
            (0.31, 6.9, 17.9, (3, 2, 2)),
            (0.99, 7.1, 18.1, (3, 3, 3)),
            (1.01, 29.9, 23.9, (4, 3, 3)),
            (3.0, 31.0, 23.9, (4, 4, 3)),
        ],
    )
    def test_edges_by_hand(
        self, weighed: World, duration: float, age: float, hour: float, band: tuple[int, ...]
    ) -> None:
        assert DURATION_CUTS == (-1.0, -0.3, 0.3, 1.0)
        assert AGE_CUTS == (0.5, 2.0, 7.0, 30.0)
        assert DAY_PARTS == 4
        at = 10 + hour / 24
        items = replace(
            weighed.items,
            true_duration=np.full(300, np.exp(np.log(240) + 0.8 * duration), dtype=np.float32),
            released=np.full(300, at - age, dtype=np.float32),
        )
        world = replace(weighed, items=items)
        found = world.parts(3, 11, at)["bands"]
        assert found == pytest.approx(0.8 * weighed.appeal.bands[band], rel=1e-6)

    def test_edge_itself_belongs_to_the_band_above(self, weighed: World) -> None:
        items = replace(weighed.items, released=np.full(300, 2.0, dtype=np.float32))
        world, bands = replace(weighed, items=items), weighed.appeal.bands
        age = world.parts(0, 5, 4.0)["bands"]  # two days to the instant, at midnight
        assert any(age == pytest.approx(0.8 * level) for level in bands[:, 2, 0])
        noon = world.parts(0, 5, 4.5)["bands"]
        assert any(noon == pytest.approx(0.8 * level) for level in bands[:, 2, 2])

    def test_duration_that_the_catalogue_misses_counts_as_it_truly_is(self, weighed: World) -> None:
        missing = np.flatnonzero(np.isnan(weighed.items.duration))
        assert len(missing) > 5
        assert np.isfinite(weighed.parts(0, missing, 3.5)["bands"]).all()

    def test_nothing_of_the_user_enters(self, weighed: World) -> None:
        bands = weighed.parts(np.arange(150)[:, None], np.arange(300), 3.5)["bands"]
        assert np.all(bands == bands[:1])


class TestCross:
    def test_products_of_cohorts_and_creators_are_standardised_and_of_no_main_effect(self) -> None:
        for items in (300, 20_000):
            taste, style = make_cross(WorldConfig(items=items))
            assert taste.shape == (COHORTS, 4)
            product = taste @ style.T
            assert product.std() == pytest.approx(1, rel=1e-5)
            # No cohort likes all creators, no creator is liked by all cohorts.
            np.testing.assert_allclose(product.mean(axis=0), 0, atol=1e-5)
            np.testing.assert_allclose(product.mean(axis=1), 0, atol=1e-5)

    def test_part_is_the_product_of_the_two_rows(self, weighed: World) -> None:
        user, item = 7, 123
        taste = weighed.appeal.cohort_taste[weighed.users.cohort[user]]
        style = weighed.appeal.creator_style[weighed.items.creator[item]]
        expected = 1.3 * sum(float(a) * float(b) for a, b in zip(taste, style, strict=True))
        assert weighed.parts(user, item, 9.9)["cross"] == pytest.approx(expected, rel=1e-6)

    def test_part_is_the_same_for_all_of_a_cohort_and_all_by_a_creator_at_any_time(
        self, weighed: World
    ) -> None:
        cross = weighed.parts(np.arange(150)[:, None], np.arange(300), 0.0)["cross"]
        later = weighed.parts(np.arange(150)[:, None], np.arange(300), 13.7)["cross"]
        assert np.array_equal(cross, later)
        for ids, axis in ((weighed.users.cohort, 0), (weighed.items.creator, 1)):
            for one in np.unique(ids):
                of_one = np.compress(ids == one, cross, axis=axis)
                first = np.take(of_one, [0], axis=axis)
                assert np.all(of_one == first)

    def test_clicks_follow_the_cross(self) -> None:
        """With a heavy cross the log's click rate rises with it; without one it does not."""
        rates = {}
        for weight in (0.0, 3.0):
            world = make_world(
                replace(TINY, impressions=40_000, exploration=0.5, cross_weight=weight)
            )
            log = world.impressions
            taste = world.appeal.cohort_taste[world.users.cohort[log.user]]
            style = world.appeal.creator_style[world.items.creator[log.item]]
            liked = np.vecdot(taste, style) > 0
            shown = log.explored
            rates[weight] = [log.clicked[shown & side].mean() for side in (~liked, liked)]
        assert rates[3.0][1] > 3 * rates[3.0][0]
        assert rates[0.0][1] < 1.3 * rates[0.0][0]
