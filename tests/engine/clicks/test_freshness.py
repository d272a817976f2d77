"""What it costs to serve an old model."""

from dataclasses import replace

import pytest

from engine.clicks import ClickDesign, ClickLog, freshness_curve, make_clicks, run_clicks
from engine.store import PartStore

LINEAR = ClickDesign(model="logistic")  # type: ignore[arg-type]


def test_points_are_reports_of_models_of_that_age(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    points = freshness_curve(small_clicks, LINEAR, store=clicks_store)
    assert [point.age_days for point in points] == [0, 1, 3, 5, 7]
    for point in points:
        report = run_clicks(small_clicks, replace(LINEAR, age_days=point.age_days), clicks_store)
        assert point.normalized_entropy == report["normalized_entropy"]
        assert point.auc == report["auc"]
    fresh = points[0]
    assert (fresh.more.value, fresh.more.low) == (0.0, 0.0)
    expected = points[-1].normalized_entropy.value / fresh.normalized_entropy.value - 1
    assert points[-1].more.value == pytest.approx(expected)
    attainable = [point.attainable for point in points]
    assert attainable == sorted(attainable)


def test_old_models_lose_where_ads_drift_and_not_where_nothing_changes(
    small_clicks: ClickLog,
) -> None:
    still = replace(small_clicks.config, ad_drift=0.0, replacement=0.0)
    moving = replace(small_clicks.config, ad_drift=0.4)
    lost = {
        name: freshness_curve(make_clicks(config), LINEAR, [0, 7], PartStore(None))[1].more
        for name, config in (("still", still), ("moving", moving))
    }
    assert lost["moving"].low > 0.02
    assert abs(lost["still"].value) < 0.015


def test_age_that_the_log_lacks_is_refused(small_clicks: ClickLog) -> None:
    with pytest.raises(ValueError, match="age_days=8: must be at most 7"):
        freshness_curve(small_clicks, LINEAR, [8], PartStore(None))
    with pytest.raises(ValueError, match=r"ages=\[\]: must hold one age at least"):
        freshness_curve(small_clicks, LINEAR, [], PartStore(None))
