"""Which points nobody beats in both of two figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.pareto import pareto_front

POINTS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40)


def beaten(point: tuple[float, float], points: list[tuple[float, float]]) -> bool:
    x, y = point
    return any(u <= x and v >= y and (u < x or v > y) for u, v in points)


def test_front_of_points_drawn_by_hand() -> None:
    latency = [1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 0.5]
    quality = [0.5, 0.7, 0.6, 0.7, 0.9, 0.8, 0.5]
    on = [False, True, False, False, True, False, True]
    assert pareto_front(latency, quality).tolist() == on


def test_equal_points_are_on_the_front_together() -> None:
    assert pareto_front([1, 1, 2, 2], [5, 5, 5, 6]).tolist() == [True, True, False, True]


def test_point_with_a_nan_is_neither_on_the_front_nor_in_the_way() -> None:
    latency, quality = [math.nan, 1.0, 0.1], [9.0, 1.0, math.nan]
    assert pareto_front(latency, quality).tolist() == [False, True, False]
    assert pareto_front([], []).tolist() == []
    assert pareto_front([1.0, 2.0], [-math.inf, -math.inf]).tolist() == [True, False]


@given(POINTS)
def test_on_the_front_are_those_whom_no_other_beats(points: list[tuple[float, float]]) -> None:
    mask = pareto_front([x for x, _ in points], [y for _, y in points])
    assert mask.tolist() == [not beaten(point, points) for point in points]


@given(POINTS.filter(bool), st.randoms(use_true_random=False))
def test_front_does_not_depend_on_the_order_of_points(
    points: list[tuple[float, float]], shuffler: object
) -> None:
    order = np.argsort([shuffler.random() for _ in points])  # type: ignore[attr-defined]
    x, y = np.array(points, dtype=float).T
    np.testing.assert_array_equal(pareto_front(x[order], y[order]), pareto_front(x, y)[order])


@pytest.mark.parametrize(("latency", "quality"), [([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])])
def test_points_of_another_shape_are_refused(latency: object, quality: object) -> None:
    with pytest.raises(ValueError, match=r"^latency \(.*must be of one shape \(n,\)$"):
        pareto_front(latency, quality)  # type: ignore[arg-type]
