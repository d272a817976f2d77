"""What every index promises: search by inner product over the vectors of a catalogue.

A configuration (`IndexConfig`) is a frozen value that names the knobs; `build` turns it
and the vectors into an `Index`, which never changes afterwards and may be searched from
many threads. Knobs that act at query time only do not need a second build: `Index.tuned`
gives a view over the same structure.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.knobs import Knob
from engine.progress import Progress, silent

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
_INTEGERS = (int, np.integer)
Config = TypeVar("Config", bound="IndexConfig")


@dataclass(frozen=True, slots=True)
class IndexConfig(ABC):
    """The choice of an index and its knobs. Subclasses are frozen, slotted dataclasses."""

    name: ClassVar[str]
    knobs: ClassVar[dict[str, Knob]]
    query_knob: ClassVar[str | None]
    """The knob that trades recall for time at query time; None where there is none."""

    @property
    @abstractmethod
    def build_part(self) -> Self:
        """This configuration with its query-time knobs at their defaults.

        Two configurations with equal build parts share one built index.
        """

    @abstractmethod
    def build(self, vectors: Vectors, seed: int, progress: Progress = silent) -> "Index":
        """Index ``vectors`` (float32 [n, d]); equal arguments give equal answers.

        Raises
        ------
        ValueError
            If a row is all zero or not finite, or if the knobs cannot serve n vectors of
            d dimensions (see `repaired`).
        """

    @abstractmethod
    def load(self, directory: Path) -> "Index":
        """Read what `Index.save` wrote; query-time knobs come from this configuration.

        Raises
        ------
        ValueError
            If a file is damaged or missing (it is named), or holds another build part.
        """

    def repaired(self, n: int, d: int) -> tuple[Self, list[str]]:
        """The nearest configuration possible for n vectors of d dimensions.

        Returns
        -------
        The configuration and one plain line for each repair; no line where none was needed.
        """
        check_int("n", n, 1, 2**31)
        check_int("d", d, 1, 2**16)
        return self, []


class Reach(NamedTuple):
    """How far a search goes: over one build, searches of equal reach find the same items.

    knobs : query-time knobs that decide what is found.
    depth : the longest answer of this reach; shorter ones are its beginnings (which of equal
        scores comes first is left open, except by `Exact`).
    """

    knobs: tuple[int, ...]
    depth: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Index(ABC):
    """A built index: read-only, and safe to search from many threads.

    Attributes
    ----------
    config : the knobs that its searches use.
    size : number of vectors n.
    dim : their dimensions d.
    build_seconds : wall-clock time that the build took (kept over save and load).
    """

    config: IndexConfig
    size: int
    dim: int
    build_seconds: float

    @property
    @abstractmethod
    def memory_bytes(self) -> int:
        """Bytes that the structure holds, as reported by the library that made it."""

    @abstractmethod
    def search(self, query: Vectors, k: int) -> tuple[Ids, Scores]:
        """The k vectors of the largest inner product with ``query``, best first.

        Parameters
        ----------
        query : float32 [d], finite.
        k : how many to find, from 1; more than n is cut to n.

        Returns
        -------
        ids : int64 [k'], unique, and scores : float32 [k'], falling. k' is below k where the
            index finds fewer (nothing is padded); `Exact` always finds min(k, n).
        """

    @abstractmethod
    def reach(self, k: int) -> Reach:
        """The reach of a search for k: a search for ``reach(k).depth`` begins with its answer."""

    @abstractmethod
    def tuned(self, config: IndexConfig) -> Self:
        """A cheap view over the same structure that searches with other query-time knobs.

        Raises
        ------
        ValueError
            If ``config`` would need another build.
        """

    @abstractmethod
    def save(self, directory: Path) -> None:
        """Write the index into ``directory`` (made if missing), without pickle."""

    def search_many(self, queries: Vectors, k: int) -> tuple[Ids, Scores]:
        """`search` for each row of ``queries`` (float32 [q, d]), answer by answer the same.

        Returns
        -------
        ids : int64 [q, k] and scores : float32 [q, k]; where fewer than k are found the rest
            of the row is -1 and -inf.
        """
        queries = check_queries(queries, self.dim)
        ids, scores = empty_answers(len(queries), k)
        for row, query in enumerate(queries):
            found, their_scores = self.search(query, k)
            ids[row, : len(found)] = found
            scores[row, : len(found)] = their_scores
        return ids, scores


def check_int(name: str, value: object, low: int, high: int) -> None:
    """Raise ValueError unless ``value`` is an integer from ``low`` to ``high``."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name}={value!r}: must be an integer from {low} to {high}")


def check_seed(seed: int) -> int:
    """``seed`` folded into the 31 bits that every library takes; ValueError if negative."""
    if not isinstance(seed, _INTEGERS) or seed < 0:
        raise ValueError(f"seed={seed!r}: must be an integer from 0")
    return int(seed) % 2**31


def check_vectors(vectors: Vectors) -> Vectors:
    """``vectors`` as a read-only, contiguous float32 [n, d]; ValueError if it cannot be indexed.

    What the caller may still write to is copied; read-only arrays are shared.
    """
    checked = np.ascontiguousarray(vectors, dtype=np.float32)
    if checked.ndim != 2 or 0 in checked.shape:
        raise ValueError(f"vectors: shape {np.shape(vectors)} must be [n, d] with n, d above 0")
    for what, bad in (
        ("not finite", ~np.isfinite(checked).all(axis=1)),
        ("all zero", ~checked.any(axis=1)),
    ):
        if bad.any():
            rows = np.flatnonzero(bad)
            raise ValueError(
                f"vectors: {rows.size} rows are {what} (first: row {rows[0]}); "
                "each must be finite and have a non-zero value"
            )
    if checked.flags.writeable and np.may_share_memory(checked, vectors):
        checked = checked.copy()
    checked.flags.writeable = False
    return checked


def check_query(query: Vectors, dim: int) -> Vectors:
    """``query`` as float32 [d]; ValueError if its shape is another or a value is not finite."""
    query = check_shape(query, dim)
    # One dot product looks at all values and costs less than isfinite().all().
    if not math.isfinite(query.dot(query)):
        raise not_finite("query")
    return query


def check_shape(query: Vectors, dim: int) -> Vectors:
    """``query`` as float32 [d]; ValueError if its shape is another."""
    query = np.asarray(query, dtype=np.float32)
    if query.shape != (dim,):
        raise ValueError(f"query: shape {query.shape} must be ({dim},)")
    return query


def not_finite(name: str) -> ValueError:
    """The error for a query in which a value (or the sum of squares) is not finite."""
    return ValueError(f"{name}: not finite; each value must be a finite number of moderate size")


def check_queries(queries: Vectors, dim: int) -> Vectors:
    """``queries`` as contiguous float32 [q, d]; ValueError for another shape or if not finite."""
    checked = np.ascontiguousarray(queries, dtype=np.float32)
    if checked.ndim != 2 or checked.shape[1] != dim:
        raise ValueError(f"queries: shape {np.shape(queries)} must be [q, {dim}]")
    if not np.isfinite(checked).all():
        raise not_finite("queries")
    return checked


def check_k(k: int, size: int) -> int:
    """``k`` cut to ``size``; ValueError unless it is an integer from 1."""
    if not isinstance(k, _INTEGERS) or k < 1:
        raise ValueError(f"k={k!r}: must be an integer from 1")
    return k if k < size else size


def check_same_build(built: Config, wanted: IndexConfig) -> Config:
    """``wanted``, if it can search what ``built`` built; else ValueError."""
    if not isinstance(wanted, type(built)) or wanted.build_part != built.build_part:
        raise ValueError(
            f"config={wanted!r}: needs another build; must have the build part {built.build_part!r}"
        )
    return wanted


def empty_answers(rows: int, k: int) -> tuple[Ids, Scores]:
    """Answers of `Index.search_many` before anything is found: ids -1, scores -inf."""
    check_k(k, k)
    return np.full((rows, k), -1, np.int64), np.full((rows, k), -np.inf, np.float32)
