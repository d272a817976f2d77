"""What a stopwatch read, and the percentiles taken of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.figures import Kind
from engine.measurement import P99_FROM, WHOLE, Timing, split_percentile, this_machine
from engine.pipeline import STAGES


def timing(requests: int, seed: int = 3, taken_at: float = 100.0) -> Timing:
    """Skewed times of each stage, and a whole that is a little longer than their sum."""
    rng = np.random.default_rng(seed)
    stages = (1e5 * rng.lognormal(size=(requests, len(STAGES)))).astype(np.int64)
    whole = stages.sum(axis=1, keepdims=True) + 500
    rows = np.hstack([stages, whole])
    return Timing(
        rows, rows[:, -1] - 300, 40 * np.arange(1, len(STAGES) + 2), taken_at, this_machine()
    )


@pytest.mark.parametrize("q", [0, 50, 95, 98.9, 100])
@pytest.mark.parametrize("stage", [*STAGES, WHOLE])
def test_percentile_is_numpys_in_ms(q: float, stage: str) -> None:
    read = timing(1_000)
    column = read.nanoseconds[:, [*STAGES, WHOLE].index(stage)]
    figure = read.percentile(q, stage)
    assert figure.value == pytest.approx(np.percentile(column, q) / 1e6, rel=1e-12)
    assert (figure.unit, figure.n, figure.taken_at) == ("ms", 1_000, 100.0)
    assert figure.kind is Kind.MEASURED


def test_named_percentiles_are_of_the_whole() -> None:
    read = timing(P99_FROM)
    for figure, q in ((read.p50, 50), (read.p95, 95), (read.p99, 99)):
        assert figure == read.percentile(q, WHOLE)


@pytest.mark.parametrize("requests", [1, 100, P99_FROM - 1])
def test_p99_needs_a_thousand_requests(requests: int) -> None:
    read = timing(requests)
    for q in (99, 99.9, 100):
        assert np.isnan(read.percentile(q).value)
    assert np.isfinite(read.p95.value)
    assert np.isfinite(timing(P99_FROM).p99.value)


def test_nothing_timed_is_no_figure() -> None:
    read = timing(0)
    assert np.isnan(read.p50.value)
    assert np.isnan(list(read.split(50).values())).all()
    assert read.held_up == 0.0
    assert read.requests == 0


def test_first_request_stands_apart() -> None:
    read = timing(100)
    assert read.first_request.value == 240 / 1e6
    assert read.first_request.n == 1
    assert read.percentile(0).value > read.first_request.value


@pytest.mark.parametrize("q", [-1, 100.1, float("nan")])
def test_percentile_out_of_range_is_named(q: float) -> None:
    with pytest.raises(ValueError, match=r"^q=.*: must be from 0 to 100$"):
        timing(10).percentile(q)


def test_unknown_stage_is_named_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"^stage='rank': must be one of generation, .*, whole$"):
        timing(10).percentile(50, "rank")


def test_joined_requests_are_one_reading_with_the_later_time() -> None:
    early, late = timing(30, seed=1), timing(50, seed=2, taken_at=200.0)
    both = early.joined(late)
    np.testing.assert_array_equal(both.nanoseconds, [*early.nanoseconds, *late.nanoseconds])
    np.testing.assert_array_equal(both.processor, [*early.processor, *late.processor])
    np.testing.assert_array_equal(both.first, early.first)
    assert (both.requests, both.taken_at) == (80, 200.0)


@given(st.integers(1, 300), st.floats(0, 100), st.integers(0, 5))
def test_parts_of_a_percentile_add_up_to_it(requests: int, q: float, seed: int) -> None:
    rows = timing(requests, seed).nanoseconds
    parts = split_percentile(rows, q)
    assert parts.min() > 0
    assert parts.sum() == pytest.approx(np.percentile(rows[:, -1], q) / 1e6)


def test_parts_follow_the_requests_around_the_percentile() -> None:
    # Slow requests are slow in ranking, quick ones in the index.
    fast, slow = [10, 70, 10, 10, 0, 100], [10, 10, 10, 970, 0, 1_000]
    rows = np.array([fast] * 80 + [slow] * 20) * 1_000
    np.testing.assert_allclose(split_percentile(rows, 50) * 1e3, [10, 70, 10, 10, 0])
    np.testing.assert_allclose(split_percentile(rows, 95) * 1e3, [10, 10, 10, 970, 0])


def test_five_requests_at_least_decide_the_shares_at_either_end() -> None:
    rows = timing(40).nanoseconds
    order = np.argsort(rows[:, -1])
    for q, five in ((0, order[:5]), (100, order[-5:])):
        around = rows[five, :-1].mean(axis=0)
        expected = around / around.sum() * np.percentile(rows[:, -1], q) / 1e6
        np.testing.assert_allclose(split_percentile(rows, q), expected)


def test_split_names_the_stages_and_the_whole() -> None:
    read = timing(200)
    split = read.split(95)
    assert tuple(split) == (*STAGES, WHOLE)
    assert split.pop(WHOLE) == read.p95.value == pytest.approx(sum(split.values()))
    assert np.isnan(list(read.split(99).values())).all()


def test_request_is_held_up_when_the_clock_runs_on_without_the_processor() -> None:
    whole = np.array([100, 109, 111, 200])
    rows = np.repeat(whole[:, None], 6, axis=1)
    read = Timing(rows, np.full(4, 100), rows[0], 0.0, this_machine())
    assert read.held_up == 0.5
