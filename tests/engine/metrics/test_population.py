"""Gini and the slope of popularity against hand-worked counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine import metrics

COUNTS = hnp.arrays(np.float64, st.integers(1, 40), elements=st.integers(0, 1000)).filter(
    lambda counts: counts.sum() > 0
)


def test_gini_of_hand_worked_counts() -> None:
    assert metrics.gini([1, 1, 1, 1]) == pytest.approx(0.0, abs=1e-12)
    assert metrics.gini([0, 0, 0, 8]) == pytest.approx(0.75)
    # Lorenz curve through (1/2, 1/4): area under it 3/8, so 1 - 2 * 3/8.
    assert metrics.gini([3, 1]) == pytest.approx(0.25)


@given(counts=COUNTS)
def test_gini_is_half_the_relative_mean_difference(counts: np.ndarray) -> None:
    differences = np.abs(counts[:, None] - counts[None, :]).mean()
    assert metrics.gini(counts) == pytest.approx(differences / (2 * counts.mean()), abs=1e-9)


@given(counts=COUNTS, seed=st.integers(0, 99))
def test_gini_knows_neither_order_nor_unit(counts: np.ndarray, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(counts) * 7
    assert metrics.gini(shuffled) == pytest.approx(metrics.gini(counts), abs=1e-9)


@pytest.mark.parametrize("s", [0.5, 1.0, 1.2])
def test_counts_that_follow_zipf_have_their_exponent_as_slope(s: float) -> None:
    counts = 1e6 * np.arange(1.0, 201.0) ** -s
    with_zeros = np.random.default_rng(0).permutation(np.append(counts, np.zeros(50)))
    assert metrics.log_log_slope(with_zeros, 1, 200) == pytest.approx(-s, abs=1e-9)
    assert metrics.log_log_slope(with_zeros, 10, 20) == pytest.approx(-s, abs=1e-9)


def test_the_slope_is_that_of_least_squares() -> None:
    counts = np.random.default_rng(1).integers(1, 500, size=60)
    descending = np.sort(counts)[::-1]
    expected = np.polyfit(np.log(np.arange(5, 31)), np.log(descending[4:30]), 1)[0]
    assert metrics.log_log_slope(counts, 5, 30) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("first", "last"), [(0, 2), (2, 2), (3, 2), (1, 4)])
def test_ranks_outside_the_positive_counts_are_refused(first: int, last: int) -> None:
    with pytest.raises(ValueError, match=rf"first={first}, last={last}: .* 3"):
        metrics.log_log_slope([5, 0, 3, 1], first, last)


@pytest.mark.parametrize("bad", [[], [[1, 2]], [1, -1], [1, np.nan], [np.inf, 1], 3])
def test_counts_that_are_none_are_refused(bad: object) -> None:
    for call in (lambda: metrics.gini(bad), lambda: metrics.log_log_slope(bad, 1, 2)):
        with pytest.raises(ValueError, match="counts"):
            call()


def test_gini_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="all are 0"):
        metrics.gini([0, 0])
