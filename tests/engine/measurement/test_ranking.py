"""The second stage alone under the stopwatch: sizes, turns, and percentiles by hand."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.measurement import (
    PARTS,
    ROWS,
    RankingRun,
    RankingTiming,
    measure_ranking,
    stopwatch,
    this_machine,
)
from engine.pipeline import System
from engine.table import FeatureTable
from tests.engine.conftest import SystemOf


@pytest.fixture(autouse=True)
def own_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that nobody else on the machine waits for."""
    monkeypatch.setattr(stopwatch, "_TURN", tmp_path / "turn.lock")


def a_timing(milliseconds: list[list[list[float]]], rows: tuple[int, ...]) -> RankingTiming:
    nanoseconds = (1e6 * np.array(milliseconds)).astype(np.int64)
    return RankingTiming(rows, nanoseconds, 5.0, this_machine())


BY_HAND = a_timing(
    [
        [[0.1, 0.3], [0.1, 0.3], [0.3, 0.5]],  # 10 candidates: 0.4, 0.4, 0.8 ms
        [[1.0, 3.0], [1.0, 3.0], [2.0, 2.0]],  # 30 candidates: 4 ms each
    ],
    (10, 30),
)


def test_percentiles_are_of_both_parts_together() -> None:
    assert BY_HAND.percentile(10, 50) == pytest.approx(0.4)
    assert BY_HAND.percentile(10, 100) == pytest.approx(0.8)
    assert BY_HAND.percentile(30, 95) == pytest.approx(4.0)
    assert BY_HAND.requests == 3


def test_parts_of_a_percentile_add_up_to_it_in_the_shares_of_the_mean() -> None:
    parts = BY_HAND.split(50)
    assert parts.shape == (2, len(PARTS))
    np.testing.assert_allclose(parts.sum(axis=1), [0.4, 4.0])
    np.testing.assert_allclose(parts[1], [4.0 * 4 / 12, 4.0 * 8 / 12])


def test_between_two_sizes_the_time_lies_on_a_line_and_beyond_them_it_stays() -> None:
    assert BY_HAND.at(20, 50).sum() == pytest.approx((0.4 + 4.0) / 2)
    for size, place in ((10, 0), (30, 1)):
        np.testing.assert_array_equal(BY_HAND.at(size, 95), BY_HAND.split(95)[place])
    np.testing.assert_array_equal(BY_HAND.at(5, 50), BY_HAND.split(50)[0])
    np.testing.assert_array_equal(BY_HAND.at(900, 50), BY_HAND.split(50)[1])


def test_size_that_was_not_timed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^rows=20: must be one of \(10, 30\)$"):
        BY_HAND.percentile(20, 50)


def test_timing_comes_back_from_json_as_it_was() -> None:
    back = RankingTiming.from_plain(json.loads(json.dumps(BY_HAND.plain())))
    assert (back.rows, back.taken_at, back.machine) == (BY_HAND.rows, 5.0, this_machine())
    np.testing.assert_array_equal(back.nanoseconds, BY_HAND.nanoseconds)
    assert back.nanoseconds.dtype == np.int64


# Under the stopwatch --------------------------------------------------------------------------


def watched(system: System, sizes: list[int], seconds_a_row: float = 0.0) -> System:
    """The system with a ranker that notes how many rows it scores, and takes its time."""

    class Watched:
        def scores(self, table: FeatureTable) -> Any:
            sizes.append(len(table))
            time.sleep(seconds_a_row * len(table))
            return system.ranker.scores(table)

    learned = replace(system.learned, ranker=Watched())  # type: ignore[arg-type]
    return replace(system, learned=learned)


def test_every_number_of_candidates_is_timed_as_often_as_asked(system_of: SystemOf) -> None:
    started = time.time()
    (timing,) = measure_ranking([system_of(ranker="logistic")], (1, 20, 300), requests=4)
    assert timing.rows == (1, 20, 300)
    assert timing.nanoseconds.shape == (3, 4, len(PARTS))
    assert (timing.nanoseconds > 0).all()
    assert started <= timing.taken_at <= time.time()
    assert timing.machine == this_machine()


def test_ranker_sees_as_many_rows_as_are_told_whatever_can_be_proposed(
    system_of: SystemOf,
) -> None:
    """Items without a vector and those that a user has clicked leave fewer than the catalogue."""
    sizes: list[int] = []
    whole = len(system_of().world.items)
    measure_ranking([watched(system_of(), sizes)], (7, whole), requests=3)
    assert set(sizes) == {7, whole}


def test_time_goes_to_the_part_that_took_it(system_of: SystemOf) -> None:
    slow = watched(system_of(), [], seconds_a_row=0.001)
    (timing,) = measure_ranking([slow], (1, 20), requests=3)
    features, ranking = timing.nanoseconds.min(axis=1).T / 1e6
    assert ranking[0] >= 1.0
    assert ranking[1] >= 20.0
    assert np.median(timing.nanoseconds[:, :, 0]) / 1e6 < 10.0
    assert (features > 0).all()


def test_systems_and_sizes_take_turns_request_by_request(system_of: SystemOf) -> None:
    order: list[tuple[str, int]] = []

    class Noted(list[int]):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

        def append(self, size: int) -> None:
            order.append((self.name, size))

    systems = [watched(system_of(), Noted(name)) for name in "AB"]
    measure_ranking(systems, (5, 9), requests=6)
    warm = 4 * 6  # the first request of each case comes after its warm-up
    rounds = [order[warm + 4 * n : warm + 4 * (n + 1)] for n in range(5)]
    cases = {("A", 5), ("A", 9), ("B", 5), ("B", 9)}
    assert all(set(one) == cases for one in rounds)
    assert len({tuple(one) for one in rounds}) > 1, "the order must change"


def test_bit_by_bit_all_is_timed_as_at_once(system_of: SystemOf) -> None:
    whole: list[int] = []
    measure_ranking([watched(system_of(), whole)], (5, 9), requests=3)
    sizes: list[int] = []
    run = RankingRun([watched(system_of(), sizes)], (5, 9), requests=3)
    assert not run.go_on(seconds=0.0)
    assert len(sizes) == 6, "one case, warmed up"
    while not run.go_on(seconds=0.0):
        pass
    again = 2 * 3 - 1  # served once more after each interruption but the first step
    assert len(sizes) == len(whole) + again
    assert (run.timings()[0].nanoseconds > 0).all()


def test_sizes_beyond_the_catalogue_are_left_out(system_of: SystemOf) -> None:
    (timing,) = measure_ranking([system_of()], requests=1)
    assert timing.rows == tuple(n for n in ROWS if n <= 400)
    with pytest.raises(ValueError, match=r"^rows=\(500, 900\): .*catalogue"):
        measure_ranking([system_of()], (500, 900), requests=1)


@pytest.mark.parametrize(
    ("rows", "requests", "words"),
    [((), 1, r"^rows=\(\)"), ((0, 5), 1, r"^rows=\(0, 5\)"), ((5,), 0, r"^requests=0: must be")],
)
def test_counts_below_one_are_refused(
    system_of: SystemOf, rows: tuple[int, ...], requests: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        measure_ranking([system_of()], rows, requests)
