"""A table of features: what every ranker sees, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: what it holds and which group it is switched on and off with.

    kind : "number"; "cycle", of `period`; "category", few values, from 0; "id", many, from 0;
        "token", a hashed word: columns of this kind hold one bag of words together.
    period : of a cycle, in its own unit.
    """

    name: str
    kind: Literal["number", "cycle", "category", "id", "token"] = "number"
    group: str = ""
    period: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class FeatureTable:
    """Rows of features, one a candidate.

    values : (n, len(schema)) float32; NaN is a missing value. Ids are exact up to 2**24.
    schema : what each column is.
    """

    values: NDArray[np.float32]
    schema: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.values)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names, in the order of the values."""
        return tuple(column.name for column in self.schema)

    def column(self, name: str) -> NDArray[np.float32]:
        """One column, (n,). Raises ValueError for an unknown name."""
        if name not in self.columns:
            raise ValueError(f"column={name!r}: must be one of {', '.join(self.columns)}")
        return self.values[:, self.columns.index(name)]

    def rows(self, which: NDArray[np.bool_] | NDArray[np.integer] | slice) -> FeatureTable:
        """The table cut to some rows."""
        return FeatureTable(self.values[which], self.schema)

    def only(self, schema: tuple[Column, ...]) -> FeatureTable:
        """The table with the columns of a schema.

        Raises
        ------
        ValueError : a column that this table lacks, or has as another kind.
        """
        if schema is self.schema or schema == self.schema:
            return self
        _refuse_without([column.name for column in schema if column not in self.schema])
        places = [self.schema.index(column) for column in schema]
        return FeatureTable(self.values[:, places], schema)

    def named(self, names: Sequence[str]) -> NDArray[np.float32]:
        """The values of some columns, (n, len(names)).

        Raises
        ------
        ValueError : columns that this table lacks.
        """
        places = {name: place for place, name in enumerate(self.columns)}
        _refuse_without([name for name in names if name not in places])
        return self.values[:, [places[name] for name in names]]

    def without(self, groups: Collection[str]) -> FeatureTable:
        """The table without the columns of some groups."""
        if not groups:
            return self
        kept = [place for place, column in enumerate(self.schema) if column.group not in groups]
        return FeatureTable(self.values[:, kept], tuple(self.schema[place] for place in kept))


def _refuse_without(lacking: list[str]) -> None:
    if lacking:
        raise ValueError(f"table: must have the columns {', '.join(lacking)}")
