"""What could be attained by somebody who knows the truth up to the cut-off."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from engine.clicks import ClickLog, make_clicks
from engine.clicks.ceilings import attainable_p
from engine.clicks.truth import KEPT_A_DAY, OWN_AD_SD, PARTS, walk_spread
from engine.metrics import expected_auc, expected_log_loss


def test_without_drift_and_new_ads_all_is_attainable(small_clicks: ClickLog) -> None:
    log = make_clicks(replace(small_clicks.config, ad_drift=0.0, replacement=0.0))
    np.testing.assert_allclose(attainable_p(log.truth, log.rows, 10), log.p, rtol=1e-9)


def test_rows_before_the_cut_off_keep_their_probability(small_clicks: ClickLog) -> None:
    p = attainable_p(small_clicks.truth, small_clicks.rows, 15)
    before = small_clicks.rows.day < 15
    np.testing.assert_allclose(p[before], small_clicks.p[before], rtol=1e-9)
    assert np.abs(p[~before] - small_clicks.p[~before]).max() > 0.02


def test_older_knowledge_attains_less_and_full_information_more(small_clicks: ClickLog) -> None:
    test = small_clicks.between(19, 21)
    rows, truth = small_clicks.rows.rows(test), small_clicks.p[test]
    cutoffs = (19, 16, 12, 6)
    guesses = [truth, *(attainable_p(small_clicks.truth, rows, cutoff) for cutoff in cutoffs)]
    losses = [expected_log_loss(truth, p) for p in guesses]
    aucs = [expected_auc(truth, p) for p in guesses]
    assert losses == sorted(losses)
    assert aucs == sorted(aucs, reverse=True)


def test_attainable_is_the_mean_over_what_may_come(small_clicks: ClickLog) -> None:
    """By drawing walks and own effects of new ads, for a few rows of both kinds."""
    truth, cutoff = small_clicks.truth, 16
    rows = small_clicks.rows.rows(small_clicks.between(19, 21))
    launched = truth.catalogue.launched[rows.ad]
    for new in (False, True):
        row = int(np.flatnonzero((launched >= cutoff) == new)[3])
        one = rows.rows(np.array([row]))
        rng = np.random.default_rng(0)
        scale = truth.effects.scale[PARTS.index("additive")]
        own = scale * float(truth.effects.ad[one.ad[0]])
        if new:
            walk = walk_spread(small_clicks.config) * rng.standard_normal(200_000)
        else:
            walk = np.full(200_000, float(truth.drift(one.ad, np.array([cutoff - 1]))[0]))
            for _ in range(int(one.day[0]) - (cutoff - 1)):
                step = small_clicks.config.ad_drift * rng.standard_normal(200_000)
                walk = KEPT_A_DAY * walk + step
        logits = float(truth.logits(one)[0]) - float(truth.drift(one.ad, one.day)[0]) + walk
        if new:
            logits = logits - own + scale * OWN_AD_SD * rng.standard_normal(200_000)
        expected = truth.examined(one)[0] * expit(logits).mean()
        found = attainable_p(truth, one, cutoff)[0]
        assert found == pytest.approx(expected, rel=0.01)
