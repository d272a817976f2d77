"""From a table to what models compute with, worked by hand and held over made-up tables."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from engine.preparation import BUCKETS, UNKNOWN, Preparation
from engine.table import Column, FeatureTable

NUMBER, OTHER = Column("number"), Column("other")
HOUR = Column("hour", "cycle", period=24.0)
TOPIC, USER = Column("topic", "category"), Column("user", "id")
WORDS = (Column("word_1", "token"), Column("word_2", "token"))
ALL = (NUMBER, OTHER, HOUR, TOPIC, USER, *WORDS)
NAN = np.nan


def table(schema: tuple[Column, ...], rows: object) -> FeatureTable:
    values = np.array(rows, dtype=np.float32).reshape(-1, len(schema))
    return FeatureTable(values, schema)


def one(column: Column, *values: float) -> FeatureTable:
    return table((column,), [[value] for value in values])


def dense(training: FeatureTable, rows: FeatureTable) -> NDArray[np.float32]:
    return Preparation.fitted(training).rows(rows).dense


class TestNumbers:
    def test_are_standardised_by_the_mean_and_spread_of_training(self) -> None:
        # Mean 4, standard deviation 2.
        preparation = Preparation.fitted(one(NUMBER, 2, 6, 2, 6))
        assert preparation.mean.tolist() == [4]
        assert preparation.scale.tolist() == [2]
        assert preparation.rows(one(NUMBER, 4, 6, -2)).dense.tolist() == [[0], [1], [-3]]

    def test_missing_values_enter_neither_mean_nor_spread_and_count_as_the_mean(self) -> None:
        preparation = Preparation.fitted(one(NUMBER, 2, NAN, 6, NAN))
        assert preparation.mean.tolist() == [4]
        assert preparation.scale.tolist() == [2]
        # Beside the number, a column that tells whether it is missing.
        assert preparation.rows(one(NUMBER, 8, NAN)).dense.tolist() == [[2, 0], [0, 1]]

    def test_indicator_is_there_for_columns_that_were_missing_in_some_rows(self) -> None:
        preparation = Preparation.fitted(table((NUMBER, OTHER), [[2, 1], [6, NAN]]))
        assert preparation.missing.tolist() == [False, True]
        assert preparation.width == 3
        rows = preparation.rows(table((NUMBER, OTHER), [[NAN, NAN], [4, 1]]))
        assert rows.dense.tolist() == [[0, 0, 1], [0, 0, 0]]

    def test_value_far_outside_training_counts_as_six_deviations(self) -> None:
        rows = one(NUMBER, 1e9, -1e9, np.inf, 4 + 2 * 5.5)
        assert dense(one(NUMBER, 2, 6), rows).tolist() == [[6], [-6], [6], [5.5]]

    @pytest.mark.parametrize("value", [0.0, 3.7, 1e6, -1e-12])
    def test_column_that_never_varied_says_nothing_of_any_value(self, value: float) -> None:
        training = one(NUMBER, *[value] * 7)
        assert dense(training, one(NUMBER, value, 0, -1e7, NAN)).tolist() == [[0]] * 4

    def test_column_that_was_missing_throughout_says_nothing_of_any_value(self) -> None:
        preparation = Preparation.fitted(one(NUMBER, NAN, NAN))
        assert preparation.width == 1
        assert preparation.rows(one(NUMBER, 5, NAN)).dense.tolist() == [[0], [0]]

    def test_spread_is_found_beside_a_large_mean(self) -> None:
        scale = Preparation.fitted(one(NUMBER, 1e6 - 8, 1e6 + 8)).scale
        assert scale.tolist() == [8]


class TestCycles:
    def test_hours_are_points_on_a_circle(self) -> None:
        rows = dense(one(HOUR, 0), one(HOUR, 0, 6, 12, 18, 24))
        expected = [[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]]
        np.testing.assert_allclose(rows, expected, atol=1e-6)

    def test_last_hour_lies_beside_the_first(self) -> None:
        rows = dense(one(HOUR, 0), one(HOUR, 23, 0, 11))
        near, far = np.linalg.norm(rows[[0, 2]] - rows[1], axis=1)
        assert near == pytest.approx(2 * np.sin(np.pi / 24), abs=1e-6)
        assert far > 1.9

    def test_period_is_that_of_the_column(self) -> None:
        day = Column("day", "cycle", period=7.0)
        np.testing.assert_allclose(dense(one(day, 0), one(day, 3.5)), [[-1, 0]], atol=1e-6)

    def test_missing_hour_stands_in_the_middle(self) -> None:
        assert dense(one(HOUR, 3), one(HOUR, NAN)).tolist() == [[0, 0]]

    def test_come_after_numbers_and_indicators(self) -> None:
        training = table((HOUR, NUMBER, OTHER), [[0, 2, 1], [6, 6, NAN]])
        rows = Preparation.fitted(training).rows(table((HOUR, NUMBER, OTHER), [[6, 6, NAN]]))
        np.testing.assert_allclose(rows.dense, [[1, 0, 1, 0, 1]], atol=1e-6)
        assert Preparation.fitted(training).sources() == ([1, 2, 2, 0, 0], [])


class TestVocabulary:
    def test_every_value_seen_has_a_place_of_its_own_over_all_fields(self) -> None:
        training = table((TOPIC, USER), [[2, 40], [0, 7], [2, 7]])
        preparation = Preparation.fitted(training)
        assert preparation.fields == 2
        assert preparation.size == 1 + 2 + 2
        # In ascending order: topics 0 and 2, then users 7 and 40.
        assert preparation.rows(training).places.tolist() == [[2, 4], [1, 3], [2, 3]]

    @pytest.mark.parametrize("value", [1, 3, 65_535, 10**6, -1, NAN])
    def test_what_is_missing_or_was_never_seen_is_unknown(self, value: float) -> None:
        preparation = Preparation.fitted(one(USER, 0, 2, 2))
        places = preparation.rows(one(USER, value, 2, 0)).places
        assert places.tolist() == [[UNKNOWN], [2], [1]]

    def test_missing_values_of_training_take_no_place(self) -> None:
        preparation = Preparation.fitted(one(USER, NAN, -1, 5))
        assert preparation.size == 2
        assert preparation.rows(one(USER, NAN, 5)).places.tolist() == [[UNKNOWN], [1]]
        assert Preparation.fitted(one(USER, NAN)).size == 1

    def test_numbers_below_the_buckets_are_kept_apart_and_those_beyond_are_hashed(self) -> None:
        # The highest 16 of the 64 bits of the product with the golden ratio.
        beyond = BUCKETS + 5
        bucket = (beyond * 0x9E3779B97F4A7C15 % 2**64) >> 48
        training = one(USER, 0, BUCKETS - 1, beyond)
        preparation = Preparation.fitted(training)
        assert preparation.size == 4
        [vocabulary] = preparation.vocabulary
        assert len(vocabulary) == BUCKETS + 1
        assert set(np.flatnonzero(vocabulary).tolist()) == {1, BUCKETS, bucket + 1}
        # A number that shares the bucket of a large one is taken for it.
        places = preparation.rows(one(USER, beyond, bucket, 0)).places.ravel()
        assert places[0] == places[1] != places[2]

    @pytest.mark.parametrize("step", [1, 2, 10, 64, 100, 997])
    def test_hashed_numbers_spread_over_the_buckets(self, step: int) -> None:
        """At least as many buckets are taken as numbers thrown at random would take."""
        ids = BUCKETS + step * np.arange(10_000)
        size = Preparation.fitted(one(USER, *ids)).size
        thrown = BUCKETS * (1 - np.exp(-10_000 / BUCKETS))
        assert 0.95 * thrown < size <= 10_001

    def test_words_share_one_bag_whatever_their_place_in_the_title(self) -> None:
        preparation = Preparation.fitted(table(WORDS, [[9, 4], [4, NAN]]))
        assert preparation.has_words
        assert preparation.fields == 0
        assert preparation.size == 3
        rows = preparation.rows(table(WORDS, [[4, 9], [9, 8], [NAN, NAN]]))
        assert rows.words.tolist() == [[1, 2], [2, UNKNOWN], [UNKNOWN, UNKNOWN]]
        assert rows.places.shape == (3, 0)

    def test_words_have_places_after_those_of_the_fields(self) -> None:
        preparation = Preparation.fitted(table((USER, *WORDS), [[3, 4, 4], [8, 4, 9]]))
        rows = preparation.rows(table((USER, *WORDS), [[8, 9, 4]]))
        assert rows.places.tolist() == [[2]]
        assert rows.words.tolist() == [[4, 3]]
        assert preparation.first_word == 1


class TestTables:
    def test_of_more_columns_in_another_order_are_prepared_the_same(self) -> None:
        training = table((NUMBER, USER), [[2, 7], [6, 9]])
        preparation = Preparation.fitted(training)
        more = table((USER, OTHER, NUMBER), [[7, 1, 2], [9, 1, 6]])
        plain, picked = preparation.rows(training), preparation.rows(more)
        assert picked.dense.tolist() == plain.dense.tolist() == [[-1], [1]]
        assert picked.places.tolist() == plain.places.tolist() == [[1], [2]]

    def test_without_a_column_are_refused_by_its_name(self) -> None:
        preparation = Preparation.fitted(table((NUMBER, USER), [[2, 7], [6, 9]]))
        with pytest.raises(ValueError, match=r"^table: must have the columns user$"):
            preparation.rows(one(NUMBER, 1))

    def test_of_no_row_are_prepared(self) -> None:
        training = table(ALL, [[1, NAN, 3, 2, 5, 4, 9], [2, 1, 8, 0, 5, 7, NAN]])
        rows = Preparation.fitted(training).rows(training.rows(slice(0, 0)))
        assert len(rows) == 0
        assert rows.dense.shape == (0, 5)
        assert rows.places.shape == (0, 2)
        assert rows.words.shape == (0, 2)

    def test_rows_are_cut_together(self) -> None:
        training = table(ALL, [[1, NAN, 3, 2, 5, 4, 9], [2, 1, 8, 0, 6, 7, NAN]])
        rows = Preparation.fitted(training).rows(training)
        cut = rows.rows(np.array([1]))
        for name in ("dense", "places", "words"):
            assert np.array_equal(getattr(cut, name), getattr(rows, name)[1:])


finite = st.floats(-1e6, 1e6, width=32)
cells = st.one_of(finite, st.just(NAN), st.floats(0, 30, width=32).map(np.floor))


@st.composite
def tables(draw: st.DrawFn, rows: int = 6) -> FeatureTable:
    values = draw(arrays.arrays(np.float32, (rows, len(ALL)), elements=cells))
    values[:, 3:] = np.floor(np.abs(values[:, 3:]))
    return FeatureTable(values, ALL)


@given(tables(), tables())
def test_prepared_rows_are_finite_bounded_and_of_the_vocabulary(
    training: FeatureTable, later: FeatureTable
) -> None:
    preparation = Preparation.fitted(training)
    rows = preparation.rows(later)
    assert (rows.dense.dtype, rows.places.dtype, rows.words.dtype) == (
        np.float32, np.int32, np.int32,
    )  # fmt: skip
    assert rows.dense.shape == (6, preparation.width)
    assert np.all(np.abs(rows.dense) <= 6)
    for places in (rows.places, rows.words):
        assert np.all((places >= 0) & (places < preparation.size))
    dense, fields = preparation.sources()
    assert len(dense) == preparation.width
    assert len(fields) == preparation.fields


@given(tables(), tables())
def test_row_is_prepared_the_same_whatever_stands_beside_it(
    training: FeatureTable, later: FeatureTable
) -> None:
    preparation = Preparation.fitted(training)
    whole = preparation.rows(later)
    for row in range(len(later)):
        alone = preparation.rows(later.rows(slice(row, row + 1)))
        for name in ("dense", "places", "words"):
            assert getattr(alone, name).tobytes() == getattr(whole, name)[row].tobytes(), name


@given(tables())
def test_training_rows_have_mean_0_and_no_unknown_place_but_what_is_missing(
    training: FeatureTable,
) -> None:
    rows = Preparation.fitted(training).rows(training)
    np.testing.assert_allclose(rows.dense[:, :2].mean(axis=0), 0, atol=1e-3)
    assert np.array_equal(rows.places == UNKNOWN, np.isnan(training.values[:, 3:5]))
    assert np.array_equal(rows.words == UNKNOWN, np.isnan(training.values[:, 5:]))


@given(tables())
def test_places_do_not_hang_on_the_order_of_the_training_rows(training: FeatureTable) -> None:
    turned = Preparation.fitted(training.rows(slice(None, None, -1)))
    plain = Preparation.fitted(training)
    assert np.array_equal(turned.rows(training).places, plain.rows(training).places)
    assert np.array_equal(turned.rows(training).words, plain.rows(training).words)


@pytest.mark.parametrize("schema", [ALL, (NUMBER,), WORDS, (USER,), (HOUR, TOPIC)], ids=len)
def test_arrays_come_back_from_disk_as_they_were(
    schema: tuple[Column, ...], tmp_path: Path
) -> None:
    rng = np.random.default_rng(3)
    training = table(schema, rng.integers(0, 90_000, size=(50, len(schema))))
    training.values[::7] = NAN
    preparation = Preparation.fitted(training)
    np.savez(tmp_path / "p.npz", **preparation.arrays())
    with np.load(tmp_path / "p.npz", allow_pickle=False) as saved:
        again = Preparation.from_arrays(saved)
    assert again.schema == schema
    assert again.size == preparation.size
    before, after = preparation.rows(training), again.rows(training)
    for name in ("dense", "places", "words"):
        assert getattr(before, name).tobytes() == getattr(after, name).tobytes(), name
