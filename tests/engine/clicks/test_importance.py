"""Which features a click model lives on."""

import numpy as np
import pytest

from engine.clicks import ClickDesign, ClickLog, click_importance
from engine.rankers import LambdaRank
from engine.store import PartStore


def test_position_matters_and_gains_add_up(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    found = click_importance(small_clicks, quick, clicks_store)
    assert found[0].name == "log_position"
    assert found[0].more_entropy.low > 0.02
    assert found[0].less_auc.low > 0.02
    assert sum(one.gain or 0.0 for one in found) == pytest.approx(1.0)
    drops = [one.less_auc.value for one in found]
    assert drops == sorted(drops, reverse=True)


def test_trees_are_not_asked_about_ids_and_linear_models_are(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    trees = {one.name for one in click_importance(small_clicks, quick, clicks_store)}
    assert "site_click_rate" in trees
    assert "site" not in trees
    design = ClickDesign(model="logistic")  # type: ignore[arg-type]
    linear = {one.name: one for one in click_importance(small_clicks, design, clicks_store)}
    assert linear["site"].more_entropy.low > 0
    assert linear["site"].gain is None
    assert "site_click_rate" not in linear


def test_prior_lives_on_nothing(small_clicks: ClickLog, clicks_store: PartStore) -> None:
    design = ClickDesign(model="prior")  # type: ignore[arg-type]
    for one in click_importance(small_clicks, design, clicks_store):
        assert one.less_auc.value == one.more_entropy.value == 0.0


def test_scores_without_probabilities_have_an_auc_alone(
    small_clicks: ClickLog, clicks_store: PartStore
) -> None:
    design = ClickDesign(model=LambdaRank(trees=10))
    best = click_importance(small_clicks, design, clicks_store)[0]
    assert best.less_auc.low > 0
    assert np.isnan(best.more_entropy.value)


def test_importance_is_worked_out_once(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> None:
    first = click_importance(small_clicks, quick, clicks_store)
    assert click_importance(small_clicks, quick, clicks_store) is first
