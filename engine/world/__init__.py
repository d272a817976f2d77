"""The synthetic world: users and items whose true relevance is known, and their log."""

from engine.world.config import KNOBS, WorldConfig
from engine.world.impressions import Impressions
from engine.world.storage import load_world, save_world, saved_config
from engine.world.titles import topic_names
from engine.world.truth import Items, Users
from engine.world.world import Truth, World, make_world

__all__ = [
    "KNOBS",
    "Impressions",
    "Items",
    "Truth",
    "Users",
    "World",
    "WorldConfig",
    "load_world",
    "make_world",
    "save_world",
    "saved_config",
    "topic_names",
]
