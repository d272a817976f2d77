"""Which vectors a study of indexes searches: a frozen value that fits in a link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from engine.knobs import Knob, check_knobs
from engine.query import QueryReader, as_text

KINDS = {
    "catalogue": "the generator's own vectors of the catalogue's items; users ask",
    "clustered": "Gaussian clouds around a hundred centres",
    "isotropic": "Gaussian, alike in all directions: no structure that an index could use",
}
"""Name of a kind -> what it is."""
PREFIX = "vectors."
_SWITCHES = ("normalised", "shifted")


@dataclass(frozen=True, slots=True)
class VectorData:
    """The vectors that are searched, and who asks.

    kind : of `KINDS`.
    normalised : to unit length, so that the inner product is the cosine; else as they are.
    shifted : whether queries come from another distribution than items; of synthetic kinds, as
        users of a catalogue do so anyway.
    n, d, seed : how many vectors of how many dimensions are drawn; of synthetic kinds.

    Raises
    ------
    ValueError : an unknown kind, a switch that is not a bool, or a number out of range.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "n": Knob(1_000, 100_000, "vectors drawn", "vectors"),
        "d": Knob(2, 256, "their dimensions", "dimensions"),
        "seed": Knob(0, 2**31 - 1, "seed of the draw"),
    }
    kind: str = "catalogue"
    normalised: bool = False
    shifted: bool = False
    n: int = 20_000
    d: int = 64
    seed: int = 7

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind={self.kind!r}: must be one of {', '.join(KINDS)}")
        for name in _SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ValueError(f"{name}={getattr(self, name)!r}: must be True or False")
        check_knobs(self, self.knobs)

    @property
    def synthetic(self) -> bool:
        """Whether the vectors are drawn, and no generator and no user is behind them."""
        return self.kind != "catalogue"

    @property
    def effective(self) -> VectorData:
        """The same vectors under one name: what has no effect is at its default."""
        return self if self.synthetic else VectorData(normalised=self.normalised)

    def to_query(self) -> dict[str, str]:
        """What differs from the default, as text of a link: ``vectors.kind=isotropic``."""
        usual, query = VectorData(), {}
        if self.kind != usual.kind:
            query[f"{PREFIX}kind"] = self.kind
        for name in (*_SWITCHES, *self.knobs):
            value = getattr(self, name)
            if value != getattr(usual, name):
                query[f"{PREFIX}{name}"] = as_text(int(value))
        return query

    @classmethod
    def names(cls) -> list[str]:
        """Every name that such a query may have."""
        return [f"{PREFIX}{name}" for name in ("kind", *_SWITCHES, *cls.knobs)]

    @classmethod
    def read(cls, reader: QueryReader) -> VectorData:
        """Take what is of the vectors out of a query; what is wrong is repaired and told."""
        usual = cls()
        values: dict[str, Any] = {
            name: reader.number(f"{PREFIX}{name}", knob, getattr(usual, name))
            for name, knob in cls.knobs.items()
        }
        for name in _SWITCHES:
            usually = str(int(getattr(usual, name)))
            values[name] = reader.choice(f"{PREFIX}{name}", ("0", "1"), usually) == "1"
        return cls(kind=reader.choice(f"{PREFIX}kind", KINDS, usual.kind), **values)
