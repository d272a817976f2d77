"""A table of features: columns by name, by schema and by group."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from engine.table import Column, FeatureTable

PRICE = Column("price", group="money")
TOPIC = Column("topic", "category", "content")
HOUR = Column("hour", "cycle", "moment", period=24.0)
USER = Column("user", "id", "ids")
SCHEMA = (PRICE, TOPIC, HOUR, USER)
VALUES = np.array([[1.5, 0, 23, 7], [2.5, 3, 0, 8], [np.nan, 1, 12, 9]], dtype=np.float32)


@pytest.fixture
def table() -> FeatureTable:
    return FeatureTable(VALUES, SCHEMA)


def test_columns_are_found_by_their_names(table: FeatureTable) -> None:
    assert table.columns == ("price", "topic", "hour", "user")
    assert table.column("hour").tolist() == [23, 0, 12]
    assert len(table) == 3


def test_unknown_column_is_named_with_those_there_are(table: FeatureTable) -> None:
    with pytest.raises(ValueError, match=r"^column='cost': must be one of price, topic, hour, us"):
        table.column("cost")


def test_column_is_a_number_of_no_group_unless_told_otherwise() -> None:
    assert Column("age") == Column("age", "number", "", 0.0)
    with pytest.raises(FrozenInstanceError):
        PRICE.name = "cost"  # type: ignore[misc]


@pytest.mark.parametrize(
    "which", [np.array([True, False, True]), np.array([0, 2]), slice(0, 3, 2)], ids=repr
)
def test_rows_are_cut_by_mask_by_place_and_by_slice(table: FeatureTable, which: object) -> None:
    cut = table.rows(which)  # type: ignore[arg-type]
    np.testing.assert_array_equal(cut.values, VALUES[[0, 2]])
    assert cut.schema == SCHEMA


def test_no_row_is_a_table_too(table: FeatureTable) -> None:
    nothing = table.rows(slice(0, 0))
    assert len(nothing) == 0
    assert nothing.columns == table.columns
    assert nothing.only((USER, PRICE)).values.shape == (0, 2)


def test_only_takes_columns_in_the_order_of_the_schema(table: FeatureTable) -> None:
    cut = table.only((USER, PRICE))
    np.testing.assert_array_equal(cut.values, VALUES[:, [3, 0]])
    assert cut.schema == (USER, PRICE)
    assert cut.values.dtype == np.float32


def test_only_its_own_columns_are_the_table_itself(table: FeatureTable) -> None:
    assert table.only(table.schema) is table
    assert table.only((PRICE, TOPIC, HOUR, USER)) is table


@pytest.mark.parametrize(
    "wanted",
    [
        Column("cost"),
        Column("price", "id", "money"),
        Column("price", group="other"),
        Column("hour", "cycle", "moment", period=12.0),
    ],
    ids=str,
)
def test_column_that_lacks_or_is_of_another_kind_is_named(
    table: FeatureTable, wanted: Column
) -> None:
    with pytest.raises(ValueError, match=rf"^table: must have the columns {wanted.name}$"):
        table.only((USER, wanted))


def test_named_takes_values_in_the_order_of_the_names(table: FeatureTable) -> None:
    np.testing.assert_array_equal(table.named(["user", "price"]), VALUES[:, [3, 0]])
    assert table.named([]).shape == (3, 0)
    with pytest.raises(ValueError, match=r"^table: must have the columns cost, tax$"):
        table.named(["cost", "price", "tax"])


def test_without_leaves_out_the_columns_of_groups(table: FeatureTable) -> None:
    assert table.without(["money", "ids"]).schema == (TOPIC, HOUR)
    assert table.without(("unheard of",)).schema == SCHEMA
    assert table.without(()) is table
    assert table.without({c.group for c in SCHEMA}).values.shape == (3, 0)


def test_what_is_left_out_cannot_be_asked_for(table: FeatureTable) -> None:
    with pytest.raises(ValueError, match="must have the columns price, user"):
        table.without(["money", "ids"]).only(SCHEMA)
