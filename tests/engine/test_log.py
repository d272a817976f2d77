"""Reading the log: days and clicks."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.log import (
    click_counts,
    clicks_before,
    held_out_clicks,
    most_ranking_days,
    split_days,
)
from engine.training import Training
from engine.world import World


@given(st.integers(7, 60), st.integers(1, 60))
def test_spans_follow_each_other_and_fill_the_log(days: int, ranking_days: int) -> None:
    split = split_days(days, ranking_days)
    spans = (split.early, split.ranking, split.validation, split.test)
    assert split.early[0] == 0
    for span, following in pairwise(spans):
        assert span[1] == following[0]
    assert split.test[1] == days
    for start, stop in spans:
        assert stop - start >= 1


@given(st.integers(7, 60))
def test_last_day_is_held_out_and_the_one_before_it_stops_the_ranker(days: int) -> None:
    split = split_days(days)
    assert split.test == (days - 1, days)
    assert split.validation == (days - 2, days - 1)
    assert split.serving == (0, days - 1)  # the validation day included: it lies in the past then


@given(st.integers(7, 60), st.integers(1, 60))
def test_ranker_has_the_days_it_asks_for_up_to_half_of_them(days: int, ranking_days: int) -> None:
    split = split_days(days, ranking_days)
    ranking = split.ranking[1] - split.ranking[0]
    assert ranking == min(ranking_days, most_ranking_days(days))
    assert ranking <= split.early[1] - split.early[0]


@pytest.mark.parametrize(("days", "most"), [(7, 2), (8, 3), (9, 3), (14, 6), (60, 29)])
def test_most_days_that_train_a_ranker(days: int, most: int) -> None:
    assert most_ranking_days(days) == most
    assert Training.knobs["days"].low <= most <= Training.knobs["days"].high


def test_ranker_learns_from_days_that_its_generator_has_not_seen() -> None:
    split = split_days(14)
    assert split.early == (0, 8)
    assert split.ranking == (8, 12)
    assert split.validation == (12, 13)
    assert split.test == (13, 14)
    assert split_days(14, Training().days) == split


def test_shortest_log_still_has_a_day_for_everything() -> None:
    split = split_days(7, 4)
    assert split.early == (0, 3)
    assert split.ranking == (3, 5)
    assert split.validation == (5, 6)
    assert split.test == (6, 7)


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
