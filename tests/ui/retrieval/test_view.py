"""A search as the page shows it: measured, and between searches that were measured."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.index import HNSW, Exact
from engine.retrieval import VectorData
from tests.ui.retrieval.searches import POINTS, design, grid, point, view
from ui.retrieval import logit
from ui.retrieval.view import SearchGrid, with_grid


def test_a_measured_search_is_its_point() -> None:
    shown = view(POINTS[2])
    assert shown.source == "measured"
    assert shown.recall == pytest.approx((0.97, 0.01))
    assert shown.top10 == pytest.approx((0.4, 0.02))
    assert (shown.p50, shown.k, shown.n) == (0.2, 100, 10_000)
    assert shown.p95 == pytest.approx(0.3)
    assert math.isnan(shown.exact_top10)


@pytest.mark.parametrize(
    ("ef", "k", "recall", "ms"),
    [
        (100, 10, 0.88, 0.1),
        (300, 1_000, 0.78, 0.3),
        (200, 10, 0.93, 0.2),  # halfway between the knobs
        (100, 100, 0.78, 0.1),  # halfway between 10 and 1,000 by ratio
        (1_000, 10, 0.98, 0.3),  # beyond the grid: its edge
    ],
)
def test_between_measured_searches_lies_what_a_preview_shows(
    ef: int, k: int, recall: float, ms: float
) -> None:
    shown = grid().at(design(HNSW(ef_search=ef), k), VectorData(), 64)
    assert shown.source == "grid"
    assert shown.recall[0] == pytest.approx(recall)
    assert shown.p50 == pytest.approx(ms)
    assert math.isnan(shown.p99)


def test_exact_searchs_share_of_the_true_top_10_lies_between_its_neighbours() -> None:
    assert grid().exact_top10(100) == pytest.approx(0.7)
    assert math.isnan(replace(grid(), exact=()).exact_top10(100))


def test_what_is_known_around_a_search_joins_it() -> None:
    shown = with_grid(view(), grid())
    assert shown.curve is not None
    assert shown.curve.knob == "ef_search"
    np.testing.assert_allclose(shown.curve.values, [100, 300])
    np.testing.assert_allclose(shown.curve.recall, [0.78, 0.88])
    assert shown.exact_top10 == pytest.approx(0.7)
    assert with_grid(view(), None).curve is None


def test_without_a_knob_there_is_no_curve() -> None:
    one = SearchGrid(((point(Exact(), 1.0, 2.0, 10),), (point(Exact(), 1.0, 2.0, 100),)))
    assert one.curve(10) is None
    assert one.at(design(Exact(), 30), VectorData(), 64).recall[0] == 1.0


def test_places_on_the_logit_axis_are_odd_about_a_half_and_never_infinite() -> None:
    at = logit.places([0.5, 0.9, 0.1, 0.99, 1.0, 0.0])
    np.testing.assert_allclose(at[:4], [0, np.log10(9), -np.log10(9), np.log10(99)])
    assert np.isfinite(at).all()
    assert at[4] == at.max()


def test_the_logit_axis_holds_its_recalls_and_labels_them_as_recalls() -> None:
    axis = logit.axis([0.85, 0.995, math.nan])
    low, high = axis["range"]
    assert low < logit.places(0.85) < logit.places(0.995) < high
    shown = {
        text
        for text, tick in zip(axis["ticktext"], axis["tickvals"], strict=True)
        if low <= tick <= high
    }
    assert {"0.9", "0.95", "0.99"} <= shown
    assert "1" not in shown
