"""Users, campaigns and ads, and which ads run when."""

from dataclasses import replace

import numpy as np
import pytest

from engine.clicks import ClickLog, ClickLogConfig
from engine.clicks.catalogue import CATEGORIES, make_catalogue, popularity


def test_share_of_the_ads_is_replaced_each_day(small_clicks: ClickLog) -> None:
    running = small_clicks.catalogue.running
    config = small_clicks.config
    changed = (running[1:] != running[:-1]).sum(axis=1)
    assert changed.tolist() == [round(config.replacement * config.ads)] * (config.days - 1)
    assert all(len(np.unique(day)) == config.ads for day in running)


def test_ad_runs_from_its_launch_on_and_never_again_once_replaced(small_clicks: ClickLog) -> None:
    catalogue = small_clicks.catalogue
    days = len(catalogue.running)
    runs = np.zeros((catalogue.ads, days), dtype=bool)
    for day in range(days):
        runs[catalogue.running[day], day] = True
    assert runs.any(axis=1).all()
    first = runs.argmax(axis=1)
    np.testing.assert_array_equal(first, np.maximum(catalogue.launched, 0).astype(int))
    starts = (np.diff(runs.astype(int), axis=1, prepend=0) == 1).sum(axis=1)
    assert (starts == 1).all()


def test_new_ad_keeps_the_campaign_of_its_place(small_clicks: ClickLog) -> None:
    catalogue = small_clicks.catalogue
    of_place = catalogue.campaign[catalogue.running]
    assert (of_place == of_place[0]).all()


def test_every_category_has_an_advertiser_and_every_advertiser_a_campaign(
    small_clicks: ClickLog,
) -> None:
    catalogue = small_clicks.catalogue
    assert set(catalogue.category.tolist()) == set(range(CATEGORIES))
    assert set(catalogue.advertiser.tolist()) == set(range(len(catalogue.category)))


def test_no_replacement_leaves_the_ads_alone() -> None:
    catalogue = make_catalogue(ClickLogConfig(rows=5_000, replacement=0.0))
    assert (catalogue.running == catalogue.running[0]).all()
    assert catalogue.ads == ClickLogConfig().ads


def test_popularity_is_zipf_mandelbrot_by_rank() -> None:
    shares = popularity(3, 1.0, 1 / 3)  # 1/2, 1/3, 1/4 over their sum, 13/12
    np.testing.assert_allclose(shares, np.array([6, 4, 3]) / 13)


@pytest.mark.parametrize("name", ["rows", "base_rate", "pair_weight", "ad_drift", "missing"])
def test_catalogue_does_not_hang_on_what_it_does_not_need(
    small_clicks_config: ClickLogConfig, small_clicks: ClickLog, name: str
) -> None:
    other = {"rows": 50_000}.get(name, getattr(small_clicks_config, name) / 2)
    again = make_catalogue(replace(small_clicks_config, **{name: other}))
    np.testing.assert_array_equal(again.campaign, small_clicks.catalogue.campaign)
    np.testing.assert_array_equal(again.running, small_clicks.catalogue.running)
