"""Cost against the size of the catalogue."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine.index import INDEXES
from engine.retrieval import Vectors, sizes
from engine.retrieval.sizes import crossings, grown, size_ladders
from tests.engine.retrieval.conftest import quick_ladders


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_smaller_catalogue_is_a_draw_and_a_larger_one_holds_all(drawn: Vectors) -> None:
    fewer, more = grown(drawn.items, 300, 1), grown(drawn.items, 1_700, 1)
    rows = {tuple(row) for row in drawn.items.tolist()}
    assert {tuple(row) for row in fewer.tolist()} <= rows
    assert len({tuple(row) for row in fewer.tolist()}) == 300
    np.testing.assert_array_equal(more[:1_000], drawn.items)
    np.testing.assert_array_equal(grown(drawn.items, 1_000, 1), drawn.items)
    assert more.shape == (1_700, 8)
    assert more.dtype == np.float32


def test_what_is_added_lies_between_neighbours(drawn: Vectors) -> None:
    """So it is nearer to one of the catalogue's than these are to each other, and not longer."""
    added = grown(drawn.items, 1_700, 1)[1_000:]
    near = (unit(added) @ unit(drawn.items).T).max(axis=1)
    own = unit(drawn.items) @ unit(drawn.items).T - 2 * np.eye(1_000)
    assert near.mean() > own.max(axis=1).mean()
    assert np.linalg.norm(added, axis=1).max() <= np.linalg.norm(drawn.items, axis=1).max()
    # As likely from one part of the catalogue as from another.
    np.testing.assert_allclose(added.mean(axis=0), drawn.items.mean(axis=0), atol=0.3)
    assert (grown(drawn.items, 1_700, 1) == grown(drawn.items, 1_700, 1)).all()
    assert (grown(drawn.items, 1_700, 1) != grown(drawn.items, 1_700, 2)).any()


@pytest.mark.parametrize("n", [2_000, 20_000, 100_000])
def test_each_ladder_rises_over_one_build_that_is_possible(n: int) -> None:
    ladders = size_ladders(n, 64, 300)
    assert {ladder[0].name for ladder in ladders} == set(INDEXES) - {"exact"}
    for ladder in ladders:
        knob = ladder[0].query_knob
        assert knob is not None
        values = [getattr(config, knob) for config in ladder]
        assert values == sorted(set(values))
        assert len({config.build_part for config in ladder}) == 1
        assert all(config.repaired(n, 64) == (config, []) for config in ladder)


@pytest.fixture(scope="module")
def asked_less(drawn: Vectors) -> Vectors:
    return replace(drawn, queries=drawn.queries[:60])


def measure_size(*arguments: Any, **more: Any) -> pd.DataFrame:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sizes, "size_ladders", quick_ladders)
        return sizes.measure_size(*arguments, **more)


@pytest.fixture(scope="module")
def measured(asked_less: Vectors) -> pd.DataFrame:
    return measure_size(asked_less, 1_200, 20, target=0.9, requests=60)


def test_each_type_has_one_row_and_reaches_the_recall(measured: pd.DataFrame) -> None:
    assert measured["index"].tolist() == list(INDEXES)
    assert measured["reached"].all()
    assert (measured["recall"] >= 0.9).all()
    assert measured["recall"].iloc[0] == 1.0
    assert (measured["p50_ms"] <= measured["p95_ms"]).all()
    assert (measured[["p50_ms", "build_seconds", "memory_bytes"]] > 0).all().all()
    assert (measured["n"].unique(), measured["requests"].unique()) == (1_200, 60)


def test_the_query_knob_is_the_cheapest_that_reaches_it(
    measured: pd.DataFrame, asked_less: Vectors
) -> None:
    flat = measured.set_index("index").loc["ivfflat"]
    assert flat["index.nprobe"] < flat["index.nlist"]
    easier = measure_size(asked_less, 1_200, 20, target=0.5, requests=5).set_index("index")
    assert easier.loc["ivfflat", "index.nprobe"] < flat["index.nprobe"]


def test_the_speed_up_is_over_exact_search_with_its_interval(measured: pd.DataFrame) -> None:
    exact = measured["p50_ms"].iloc[0]
    np.testing.assert_allclose(measured["speedup"], exact / measured["p50_ms"], rtol=1e-9)
    assert (measured["speedup_low"] <= measured["speedup"]).all()
    assert (measured["speedup"] <= measured["speedup_high"]).all()
    assert measured["speedup_high"].iloc[0] == 1.0


def rows(name: str, *figures: tuple[int, float, bool]) -> pd.DataFrame:
    """Of one type: n, speed-up and whether the recall was reached; bounds are a fifth away."""
    return pd.DataFrame(
        {
            "index": name,
            "n": [n for n, _, _ in figures],
            "speedup": [speedup for _, speedup, _ in figures],
            "speedup_low": [speedup / 1.25 for _, speedup, _ in figures],
            "speedup_high": [speedup * 1.25 for _, speedup, _ in figures],
            "reached": [reached for _, _, reached in figures],
        }
    )


def test_where_it_begins_to_pay_lies_between_two_sizes() -> None:
    """Twice slower at 1,000, twice faster at 16,000: even at 4,000, halfway by ratio."""
    frame = rows("hnsw", (16_000, 2.0, True), (1_000, 0.5, True))
    (found,) = crossings(frame)
    assert found.index == "hnsw"
    assert found.n == pytest.approx(4_000)
    # A bound that is 1.25 times higher crosses where the speed-up is .8.
    step = math.log(16) / math.log(4)
    assert found.low == pytest.approx(4_000 * 0.8**step)
    assert found.high == pytest.approx(4_000 * 1.25**step)


def test_beyond_the_sizes_measured_it_says_so() -> None:
    always = crossings(rows("ivfflat", (1_000, 2.0, True), (2_000, 3.0, True)))[0]
    never = crossings(rows("ivfpq", (1_000, 0.2, True), (2_000, 0.3, True)))[0]
    assert (always.n, always.low, always.high) == (0, 0, 0)
    assert (never.n, never.low, never.high) == (math.inf, math.inf, math.inf)
    unsure = crossings(rows("hnsw", (1_000, 0.5, True), (2_000, 1.1, True)))[0]
    assert 1_000 < unsure.low < unsure.n < 2_000
    assert unsure.high == math.inf


def test_a_speed_up_that_rises_and_falls_leaves_the_place_open() -> None:
    """Faster at 2,000, slower at 4,000, faster at 8,000: it begins to pay somewhere in between."""
    frame = rows("ivfflat", (1_000, 0.5, True), (2_000, 1.1, True), (4_000, 0.7, True))
    (found,) = crossings(pd.concat([frame, rows("ivfflat", (8_000, 2.0, True))]))
    assert 1_000 < found.low < 2_000
    assert 4_000 < found.n < found.high < 8_000


def test_a_size_at_which_the_recall_was_missed_is_one_where_exact_search_wins() -> None:
    (found,) = crossings(rows("ivfpq", (1_000, 3.0, False), (2_000, 3.0, True)))
    assert found.n == 2_000
    (never,) = crossings(rows("ivfpq", (1_000, 3.0, True), (2_000, 3.0, False)))
    assert never.n == math.inf
    assert crossings(rows("exact", (1_000, 1.0, True))) == []
