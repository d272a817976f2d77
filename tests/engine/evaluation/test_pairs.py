"""Values of pairs, worked out once and looked up afterwards."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import engine.evaluation.pairs as pairs_module
from engine.evaluation.pairs import PairBook, order_of

ROWS, ITEMS = 6, 9


class Teacher:
    """Computes values, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, rows: NDArray[np.int64], items: NDArray[np.int64]) -> NDArray[np.floating]:
        self.asked += list(zip(rows.tolist(), items.tolist(), strict=True))
        return rows * 100.0 + items


tables = st.lists(
    st.tuples(st.integers(0, ROWS - 1), st.integers(-1, ITEMS - 1)), min_size=1, max_size=30
)


@given(st.lists(tables, min_size=1, max_size=5))
def test_each_pair_has_its_value_and_is_computed_once(
    lookups: list[list[tuple[int, int]]],
) -> None:
    teacher = Teacher()
    book = PairBook(teacher, ITEMS)
    for pairs in lookups:
        rows, items = np.array(pairs).T
        values = book.look_up(rows, items, fill=-7.0)
        np.testing.assert_array_equal(values, np.where(items < 0, -7.0, rows * 100.0 + items))
    assert len(teacher.asked) == len(set(teacher.asked))
    assert set(teacher.asked) == {pair for pairs in lookups for pair in pairs if pair[1] >= 0}


@given(tables, tables)
def test_an_order_that_is_given_changes_no_value(
    known: list[tuple[int, int]], pairs: list[tuple[int, int]]
) -> None:
    rows, items = np.array(pairs).T
    book = PairBook(Teacher(), ITEMS)
    book.look_up(*np.array(known).T, fill=0.0)
    values = book.look_up(rows, items, -7.0, order_of(rows, items, ITEMS))
    np.testing.assert_array_equal(values, np.where(items < 0, -7.0, rows * 100.0 + items))


def test_table_keeps_its_shape() -> None:
    rows, items = (
        np.arange(ROWS)[:, None] + np.zeros((1, 4), int),
        np.tile([3, -1, 0, 8], (ROWS, 1)),
    )
    values = PairBook(Teacher(), ITEMS).look_up(rows, items, fill=0.5)
    np.testing.assert_array_equal(values, np.where(items < 0, 0.5, rows * 100 + items))


def test_book_of_contents_knows_them_without_asking() -> None:
    first = PairBook(Teacher(), ITEMS)
    rows, items = np.array([5, 0, 2]), np.array([1, 8, 2])
    first.look_up(rows, items, 0.0)
    teacher = Teacher()
    again = PairBook(teacher, ITEMS, *first.contents())
    np.testing.assert_array_equal(again.look_up(rows, items, 0.0), rows * 100 + items)
    assert teacher.asked == []


def test_values_stay_right_beyond_what_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs_module, "_MOST_PAIRS", 5)
    book = PairBook(Teacher(), ITEMS)
    rows, items = np.divmod(np.arange(ROWS * ITEMS), ITEMS)
    for end in (3, ROWS * ITEMS, 20):
        values = book.look_up(rows[:end], items[:end], 0.0)
        np.testing.assert_array_equal(values, rows[:end] * 100 + items[:end])
    assert len(book.contents()[0]) <= 5


def test_threads_that_teach_one_book_find_every_value() -> None:
    book = PairBook(Teacher(), 1_000)

    def ask(seed: int) -> bool:
        rng = np.random.default_rng(seed)
        for _ in range(30):
            rows, items = rng.integers(0, 50, 40), rng.integers(0, 1_000, 40)
            if not np.array_equal(book.look_up(rows, items, 0.0), rows * 100 + items):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(8)))
    keys, values = book.contents()
    assert (np.diff(keys) > 0).all()
    np.testing.assert_array_equal(values, keys // 1_000 * 100 + keys % 1_000)
