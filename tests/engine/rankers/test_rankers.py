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


def test_contributions_of_a_line_are_the_weights_times_the_standardised_features() -> None:
    table = made_up(4_000, 1)
    clicked = draw(1.5 * table.column("item_age") - 1, 3)
    made = Logistic(C=100.0).fit(table, clicked).contributions(table)
    age = table.column("item_age").astype(np.float64)
    of_age = made.values[:, COLUMNS.index("item_age")]
    slope = np.polyfit((age - age.mean()) / age.std(), of_age, 1)
    np.testing.assert_allclose(slope, [1.5, 0.0], atol=0.15)
    assert np.ptp(of_age) > 5 * np.ptp(made.values[:, COLUMNS.index("user_log_clicks")])


def test_contributions_of_a_line_gather_hour_topic_and_absence_under_their_feature() -> None:
    """Changing one feature changes what that feature adds, and nothing else."""
    table = made_up(2_000, 1)
    table.values[::5, COLUMNS.index("duration_gap")] = np.nan
    missing = np.isnan(table.column("duration_gap"))
    hour, topic = table.column("hour"), table.column("topic")
    logits = 2.0 * missing + (hour > 12) + 1.5 * (topic == 2) - 1
    ranker = Logistic().fit(table, draw(logits, 3))
    before = ranker.contributions(table).values
    for name, value in {"hour": 23.0, "topic": 2.0, "duration_gap": np.nan}.items():
        changed = FeatureTable(table.values.copy())
        changed.values[:, COLUMNS.index(name)] = value
        moved = np.abs(ranker.contributions(changed).values - before).max(axis=0)
        assert np.flatnonzero(moved > 1e-9).tolist() == [COLUMNS.index(name)]
        assert moved.max() > 0.3


def test_contributions_of_trees_are_those_of_the_features_that_they_split_on() -> None:
    table = made_up(4_000, 1)
    made = GBDT(trees=10).fit(table, draw(4 * table.column("item_age"), 3)).contributions(table)
    spread = np.abs(made.values).mean(axis=0)
    assert spread.argmax() == COLUMNS.index("item_age")
    assert spread.max() > 10 * np.sort(spread)[-2]
    # Shapley values are told from what trees give on average: over the training rows they cancel.
    assert abs(made.values.sum(axis=1).mean()) < 0.01


def test_no_ranker_s_score_is_all_the_generator_s() -> None:
    table = made_up(50, 1)
    values, names, base = NoRanker().fit(table, np.zeros(50, dtype=bool)).contributions(table)
    assert (names, base) == (("generator_score",), 0.0)
    assert np.array_equal(values[:, 0], table.column("generator_score").astype(np.float64))
