"""Sampled Shapley values: exact where they can be, and the same whatever stands beside a row."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.preparation import Preparation, PreparedRows
from engine.rankers.shapley import shapley_values
from engine.table import FeatureTable
from tests.engine.rankers.exact_shapley import exact_shapley
from tests.engine.rankers.small_tables import SCHEMA, table

Output = Callable[[PreparedRows], NDArray[np.float64]]
PREPARATION = Preparation.fitted(table(500, 1))
SIZE, AGE, HOUR, USER, ITEM, WORD = range(6)


def of(output: Output, n: int = 10) -> tuple[NDArray[np.float64], float, PreparedRows]:
    rows = PREPARATION.rows(table(n, 2))
    return (*shapley_values(PREPARATION, rows, output), rows)


def number(rows: PreparedRows, column: int) -> NDArray[np.float64]:
    return rows.dense[:, column].astype(np.float64)


def test_sum_gives_each_feature_its_own_part() -> None:
    values, base, rows = of(
        lambda r: 7.0 + 2.0 * number(r, 0) - number(r, 1) + 0.1 * r.places[:, 1]
    )
    assert base == 7.0
    np.testing.assert_allclose(values[:, SIZE], 2.0 * number(rows, 0))
    np.testing.assert_allclose(values[:, AGE], -number(rows, 1))
    np.testing.assert_allclose(values[:, ITEM], 0.1 * rows.places[:, 1])
    assert not values[:, [HOUR, USER, WORD]].any()


def test_product_of_two_is_shared_by_halves() -> None:
    """Exactly so, as each order is taken backwards as well."""
    values, base, rows = of(lambda r: number(r, 0) * r.places[:, 0])
    half = number(rows, 0) * rows.places[:, 0] / 2
    assert base == 0.0
    np.testing.assert_allclose(values[:, [SIZE, USER]], np.column_stack([half, half]))


def test_both_numbers_of_a_cycle_come_and_go_together() -> None:
    values, base, rows = of(lambda r: (number(r, 2) ** 2 + number(r, 3) ** 2) * 3.0)
    np.testing.assert_allclose(values[:, HOUR], 3.0, rtol=1e-6)
    assert base == 0.0
    assert not values[:, [SIZE, AGE, USER, ITEM, WORD]].any()
    assert len(rows) == 10


def test_words_come_and_go_together() -> None:
    values, base, rows = of(lambda r: r.words.prod(axis=1).astype(np.float64))
    assert base == 0.0
    np.testing.assert_allclose(values[:, WORD], rows.words.prod(axis=1))
    assert not values[:, WORD + 1].any()


def tangled(rows: PreparedRows) -> NDArray[np.float64]:
    """A cross of all features."""
    z = rows.dense.astype(np.float64).sum(axis=1) + 0.2 * rows.places.sum(axis=1)
    return np.asarray(np.sin(z) + 0.01 * z * rows.words.sum(axis=1))


def test_values_and_base_add_up_to_the_output() -> None:
    values, base, rows = of(tangled)
    np.testing.assert_allclose(base + values.sum(axis=1), tangled(rows), atol=1e-12)


def test_values_are_near_the_exact_ones() -> None:
    values, base, rows = of(tangled, 50)
    exact, exact_base = exact_shapley(PREPARATION, rows, tangled)
    assert base == pytest.approx(exact_base)
    assert np.abs(values - exact).max() < 0.5
    assert np.abs(values - exact).mean() < 0.1 * np.abs(exact).mean()


def test_row_is_explained_the_same_bit_by_bit_whatever_stands_beside_it() -> None:
    whole, _, rows = of(tangled)
    alone, _ = shapley_values(PREPARATION, rows.rows(slice(4, 5)), tangled)
    assert np.array_equal(alone[0], whole[4])


def test_numbers_alone_can_be_explained() -> None:
    numbers = table(100, 3).only(SCHEMA[:2])
    preparation = Preparation.fitted(numbers)
    rows = preparation.rows(numbers.rows(slice(0, 5)))
    values, base = shapley_values(preparation, rows, lambda r: number(r, 0) - number(r, 1))
    np.testing.assert_allclose(values, rows.dense * [1.0, -1.0])
    assert base == 0.0


def test_no_row_has_no_values_and_the_same_base() -> None:
    rows = PREPARATION.rows(FeatureTable(np.empty((0, 7), dtype=np.float32), SCHEMA))
    values, base = shapley_values(PREPARATION, rows, lambda r: np.full(len(r), 2.5))
    assert values.shape == (0, 7)
    assert base == 2.5
