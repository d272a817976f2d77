"""Features of a row: the same in training and in serving, and nothing from later."""

from dataclasses import replace

import numpy as np
import pytest

from engine.clicks import ClickLog
from engine.clicks.days import days_of
from engine.clicks.design import ClickDesign
from engine.clicks.features import GROUPS, RATES, SCHEMA, ClickFeatures, training_table

TREES, LINEAR = ClickDesign(), ClickDesign(model="logistic")  # type: ignore[arg-type]


def test_columns_have_groups_that_are_explained() -> None:
    assert {column.group for column in SCHEMA + RATES} == set(GROUPS)
    names = [column.name for column in SCHEMA + RATES]
    assert len(set(names)) == len(names)


def test_row_of_features_is_what_the_log_knows(small_clicks: ClickLog) -> None:
    rows, catalogue = small_clicks.rows, small_clicks.catalogue
    table = ClickFeatures.of(small_clicks, LINEAR, 0, 5).table(rows)
    assert table.schema == SCHEMA
    row = 1_234
    campaign = catalogue.campaign[rows.ad[row]]
    expected = {
        "ad": rows.ad[row],
        "campaign": campaign,
        "advertiser": catalogue.advertiser[campaign],
        "category": catalogue.category[catalogue.advertiser[campaign]],
        "segment": catalogue.segment[rows.user[row]],
        "age": catalogue.age[rows.user[row]],
        "hour": int(rows.at[row] % 1 * 24),
        "log_position": np.float32(np.log(rows.position[row])),
        "user_visits": np.log1p(rows.counts[row, 0]),
    }
    assert {name: table.column(name)[row] for name in expected} == expected


def test_missing_counts_stay_missing(small_clicks: ClickLog) -> None:
    table = training_table(small_clicks, LINEAR, days_of(small_clicks.config, LINEAR))
    assert np.isnan(table.column("page_words")).mean() == pytest.approx(0.45, abs=0.03)


def test_trees_see_click_rates_and_others_do_not(small_clicks: ClickLog) -> None:
    days = days_of(small_clicks.config, TREES)
    assert training_table(small_clicks, TREES, days).schema == SCHEMA + RATES
    assert training_table(small_clicks, LINEAR, days).schema == SCHEMA
    assert training_table(small_clicks, replace(TREES, encoding="none"), days).schema == SCHEMA


@pytest.mark.parametrize("position", ["ignore", "first_only"])
def test_position_is_kept_from_models_that_do_not_ask_for_it(
    small_clicks: ClickLog, position: str
) -> None:
    design = replace(TREES, position=position)  # type: ignore[arg-type]
    table = training_table(small_clicks, design, days_of(small_clicks.config, design))
    assert "log_position" not in table.columns


def test_serving_knows_no_click_from_the_cut_off_on(small_clicks: ClickLog) -> None:
    days = days_of(small_clicks.config, TREES)
    late = small_clicks.rows.day >= days.cutoff
    turned = replace(small_clicks, clicked=small_clicks.clicked ^ late)
    rows = small_clicks.rows.rows(small_clicks.between(*days.test))
    tables = [
        ClickFeatures.of(log, TREES, days.train[0], days.cutoff).table(rows)
        for log in (small_clicks, turned)
    ]
    np.testing.assert_array_equal(tables[0].values, tables[1].values)


def test_training_knows_no_click_of_a_rows_own_day_or_later(small_clicks: ClickLog) -> None:
    days = days_of(small_clicks.config, TREES)
    day = small_clicks.rows.day
    turned = replace(small_clicks, clicked=small_clicks.clicked ^ (day >= 12))
    before, after = (training_table(log, TREES, days) for log in (small_clicks, turned))
    earlier = day[small_clicks.between(*days.train)] <= 12
    np.testing.assert_array_equal(before.values[earlier], after.values[earlier])


def test_serving_at_a_day_sees_what_training_saw_on_that_day(small_clicks: ClickLog) -> None:
    days = days_of(small_clicks.config, TREES)
    start, last = days.train[0], days.train[1] - 1
    trained = training_table(small_clicks, TREES, days).values
    of_day = small_clicks.rows.day[small_clicks.between(*days.train)] == last
    rows = small_clicks.rows.rows(small_clicks.between(last, last + 1))
    served = ClickFeatures.of(small_clicks, TREES, start, last).table(rows).values
    np.testing.assert_allclose(trained[of_day], served, rtol=1e-6)
