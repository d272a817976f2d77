"""What is odd in examples is told, and nothing where all is well."""

import numpy as np

from engine.example_notes import FEW_CLICKS, constant_columns, notes_on, unseen_ids
from engine.rankers import Examples
from engine.table import Column, FeatureTable

SCHEMA = (Column("rate"), Column("age"), Column("user", "id"), Column("word_1", "token"))


def examples(values: list[list[float]], clicked: list[bool]) -> Examples:
    table = FeatureTable(np.array(values, dtype=np.float32), SCHEMA)
    return Examples(table, np.array(clicked), np.arange(len(clicked)))


def many(clicks: int, users: int = 50) -> Examples:
    rng = np.random.default_rng(1)
    n = 4 * clicks
    values = np.column_stack(
        [rng.random(n), rng.random(n), np.arange(n) % users, np.full(n, np.nan)]
    )
    return Examples(
        FeatureTable(values.astype(np.float32), SCHEMA), np.arange(n) < clicks, np.arange(n)
    )


def test_nothing_is_told_where_all_is_well() -> None:
    assert notes_on(many(FEW_CLICKS), many(50)) == ()


def test_few_clicks_are_told_by_their_number() -> None:
    [note] = notes_on(many(FEW_CLICKS - 1), many(50))
    assert f"Only {FEW_CLICKS - 1} clicks" in note


def test_validation_of_one_class_is_told() -> None:
    later = many(50)
    [note] = notes_on(many(FEW_CLICKS), later.rows(~later.clicked))
    assert "nothing stops the fit early" in note


def test_constant_columns_are_named_but_not_those_that_are_missing_in_some_rows() -> None:
    nan = np.nan
    found = examples([[1, nan, 3, nan], [1, 2, 4, nan], [1, 2, 5, nan]], [True, False, False])
    assert constant_columns(found) == ["rate"]
    assert constant_columns(examples([[1, nan, 3, 0], [2, nan, 4, 0]], [True, False])) == ["age"]


def test_share_of_rows_with_an_unseen_id_is_counted_and_missing_ids_are_not() -> None:
    nan = np.nan
    train = examples([[0, 0, 7, 0], [1, 1, 8, 0]], [True, False])
    later = examples(
        [[0, 0, 7, 0], [0, 0, 9, 0], [0, 0, 9, 0], [0, 0, nan, 0]], [True, False, False, False]
    )
    assert unseen_ids(train, later) == {"user": 0.5}
    assert "user 50%" in notes_on(train, later)[-1]
