"""The knobs of the world: all named, all bounded."""

import math
from dataclasses import FrozenInstanceError, fields, replace

import pytest

from engine.world import KNOBS, WorldConfig

FIELDS = {field.name: field.type for field in fields(WorldConfig)}
WHOLE = [name for name, kind in FIELDS.items() if kind is int]


def test_knobs_cover_every_field_in_its_order() -> None:
    assert list(KNOBS) == list(FIELDS)


def test_knobs_tell_what_they_mean() -> None:
    for name in FIELDS:
        assert KNOBS[name].meaning, name
        assert KNOBS[name].low < KNOBS[name].high, name


def test_whole_numbers_are_asked_for_where_the_field_holds_them() -> None:
    for name in FIELDS:
        assert KNOBS[name].whole == (name in WHOLE), name


def test_bounds_themselves_are_allowed() -> None:
    for name in FIELDS:
        for value in (KNOBS[name].low, KNOBS[name].high):
            assert getattr(WorldConfig(**{name: value}), name) == value


def test_value_out_of_range_is_named_with_what_is_allowed() -> None:
    for name in FIELDS:
        knob = KNOBS[name]
        for value in (knob.low - 1, knob.high + 1):
            with pytest.raises(ValueError, match=f"^{name}={value!r}: must be .* from ") as raised:
                WorldConfig(**{name: value})
            assert f"{knob.high:,}" in str(raised.value)


@pytest.mark.parametrize("value", [None, "7", True, math.nan, [1]], ids=repr)
def test_value_of_a_wrong_kind_is_named(value: object) -> None:
    for name in FIELDS:
        with pytest.raises(ValueError, match=f"^{name}="):
            WorldConfig(**{name: value})


def test_fraction_is_refused_where_a_whole_number_is_needed() -> None:
    for name in WHOLE:
        with pytest.raises(ValueError, match=f"^{name}=.*whole number"):
            WorldConfig(**{name: KNOBS[name].low + 0.5})


def test_integer_given_for_a_real_number_makes_the_same_configuration() -> None:
    assert repr(WorldConfig(hour_weight=1)) == repr(WorldConfig(hour_weight=1.0))


def test_configuration_is_a_value() -> None:
    config = WorldConfig(seed=3)
    assert {config: "found"}[WorldConfig(seed=3)] == "found"
    assert replace(config, seed=4) != config
    with pytest.raises(FrozenInstanceError):
        config.seed = 5  # type: ignore[misc]
