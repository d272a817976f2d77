"""From a table of features to what linear and deep models compute with.

The one step between the two, learned from the training rows and the same in training and in
serving: missing values get an indicator, numbers are standardised, cycles become points on a
circle, categories and ids become places in a vocabulary, hashed where there are too many, and
the words of a title become one bag.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.table import Column, FeatureTable

BUCKETS = 1 << 16
"""Most places that the vocabulary of one column has; ids beyond share them by their hash."""
UNKNOWN = 0
"""The place of what is missing or was never seen in training."""
_LONGEST = 6.0
# The highest bits of a product with the golden ratio spread whatever comes in steps (Knuth, 1973).
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_TO_BUCKETS = np.uint64(65 - BUCKETS.bit_length())


@dataclass(frozen=True, slots=True, eq=False)
class PreparedRows:
    """What a model computes with.

    dense : (n, numbers) float32, standardised.
    places : (n, fields) int32 in one vocabulary of all fields; `UNKNOWN` where nothing is known.
    words : (n, words) int32 in the same vocabulary, a bag.
    """

    dense: NDArray[np.float32]
    places: NDArray[np.int32]
    words: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.dense)

    def rows(self, which: NDArray[np.integer] | slice) -> PreparedRows:
        """Some of the rows."""
        return PreparedRows(self.dense[which], self.places[which], self.words[which])


@dataclass(frozen=True, eq=False)
class Preparation:
    """What was learned of the training rows; `rows` applies it to any.

    schema : of the tables that it takes.
    mean, scale : (numbers,) of the number columns; a scale is infinite where training saw no
        more than one value, so that no other one says anything.
    missing : (numbers,) which of them were missing in some rows of training, and not in all.
    vocabulary : (fields, up to `BUCKETS` + 1) int32, a row a category or id column and one for
        all words: bucket -> place, `UNKNOWN` where training did not see it.
    """

    schema: tuple[Column, ...]
    mean: NDArray[np.float32]
    scale: NDArray[np.float32]
    missing: NDArray[np.bool_]
    vocabulary: tuple[NDArray[np.int32], ...]

    @classmethod
    def fitted(cls, table: FeatureTable) -> Preparation:
        """Learn means, scales and vocabularies from training rows."""
        schema = table.schema
        numbers = table.values[:, _of_kind(schema, "number")].astype(np.float64)
        absent = np.isnan(numbers)
        seen = np.maximum((~absent).sum(axis=0), 1)
        mean = np.where(absent, 0.0, numbers).sum(axis=0) / seen
        spread = np.sqrt((np.where(absent, 0.0, numbers - mean) ** 2).sum(axis=0) / seen)
        # What floats leave of a constant is no spread.
        constant = spread <= 1e-6 * np.maximum(1.0, np.abs(mean))
        vocabulary: list[NDArray[np.int32]] = []
        taken = UNKNOWN + 1
        for columns in _fields(schema):
            buckets = _buckets(table.values[:, columns])
            present = np.unique(buckets[buckets > UNKNOWN])
            places = np.zeros(int(present[-1]) + 1 if len(present) else 1, dtype=np.int32)
            places[present] = taken + np.arange(len(present))
            taken += len(present)
            vocabulary.append(places)
        return cls(
            schema=schema,
            mean=mean.astype(np.float32),
            scale=np.where(constant, np.inf, spread).astype(np.float32),
            missing=np.asarray(absent.any(axis=0) & ~absent.all(axis=0)),
            vocabulary=tuple(vocabulary),
        )

    @property
    def size(self) -> int:
        """Places of the vocabulary, the unknown one included."""
        return 1 + sum(int((places > UNKNOWN).sum()) for places in self.vocabulary)

    @property
    def width(self) -> int:
        """Columns of the dense part."""
        return len(self.mean) + int(self.missing.sum()) + 2 * len(self._cycles)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it takes."""
        return tuple(column.name for column in self.schema)

    @property
    def fields(self) -> int:
        """Columns of the places."""
        return len(self._ids)

    def field_of_place(self) -> NDArray[np.int64]:
        """Which vocabulary each place belongs to, (size,), from 1; 0 for the unknown place."""
        sizes = [1, *(int((places > UNKNOWN).sum()) for places in self.vocabulary)]
        return np.repeat(np.arange(len(sizes)), sizes)

    @property
    def has_words(self) -> bool:
        """Whether there is a bag of words."""
        return len(self._words) > 0

    @property
    def first_word(self) -> int:
        """The column of the schema under which the bag of words is told."""
        return self._words[0]

    def rows(self, table: FeatureTable) -> PreparedRows:
        """Prepare rows of any table that has the columns it was fitted to.

        Raises
        ------
        ValueError : a table without one of them.
        """
        values = table.only(self.schema).values
        places = np.empty((len(table), self.fields), dtype=np.int32)
        for field, column in enumerate(self._ids):
            places[:, field] = _looked_up(self.vocabulary[field], _buckets(values[:, column]))
        words = np.empty((len(table), 0), dtype=np.int32)
        if self.has_words:
            words = _looked_up(self.vocabulary[-1], _buckets(values[:, self._words]))
        return PreparedRows(self._dense(values), places, words)

    def sources(self) -> tuple[list[int], list[int]]:
        """Columns of the schema that each dense column and each field come from."""
        numbers = np.array(self._numbers, dtype=np.int64)
        dense = [*numbers.tolist(), *numbers[self.missing].tolist()]
        return [*dense, *(c for c in self._cycles for _ in range(2))], list(self._ids)

    def by_column(
        self, dense: NDArray[Any], places: NDArray[Any], words: NDArray[Any]
    ) -> NDArray[np.float64]:
        """What the parts of rows are worth, summed by the column of the schema they come from.

        The words count together, under the first of them.

        dense, places : (n, numbers) and (n, fields).
        words : (n,), of the bag as a whole.
        """
        of_dense, of_places = self.sources()
        worth = np.zeros((len(dense), len(self.schema)))
        for place, column in enumerate(of_dense):
            worth[:, column] += dense[:, place]
        worth[:, of_places] += places
        if self.has_words:
            worth[:, self.first_word] += words
        return worth

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All that was learned, for `np.savez`."""
        kinds = [(c.name, c.kind, c.group, str(c.period)) for c in self.schema]
        arrays: dict[str, NDArray[Any]] = {
            f"vocabulary_{field}": places for field, places in enumerate(self.vocabulary)
        }
        return arrays | {
            "schema": np.array(kinds, dtype=np.str_).reshape(len(kinds), 4),
            "mean": self.mean,
            "scale": self.scale,
            "missing": self.missing,
        }

    @classmethod
    def from_arrays(cls, saved: Any) -> Preparation:
        """From what `arrays` gave, as `np.load` reads it."""
        schema = tuple(
            Column(str(name), str(kind), str(group), float(period))  # type: ignore[arg-type]
            for name, kind, group, period in saved["schema"]
        )
        fields = len(_fields(schema))
        vocabulary = tuple(saved[f"vocabulary_{field}"] for field in range(fields))
        return cls(schema, saved["mean"], saved["scale"], saved["missing"], vocabulary)

    @cached_property
    def _numbers(self) -> list[int]:
        return _of_kind(self.schema, "number")

    @cached_property
    def _cycles(self) -> list[int]:
        return _of_kind(self.schema, "cycle")

    @cached_property
    def _ids(self) -> list[int]:
        return _of_kind(self.schema, "category", "id")

    @cached_property
    def _words(self) -> list[int]:
        return _of_kind(self.schema, "token")

    def _dense(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        dense = np.empty((len(values), self.width), dtype=np.float32)
        m, marked = len(self.mean), int(self.missing.sum())
        standard = (values[:, self._numbers] - self.mean) / self.scale
        absent = np.isnan(standard)
        # A value far outside training would drown all others in a product.
        dense[:, :m] = np.where(absent, 0.0, np.clip(standard, -_LONGEST, _LONGEST))
        dense[:, m : m + marked] = absent[:, self.missing]
        for place, column in enumerate(self._cycles):
            angle = values[:, column] * np.float32(2 * np.pi / self.schema[column].period)
            at = m + marked + 2 * place
            # What is missing stands in the middle of its circle.
            dense[:, at] = np.nan_to_num(np.cos(angle))
            dense[:, at + 1] = np.nan_to_num(np.sin(angle))
        return dense


def known_words(words: Any, xp: Any) -> Any:
    """How many words of each row are known, (n,), 1 where none is: what a bag is divided by.

    xp : numpy or jax.numpy, whichever ``words`` is an array of.
    """
    return xp.maximum((words > UNKNOWN).sum(axis=1), 1)


def _of_kind(schema: tuple[Column, ...], *kinds: str) -> list[int]:
    return [place for place, column in enumerate(schema) if column.kind in kinds]


def _fields(schema: tuple[Column, ...]) -> list[list[int]]:
    """The columns of each vocabulary: one a category or id, and all words together."""
    words = _of_kind(schema, "token")
    return [[place] for place in _of_kind(schema, "category", "id")] + ([words] if words else [])


def _buckets(values: NDArray[np.float32]) -> NDArray[np.int64]:
    """From 1: the number itself where it is below `BUCKETS`, else its hash; 0 where missing."""
    absent = np.isnan(values)
    numbers = np.where(absent, 0.0, values).astype(np.int64)
    if len(numbers) and numbers.max(initial=0) >= BUCKETS:
        hashed = numbers.astype(np.uint64) * _GOLDEN >> _TO_BUCKETS
        numbers = np.where(numbers < BUCKETS, numbers, hashed.astype(np.int64))
    return np.where(absent | (numbers < 0), 0, numbers + 1)


def _looked_up(places: NDArray[np.int32], buckets: NDArray[np.int64]) -> NDArray[np.int32]:
    found: NDArray[np.int32] = places[np.where(buckets < len(places), buckets, UNKNOWN)]
    return found
