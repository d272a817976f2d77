"""The true probability of a click, part by part."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit

from engine.clicks import SLOTS, ClickLog, ClickLogConfig, make_clicks
from engine.clicks.rows import INFORMATIVE, ad_popularity
from engine.clicks.truth import KEPT_A_DAY, PARTS, walk_spread


def test_parts_add_up_to_the_logit_before_examination(small_clicks: ClickLog) -> None:
    parts = small_clicks.parts()
    assert set(parts) == {*PARTS, "drift", "base"}
    seen = np.arange(1, SLOTS + 1, dtype=float)[small_clicks.rows.position - 1] ** -0.62
    np.testing.assert_allclose(
        small_clicks.p, seen * expit(np.sum(list(parts.values()), axis=0)), rtol=1e-12
    )


def test_each_part_has_the_spread_that_was_asked_for(small_clicks: ClickLog) -> None:
    for name, values in small_clicks.parts().items():
        if name in PARTS:
            assert values.mean() == pytest.approx(0.0, abs=1e-6)
            assert values.std() == pytest.approx(getattr(small_clicks.config, f"{name}_weight"))


@pytest.mark.parametrize("rate", [0.005, 0.05, 0.5])
def test_base_rate_holds_after_the_effect_of_position(rate: float) -> None:
    config = ClickLogConfig(rows=20_000, base_rate=rate, users=300, sites=30, ads=120)
    log = make_clicks(config)
    assert log.p.mean() == pytest.approx(rate, rel=1e-4)
    assert log.clicked.mean() == pytest.approx(rate, abs=4 * np.sqrt(rate / len(log)))


def test_position_is_examined_less_further_down(small_clicks: ClickLog) -> None:
    rows = small_clicks.rows
    top = replace(rows, position=np.ones_like(rows.position))
    ratio = small_clicks.p / small_clicks.truth.probability(top)
    for position, seen in enumerate([1.0, 0.651, 0.506, 0.423], start=1):
        np.testing.assert_allclose(ratio[rows.position == position], seen, atol=5e-4)


def test_missing_count_says_something_in_half_of_the_columns_only(small_clicks: ClickLog) -> None:
    effects = small_clicks.truth.effects
    assert (np.abs(effects.absent) > 0).tolist() == INFORMATIVE.tolist()


def test_steps_hold_no_straight_line(small_clicks: ClickLog) -> None:
    band = small_clicks.truth.effects.band
    place = np.arange(band.shape[1]) - (band.shape[1] - 1) / 2
    np.testing.assert_allclose(band @ place, 0.0, atol=1e-5)
    np.testing.assert_allclose(band.mean(axis=1), 0.0, atol=1e-6)


def test_ads_walk_from_their_launch_by_the_step_of_a_day_and_are_drawn_back(
    small_clicks: ClickLog,
) -> None:
    walk = small_clicks.truth.effects.walk
    launched = small_clicks.catalogue.launched
    for ad in np.flatnonzero(launched > 5):
        assert (walk[ad, : int(launched[ad])] == 0).all()
        assert walk[ad, int(launched[ad])] != 0
    of_old = walk[launched < 0]
    steps = of_old[:, 1:] - KEPT_A_DAY * of_old[:, :-1]
    assert steps.std() == pytest.approx(small_clicks.config.ad_drift, rel=0.05)
    assert np.corrcoef(steps[:, 3], steps[:, 4])[0, 1] == pytest.approx(0.0, abs=0.2)


def test_walks_spread_no_further_as_the_log_goes_on() -> None:
    log = make_clicks(ClickLogConfig(rows=5_000, ads=5_000))
    walk, launched = log.truth.effects.walk, log.catalogue.launched
    for day in (0, 10, 20):
        spread = walk[launched <= day, day].std()
        assert spread == pytest.approx(walk_spread(log.config), rel=0.05)


def test_drift_leaves_the_level_of_the_log_where_it_is(small_clicks: ClickLog) -> None:
    shares, walk = ad_popularity(small_clicks.config.ads), small_clicks.truth.effects.walk
    for day, running in enumerate(small_clicks.catalogue.running):
        assert shares @ walk[running, day] == pytest.approx(0.0, abs=1e-6)
    assert abs(small_clicks.parts()["drift"].mean()) < 0.02


def test_without_weights_and_drift_only_position_is_left() -> None:
    config = ClickLogConfig(rows=5_000, ad_drift=0.0, **{f"{name}_weight": 0.0 for name in PARTS})
    log = make_clicks(config)
    base = log.truth.effects.intercept
    np.testing.assert_allclose(logit(log.p[log.rows.position == 1]), base)
