"""What sets the rankers apart: lines, crosses, and no model at all."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from engine.features import COLUMNS, FeatureTable
from engine.metrics import roc_auc
from engine.rankers import GBDT, Logistic, NoRanker


def made_up(n: int, seed: int) -> FeatureTable:
    """Standard normal columns, four topics, hours of the day; nothing missing."""
    rng = np.random.default_rng(seed)
    values = rng.standard_normal((n, len(COLUMNS))).astype(np.float32)
    values[:, COLUMNS.index("topic")] = rng.integers(4, size=n)
    values[:, COLUMNS.index("hour")] = rng.integers(24, size=n)
    return FeatureTable(values)


def draw(logits: NDArray[np.floating], seed: int) -> NDArray[np.bool_]:
    return np.random.default_rng(seed).random(len(logits)) < expit(logits)


def cross(table: FeatureTable) -> NDArray[np.floating]:
    """Long items are liked when new, short ones when old: no column tells alone."""
    return 3.0 * np.sign(table.column("duration_gap") * table.column("item_age"))


def test_trees_learn_a_cross_that_a_line_cannot() -> None:
    table, unseen = made_up(8_000, 1), made_up(8_000, 2)
    clicked, truth = draw(cross(table), 3), draw(cross(unseen), 4)
    trees = GBDT().fit(table, clicked).scores(unseen)
    line = Logistic().fit(table, clicked).scores(unseen)
    assert roc_auc(truth, trees) > 0.9
    assert abs(roc_auc(truth, line) - 0.5) < 0.03


@pytest.mark.parametrize("leaves", [2, 31])
def test_trees_of_two_leaves_cannot_cross(leaves: int) -> None:
    table, unseen = made_up(8_000, 1), made_up(8_000, 2)
    scores = GBDT(leaves=leaves, trees=50).fit(table, draw(cross(table), 3)).scores(unseen)
    auc = roc_auc(draw(cross(unseen), 4), scores)
    assert auc > 0.9 if leaves == 31 else abs(auc - 0.5) < 0.05


def test_trees_learn_that_the_middle_is_best() -> None:
    table, unseen = made_up(8_000, 1), made_up(8_000, 2)
    middle = [2 - 2 * t.column("duration_gap") ** 2 for t in (table, unseen)]
    scores = GBDT().fit(table, draw(middle[0], 3)).scores(unseen)
    assert roc_auc(draw(middle[1], 4), scores) > 0.8


def test_line_finds_the_probabilities_of_a_linear_truth() -> None:
    table, unseen = made_up(20_000, 1), made_up(5_000, 2)

    def logits(t: FeatureTable) -> NDArray[np.floating]:
        topic = np.array([0.8, 0.0, -0.8, 0.2])[t.column("topic").astype(int)]
        noon = np.cos(2 * np.pi * (t.column("hour") - 12) / 24)
        return t.column("item_age") - 0.5 * t.column("generator_score") + topic + noon - 1

    p = Logistic(C=100.0).fit(table, draw(logits(table), 3)).scores(unseen)
    error = np.abs(p - expit(logits(unseen)))
    assert error.mean() < 0.02
    assert error.max() < 0.1


def test_stronger_penalty_pulls_towards_the_mean() -> None:
    table = made_up(2_000, 1)
    clicked = draw(2 * table.column("item_age"), 3)
    spread = [Logistic(C=C).fit(table, clicked).scores(table).std() for C in (1e-4, 1e-2, 1.0)]
    assert spread == sorted(spread)
    assert spread[0] < 0.5 * spread[2]


def test_topic_never_seen_in_training_is_scored() -> None:
    table, unseen = made_up(2_000, 1), made_up(100, 2)
    clicked = draw(table.column("item_age"), 3)
    unseen.values[:, COLUMNS.index("topic")] = 7
    for config in (Logistic(), GBDT(trees=10)):
        assert np.isfinite(config.fit(table, clicked).scores(unseen)).all()


def test_no_ranker_hands_the_generator_s_score_through() -> None:
    table = made_up(50, 1)
    ranker = NoRanker().fit(table, np.zeros(50, dtype=bool))
    assert np.array_equal(ranker.scores(table), table.column("generator_score"))
    assert not ranker.gives_probabilities
