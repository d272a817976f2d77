"""AUC and LogLoss over the last day's impressions, against scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import log_loss, roc_auc_score

from engine.evaluation import Evaluator, evaluate, make_panel
from engine.evaluation.impressions import (
    judge_clicks,
    load_click_figures,
    save_click_figures,
)
from engine.log import clicks_before
from engine.rankers import RANKERS
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import SystemOf


@pytest.fixture(scope="module")
def rows(tiny_world: World) -> NDArray[np.intp]:
    """Impressions of the last day of items that their user had not clicked before."""
    log = tiny_world.impressions
    known = clicks_before(tiny_world, 13.0).toarray()
    return np.flatnonzero((log.at >= 13) & (known[log.user, log.item] == 0))


@pytest.mark.parametrize("ranker", RANKERS)
def test_figures_are_those_of_the_rankers_scores_at_the_logged_position(
    system_of: SystemOf, tiny_world: World, rows: NDArray[np.intp], ranker: str
) -> None:
    system, log = system_of("mf", "exact", ranker), tiny_world.impressions
    figures = judge_clicks(system)
    table = system.features.table(log.user[rows], log.item[rows], log.at[rows], log.position[rows])
    scores = system.ranker.scores(table).astype(float)
    assert figures.auc.value == pytest.approx(roc_auc_score(log.clicked[rows], scores), abs=1e-9)
    assert figures.auc.n == len(rows) < np.count_nonzero(log.at >= 13)
    if system.ranker.gives_probabilities:
        expected = log_loss(log.clicked[rows], scores)
        assert figures.log_loss.value == pytest.approx(expected, abs=1e-9)
    else:
        assert figures.log_loss.n == 0
        assert np.isnan(figures.log_loss.value)


def test_oracle_is_what_the_true_probability_gives_on_average(
    system_of: SystemOf, tiny_world: World, rows: NDArray[np.intp]
) -> None:
    log = tiny_world.impressions
    p = tiny_world.click_probability(
        log.user[rows], log.item[rows], log.at[rows], log.position[rows]
    )
    figures = judge_clicks(system_of("mf", "exact", "none"))
    rng = np.random.default_rng(5)
    draws = [rng.random(len(p)) < p for _ in range(200)]
    aucs = [roc_auc_score(clicked, p) for clicked in draws]
    losses = [log_loss(clicked, p) for clicked in draws]
    for figure, sample in ((figures.oracle_auc, aucs), (figures.oracle_log_loss, losses)):
        assert abs(figure - np.mean(sample)) < 4 * np.std(sample) / np.sqrt(len(sample)) + 1e-4


@pytest.mark.parametrize("clicked", [True, False])
def test_last_day_of_one_class_leaves_the_figures_undefined_and_the_rest_in_place(
    system_of: SystemOf, tiny_world: World, tiny_evaluator: Evaluator, clicked: bool
) -> None:
    log = tiny_world.impressions
    labels = np.where(log.at >= 13, clicked, log.clicked)
    world = replace(tiny_world, impressions=replace(log, clicked=labels))
    system = replace(system_of(), world=world)
    report = Evaluator(tiny_evaluator.panel, PartStore(None)).report(system)
    for name in ("auc", "log_loss"):
        assert report[name].n == 0
        assert np.isnan(report[name].value)
        assert np.isnan(report.ceiling[name])
    assert report["ndcg@10"].value > 0


def test_user_without_held_out_clicks_has_nothing_observed_to_judge(
    system_of: SystemOf, tiny_world: World
) -> None:
    panel = make_panel(tiny_world, 200, PartStore(None))
    idle = next(
        user
        for user, held in zip(panel.users.tolist(), panel.held_out, strict=True)
        if not len(held)
    )
    report = evaluate(system_of(), [idle], store=PartStore(None))
    assert report["ndcg_observed@10"].n == 0
    assert np.isnan(report.ceiling["ndcg_observed@10"])
    assert report["ndcg@10"].n == 1


@pytest.mark.parametrize("ranker", ["none", "gbdt"])
def test_figures_and_their_rows_are_read_back_as_they_were_written(
    system_of: SystemOf, tmp_path: Path, ranker: str
) -> None:
    figures = judge_clicks(system_of("mf", "exact", ranker))
    save_click_figures(figures, tmp_path)
    read = load_click_figures(tmp_path)
    assert read.auc == figures.auc
    assert repr(read.log_loss) == repr(figures.log_loss)  # NaN is not equal to itself
    for mine, theirs in zip(read.rows.placements, figures.rows.placements, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(read.rows.log_loss, figures.rows.log_loss)


def test_rows_are_those_behind_the_figures(system_of: SystemOf) -> None:
    figures = judge_clicks(system_of("mf", "exact", "gbdt"))
    of_positives, of_negatives = figures.rows.placements
    assert len(of_positives) + len(of_negatives) == figures.auc.n == len(figures.rows.log_loss)
    assert figures.auc.value == pytest.approx(of_positives.mean(), abs=1e-12)
    assert figures.log_loss.value == pytest.approx(figures.rows.log_loss.mean(), abs=1e-12)
