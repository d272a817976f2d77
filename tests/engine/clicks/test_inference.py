"""How long one request takes."""

import numpy as np
import pytest

from engine.clicks import ClickDesign, ClickLog, measure_clicks
from engine.clicks.inference import InferenceTiming
from engine.measurement import this_machine
from engine.store import PartStore


def test_parts_make_up_the_whole(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    timing = measure_clicks(small_clicks, quick, ads=150, requests=30, store=clicks_store)
    assert timing.nanoseconds.shape == (30, 3)
    assert (timing.nanoseconds > 0).all()
    np.testing.assert_array_equal(timing.nanoseconds[:, :2].sum(axis=1), timing.nanoseconds[:, 2])
    assert timing.ads == 150
    assert timing.p50.value <= timing.p95.value
    assert (timing.p50.unit, timing.p50.n) == ("ms", 30)
    assert np.isnan(timing.p99.value)


def test_more_ads_take_longer(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    few, many = (
        measure_clicks(small_clicks, quick, ads, 40, clicks_store).nanoseconds[:, 2].min()
        for ads in (5, 200)
    )
    assert many > few


def test_percentiles_by_hand() -> None:
    nanoseconds = np.column_stack([np.arange(1_000), np.arange(1_000), 2 * np.arange(1_000)])
    timing = InferenceTiming(
        10, nanoseconds * 1_000_000, 2_000_000 * np.arange(1_000), np.zeros(3), 5.0, this_machine()
    )
    assert timing.percentile(99).value == pytest.approx(np.percentile(2.0 * np.arange(1_000), 99))
    assert timing.percentile(50, "features").value == pytest.approx(499.5)
    assert timing.held_up == 0.0
    with pytest.raises(ValueError, match="part='index': must be one of features, model, whole"):
        timing.percentile(50, "index")
    with pytest.raises(ValueError, match="q=101: must be from 0 to 100"):
        timing.percentile(101)


def test_bad_numbers_are_refused(small_clicks: ClickLog, quick: ClickDesign) -> None:
    with pytest.raises(ValueError, match="requests=0: must be at least 1"):
        measure_clicks(small_clicks, quick, requests=0)
    with pytest.raises(ValueError, match="ads=201: must be from 1 to the 200 that run"):
        measure_clicks(small_clicks, quick, ads=201)
