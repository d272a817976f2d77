"""Models that propose candidates, one file each, one contract."""

from engine.generators.contract import Generator, GeneratorConfig
from engine.generators.interactions import Interactions, interactions_before
from engine.generators.mf import MF
from engine.generators.popularity import Popularity

GENERATORS: dict[str, type[GeneratorConfig]] = {kind.name: kind for kind in (Popularity, MF)}

__all__ = [
    "GENERATORS",
    "MF",
    "Generator",
    "GeneratorConfig",
    "Interactions",
    "Popularity",
    "interactions_before",
]
