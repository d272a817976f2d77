"""What the log knows of each ad shown."""

import numpy as np

from engine.clicks import COUNTS, SLOTS, ClickLog
from engine.clicks.log import shown
from engine.clicks.rows import standard_counts


def test_rows_of_a_request_stand_together_and_share_user_site_and_moment(
    small_clicks: ClickLog,
) -> None:
    rows = small_clicks.rows
    assert (np.diff(rows.request) >= 0).all()
    for values in (rows.user, rows.site, rows.at, rows.device):
        together = values.reshape(-1, SLOTS)
        assert (together == together[:, :1]).all()
    assert (rows.position.reshape(-1, SLOTS) == np.arange(1, SLOTS + 1)).all()


def test_no_ad_stands_twice_in_a_request_and_all_run_on_that_day(small_clicks: ClickLog) -> None:
    rows = small_clicks.rows
    ads = np.sort(rows.ad.reshape(-1, SLOTS), axis=1)
    assert (np.diff(ads, axis=1) > 0).all()
    running = small_clicks.catalogue.running
    assert all(np.isin(rows.ad[rows.day == day], running[day]).all() for day in range(21))


def test_rows_are_in_the_order_of_time_and_fill_the_log(small_clicks: ClickLog) -> None:
    assert (np.diff(small_clicks.rows.at) >= 0).all()
    days, rows = np.unique(small_clicks.rows.day, return_counts=True)
    assert days.tolist() == list(range(small_clicks.config.days))
    assert rows.min() > 0.85 * len(small_clicks) / len(days)


def test_share_of_missing_counts_runs_from_a_tenth_to_nearly_half(small_clicks: ClickLog) -> None:
    missing = np.isnan(small_clicks.rows.counts).mean(axis=0)
    wanted = small_clicks.config.missing * np.array([0.4, 1.2, 0.8, 1.0, 1.8, 0.6, 1.4, 0.8])
    np.testing.assert_allclose(missing, wanted, atol=0.02)
    assert wanted.min() == 0.1
    assert wanted.max() == 0.45


def test_counts_are_whole_and_log_normal(small_clicks: ClickLog) -> None:
    counts = small_clicks.rows.counts
    present = counts[~np.isnan(counts)]
    assert (present == np.floor(present)).all()
    standard = standard_counts(counts)
    assert np.abs(np.nanmean(standard, axis=0)).max() < 0.25
    assert np.abs(np.nanstd(standard, axis=0) - 1).max() < 0.25


def test_count_belongs_in_part_to_its_owner(small_clicks: ClickLog) -> None:
    rows = small_clicks.rows
    standard = standard_counts(rows.counts)
    owners = {"user": rows.user, "site": rows.site, "ad": rows.ad}
    for column, (name, whose) in enumerate(COUNTS):
        known = ~np.isnan(standard[:, column])
        values = standard[known, column]
        ids = owners.get(whose, rows.user)[known]
        means = np.bincount(ids, values) / np.maximum(np.bincount(ids), 1)
        explained = 1 - (values - means[ids]).var() / values.var()
        if whose == "request":
            assert explained < 0.15, name
        else:
            assert 0.25 < explained < 0.75, name


def test_popular_ids_are_far_more_frequent_than_rare_ones(small_clicks: ClickLog) -> None:
    for ids in (small_clicks.rows.site, small_clicks.rows.ad):
        counts = np.sort(np.bincount(ids))[::-1]
        assert counts[0] > 4 * np.median(counts)


def test_better_campaigns_stand_higher(small_clicks: ClickLog) -> None:
    rows, effects = small_clicks.rows, small_clicks.truth.effects
    appeal = effects.campaign[small_clicks.catalogue.campaign[rows.ad]]
    means = [appeal[rows.position == position].mean() for position in range(1, SLOTS + 1)]
    assert means == sorted(means, reverse=True)
    # Among ads of one campaign nothing is known of which is better.
    own = effects.ad[rows.ad]
    top = own[rows.position == 1].mean() - own[rows.position == SLOTS].mean()
    assert abs(top) < 0.2 * (means[0] - means[-1])


def test_other_requests_of_a_day_leave_the_log_as_it_is(small_clicks: ClickLog) -> None:
    rows = shown(small_clicks.truth, 50, slots=30, span=(20.0, 21.0), stage="clicks/other")
    assert len(rows) == 1_500
    assert set(rows.day.tolist()) == {20}
    assert (np.diff(np.sort(rows.ad.reshape(50, 30), axis=1), axis=1) > 0).all()
    again = shown(small_clicks.truth, 50, slots=30, span=(20.0, 21.0), stage="clicks/other")
    np.testing.assert_array_equal(rows.counts, again.counts)
