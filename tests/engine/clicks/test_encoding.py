"""Click rates of ids: of earlier days, and the trap."""

from dataclasses import replace

import numpy as np
import pytest

from engine.clicks import ClickLog
from engine.clicks.encoding import (
    IDS,
    PRIOR_VIEWS,
    ClickRates,
    ids_of,
    rates_leaving_one_out,
    rates_of_earlier_days,
)

SPAN = (3, 8)
SITE = IDS.index("site")


def counted(log: ClickLog, site: int, start: int, stop: int) -> tuple[int, int, float]:
    """Views and clicks of a site, and the click rate of all rows, by brute force."""
    of_days = (log.rows.day >= start) & (log.rows.day < stop)
    of_site = of_days & (log.rows.site == site)
    return int(of_site.sum()), int(log.clicked[of_site].sum()), float(log.clicked[of_days].mean())


def drawn(views: int, clicks: int, mean: float) -> float:
    return float(np.log((clicks + PRIOR_VIEWS * mean) / (views + PRIOR_VIEWS) / mean))


@pytest.mark.parametrize("row", [0, 4_000, 7_000, -1])
def test_rates_of_earlier_days_are_those_of_the_days_before(
    small_clicks: ClickLog, row: int
) -> None:
    part = small_clicks.between(*SPAN)
    columns = rates_of_earlier_days(small_clicks, *SPAN)
    day, site = small_clicks.rows.day[part][row], small_clicks.rows.site[part][row]
    if day == SPAN[0]:
        assert np.isnan(columns[row, SITE])
        return
    views, clicks, mean = counted(small_clicks, int(site), SPAN[0], int(day))
    assert columns[row, SITE] == pytest.approx(drawn(views, clicks, mean), abs=1e-5)


def test_rates_of_earlier_days_do_not_know_the_rows_own_day(small_clicks: ClickLog) -> None:
    part = small_clicks.between(*SPAN)
    day = small_clicks.rows.day
    turned = small_clicks.clicked ^ (day == 6)
    before = rates_of_earlier_days(small_clicks, *SPAN)
    after = rates_of_earlier_days(replace(small_clicks, clicked=turned), *SPAN)
    same = day[part] <= 6
    np.testing.assert_array_equal(before[same], after[same])
    assert not np.array_equal(before[~same], after[~same])


def test_rates_at_a_day_count_the_days_before_it(small_clicks: ClickLog) -> None:
    rates = ClickRates.at(small_clicks, *SPAN)
    for site in (0, 17):
        views, clicks, mean = counted(small_clicks, site, *SPAN)
        assert rates.rate["site"][site] == pytest.approx(drawn(views, clicks, mean), abs=1e-5)
    rows = small_clicks.rows.rows(small_clicks.between(8, 9))
    columns = rates.columns(ids_of(rows, small_clicks.catalogue))
    np.testing.assert_array_equal(columns[:, SITE], rates.rate["site"][rows.site])


def test_id_without_a_view_has_the_mean_rate(small_clicks: ClickLog) -> None:
    rates = ClickRates.at(small_clicks, *SPAN)
    shown = small_clicks.rows.ad[small_clicks.between(*SPAN)]
    unseen = np.bincount(shown, minlength=small_clicks.catalogue.ads) == 0
    assert unseen.any()
    np.testing.assert_allclose(rates.rate["ad"][unseen], 0.0, atol=1e-6)


def test_leaving_one_out_leaves_out_the_row_alone(small_clicks: ClickLog) -> None:
    part = small_clicks.between(*SPAN)
    columns = rates_leaving_one_out(small_clicks, *SPAN)
    for row in (0, 5_000):
        site, own = int(small_clicks.rows.site[part][row]), small_clicks.clicked[part][row]
        views, clicks, mean = counted(small_clicks, site, *SPAN)
        expected = drawn(views - 1, clicks - int(own), mean)
        assert columns[row, SITE] == pytest.approx(expected, abs=1e-5)


def test_leaving_one_out_gives_the_label_away_and_earlier_days_do_not(
    small_clicks: ClickLog,
) -> None:
    part = small_clicks.between(*SPAN)
    clicked, site = small_clicks.clicked[part], small_clicks.rows.site[part]
    leaking = rates_leaving_one_out(small_clicks, *SPAN)[:, SITE]
    honest = rates_of_earlier_days(small_clicks, *SPAN)[:, SITE]
    for one in np.unique(site)[:5]:
        of_clicked = leaking[(site == one) & clicked]
        of_others = leaking[(site == one) & ~clicked]
        assert of_clicked.max() < of_others.min()  # a threshold tells the label
        rows = (site == one) & ~np.isnan(honest)
        assert set(honest[rows & clicked]) & set(honest[rows & ~clicked])


def test_rates_tell_nothing_of_the_day(small_clicks: ClickLog) -> None:
    """The mean of all rates stays at 0, whatever the click rate of the day."""
    columns = rates_of_earlier_days(small_clicks, *SPAN)
    day = small_clicks.rows.day[small_clicks.between(*SPAN)]
    busier = replace(small_clicks, clicked=small_clicks.clicked | (small_clicks.rows.day < 6))
    for one in (columns, rates_of_earlier_days(busier, *SPAN)):
        means = [one[day == number, SITE].mean() for number in range(4, 8)]
        assert np.abs(means).max() < 0.15


def test_days_without_a_click_leave_rates_unsaid(small_clicks: ClickLog) -> None:
    quiet = replace(small_clicks, clicked=np.zeros_like(small_clicks.clicked))
    assert np.isnan(rates_of_earlier_days(quiet, *SPAN)).all()
    assert np.isnan(ClickRates.at(quiet, *SPAN).rate["ad"]).all()
