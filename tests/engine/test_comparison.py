"""Signed, paired differences of two reports and of two interleaved timings."""

from __future__ import annotations

import math
import time
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binom

from engine import comparison
from engine.comparison import (
    Comparison,
    compare,
    compare_timings,
    inside_noise,
    weighted_percentiles,
)
from engine.evaluation import LOSS_STAGES, PER_USER, Evaluator, PerUser, Report, evaluate
from engine.figures import Estimate, Kind, MeasuredDifference
from engine.intervals import mean_estimate
from engine.measurement import Timing, this_machine
from engine.store import PartStore
from tests.engine.conftest import SystemOf


@pytest.fixture(scope="module")
def plain(system_of: SystemOf, tiny_evaluator: Evaluator) -> Report:
    return tiny_evaluator.report(system_of("mf", "hnsw", "logistic"))


@pytest.fixture(scope="module")
def better(system_of: SystemOf, tiny_evaluator: Evaluator) -> Report:
    return tiny_evaluator.report(system_of("mf", "hnsw", "gbdt"))


def timing(milliseconds: NDArray[np.float64], taken_at: float = 1.0) -> Timing:
    whole = np.round(milliseconds * 1e6).astype(np.int64)
    rows = np.repeat(whole[:, None], 5, axis=1)
    return Timing(rows, whole, rows[0], taken_at, this_machine())


def request_times(rng: np.random.Generator, n: int, spread: float = 0.2) -> NDArray[np.float64]:
    """Two designs that are equal, on users of whom some take longer; (2, n) ms."""
    users = rng.lognormal(0.0, 0.3, n)
    return users * np.exp(rng.normal(0.0, spread, (2, n)))


def test_every_figure_and_loss_of_the_reports_is_compared(plain: Report, better: Report) -> None:
    compared = compare(plain, better)
    assert isinstance(compared, Comparison)
    assert set(plain) - set(compared) == {"ece"}  # which has no interval
    assert len(compared) == len(plain) - 1
    assert tuple(compared.loss) == LOSS_STAGES


def test_every_figure_of_users_has_its_place_in_the_mapping(better: Report) -> None:
    assert {field.name for field in fields(PerUser)} - {"loss"} == set(PER_USER.values())
    for name, field in PER_USER.items():
        assert better[name] == mean_estimate(getattr(better.per_user, field))


def test_difference_is_that_of_the_figures_signed_b_less_a(plain: Report, better: Report) -> None:
    compared = compare(plain, better)
    for name in (
        "ndcg@10", "recall@candidates", "index_cost", "auc", "log_loss", "normalized_entropy",
        "calibration_ratio", "coverage",
    ):  # fmt: skip
        expected = better[name].value - plain[name].value
        assert compared[name].value == pytest.approx(expected, abs=1e-12), name
    for stage in LOSS_STAGES:
        expected = better.loss[stage].value - plain.loss[stage].value
        assert compared.loss[stage].value == pytest.approx(expected, abs=1e-12)
    assert compared["log_loss"].n == plain["log_loss"].n


def test_swapping_the_reports_turns_every_difference_round(plain: Report, better: Report) -> None:
    there, back = compare(plain, better), compare(better, plain)
    for name, one in (there.figures | there.loss).items():
        other = (back.figures | back.loss)[name]
        np.testing.assert_allclose(
            [one.value, one.low, one.high], [-other.value, -other.high, -other.low], atol=1e-12
        )


def test_equal_designs_differ_by_exactly_nothing(
    system_of: SystemOf, tiny_evaluator: Evaluator, better: Report
) -> None:
    again = Evaluator(tiny_evaluator.panel, PartStore(None)).report(system_of("mf", "hnsw", "gbdt"))
    compared = compare(better, again)
    for name, difference in (compared.figures | compared.loss).items():
        assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0), name
        assert difference.n > 0
        assert inside_noise(difference)


def test_ranker_without_probabilities_has_no_difference_of_log_loss(
    system_of: SystemOf, tiny_evaluator: Evaluator, better: Report
) -> None:
    unranked = tiny_evaluator.report(system_of("mf", "hnsw", "none"))
    for compared in (compare(unranked, better), compare(better, unranked)):
        for name in ("log_loss", "normalized_entropy", "calibration_ratio"):
            assert compared[name].n == 0
            assert math.isnan(compared[name].value)
        assert compared["auc"].n == better["auc"].n


def test_user_with_nothing_to_judge_under_one_design_is_dropped(better: Report) -> None:
    ndcg = better.per_user.ndcg.copy()
    ndcg[:3] = np.nan
    partial = replace(better, per_user=replace(better.per_user, ndcg=ndcg))
    compared = compare(partial, better)["ndcg@10"]
    assert compared.n == len(ndcg) - 3
    assert compared.value == 0.0


def test_reports_that_do_not_pair_are_refused(
    system_of: SystemOf, tiny_evaluator: Evaluator, better: Report
) -> None:
    fewer = evaluate(system_of(), users=10, store=PartStore(None))
    with pytest.raises(ValueError, match=r"^a: 25 users, b: 10: must be the same users"):
        compare(better, fewer)
    with pytest.raises(ValueError, match=r"^b: must be a report of `evaluate`$"):
        compare(better, replace(better, evidence=None))
    assert better.evidence is not None
    elsewhere = replace(better, evidence=replace(better.evidence, world="another"))
    with pytest.raises(ValueError, match=r"^b: must be judged in the world of a$"):
        compare(better, elsewhere)


def test_comparing_two_reports_fits_into_a_step_of_a_slider(plain: Report, better: Report) -> None:
    compare(plain, better)
    started = time.perf_counter()
    for _ in range(10):
        compare(plain, better)
    assert (time.perf_counter() - started) / 10 < 0.02


def test_times_differ_by_their_percentiles_in_ms() -> None:
    a, b = request_times(np.random.default_rng(3), 1_000)
    differences = compare_timings(timing(a, 5.0), timing(b + 0.25, 7.0))
    for name, q in (("p50", 50), ("p95", 95), ("p99", 99)):
        difference = differences[name]
        expected = np.percentile(b + 0.25, q) - np.percentile(a, q)
        assert difference.value == pytest.approx(expected, abs=1e-5)
        assert difference.low < difference.value < difference.high
        assert (difference.unit, difference.n, difference.taken_at) == ("ms", 1_000, 7.0)
        assert difference.kind == Kind.MEASURED
    assert not inside_noise(differences["p50"])


def test_a_shift_of_every_request_is_found_exactly() -> None:
    a = request_times(np.random.default_rng(4), 200)[0]
    p50 = compare_timings(timing(a), timing(a + 0.5))["p50"]
    assert p50.value == pytest.approx(0.5, abs=1e-5)
    assert p50.half_width < 1e-5  # pairs: what users differ by makes no noise


def test_equal_timings_differ_by_exactly_nothing() -> None:
    a = timing(request_times(np.random.default_rng(5), 1_000)[0])
    for difference in compare_timings(a, a).values():
        assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)
        assert inside_noise(difference)


def test_same_timings_always_show_the_same_interval() -> None:
    a, b = (timing(one) for one in request_times(np.random.default_rng(6), 300))
    first, again = compare_timings(a, b), compare_timings(a, b)
    assert first["p50"] == again["p50"]
    assert first["p95"] == again["p95"]


def test_p99_needs_a_thousand_pairs_and_an_interval_four() -> None:
    a, b = request_times(np.random.default_rng(7), 1_000)
    assert math.isnan(compare_timings(timing(a[:999]), timing(b[:999]))["p99"].value)
    assert not math.isnan(compare_timings(timing(a), timing(b))["p99"].high)
    few = compare_timings(timing(a[:3]), timing(b[:3]))["p50"]
    assert few.value == pytest.approx(np.median(b[:3]) - np.median(a[:3]), abs=1e-5)
    assert math.isnan(few.low)
    assert not math.isnan(compare_timings(timing(a[:5]), timing(b[:5]))["p50"].low)


def test_timings_that_do_not_pair_are_refused() -> None:
    a = timing(np.ones(5))
    with pytest.raises(ValueError, match=r"^a: 5 requests, b: 4: must be as many pairs"):
        compare_timings(a, timing(np.ones(4)))
    nothing = replace(a, nanoseconds=a.nanoseconds[:0], processor=a.processor[:0])
    with pytest.raises(ValueError, match=r"^a: 0 requests"):
        compare_timings(nothing, nothing)
    with pytest.raises(ValueError, match=r"^level=1.0: must lie between 0 and 1$"):
        compare_timings(a, a, level=1.0)


@pytest.mark.parametrize("percentile", ["p50", "p95"])
def test_equal_designs_are_called_different_as_often_as_the_level_says(percentile: str) -> None:
    rng, runs = np.random.default_rng(8), 200
    different = 0
    for _ in range(runs):
        a, b = (timing(one) for one in request_times(rng, 200))
        different += not inside_noise(compare_timings(a, b)[percentile])
    low, high = binom.interval(0.999, runs, 0.05)
    assert low <= different <= high


def test_what_the_turns_do_to_both_alike_is_not_taken_for_noise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(9)
    a, b = rng.lognormal(0.0, 0.1, (2, 400))
    even = np.arange(400) % 2 == 0
    turned = timing(a * np.where(even, 1.0, 0.8)), timing(b * np.where(even, 0.8, 1.0))
    in_blocks = compare_timings(*turned)["p50"].half_width
    monkeypatch.setattr(comparison, "_BLOCK", 1)
    assert in_blocks < 0.8 * compare_timings(*turned)["p50"].half_width


def test_judged_users_with_noise_alone_are_called_different_as_often_as_the_level_says(
    better: Report,
) -> None:
    rng, runs = np.random.default_rng(10), 200
    different = 0
    for _ in range(runs):
        a, b = (
            replace(
                better,
                per_user=replace(
                    better.per_user, ndcg=np.clip(better.per_user.ndcg + noise, 0.0, 1.0)
                ),
            )
            for noise in rng.normal(0.0, 0.1, (2, len(better.per_user.ndcg)))
        )
        different += not inside_noise(compare(a, b)["ndcg@10"])
    low, high = binom.interval(0.999, runs, 0.05)
    assert low <= different <= high


def test_comparing_a_thousand_pairs_takes_less_than_a_tenth_of_a_second() -> None:
    a, b = (timing(one) for one in request_times(np.random.default_rng(11), 1_000))
    taken = []
    for _ in range(3):
        started = time.perf_counter()
        compare_timings(a, b)
        taken.append(time.perf_counter() - started)
    assert min(taken) < 0.1


@given(
    values=st.lists(st.floats(0.0, 1e6), min_size=1, max_size=30),
    seed=st.integers(0, 1_000),
    q=st.integers(0, 100),
)
def test_counted_percentiles_are_numpys_of_the_resample(
    values: list[float], seed: int, q: int
) -> None:
    ascending = np.sort(values)
    n = len(ascending)
    drawn = np.random.default_rng(seed).integers(n, size=(4, n))
    times = np.stack([np.bincount(row, minlength=n) for row in drawn])
    np.testing.assert_allclose(
        weighted_percentiles(ascending, times, [q])[0],
        np.percentile(ascending[drawn], q, axis=1),
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize(
    ("low", "value", "high", "inside"),
    [
        (-0.1, 0.2, 0.5, True),
        (0.1, 0.2, 0.3, False),
        (-0.3, -0.2, -0.1, False),
        (0.0, 0.0, 0.0, True),
        (0.0, 0.1, 0.2, True),
        (math.nan, 0.3, math.nan, True),
        (math.nan, math.nan, math.nan, True),
    ],
)
def test_difference_is_inside_the_noise_where_its_interval_holds_0_or_is_missing(
    low: float, value: float, high: float, inside: bool
) -> None:
    assert inside_noise(Estimate(value, low, high, 9)) is inside
    assert inside_noise(MeasuredDifference(value, low, high, "ms", 9, 0.0)) is inside
