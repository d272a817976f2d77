"""The click log that ships with the app, and the way to any other."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from engine.clicks.config import ClickLogConfig
from engine.clicks.log import ClickLog, make_clicks
from engine.clicks.storage import read_clicks, save_clicks, saved_clicks_config
from engine.progress import Progress, silent
from engine.store import PartStore, Recipe, default_store, part_key

SAMPLE_CLICKS = Path(__file__).parents[2] / "sample_data" / "clicks"
SAMPLE_CONFIG = ClickLogConfig(rows=60_000, users=3_000, sites=120, ads=600)
"""What ships: small, with the shares and weights of the default log."""
_REMEDY = "make it again with `make clicks`"


@cache
def load_clicks() -> ClickLog:
    """The click log in ``sample_data/clicks/``, read once a process.

    Raises
    ------
    ValueError : one of its files is damaged or missing; the error names it and the remedy.
    """
    return read_clicks(SAMPLE_CLICKS, _REMEDY)


def open_clicks(
    config: ClickLogConfig, store: PartStore | None = None, progress: Progress | None = None
) -> ClickLog:
    """The log of a configuration: the shipped one where it fits, or one made and kept.

    A damaged shipped log is made again; a line in ``store.notices`` says so.

    Parameters
    ----------
    store : where logs are kept; the one that the process shares by default.
    progress : called with what is running and the share done, 0 to 1.
    """
    store = store or default_store()
    return _shipped(config, store) or _made(config, store, progress or silent)


def _shipped(config: ClickLogConfig, store: PartStore) -> ClickLog | None:
    try:
        fits = saved_clicks_config(SAMPLE_CLICKS, _REMEDY) == config
        return load_clicks() if fits else None
    except ValueError as error:
        notice = f"The sample click log was made anew instead of read. {error}."
        if config == SAMPLE_CONFIG and notice not in store.notices:
            store.notices.append(notice)
        return None


def _made(config: ClickLogConfig, store: PartStore, progress: Progress) -> ClickLog:
    # One identity, made or read back: what was fitted to the one serves the other.
    recipe = Recipe(
        make=lambda report: make_clicks(config, report),
        save=save_clicks,
        load=lambda directory: replace(read_clicks(directory), identity=repr(config)),
    )
    log: ClickLog = store.part(part_key("clicks", config), recipe, progress)
    return log
