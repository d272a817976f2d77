"""On each preset another model wins, judged against the truth."""

from dataclasses import replace

import pytest

from engine.clicks import (
    CLICK_PRESETS,
    MODELS,
    ClickDesign,
    ClickReport,
    compare_clicks,
    make_clicks,
    run_clicks,
)
from engine.store import PartStore

JUDGED = ("logistic", "fm", "gbdt", "dcn")
# Of what the presets themselves hold, as much as is fitted in some seconds.
SIZE = {"rows": 120_000, "users": 3_000, "sites": 120, "ads": 600}


def judged(preset: str) -> dict[str, ClickReport]:
    log = make_clicks(replace(CLICK_PRESETS[preset], **SIZE))
    store = PartStore(None)
    return {name: run_clicks(log, ClickDesign(model=MODELS[name]()), store) for name in JUDGED}


@pytest.mark.slow
def test_where_all_is_additive_a_linear_model_is_as_good_as_any() -> None:
    reports = judged("additive")
    best = max(report["auc"].value for report in reports.values())
    assert reports["logistic"]["auc"].value > best - 0.002
    assert reports["logistic"]["auc"].value > 0.7


@pytest.mark.slow
def test_where_steps_matter_alone_trees_win() -> None:
    reports = judged("thresholds")
    for name in ("logistic", "fm", "dcn"):
        assert compare_clicks(reports[name], reports["gbdt"])["auc"].low > 0.02, name


@pytest.mark.slow
def test_where_crosses_of_ids_matter_alone_factorisation_or_depth_wins() -> None:
    reports = judged("crosses")
    for name in ("logistic", "gbdt"):
        gains = [compare_clicks(reports[name], reports[deep])["auc"].low for deep in ("fm", "dcn")]
        assert max(gains) > 0.02, name
