"""What every generator of candidates can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.generators.interactions import Interactions
from engine.knobs import Knob
from engine.progress import Progress


class GeneratorConfig(Protocol):
    """The knobs of a generator: a frozen dataclass.

    unknown_users, unknown_items : what becomes of those without a click, a sentence each.
    places_new_items : whether items that nobody clicked can be proposed.
    has_vectors : whether an index searches for it; without, it gives its own order.
    vector_dim : dimensions of the vectors; 0 without.
    """

    name: ClassVar[str]
    knobs: ClassVar[dict[str, Knob]]
    unknown_users: ClassVar[str]
    unknown_items: ClassVar[str]
    places_new_items: ClassVar[bool]
    has_vectors: ClassVar[bool]

    @property
    def vector_dim(self) -> int: ...

    def why_not(self, items: int) -> str:
        """Why it cannot be fitted to a catalogue of so many items; empty where it can."""
        ...

    def fit(self, interactions: Interactions, seed: int, progress: Progress) -> Generator:
        """Fit to what users clicked.

        Raises
        ------
        ValueError : where `why_not` gives a reason.
        """
        ...

    def load(self, directory: Path) -> Generator:
        """Read what `Generator.save` wrote."""
        ...


class Generator(ABC):
    """A fitted model that proposes candidates. Read-only.

    A generator with vectors leaves the search to an index: it gives `item_vectors` and
    `query`. One without gives its own order by `top`.
    """

    item_vectors: NDArray[np.float32] | None
    """(items, d), or None. A row of zeros is an item that the model knows nothing of."""

    @abstractmethod
    def scores(self, user: ArrayLike, items: NDArray[np.int64]) -> NDArray[np.float32]:
        """The model's exact score of each item, float32 (n,), for one user or one a row."""

    @abstractmethod
    def query(self, user: int) -> NDArray[np.float32]:
        """The user's vector, (d,). Raises TypeError where there are no vectors."""

    @abstractmethod
    def top(self, user: int, k: int) -> NDArray[np.int64]:
        """The k best items that the model knows, by exact score; ties by the lower id."""

    @abstractmethod
    def save(self, directory: Path) -> None:
        """Write the fitted parameters, without pickle, into an existing directory."""

    @property
    @abstractmethod
    def memory_bytes(self) -> int:
        """Size of the fitted parameters."""

    def known_items(self) -> NDArray[np.int64]:
        """Ids of the items that the model may propose."""
        return self.with_vectors()

    def with_vectors(self) -> NDArray[np.int64]:
        """Ids of the items that have a vector."""
        if self.item_vectors is None:
            raise TypeError(f"{type(self).__name__} has no vectors")
        return np.flatnonzero(np.any(self.item_vectors != 0, axis=1))
