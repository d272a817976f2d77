"""Judge and time the ladder in each preset world: ``python -m sample_data.make_ladder``.

A run that was stopped goes on where it stopped: what is fitted is kept by the store of parts, and
each study of a world as it is done.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from engine.design import Design
from engine.ladder import LADDER, judge_rankers, ladder_designs, learning_designs
from engine.measurement import this_machine
from engine.pipeline import repaired_for
from engine.presets import PRESETS
from engine.rankers import RANKERS
from engine.sample import open_world
from engine.store import PartStore, default_store, part_key
from engine.world import World

USERS = 500
KEPT = Path(__file__).parent.parent / ".cache" / "ladder"
_DIGITS = 6


def main(arguments: Sequence[str]) -> int:
    """Write ``ladder.csv`` beside this file."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    started, store = time.monotonic(), default_store()
    run = KEPT / part_key("ladder", USERS, this_machine(), PRESETS)
    run.mkdir(parents=True, exist_ok=True)
    frames = []
    try:
        for name, study, design in studies():
            path = run / f"{name}-{study}-{design.ranker.name}.csv"
            if not path.exists():
                world = open_world(PRESETS[name], store)
                made = judged(world, study, design, store).assign(world=name, study=study)
                made.to_csv(path, index=False)
            frames.append(pd.read_csv(path))
            best = frames[-1].loc[frames[-1]["ndcg@10"].idxmax()]
            print(
                f"{time.monotonic() - started:6.1f} s  {name} {study} {design.ranker.name}: "
                f"best {best['ranker']}, NDCG@10 {best['ndcg@10']:.3f}",
                flush=True,
            )
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.")
        return 130
    today = datetime.now(UTC).date().isoformat()
    whole = pd.concat(frames, ignore_index=True).round(_DIGITS)
    whole = whole.assign(machine=str(this_machine()), measured_on=today)
    written = LADDER.with_suffix(".tmp")
    whole.to_csv(written, index=False)
    written.replace(LADDER)
    shutil.rmtree(KEPT, ignore_errors=True)  # so that the next run measures anew
    return 0


def studies() -> Iterator[tuple[str, str, Design]]:
    """World, study and design: the ladder of each world, and the learning curve of each ranker."""
    for name in PRESETS:
        yield name, "ladder", Design()
    for kind in RANKERS.values():
        if kind.knobs:
            yield "default", "learning", Design(ranker=kind())


def judged(world: World, study: str, design: Design, store: PartStore) -> pd.DataFrame:
    """The frame of one study; see `judge_rankers`."""
    allowed, _ = repaired_for(world, design, store)
    if study == "ladder":
        return judge_rankers(world, ladder_designs(allowed), USERS, store)
    return judge_rankers(world, learning_designs(allowed), USERS, store, timed=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
