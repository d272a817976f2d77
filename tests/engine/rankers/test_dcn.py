"""The deep and cross network: its formula by hand, and crosses that nothing else sees."""

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.metrics import roc_auc
from engine.preparation import PreparedRows
from engine.rankers import DCN, FM, Logistic
from engine.rankers.dcn import DCNRanker, logits
from engine.table import FeatureTable
from tests.engine.rankers.exact_shapley import exact_shapley, in_float64
from tests.engine.rankers.small_tables import IDS, SCHEMA, WORDS, examples, table

PARAMS = {
    "bias": np.array(0.5),
    "dense": np.array([1.0]),
    "places": np.array([0.0, 0.25, 0.5]),
    "embeddings": np.array([[0.0], [3.0], [5.0]]),
    "cross": np.array([[[1.0, 0.0], [1.0, 1.0]]]),
    "cross_bias": np.array([[0.0, 1.0]]),
    "deep": np.array([[1.0, -1.0], [-1.0, 1.0]]),
    "deep_bias": np.array([0.0, 0.0]),
    "cross_head": np.array([1.0, 1.0]),
    "deep_head": np.array([7.0, 10.0]),
}
NO_WORDS = np.empty((1, 0), dtype=np.int64)
MOOD = np.random.default_rng(8).permutation(np.repeat([-1.0, 1.0], IDS // 2))


def triple(rows: FeatureTable) -> NDArray[np.floating]:
    """Two numbers and an id, of which no one and no two together tell anything."""
    mood = MOOD[rows.column("user").astype(int)]
    return 4.0 * mood * np.sign(rows.column("size") * rows.column("age"))


@pytest.fixture(scope="module")
def ranker() -> DCNRanker:
    ranker = DCN(penalty=1.0).fit(examples(12_000, triple, 1), examples(2_000, triple, 2))
    assert isinstance(ranker, DCNRanker)
    return ranker


def test_log_odds_worked_by_hand() -> None:
    """x0 = (2, 3); x0 W + b = (5, 4); x1 = (12, 15). ReLU (0, 1). The line makes 2.75."""
    z = logits(PARAMS, np.array([[2.0]]), np.array([[1]]), NO_WORDS, np)
    np.testing.assert_allclose(z, [27.0 + 10.0 + 2.75])


def test_words_are_one_mean_embedding() -> None:
    """The bag (3, 5) stands where an id of embedding 4 would."""
    words, fields = np.array([[1, 2, 0]]), np.empty((1, 0), dtype=np.int64)
    bag = logits(PARAMS, np.array([[2.0]]), fields, words, np)
    id_of_four = PARAMS | {
        "embeddings": np.array([[0.0], [4.0]]),
        "places": np.array([0.0, 0.375]),
    }
    one = logits(id_of_four, np.array([[2.0]]), np.array([[1]]), NO_WORDS, np)
    np.testing.assert_allclose(bag, one)


@pytest.mark.parametrize(("layers", "z"), [(1, 3.0**2 + 3), (2, 3.0**3 + 2 * 3**2 + 3)])
def test_each_layer_raises_the_order_by_one(layers: int, z: float) -> None:
    """With weights of one: x^2 + x, then x (x^2 + x) + x^2 + x."""
    params = {
        "bias": np.array(0.0),
        "dense": np.zeros(1),
        "places": np.zeros(1),
        "embeddings": np.zeros((1, 1)),
        "cross": np.ones((layers, 1, 1)),
        "cross_bias": np.zeros((layers, 1)),
        "deep": np.zeros((1, 1)),
        "deep_bias": np.zeros(1),
        "cross_head": np.ones(1),
        "deep_head": np.zeros(1),
    }
    fields = np.empty((1, 0), dtype=np.int64)
    np.testing.assert_allclose(logits(params, np.array([[3.0]]), fields, NO_WORDS, np), [z])


def test_cross_of_three_is_learned_that_lines_and_pairs_cannot_see(ranker: DCNRanker) -> None:
    unseen = examples(4_000, triple, 3)
    few = examples(4_000, triple, 1), examples(1_000, triple, 2)
    assert roc_auc(unseen.clicked, ranker.scores(unseen.table)) > 0.9
    for config in (Logistic(), FM(epochs=5)):
        blind = config.fit(*few).scores(unseen.table)
        assert abs(roc_auc(unseen.clicked, blind) - 0.5) < 0.06


def test_row_of_the_unknown_stays_zero(ranker: DCNRanker) -> None:
    assert not ranker.params["embeddings"][0].any()
    assert ranker.params["places"][0] == 0.0
    assert ranker.params["embeddings"][1:].any(axis=1).all()


def test_unseen_ids_leave_what_the_rest_says(ranker: DCNRanker) -> None:
    rows = table(50, 4)
    strange, missing = (FeatureTable(rows.values.copy(), SCHEMA) for _ in range(2))
    strange.values[:, [3, 4]] = IDS + 5
    missing.values[:, [3, 4]] = np.nan
    assert np.array_equal(ranker.scores(strange), ranker.scores(missing))
    assert not np.array_equal(ranker.scores(strange), ranker.scores(rows))


def test_contributions_are_near_the_shapley_values(ranker: DCNRanker) -> None:
    rows = table(20, 6)
    made = ranker.contributions(rows)
    output = in_float64(logits, ranker.params)
    values, base = exact_shapley(ranker.preparation, ranker.preparation.rows(rows), output)
    assert made.base == pytest.approx(base)
    error = np.abs(made.values - values)
    assert error.mean() < 0.15 * np.abs(values).mean()
    assert np.corrcoef(made.values.ravel(), values.ravel())[0, 1] > 0.98


def test_contributions_add_up_in_float64(ranker: DCNRanker) -> None:
    rows = table(20, 6)
    made = ranker.contributions(rows)
    prepared = ranker.preparation.rows(rows)
    raw = in_float64(logits, ranker.params)(
        PreparedRows(prepared.dense, prepared.places, prepared.words)
    )
    np.testing.assert_allclose(made.base + made.values.sum(axis=1), raw, atol=1e-9)


def test_parameters_are_counted() -> None:
    factors, layers, width = 3, 2, 5
    train = examples(600, lambda t: t.column("size"))
    ranker = DCN(factors=factors, layers=layers, width=width, epochs=1).fit(train, train)
    numbers, places = 2 + 2, 2 * IDS + WORDS
    inputs = numbers + 3 * factors
    line = 1 + numbers + places
    cross = layers * (inputs**2 + inputs) + inputs
    deep = inputs * width + width + width
    assert ranker.parameters == line + places * factors + cross + deep
