"""What was worked out lately is at hand, what was not asked for any more is not."""

from __future__ import annotations

import pytest

from engine.latest import Latest


def test_a_value_is_made_once_as_long_as_it_is_among_the_latest_asked_for() -> None:
    latest, made = Latest(2), []
    for key in "abcab":
        latest.of(key, lambda key=key: made.append(key))
    assert made == list("abcab")
    latest.of("b", lambda: pytest.fail("made again"))
    assert len(latest) == 2


def test_asking_whether_a_value_is_known_keeps_it() -> None:
    latest = Latest(2)
    latest.keep("a", 1)
    latest.keep("b", 2)
    assert latest.known("a") == 1
    latest.keep("c", 3)
    assert latest.known("a") == 1
    assert latest.known("b") is None


def test_a_newer_value_takes_the_place_of_the_one_under_its_key() -> None:
    latest = Latest(2)
    for key, value in (("a", 1), ("b", 2), ("a", 3), ("c", 4)):
        latest.keep(key, value)
    assert [latest.known(key) for key in "abc"] == [3, None, 4]


def test_nothing_can_be_kept_by_less_than_one() -> None:
    with pytest.raises(ValueError, match="most=0: must be at least 1"):
        Latest(0)
