"""Which days of a log train, stop and test a model of some age."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.clicks import ClickLogConfig
from engine.clicks.days import days_of, most_age
from engine.clicks.design import ClickDesign

LOG = ClickLogConfig(days=21)


def test_default_days_leave_room_for_a_model_seven_days_old() -> None:
    fresh = days_of(LOG, ClickDesign())
    assert (fresh.train, fresh.validation, fresh.test) == ((7, 18), (18, 19), (19, 21))
    old = days_of(LOG, ClickDesign(age_days=7))
    assert (old.train, old.validation, old.test) == ((0, 11), (11, 12), (19, 21))
    assert most_age(LOG, ClickDesign()) == 7


def test_asked_days_of_training_are_kept() -> None:
    days = days_of(LOG, ClickDesign(train_days=18))
    assert days.train == (0, 18)
    assert most_age(LOG, ClickDesign(train_days=18)) == 0


@given(
    log=st.integers(14, 60),
    age=st.integers(0, 7),
    trained=st.integers(0, 4),
)
def test_spans_follow_each_other_and_keep_their_length_at_every_age(
    log: int, age: int, trained: int
) -> None:
    config = ClickLogConfig(days=log)
    days = days_of(config, ClickDesign(age_days=age, train_days=trained))
    fresh = days_of(config, ClickDesign(train_days=trained))
    assert 0 <= days.train[0] < days.train[1] == days.validation[0]
    assert days.validation[1] == days.cutoff == days.test[0] - age
    assert days.test == fresh.test == (log - 2, log)
    assert days.train[1] - days.train[0] == fresh.train[1] - fresh.train[0]


def test_age_without_days_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match=r"age_days=8: must be at most 7 with 11 days of training"):
        days_of(LOG, ClickDesign(age_days=8))
    with pytest.raises(ValueError, match=r"age_days=1: must be at most 0 with 18 days of training"):
        days_of(LOG, ClickDesign(age_days=1, train_days=18))


def test_more_days_of_training_than_there_are_is_refused() -> None:
    with pytest.raises(ValueError, match=r"train_days=19: must be at most 18 in a log of 21 days"):
        days_of(LOG, ClickDesign(train_days=19))
