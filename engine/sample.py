"""The world that ships with the app, and the way to any other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from engine.progress import Progress, silent
from engine.store import PartStore, Recipe, default_store, part_key
from engine.world import World, WorldConfig, load_world, make_world, save_world, saved_config

SAMPLE = Path(__file__).parent.parent / "sample_data"
_REMEDY = "make it again with `make world`"


@cache
def load_sample() -> World:
    """The world in ``sample_data/``, read once a process.

    Raises
    ------
    ValueError : one of its files is damaged or missing; the error names it and the remedy.
    """
    return load_world(SAMPLE, _REMEDY)


def open_world(
    config: WorldConfig, store: PartStore | None = None, progress: Progress | None = None
) -> World:
    """The world of a configuration: the shipped one where it fits, or one made and kept.

    A damaged shipped world is made again; a line in ``store.notices`` says so.

    Parameters
    ----------
    store : where worlds are kept; the one that the process shares by default.
    progress : called with what is running and the share done, 0 to 1.
    """
    store = store or default_store()
    return _shipped(config, store) or _made(config, store, progress or silent)


def _shipped(config: WorldConfig, store: PartStore) -> World | None:
    try:
        return load_sample() if saved_config(SAMPLE, _REMEDY) == config else None
    except ValueError as error:
        notice = f"The sample world was made anew instead of read. {error}."
        if config == WorldConfig() and notice not in store.notices:
            store.notices.append(notice)
        return None


def _made(config: WorldConfig, store: PartStore, progress: Progress) -> World:
    # One identity, made or read back: what was fitted to the one serves the other.
    recipe = Recipe(
        make=lambda report: make_world(config, report),
        save=save_world,
        load=lambda directory: replace(load_world(directory), identity=repr(config)),
    )
    world: World = store.part(part_key("world", config), recipe, progress)
    return world
