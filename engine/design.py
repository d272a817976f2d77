"""A design: all the choices of a recommender of two stages or three, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from engine.generators import GENERATORS, MF, GeneratorConfig
from engine.index import HNSW, INDEXES, IndexConfig
from engine.knobs import Knob, check_knobs
from engine.rankers import GBDT, RANKERS, RankerConfig
from engine.rerankers import RERANKERS, NoReranking, RerankerConfig
from engine.training import Training

MIN_CANDIDATES, MAX_CANDIDATES = 10, 1_000


@dataclass(frozen=True, slots=True)
class Design:
    """Generator and index propose ``candidates`` items; the ranker orders a slate of them.

    The re-ranker may choose another slate from the best of those; by default there is none.

    A name, such as ``ranker="gbdt"``, stands for that part's defaults.

    Raises
    ------
    ValueError : an unknown name, a part of the wrong kind, or a count out of range.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "candidates": Knob(MIN_CANDIDATES, MAX_CANDIDATES, "items that the ranker sees"),
        "slate": Knob(10, 50, "items shown"),
    }
    generator: GeneratorConfig = MF()
    index: IndexConfig = HNSW()
    candidates: int = 300
    ranker: RankerConfig = GBDT()
    slate: int = 10
    rerank: RerankerConfig = NoReranking()
    training: Training = Training()

    def __post_init__(self) -> None:
        for field, family in (
            ("generator", GENERATORS),
            ("index", INDEXES),
            ("ranker", RANKERS),
            ("rerank", RERANKERS),
        ):
            object.__setattr__(self, field, _part(field, getattr(self, field), family))
        check_knobs(self, self.knobs)
        if not isinstance(self.training, Training):
            raise ValueError(f"training={self.training!r}: must be a Training")
        if self.candidates < self.slate:
            raise ValueError(
                f"candidates={self.candidates}: must be at least the slate's {self.slate}"
            )

    @property
    def predicting(self) -> tuple[GeneratorConfig, RankerConfig, Training]:
        """All that the predicted probability of a click hangs on."""
        return self.generator, self.ranker, self.training

    @property
    def fitted_part(self) -> tuple[GeneratorConfig, RankerConfig, Training]:
        """All that the fitted generator and ranker hang on, and so the order of candidates."""
        return self.generator, self.ranker, self.training.fitted_part

    def with_candidates(self, candidates: int) -> Design:
        """The same design with another number of candidates."""
        return replace(self, candidates=candidates)


def _part(field: str, part: object, family: dict[str, type]) -> object:
    if isinstance(part, str):
        if part not in family:
            raise ValueError(f"{field}={part!r}: must be one of {', '.join(family)}")
        return family[part]()
    if type(part) not in family.values():
        raise ValueError(f"{field}={part!r}: must be one of {', '.join(family)}")
    return part
