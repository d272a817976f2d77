"""Fit and judge the generators in each world: ``python -m sample_data.make_generators``.

Everything is fitted anew, so that the seconds are those of this machine, now.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd

from engine.generators import GENERATORS, GeneratorConfig
from engine.measurement import this_machine
from engine.presets import GENERATOR_PRESETS
from engine.progress import Progress, silent
from engine.retrieval.generators import (
    GENERATORS_FILE,
    candidate_curves,
    compare_generators,
    left_out,
)
from engine.retrieval.leader import leader
from engine.sample import open_world
from engine.store import PartStore
from engine.world import World, WorldConfig

WORLDS = {"default": WorldConfig()} | GENERATOR_PRESETS
USERS = 2_000
_DIGITS = 6


def main(arguments: Sequence[str]) -> int:
    """Write ``generators.csv`` beside this file."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    started, frames = time.monotonic(), []
    for name, config in WORLDS.items():
        store = PartStore(None)
        world = open_world(config, store)
        made = judged(world, store, _telling(name, started)).assign(world=name)
        frames.append(made)
        for why in left_out(_configs(), len(world.items)).values():
            print(f"          {name}: {why}")
        best = leader(made)
        assert best is not None, "the panel has users"
        print(f"{_since(started)}  {name}: highest ceiling {best.name}, {best.value}", flush=True)
    today = datetime.now(UTC).date().isoformat()
    whole = pd.concat(frames, ignore_index=True).round(_DIGITS)
    whole = whole.assign(machine=str(this_machine()), measured_on=today)
    written = GENERATORS_FILE.with_suffix(".tmp")
    whole.to_csv(written, index=False)
    written.replace(GENERATORS_FILE)
    return 0


def judged(world: World, store: PartStore, progress: Progress = silent) -> pd.DataFrame:
    """Both studies of one world, see `load_generators`."""
    users = min(USERS, len(world.users))
    compared, curves = (
        study(world, _configs(), users=users, progress=progress, store=store)
        for study in (compare_generators, candidate_curves)
    )
    parts = compared.assign(study="comparison"), curves.assign(study="curve")
    return pd.concat(parts, ignore_index=True)


def _configs() -> list[GeneratorConfig]:
    return [kind() for kind in GENERATORS.values()]


def _telling(world: str, started: float) -> Progress:
    """Prints what is done, each kind of work once."""
    told: set[str] = set()

    def tell(what: str, done: float) -> None:
        if what not in told:
            told.add(what)
            print(f"{_since(started)}  {world}: {what}", flush=True)

    return tell


def _since(started: float) -> str:
    return f"{time.monotonic() - started:6.1f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
