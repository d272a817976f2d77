"""A measured point, and what many of them say."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.figures import Estimate, Measurement
from engine.index import HNSW, INDEXES, IVFPQ, Exact, IVFFlat
from engine.measurement import P99_FROM
from engine.retrieval import (
    IndexPoint,
    at_equal_recall,
    config_from_plain,
    fastest_at,
    frontiers,
    on_frontier,
    plain_config,
)
from engine.retrieval.points import search_times
from engine.retrieval.shipped import index_frame, index_points
from tests.engine.retrieval.conftest import a_point

EXACT = a_point(Exact(), 1.0, 1.0, 0.0)
NARROW, WIDE = (
    a_point(HNSW(ef_search=ef), r, ms) for ef, r, ms in ((100, 0.9, 0.1), (400, 0.99, 0.4))
)
FLAT = a_point(IVFFlat(nprobe=8), 0.96, 0.3)
CODES = a_point(IVFPQ(nprobe=8), 0.7, 0.05)
POINTS = [EXACT, NARROW, WIDE, FLAT, CODES]


@pytest.mark.parametrize("kind", INDEXES.values())
def test_a_configuration_survives_json(kind: type) -> None:
    config = kind()
    assert config_from_plain(json.loads(json.dumps(plain_config(config)))) == config


def few(point: IndexPoint) -> IndexPoint:
    return replace(
        point,
        p99=Measurement(math.nan, "ms", 200, 100.0),
        recall=Estimate(0.5, math.nan, math.nan, 1),
        top10=Estimate(0.4, 0.3, 0.5, 77),
    )


def test_a_point_survives_json_with_what_is_not_known() -> None:
    point = few(NARROW)
    text = json.dumps(point.plain(), allow_nan=False)
    again = IndexPoint.from_plain(json.loads(text))
    assert repr(again) == repr(point)  # NaN equals nothing
    assert IndexPoint.from_plain(a_known_point().plain()) == a_known_point()


def a_known_point() -> IndexPoint:
    return replace(FLAT, p99=Measurement(0.9, "ms", 200, 100.0))


def test_points_survive_a_table() -> None:
    points = [*(replace(p, p99=Measurement(0.9, "ms", 200, 100.0)) for p in POINTS), few(NARROW)]
    assert list(map(repr, index_points(index_frame(points)))) == list(map(repr, points))


def test_times_are_percentiles_in_ms_and_a_p99_asks_for_many() -> None:
    p50, p95, p99 = search_times(np.arange(1, P99_FROM + 1) * 1_000_000, 9.0)
    assert (p50.value, p95.value, p99.value) == pytest.approx((500.5, 950.05, 990.01))
    assert (p50.n, p50.unit, p50.taken_at) == (P99_FROM, "ms", 9.0)
    assert math.isnan(search_times(np.arange(P99_FROM - 1), 9.0)[2].value)


def test_the_fastest_that_reaches_a_recall_and_the_best_of_another_type() -> None:
    at = {found.recall: found for found in fastest_at(POINTS, (0.5, 0.9, 0.95, 0.99, 1.0))}
    assert (at[0.5].point, at[0.5].runner_up) == (CODES, NARROW)
    assert (at[0.9].point, at[0.9].runner_up) == (NARROW, FLAT)
    assert (at[0.95].point, at[0.95].runner_up) == (FLAT, WIDE)
    assert (at[0.99].point, at[0.99].runner_up) == (WIDE, EXACT)
    assert (at[1.0].point, at[1.0].runner_up) == (EXACT, None)
    # Its interval reaches below: another draw of queries might say otherwise.
    assert [at[r].sure for r in (0.5, 0.9, 0.95, 1.0)] == [True, False, True, True]


def test_where_none_reaches_it_none_is_named() -> None:
    (found,) = fastest_at([CODES], (0.9,))
    assert (found.point, found.runner_up, found.sure) == (None, None, False)
    assert fastest_at([], (0.9,))[0].point is None


def test_the_frontier_of_each_type_holds_what_none_of_its_own_beats() -> None:
    slow = a_point(HNSW(ef_search=200), 0.85, 0.2)  # slower and worse than NARROW
    found = frontiers([WIDE, slow, *POINTS[:2], FLAT, CODES])
    assert found == {
        "exact": [EXACT],
        "hnsw": [NARROW, WIDE],
        "ivfflat": [FLAT],
        "ivfpq": [CODES],
    }
    assert list(found) == list(INDEXES)
    assert on_frontier(POINTS).tolist() == [True, True, True, True, True]
    assert on_frontier([slow, NARROW]).tolist() == [False, True]


def test_at_equal_recall_time_is_read_along_each_frontier() -> None:
    at = at_equal_recall(POINTS, 0.95)
    assert at["exact"] == 1.0
    assert at["ivfflat"] == 0.3  # its fastest is better than asked for
    assert math.isnan(at["ivfpq"])
    # From .9 to .99 the missed tenth shrinks tenfold; .05 is log10(2) of the way from .1 to .01.
    share = math.log10(2)
    assert at["hnsw"] == pytest.approx(0.1 * 4**share)
    assert at_equal_recall(POINTS, 0.9)["hnsw"] == 0.1
    assert at_equal_recall(POINTS, 0.99)["hnsw"] == 0.4


@pytest.mark.parametrize("recall", [-0.1, 1.1])
def test_a_recall_that_cannot_be_is_named(recall: float) -> None:
    for ask in (lambda: fastest_at(POINTS, (recall,)), lambda: at_equal_recall(POINTS, recall)):
        with pytest.raises(ValueError, match=f"recall={recall}: must be from 0 to 1"):
            ask()


@given(
    st.lists(st.tuples(st.floats(0, 1), st.floats(0.01, 10)), min_size=1, max_size=12),
    st.floats(0, 1),
    st.floats(0, 1),
)
def test_more_recall_never_takes_less_time(
    figures: list[tuple[float, float]], a: float, b: float
) -> None:
    points = [a_point(HNSW(), recall, ms, 0.0) for recall, ms in figures]
    low, high = (at_equal_recall(points, recall)["hnsw"] for recall in sorted((a, b)))
    assert math.isnan(high) or low <= high * (1 + 1e-9)
