"""Figures by the age and the views of an ad."""

import numpy as np
import pytest

from engine import metrics
from engine.clicks import ClickLog, ClickReport, slices_by_ad_age, slices_by_views
from engine.clicks.slices import FEWEST


def test_slices_hold_every_test_row_once(small_clicks: ClickLog, quick_report: ClickReport) -> None:
    for slices in (
        slices_by_ad_age(small_clicks, quick_report),
        slices_by_views(small_clicks, quick_report),
    ):
        assert sum(one.rows for one in slices) == len(quick_report.clicked)
        assert sum(one.clicks for one in slices) == quick_report.clicked.sum()
        assert [one.low for one in slices[1:]] == [one.high for one in slices[:-1]]


def test_slice_by_age_is_judged_on_its_rows(
    small_clicks: ClickLog, quick_report: ClickReport
) -> None:
    rows = small_clicks.rows.rows(small_clicks.between(*quick_report.days.test))
    age = rows.at - small_clicks.catalogue.launched[rows.ad]
    inside = (age >= 3) & (age < 7)
    [found] = [s for s in slices_by_ad_age(small_clicks, quick_report) if s.low == 3]
    assert found.name == "3 to 7 days old"
    assert found.rows == inside.sum()
    expected = metrics.expected_auc(quick_report.truth[inside], quick_report.p[inside])
    assert found.figures["auc"].value == pytest.approx(expected)


def test_ads_without_a_view_in_training_are_a_slice_of_their_own(
    small_clicks: ClickLog, quick_report: ClickReport
) -> None:
    unseen = slices_by_views(small_clicks, quick_report)[0]
    trained, tested = (
        small_clicks.rows.ad[small_clicks.between(*span)]
        for span in (quick_report.days.train, quick_report.days.test)
    )
    assert unseen.name == "0 views"
    assert unseen.rows == (~np.isin(tested, trained)).sum()


def test_names_tell_the_bounds(small_clicks: ClickLog, quick_report: ClickReport) -> None:
    by_views = [one.name for one in slices_by_views(small_clicks, quick_report)]
    assert by_views == [
        "0 views",
        "1 to 9 views",
        "10 to 99 views",
        "100 to 999 views",
        "from 1,000 views",
    ]


def test_slice_of_few_rows_has_no_figures(
    small_clicks: ClickLog, quick_report: ClickReport
) -> None:
    slices = slices_by_views(small_clicks, quick_report)
    for one in slices:
        assert bool(one.figures) == (one.rows >= FEWEST)
