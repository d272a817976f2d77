"""The ranges that validation, sliders and links share."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.knobs import Knob, check_knobs

WHOLE = Knob(4, 96, "neighbours", "links")
REAL = Knob(0.001, 1.0, "shrinkage")


@dataclass(frozen=True)
class Config:
    M: int = 16
    rate: float = 0.1
    name: str = "no knob"


@pytest.mark.parametrize("value", [4, 96])
def test_bounds_are_allowed(value: int) -> None:
    WHOLE.check("M", value)


@pytest.mark.parametrize("value", [3, 97, 16.0, True, "16", None, math.nan, math.inf, 10**400])
def test_whole_knob_refuses_what_is_no_whole_number_in_range(value: object) -> None:
    with pytest.raises(ValueError, match=r"^M=.*: must be a whole number from 4 to 96 links$"):
        WHOLE.check("M", value)


@pytest.mark.parametrize("value", [0.0, 1.001, False, "0.5", None, math.nan, -math.inf])
def test_real_knob_refuses_what_is_no_number_in_range(value: object) -> None:
    with pytest.raises(ValueError, match=r"^rate=.*: must be a number from 0.001 to 1.0$"):
        REAL.check("rate", value)


def test_real_knob_takes_whole_numbers_too() -> None:
    REAL.check("rate", 1)


@given(st.floats(allow_nan=False) | st.integers())
def test_nearest_is_allowed_and_leaves_what_was_allowed(value: float) -> None:
    for knob in (WHOLE, REAL):
        near = knob.nearest(value)
        knob.check("nearest", near)
        if knob.low <= value <= knob.high:
            assert abs(near - value) <= (0.5 if knob.whole else 0.0)
        else:
            assert near == (knob.low if value < knob.low else knob.high)


def test_check_knobs_names_the_field_that_is_wrong() -> None:
    knobs = {"M": WHOLE, "rate": REAL}
    check_knobs(Config(), knobs)
    with pytest.raises(ValueError, match="rate=7"):
        check_knobs(Config(rate=7), knobs)
