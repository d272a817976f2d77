"""The factorisation machine: its formula by hand, and what crosses of ids it learns."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.metrics import roc_auc
from engine.rankers import FM, Logistic
from engine.rankers.fm import FMRanker, logits
from engine.table import FeatureTable
from tests.engine.rankers.exact_shapley import exact_shapley, in_float64
from tests.engine.rankers.small_tables import IDS, SCHEMA, WORDS, examples, table

PARAMS = {
    "bias": np.array(0.5),
    "dense": np.array([2.0]),
    "places": np.array([0.0, 0.1, 0.2, 0.3]),
    "dense_factors": np.array([[1.0, 0.0]]),
    "place_factors": np.array([[0.0, 0.0], [1.0, 2.0], [0.0, 1.0], [2.0, 0.0]]),
}
HALVES = np.repeat([-1.0, 1.0], IDS // 2)
TASTE, STYLE = (np.random.default_rng(seed).permutation(HALVES) for seed in (8, 9))


def forward(dense: list[float], places: list[int], words: list[int]) -> float:
    row = (np.array([dense]), np.array([places]), np.array([words], dtype=np.int64))
    return float(logits(PARAMS, *row, np)[0])


def match(rows: FeatureTable) -> NDArray[np.floating]:
    """Users like items of their own taste: neither id tells alone."""
    user, item = (rows.column(name).astype(int) for name in ("user", "item"))
    return 2.5 * TASTE[user] * STYLE[item]


def never_met(rows: FeatureTable) -> NDArray[np.bool_]:
    """A fifth of all pairs of user and item."""
    return (rows.column("user") + 3 * rows.column("item")) % 5 == 0


@pytest.fixture(scope="module")
def ranker() -> FMRanker:
    train, validation = examples(8_000, match, 1), examples(2_000, match, 2)
    met = ~never_met(train.table)
    ranker = FM(penalty=1.0).fit(train.rows(met), validation.rows(~never_met(validation.table)))
    assert isinstance(ranker, FMRanker)
    return ranker


def test_log_odds_worked_by_hand() -> None:
    """Vectors (3, 0), (1, 2), (0, 1), (2, 0): products 3, 0, 6, 2, 2, 0."""
    assert forward([3.0], [1, 2], [3]) == pytest.approx(0.5 + 6.0 + 0.1 + 0.2 + 0.3 + 13.0)


def test_words_count_by_their_mean() -> None:
    """The bag's vector is (1, .5), its weight .25; with (1, 2) they make 2."""
    assert forward([0.0], [1, 0], [3, 2]) == pytest.approx(0.5 + 0.1 + 0.25 + 2.0)
    assert forward([0.0], [1, 0], [3, 2, 0]) == pytest.approx(0.5 + 0.1 + 0.25 + 2.0)


def test_what_is_unknown_adds_nothing() -> None:
    assert forward([3.0], [0, 0], [0]) == forward([3.0], [0, 0], []) == pytest.approx(6.5)


@given(st.integers(0, 2**32 - 1))
def test_formula_is_the_sum_over_all_pairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    params = {
        "bias": rng.normal(),
        "dense": rng.normal(size=3),
        "places": rng.normal(size=9),
        "dense_factors": rng.normal(size=(3, 4)),
        "place_factors": rng.normal(size=(9, 4)),
    }
    dense, places = rng.normal(size=3), rng.integers(1, 9, size=2)
    words = rng.integers(1, 9, size=3)
    vectors = [
        *(dense[:, None] * params["dense_factors"]),
        *params["place_factors"][places],
        params["place_factors"][words].mean(axis=0),
    ]
    line = params["bias"] + dense @ params["dense"] + params["places"][places].sum()
    pairs = sum(a @ b for a, b in combinations(vectors, 2))
    z = logits(params, dense[None], places[None], words[None], np)[0]
    assert z == pytest.approx(line + params["places"][words].mean() + pairs, abs=1e-9)


def test_crosses_of_ids_are_learned_that_a_line_cannot_see(ranker: FMRanker) -> None:
    unseen = examples(4_000, match, 3)
    line = Logistic().fit(examples(8_000, match, 1), examples(2_000, match, 2))
    assert roc_auc(unseen.clicked, ranker.scores(unseen.table)) > 0.9
    assert abs(roc_auc(unseen.clicked, line.scores(unseen.table)) - 0.5) < 0.05


def test_crosses_of_ids_that_never_met_are_told_too(ranker: FMRanker) -> None:
    unseen = examples(8_000, match, 3)
    strangers = unseen.rows(never_met(unseen.table))
    assert roc_auc(strangers.clicked, ranker.scores(strangers.table)) > 0.85


def test_crosses_of_numbers_are_learned() -> None:
    def product(rows: FeatureTable) -> NDArray[np.floating]:
        return 1.5 * rows.column("size") * rows.column("age")

    fm = FM(penalty=1.0).fit(examples(8_000, product, 1), examples(2_000, product, 2))
    unseen = examples(4_000, product, 3)
    best = roc_auc(unseen.clicked, product(unseen.table))
    assert best > 0.75
    assert roc_auc(unseen.clicked, fm.scores(unseen.table)) > best - 0.02


def test_row_of_the_unknown_stays_zero(ranker: FMRanker) -> None:
    assert not ranker.params["place_factors"][0].any()
    assert ranker.params["places"][0] == 0.0
    assert ranker.params["place_factors"][1:].any(axis=1).all()


def test_unseen_ids_leave_what_the_rest_says(ranker: FMRanker) -> None:
    rows = table(50, 4)
    strange = FeatureTable(rows.values.copy(), SCHEMA)
    strange.values[:, [3, 4]] = IDS + 5
    missing = FeatureTable(rows.values.copy(), SCHEMA)
    missing.values[:, [3, 4]] = np.nan
    assert np.array_equal(ranker.scores(strange), ranker.scores(missing))
    assert not np.array_equal(ranker.scores(strange), ranker.scores(rows))


def test_contributions_are_the_shapley_values(ranker: FMRanker) -> None:
    rows = table(3, 6)
    made = ranker.contributions(rows)
    output = in_float64(logits, ranker.params)
    values, base = exact_shapley(ranker.preparation, ranker.preparation.rows(rows), output)
    np.testing.assert_allclose(made.values, values, atol=1e-9)
    assert made.base == pytest.approx(base)
    assert np.ptp(made.values) > 0.5


def test_parameters_are_counted() -> None:
    train = examples(600, lambda t: t.column("size"))
    columns, places = 2 + 2, IDS + IDS + WORDS
    ranker = FM(factors=3, epochs=1).fit(train, train)
    assert ranker.parameters == 1 + (columns + places) * (1 + 3)


def test_starts_where_logistic_regression_ends() -> None:
    train, later = examples(600, lambda t: t.column("size") - 1), table(100, 7)
    line = Logistic().fit(train, train).scores(later)
    fm = FM(factors=3, epochs=1, learning_rate=0.0001).fit(train, train).scores(later)
    np.testing.assert_allclose(fm, line, atol=0.02)
