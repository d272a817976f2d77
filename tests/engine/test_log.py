"""Reading the log: days and clicks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.log import click_counts, clicks_before, held_out_clicks, split_days
from engine.world import World


@given(st.integers(7, 60))
def test_spans_follow_each_other_and_fill_the_log(days: int) -> None:
    split = split_days(days)
    assert split.early[0] == 0
    assert split.early[1] == split.ranking[0]
    assert split.ranking[1] == split.test[0] == split.serving[1] == days - 1
    assert split.test[1] == days
    for start, stop in (split.early, split.ranking, split.test):
        assert stop - start >= 1


def test_ranker_learns_from_days_that_its_generator_has_not_seen() -> None:
    split = split_days(14)
    assert split.early == (0, 9)
    assert split.ranking == (9, 13)
    assert split.test == (13, 14)


def test_clicks_are_counted_one_by_one(small_world: World) -> None:
    log = small_world.impressions.between(0, 5)
    counts = np.zeros((400, 800), dtype=np.float32)
    for user, item, clicked in zip(log.user, log.item, log.clicked, strict=True):
        counts[user, item] += clicked
    matrix = click_counts(log, 400, 800)
    assert matrix.dtype == np.float32
    assert counts.max() > 1
    assert np.array_equal(matrix.toarray(), counts)


@pytest.mark.parametrize("day", [0.0, 9.0, 13.0, 14.0])
def test_clicks_before_a_day_hold_nothing_of_it(small_world: World, day: float) -> None:
    log = small_world.impressions
    expected = np.count_nonzero(log.clicked & (log.at < day))
    matrix = clicks_before(small_world, day)
    assert matrix.shape == (400, 800)
    assert matrix.sum() == expected


def test_held_out_clicks_are_unique_ascending_and_of_their_user(small_world: World) -> None:
    log = small_world.impressions
    held_out = held_out_clicks(small_world, (13.0, 14.0))
    assert len(held_out) == 400
    for user, items in enumerate(held_out):
        own = log.item[(log.user == user) & log.clicked & (log.at >= 13.0)]
        assert items.dtype == np.int64
        assert items.tolist() == sorted(set(own.tolist()))
    assert sum(map(len, held_out)) > 100
