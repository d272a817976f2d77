"""The three kinds of numbers: their labels, their checks, how they read."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.figures import Estimate, Kind, MeasuredDifference, Measurement, Modelled

FINITE = st.floats(-1e9, 1e9)


def test_each_kind_of_number_carries_its_label() -> None:
    assert Estimate.kind == Kind.SIMULATED == "simulated"
    assert Measurement.kind == Kind.MEASURED == "measured"
    assert Modelled.kind == Kind.MODELLED == "modelled"


def test_equal_values_of_two_kinds_are_not_equal() -> None:
    assert Measurement(1.0, "ms", 10, 0.0) != Modelled(1.0, "ms", "a + b")


def test_figures_cannot_be_changed() -> None:
    for figure, name in (
        (Estimate(0.5, 0.4, 0.6, 10), "value"),
        (Measurement(1.0, "ms", 10, 0.0), "taken_at"),
        (Modelled(1.0, "ms", "a + b"), "formula"),
    ):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(figure, name, 1.0)
        assert not hasattr(figure, "__dict__")


@given(bounds=st.lists(FINITE, min_size=3, max_size=3).map(sorted), n=st.integers(0, 10**9))
def test_an_ordered_estimate_is_accepted_and_half_its_interval_is_half_width(
    bounds: list[float], n: int
) -> None:
    low, value, high = bounds
    estimate = Estimate(value, low, high, n)
    assert estimate.half_width == (high - low) / 2
    assert f"n={n:,}" in str(estimate)


@pytest.mark.parametrize(
    ("value", "low", "high"), [(0.5, 0.6, 0.7), (0.5, 0.3, 0.4), (math.nan, 0.7, 0.6)]
)
def test_an_interval_that_does_not_hold_its_value_is_refused(
    value: float, low: float, high: float
) -> None:
    with pytest.raises(ValueError, match="must ascend"):
        Estimate(value, low, high, 10)


def test_rounding_and_missing_bounds_are_accepted() -> None:
    assert Estimate(1.0, 1.0 + 1e-12, 1.0 + 2e-12, 5).value == 1.0
    assert Estimate(1e6, 1e6 - 1e-7, 1e6 - 1e-7, 5).value == 1e6
    assert math.isnan(Estimate(0.5, math.nan, math.nan, 1).half_width)


@pytest.mark.parametrize("n", [-1, 1.5, math.nan, "3"])
def test_a_count_that_is_none_is_refused(n: object) -> None:
    with pytest.raises(ValueError, match=r"n=.*must be an integer from 0"):
        Estimate(0.5, 0.4, 0.6, n)
    with pytest.raises(ValueError, match=r"n=.*must be an integer from 0"):
        Measurement(0.5, "ms", n, 0.0)


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(0.8712, 0.8594, 0.8831, 500), "0.871 (0.859 to 0.883, n=500)"),
        (Estimate(-0.0012, -0.0034, 0.0010, 2000), "-0.0012 (-0.0034 to 0.0010, n=2,000)"),
        (Estimate(1234.5, 1100.0, 1400.0, 9), "1,234 (1,100 to 1,400, n=9)"),
        (Estimate(1.0, 1.0, 1.0, 7), "1.0000 (1.0000 to 1.0000, n=7)"),
        (Estimate(0.25, math.nan, math.nan, 1), "0.25 (no interval, n=1)"),
        (Estimate(math.nan, math.nan, math.nan, 0), "no value (n=0)"),
    ],
)
def test_an_estimate_reads_to_two_digits_of_its_half_width(estimate: Estimate, text: str) -> None:
    assert str(estimate) == text


def test_a_measurement_knows_its_age() -> None:
    measurement = Measurement(0.2537, "ms", 1000, taken_at=100.0)
    assert measurement.age(now=130.5) == 30.5
    assert measurement.age(now=90.0) == 0.0
    assert str(measurement) == "0.254 ms (n=1,000)"


@pytest.mark.parametrize("taken_at", [-1.0, math.nan, math.inf])
def test_a_time_that_is_none_is_refused(taken_at: float) -> None:
    with pytest.raises(ValueError, match="taken_at="):
        Measurement(1.0, "ms", 1, taken_at)


@pytest.mark.parametrize(
    ("value", "text"),
    [(12.0, "12 GB"), (1234567.0, "1,234,567 GB"), (0.00123456, "0.00123 GB"), (0.0, "0 GB")],
)
def test_a_modelled_number_reads_to_three_digits(value: float, text: str) -> None:
    assert str(Modelled(value, "GB", "items x bytes")) == text


def test_a_modelled_number_without_a_formula_is_refused() -> None:
    with pytest.raises(ValueError, match="formula="):
        Modelled(1.0, "GB", " ")


@pytest.mark.parametrize(
    ("difference", "text"),
    [
        (
            MeasuredDifference(0.314, 0.28, 0.348, "ms", 1000, 5.0),
            "+0.314 ms (+0.280 to +0.348, n=1,000)",
        ),
        (MeasuredDifference(-0.1, -0.5, 0.3, "ms", 200, 5.0), "-0.10 ms (-0.50 to +0.30, n=200)"),
        (MeasuredDifference(0.25, math.nan, math.nan, "ms", 1, 5.0), "+0.25 ms (no interval, n=1)"),
        (MeasuredDifference(math.nan, math.nan, math.nan, "ms", 9, 5.0), "no value (n=9)"),
    ],
)
def test_a_measured_difference_reads_with_its_sign(
    difference: MeasuredDifference, text: str
) -> None:
    assert str(difference) == text
    assert difference.kind == Kind.MEASURED


def test_a_measured_difference_is_checked_as_both_its_parents_are() -> None:
    with pytest.raises(ValueError, match="must ascend"):
        MeasuredDifference(0.5, 0.6, 0.7, "ms", 9, 0.0)
    with pytest.raises(ValueError, match=r"n=.*must be an integer from 0"):
        MeasuredDifference(0.5, 0.4, 0.6, "ms", -1, 0.0)
    with pytest.raises(ValueError, match="taken_at="):
        MeasuredDifference(0.5, 0.4, 0.6, "ms", 9, math.nan)
