"""Weights agree with scikit-learn's; penalties are those that the training rows ask for."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from engine.metrics import log_loss
from engine.preparation import Preparation
from engine.progress import silent
from engine.rankers import Examples, Logistic
from engine.rankers.additive import Additive, fit_additive, line_of
from engine.table import Column, FeatureTable
from tests.engine.rankers.small_tables import SCHEMA, examples


def fitted(train: Examples, C: float = 1.0) -> tuple[Preparation, Additive]:
    preparation = Preparation.fitted(train.table)
    rows = preparation.rows(train.table)
    return preparation, fit_additive(preparation, rows, train.clicked, C, silent)


def of_ids(spread: tuple[float, float], n: int = 40_000, ids: int = 400) -> Examples:
    """Two id columns whose true effects have these spreads."""
    rng = np.random.default_rng(3)
    values = rng.integers(ids, size=(n, 2))
    effects = rng.standard_normal((ids, 2)) * spread
    logits = effects[values[:, 0], 0] + effects[values[:, 1], 1] - 1.0
    schema = (Column("user", "id"), Column("item", "id"))
    return Examples(
        FeatureTable(values.astype(np.float32), schema), rng.random(n) < expit(logits), np.arange(n)
    )


def one_hot(preparation: Preparation, table: FeatureTable) -> NDArray[np.float64]:
    rows = preparation.rows(table)
    hot = np.zeros((len(rows), preparation.size))
    for places in rows.places.T:
        hot[np.arange(len(rows)), places] += 1.0
    known = np.maximum((rows.words > 0).sum(axis=1), 1)
    for places in rows.words.T:
        hot[np.arange(len(rows)), places] += 1.0 / known
    hot[:, 0] = 0.0
    return hot


@pytest.mark.parametrize("C", [0.01, 1.0, 100.0])
def test_weights_are_those_of_scikit_learn_for_the_same_penalties(C: float) -> None:
    train = examples(2_000, lambda t: t.column("size") + (t.column("user") < 5) - 1)
    train.table.values[::7, 1] = np.nan
    train.table.values[::5, 6] = np.nan  # a title of one word
    preparation, line = fitted(train, C)
    scale = np.concatenate([np.full(preparation.width, np.sqrt(C)), 1.0 / np.sqrt(line.pull)])
    dense = preparation.rows(train.table).dense.astype(np.float64)
    design = np.hstack([dense, one_hot(preparation, train.table)])
    reference = LogisticRegression(C=1.0, tol=1e-8, max_iter=1_000)
    reference.fit(design * scale, train.clicked)
    mine = design @ np.concatenate([line.dense, line.places]) + line.bias
    np.testing.assert_allclose(mine, reference.decision_function(design * scale), atol=0.01)
    assert np.ptp(mine) > 0.1


def test_penalty_of_a_field_is_one_over_the_variance_of_its_effects() -> None:
    preparation, line = fitted(of_ids((1.0, 0.3)))
    user, item = (line.pull[preparation.field_of_place() == field] for field in (1, 2))
    assert np.ptp(user) == np.ptp(item) == 0
    assert user[0] == pytest.approx(1.0, rel=0.3)
    assert item[0] == pytest.approx(1 / 0.3**2, rel=0.4)


def test_ids_that_say_nothing_are_pulled_to_zero() -> None:
    preparation, line = fitted(of_ids((1.0, 0.0)))
    field = preparation.field_of_place()
    assert line.pull[field == 2][0] > 50 * line.pull[field == 1][0]
    assert line.places[field == 2].std() < 0.1 * line.places[field == 1].std()


def test_ids_that_say_nothing_do_no_harm() -> None:
    """With one penalty for all, they are learned by heart."""
    rng = np.random.default_rng(5)
    n, half = 8_000, slice(0, 4_000)
    values = np.column_stack([rng.standard_normal(n), rng.integers(1_000, size=n)])
    table = FeatureTable(values.astype(np.float32), (Column("size"), Column("item", "id")))
    p = expit(values[:, 0] - 1.0)
    clicked = rng.random(n) < p
    train, later = Examples(table, clicked, np.arange(n)).rows(half), table.rows(slice(4_000, n))
    truth = log_loss(clicked[4_000:], p[4_000:])
    ours = log_loss(clicked[4_000:], Logistic().fit(train, train).scores(later))
    preparation = Preparation.fitted(train.table)
    design, unseen = (
        np.hstack([preparation.rows(t).dense, one_hot(preparation, t)])
        for t in (train.table, later)
    )
    plain = LogisticRegression(C=1.0, max_iter=1_000).fit(design, train.clicked)
    assert ours < truth + 0.003
    assert log_loss(clicked[4_000:], plain.predict_proba(unseen)[:, 1]) > truth + 0.02


def test_smaller_C_pulls_ids_as_well_as_numbers() -> None:
    train = examples(4_000, lambda t: t.column("size") + 2.0 * (t.column("user") < 5) - 1)
    weak, strong = fitted(train, 1.0)[1], fitted(train, 0.001)[1]
    assert np.abs(strong.dense).max() < 0.5 * np.abs(weak.dense).max()
    assert np.abs(strong.places).max() < 0.2 * np.abs(weak.places).max()
    np.testing.assert_allclose(strong.pull, 1_000 * weak.pull)


def test_unknown_place_weighs_nothing() -> None:
    train = examples(1_000, lambda t: t.column("size"))
    train.table.values[::2, 3] = np.nan
    assert fitted(train)[1].places[0] == 0.0


def test_log_odds_of_a_line() -> None:
    params = {"bias": 0.5, "dense": np.array([2.0]), "places": np.array([0.0, 0.1, 0.2, 0.4])}
    dense, places = np.array([[3.0], [0.0]]), np.array([[1, 2], [0, 0]])
    words = np.array([[3, 2], [0, 3]])
    known = np.array([2.0, 1.0])
    z = line_of(params, dense, places, words, known)
    np.testing.assert_allclose(z, [0.5 + 6.0 + 0.3 + 0.3, 0.5 + 0.4])


def test_numbers_alone_need_no_second_round() -> None:
    train = examples(1_000, lambda t: t.column("size"))
    numbers = Examples(train.table.only(SCHEMA[:2]), train.clicked, train.request)
    told: list[str] = []
    Logistic().fit(numbers, numbers, 0, lambda what, done: told.append(what))
    assert len(told) == 1
