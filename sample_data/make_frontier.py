"""Judge and time the designs of the frontier: ``python -m sample_data.make_frontier``.

A run that was stopped goes on where it stopped, on the same machine with the same code: what is
judged and each round of timings is kept as it comes. Every round times all designs in turn, so
that a stop costs one round at most and never tells designs apart by when they were measured.
Designs that take turns find colder caches than one that serves alone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engine.design import Design
from engine.evaluation import evaluator_for
from engine.frontier import FRONTIER, frontier_designs, single_stage_designs
from engine.intervals import mean_estimate
from engine.measurement import P99_FROM, measure_interleaved, this_machine
from engine.pipeline import Recommender, System, build
from engine.sample import load_sample
from engine.scenario import Scenario
from engine.single_stage import SingleStage
from engine.store import PartStore, default_store, part_key
from engine.world import World

USERS = 500
ROUNDS, ROUND = 10, 100
KEPT = Path(__file__).parent.parent / ".cache" / "frontier"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the frontier: a design in two stages, or its ranker over the whole catalogue."""

    design: Design
    stages: int


def main(arguments: Sequence[str]) -> int:
    """Write ``frontier.csv`` beside this file."""
    parser = argparse.ArgumentParser(description="Judge and time the designs of the frontier.")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"of {ROUND} requests each")
    rounds = parser.parse_args(arguments).rounds
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {line}", flush=True)

    try:
        frame = make(load_sample(), entries(), KEPT, default_store(), say, USERS, rounds, ROUND)
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.")
        return 130
    written = FRONTIER.with_suffix(".tmp")
    frame.to_csv(written, index=False)
    written.replace(FRONTIER)
    shutil.rmtree(KEPT, ignore_errors=True)  # so that the next run measures anew
    say(f"{len(frame)} designs in {FRONTIER.name}; {frame['held_up'].mean():.1%} held up")
    return 0


def entries() -> list[Entry]:
    """Every row, in the order of the file."""
    return [
        *(Entry(design, 2) for design in frontier_designs()),
        *(Entry(design, 1) for design in single_stage_designs()),
    ]


def make(
    world: World,
    rows: Sequence[Entry],
    directory: Path,
    store: PartStore,
    say: Say,
    users: int,
    rounds: int,
    requests: int,
) -> pd.DataFrame:
    """Judge and time entries; what an earlier run left in the directory is not done again.

    Parameters
    ----------
    users : of the panel that judges.
    rounds, requests : how often all entries are timed in turn, and over how many requests.

    Returns
    -------
    A row an entry; its columns: `engine.load_frontier`.

    Raises
    ------
    ValueError : fewer rounds than 1, or a panel that the world does not have.
    """
    if rounds < 1:
        raise ValueError(f"rounds={rounds!r}: must be at least 1")
    run = part_key("frontier", world.identity, list(rows), users, requests, this_machine())
    for left in directory.glob("*"):
        if left.name != run:  # of other code or designs
            shutil.rmtree(left, ignore_errors=True)
    kept = directory / run
    kept.mkdir(parents=True, exist_ok=True)
    systems: list[Recommender] = []
    judged = []
    for place, entry in enumerate(rows):
        system = build(world, entry.design, store=store)
        served: Recommender = system if entry.stages == 2 else SingleStage(system)
        systems.append(served)
        judge = partial(_judge, system, served, users, store)
        judged.append(_kept(kept / f"design-{place:03}.json", judge))
        say(f"judged {place + 1} of {len(rows)}: NDCG@10 {judged[-1]['ndcg@10']:.3f}")
    timed = []
    for number in range(rounds):
        time_all = partial(_time, systems, requests, number * requests)
        timed.append(_kept(kept / f"round-{number:03}.json", time_all))
        say(f"timed round {number + 1} of {rounds}, {requests} requests of each design")
    return pd.DataFrame(
        [
            _choices(world, entry) | judgement | _latency(timed, place)
            for place, (entry, judgement) in enumerate(zip(rows, judged, strict=True))
        ]
    )


def _judge(system: System, served: Recommender, users: int, store: PartStore) -> dict[str, Any]:
    evaluator = evaluator_for(system.world, users, store)
    if isinstance(served, SingleStage):
        panel = evaluator.panel
        slates = np.full((len(panel), system.design.slate), -1, dtype=np.int64)
        for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
            items = served.recommend(user, at).items
            slates[row, : len(items)] = items
        ndcg, memory = mean_estimate(evaluator.slates_ndcg(slates)), 0
    else:
        ndcg = evaluator.report(system)["ndcg@10"]
        memory = 0 if system.index is None else system.index.memory_bytes
    return {
        "ndcg@10": ndcg.value,
        "ndcg@10_low": ndcg.low,
        "ndcg@10_high": ndcg.high,
        "users": users,
        "memory_bytes": memory,
    }


def _time(systems: Sequence[Recommender], requests: int, start: int) -> dict[str, Any]:
    timings = measure_interleaved(systems, requests, start)
    return {
        "nanoseconds": [timing.nanoseconds[:, -1].tolist() for timing in timings],
        "held_up": [timing.held_up for timing in timings],
        "taken_at": timings[0].taken_at,
    }


def _latency(rounds: Sequence[dict[str, Any]], place: int) -> dict[str, Any]:
    """The figures of one entry over all rounds."""
    times = np.concatenate([taken["nanoseconds"][place] for taken in rounds]) / 1e6
    p50, p95, p99 = np.percentile(times, [50, 95, 99]).round(6).tolist()
    machine = this_machine()
    taken_on = datetime.fromtimestamp(max(taken["taken_at"] for taken in rounds), UTC)
    return {
        "p50_ms": p50,
        "p95_ms": p95,
        "p99_ms": p99 if len(times) >= P99_FROM else None,
        "requests": len(times),
        "held_up": round(float(np.mean([taken["held_up"][place] for taken in rounds])), 6),
        "machine": str(machine),
        "versions": " ".join("=".join(pair) for pair in machine.versions),
        "measured_on": taken_on.date().isoformat(),
    }


def _choices(world: World, entry: Entry) -> dict[str, Any]:
    """What a link would hold, without a user; of a single stage what plays a part in it."""
    query = Scenario(world.config, entry.design, 0).spelled_out()
    del query["user"]
    if entry.stages == 1:
        query = {
            name: text
            for name, text in query.items()
            if name != "candidates" and name.partition(".")[0] != "index"
        }
    return {"stages": entry.stages} | query


def _kept(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What an earlier run wrote at a path, or what is made and written now, whole or not at all."""
    if path.exists():
        kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return kept
    made = make()
    scratch = path.with_suffix(".tmp")
    scratch.write_text(json.dumps(made), encoding="utf-8")
    os.replace(scratch, path)
    return made


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
