"""Every figure has its words, and contradictions are found where they are clear."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation import PER_USER, Evaluator, PerUser
from engine.figures import Estimate, Kind
from engine.glossary import METRICS, disagreements
from engine.intervals import mean_estimate
from tests.engine.conftest import SystemOf

UP, DOWN = Estimate(0.2, 0.1, 0.3, 50), Estimate(-0.2, -0.3, -0.1, 50)
UNCLEAR, NOTHING = Estimate(0.1, -0.1, 0.3, 50), Estimate(0.2, float("nan"), float("nan"), 1)


def test_figures_of_a_report_and_simulated_ones_of_the_glossary_are_the_same(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    report = tiny_evaluator.report(system_of())
    simulated = {name for name, metric in METRICS.items() if metric.kind is Kind.SIMULATED}
    assert set(report) == simulated
    assert set(METRICS) - simulated == {"p50", "p95", "p99", "memory"}
    assert {METRICS[name].kind for name in set(METRICS) - simulated} == {Kind.MEASURED}


def test_figures_per_user_are_those_with_rows(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    report = tiny_evaluator.report(system_of())
    means = {
        field.name: mean_estimate(getattr(report.per_user, field.name))
        for field in fields(PerUser)
        if field.name != "loss"
    }
    for name, metric in METRICS.items():
        if metric.kind is Kind.SIMULATED:
            assert (report[name] in means.values()) == metric.per_user, name
    assert sum(metric.per_user for metric in METRICS.values()) == len(means)
    assert {name for name in PER_USER if METRICS[name].per_user} == set(PER_USER)


@pytest.mark.parametrize("name", METRICS)
def test_entry_is_whole(name: str) -> None:
    metric = METRICS[name]
    assert metric.name == name
    assert metric.formula.count("{") == metric.formula.count("}")
    assert metric.formula.count(r"\left") == metric.formula.count(r"\right")
    assert metric.label
    assert metric.caption[0].isupper()
    assert metric.caption.endswith(".")
    assert ". " not in metric.caption  # one sentence


def test_labels_tell_figures_apart() -> None:
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


def test_a_gain_and_a_loss_that_are_clear_disagree() -> None:
    found = disagreements({"coverage": UP, "ndcg@10": DOWN, "auc": UNCLEAR, "mrr@10": NOTHING})
    assert found == [("coverage", "ndcg@10")]


def test_what_is_better_low_is_better_when_it_falls() -> None:
    assert disagreements({"ndcg@10": UP, "exposure_gini": UP}) == [("ndcg@10", "exposure_gini")]
    assert disagreements({"log_loss": DOWN, "auc": DOWN}) == [("log_loss", "auc")]
    assert disagreements({"ndcg@10": UP, "log_loss": DOWN}) == []


def test_every_pair_is_named_in_the_order_given() -> None:
    differences = {"auc": DOWN, "ndcg@10": UP, "p95": UP, "diversity@10": UP}
    assert disagreements(differences) == [
        ("ndcg@10", "auc"),
        ("ndcg@10", "p95"),
        ("diversity@10", "auc"),
        ("diversity@10", "p95"),
    ]


def test_figure_without_a_better_direction_takes_no_side() -> None:
    assert METRICS["freshness"].higher_is_better is None
    assert disagreements({"ndcg@10": UP, "auc": DOWN, "freshness": UP}) == [("ndcg@10", "auc")]
    assert disagreements({"ndcg@10": UP, "freshness": DOWN}) == []


def test_an_interval_that_touches_0_is_not_clear() -> None:
    for touching in (Estimate(0.1, 0.0, 0.2, 9), Estimate(-0.1, -0.2, 0.0, 9)):
        assert disagreements({"ndcg@10": UP, "auc": touching}) == []
    assert disagreements({"ndcg@10": UP, "auc": Estimate(0.0, 0.0, 0.0, 9)}) == []


@given(st.dictionaries(st.sampled_from(sorted(METRICS)), st.sampled_from([UP, DOWN, UNCLEAR])))
def test_swapping_the_designs_swaps_every_pair(differences: dict[str, Estimate]) -> None:
    swapped = {
        name: Estimate(-one.value, -one.high, -one.low, one.n) for name, one in differences.items()
    }
    backwards = {(worse, better) for better, worse in disagreements(swapped)}
    assert set(disagreements(differences)) == backwards


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="differences: 'ndcg@11' must be one of ndcg@10"):
        disagreements({"ndcg@11": UP})


def test_an_oracle_is_better_than_what_it_is_the_oracle_of(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    report = tiny_evaluator.report(system_of())
    directed = [name for name in report.ceiling if METRICS[name].higher_is_better is not None]
    assert set(report.ceiling) - set(directed) == {"calibration_ratio"}
    for name in directed:
        gain = report.ceiling[name] - report[name].value
        assert (gain > 0) == METRICS[name].higher_is_better or np.isnan(gain), name


def test_an_oracle_predicts_as_many_clicks_as_there_are(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    system = system_of()
    clicks = system.world.impressions.between(13.0, 14.0).clicked.sum()
    ratio = tiny_evaluator.report(system).ceiling["calibration_ratio"]
    assert 0 < abs(np.log(ratio)) < 3 / np.sqrt(clicks)
