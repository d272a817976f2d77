"""Models that propose candidates, one file each, one contract."""

from engine.generators.contract import Generator, GeneratorConfig
from engine.generators.covisitation import Covisitation
from engine.generators.ease import EASE
from engine.generators.interactions import Interactions, interactions_before
from engine.generators.mf import MF
from engine.generators.popularity import Popularity
from engine.generators.two_tower import TwoTower

GENERATORS: dict[str, type[GeneratorConfig]] = {
    kind.name: kind for kind in (Popularity, MF, Covisitation, EASE, TwoTower)
}

__all__ = [
    "EASE",
    "GENERATORS",
    "MF",
    "Covisitation",
    "Generator",
    "GeneratorConfig",
    "Interactions",
    "Popularity",
    "TwoTower",
    "interactions_before",
]
