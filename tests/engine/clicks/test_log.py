"""A click log from its seed."""

from dataclasses import fields, replace

import numpy as np
import pytest

from engine.clicks import AdRows, ClickLog, ClickLogConfig, make_clicks


def test_equal_configurations_make_equal_logs(small_clicks: ClickLog) -> None:
    again = make_clicks(small_clicks.config)
    for field in fields(AdRows):
        np.testing.assert_array_equal(
            getattr(again.rows, field.name), getattr(small_clicks.rows, field.name)
        )
    np.testing.assert_array_equal(again.p, small_clicks.p)
    np.testing.assert_array_equal(again.clicked, small_clicks.clicked)
    assert again.identity == small_clicks.identity


def test_other_seed_makes_another_log(small_clicks: ClickLog) -> None:
    other = make_clicks(replace(small_clicks.config, seed=9))
    assert other.identity != small_clicks.identity
    assert not np.array_equal(other.rows.ad, small_clicks.rows.ad)
    assert other.p.mean() == pytest.approx(small_clicks.p.mean(), rel=1e-4)


def test_weights_change_probabilities_and_not_what_is_shown(small_clicks: ClickLog) -> None:
    other = make_clicks(replace(small_clicks.config, triple_weight=1.0, ad_drift=0.3))
    for field in fields(AdRows):
        np.testing.assert_array_equal(
            getattr(other.rows, field.name), getattr(small_clicks.rows, field.name)
        )
    assert not np.array_equal(other.p, small_clicks.p)


@pytest.mark.parametrize("rows", [5_000, 5_001, 5_003])
def test_log_has_as_many_rows_as_were_asked_for(rows: int) -> None:
    log = make_clicks(ClickLogConfig(rows=rows, users=200, sites=20, ads=100))
    assert len(log) == len(log.p) == len(log.clicked) == rows


def test_clicks_follow_the_true_probabilities(small_clicks: ClickLog) -> None:
    p, clicked = small_clicks.p, small_clicks.clicked
    order = np.array_split(np.argsort(p), 10)
    for part in order:
        error = np.sqrt((p[part] * (1 - p[part])).sum()) / len(part)
        assert abs(clicked[part].mean() - p[part].mean()) < 4 * error


def test_days_are_cut_out_whole(small_clicks: ClickLog) -> None:
    part = small_clicks.between(3, 5)
    day = small_clicks.rows.day
    assert set(day[part].tolist()) == {3, 4}
    assert part.stop - part.start == np.isin(day, [3, 4]).sum()


def test_progress_is_told() -> None:
    told: list[tuple[str, float]] = []
    make_clicks(
        ClickLogConfig(rows=5_000, users=200), progress=lambda what, done: told.append((what, done))
    )
    assert [done for _, done in told] == sorted(done for _, done in told)
    assert told[-1][1] == 1.0


def test_what_is_no_configuration_is_refused() -> None:
    with pytest.raises(ValueError, match=r"config=7: must be a ClickLogConfig"):
        make_clicks(7)  # type: ignore[arg-type]


@pytest.mark.slow
def test_default_log_is_made_in_seconds() -> None:
    log = make_clicks(ClickLogConfig())
    assert len(log) == 500_000
    assert log.p.mean() == pytest.approx(0.2, abs=1e-5)
    assert len(np.unique(log.rows.user)) > 15_000
