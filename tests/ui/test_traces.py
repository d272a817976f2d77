"""What charts of several pages draw: where an axis ends."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.traces import axis_end, level, side_with_room


@pytest.mark.parametrize(
    ("value", "end"), [(1.0, 1.0), (1.01, 1.25), (3.2, 4.0), (9.9, 10.0), (0.07, 0.08), (450, 500)]
)
def test_an_axis_ends_at_the_next_renard_number(value: float, end: float) -> None:
    assert axis_end(value) == pytest.approx(end)


@given(st.floats(1e-6, 1e9))
def test_an_axis_holds_its_value_and_leaves_at_most_three_tenths_empty(value: float) -> None:
    assert value <= axis_end(value) <= 1.29 * value


@pytest.mark.parametrize(
    ("x", "turn", "side"), [(0.7, 0.75, "right"), (0.8, 0.75, "left"), (0.6, 0.5, "left")]
)
def test_a_name_stands_where_the_axis_goes_on(x: float, turn: float, side: str) -> None:
    assert side_with_room(x, 0.0, 1.0, turn) == side


@pytest.mark.parametrize("at_left", [False, True])
def test_the_name_of_a_level_stands_within_the_axis_at_the_end_that_was_chosen(
    at_left: bool,
) -> None:
    left, right = 10**0.95, 10**3.2  # the first lies below .95 in logarithms
    line, name = level(0.3, left, right, "exact", "truth", at_left=at_left)
    assert line["x"] == [left, right]
    assert 0.95 < math.log10(name["x"][0]) < math.log10(name["x"][1]) < 3.2
    assert name["text"] == (["exact 0.300", ""] if at_left else ["", "exact 0.300"])
    assert line["name"] == name["name"] == "exact"  # or it would be drawn anew where y moves
