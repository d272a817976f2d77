"""Measure the indexes on the shipped world: ``python -m sample_data.make_indexes``.

Two files, on the vectors of each generator that has some: the grid of configurations, and the cost
of a search over sizes of the catalogue. A run that was stopped goes on where it stopped, on
the same machine with the same code: each group of configurations that share a build, and each
size, is kept as it comes.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from engine.design import Design
from engine.generators import GENERATORS, GeneratorConfig
from engine.index import IndexConfig
from engine.measurement import this_machine
from engine.retrieval import VectorData, by_build, index_configs, measure_group, open_vectors
from engine.retrieval.shipped import INDEX_FIGURES, SIZE_FIGURES, index_frame
from engine.retrieval.sizes import SIZES, crossings, measure_size
from engine.sample import load_sample
from engine.store import PartStore, default_store, part_key
from engine.world import World

KEPT = Path(__file__).parent.parent / ".cache" / "indexes"
_DIGITS = 6
Say = Callable[[str], None]


def main(arguments: Sequence[str]) -> int:
    """Write ``indexes.csv`` and ``index_sizes.csv`` beside this file."""
    argparse.ArgumentParser(description=__doc__).parse_args(arguments)
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:6.1f} s  {line}", flush=True)

    world, store, k = load_sample(), default_store(), Design().candidates
    try:
        generators = [kind() for kind in GENERATORS.values() if kind.has_vectors]
        grids = [make_grid(world, one, k, KEPT, store, say) for one in generators]
        sizes = [make_sizes(world, one, k, SIZES, KEPT, store, say) for one in generators]
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on from here.")
        return 130
    _write(pd.concat(grids, ignore_index=True), INDEX_FIGURES)
    _write(pd.concat(sizes, ignore_index=True), SIZE_FIGURES)
    for one, frame in zip(generators, sizes, strict=True):
        for crossing in crossings(frame):
            name = f"{one.name}: {crossing.index}"
            say(f"{name} beats exact search from {crossing.n:,.0f} vectors on")
    shutil.rmtree(KEPT, ignore_errors=True)  # so that the next run measures anew
    return 0


def make_grid(
    world: World,
    generator: GeneratorConfig,
    k: int,
    directory: Path,
    store: PartStore,
    say: Say,
    configs: Sequence[IndexConfig] | None = None,
) -> pd.DataFrame:
    """A grid of indexes on the vectors of a generator; by default that of `index_configs`.

    Returns
    -------
    A row a configuration; its columns: `engine.retrieval.load_indexes`.
    """
    vectors = open_vectors(VectorData(), world, generator, store)
    if configs is None:
        configs = index_configs(k, *vectors.items.shape)
    run = _run(directory, "grid", world.identity, generator, k, list(configs))
    frames, after_builds = [], 0.0
    for place, group in enumerate(by_build(configs)):
        path = run / f"group-{place:02}.csv"
        if not path.exists():
            vectors.index(group[0], store)
            started = time.monotonic()
            frame = index_frame(measure_group(vectors, group, k, world, store))
            after_builds += time.monotonic() - started
            _keep(frame, path)
        frames.append(pd.read_csv(path))
        best = frames[-1].loc[frames[-1]["recall"].idxmax()]
        say(
            f"{generator.name}: {len(group)} of {group[0].name}, recall up to "
            f"{best['recall']:.3f} at {best['p50_ms']:.3f} ms"
        )
    say(f"{generator.name}: {len(configs)} configurations, {after_builds:.1f} s after the builds")
    return _dated(pd.concat(frames, ignore_index=True)).assign(generator=generator.name)


def make_sizes(
    world: World,
    generator: GeneratorConfig,
    k: int,
    sizes: Sequence[int],
    directory: Path,
    store: PartStore,
    say: Say,
) -> pd.DataFrame:
    """Each type of index over sizes of a catalogue like the generator's vectors of the world.

    Returns
    -------
    A row a type and size; its columns: `engine.retrieval.load_index_sizes`.
    """
    vectors = open_vectors(VectorData(), world, generator, store)
    run = _run(directory, "sizes", world.identity, generator, k, list(sizes))
    frames = []
    for n in sizes:
        path = run / f"size-{n:06}.csv"
        if not path.exists():
            _keep(measure_size(vectors, n, k), path)
        frames.append(pd.read_csv(path))
        told = zip(frames[-1]["index"], frames[-1]["p50_ms"], strict=True)
        say(
            f"{generator.name}, {n:,} vectors: "
            + ", ".join(f"{name} {ms:.3f} ms" for name, ms in told)
        )
    return _dated(pd.concat(frames, ignore_index=True)).assign(generator=generator.name)


def _run(directory: Path, study: str, *identity: object) -> Path:
    """Where a study keeps what it has, on this machine and with this code."""
    run = directory / part_key(study, *identity, this_machine())
    run.mkdir(parents=True, exist_ok=True)
    return run


def _keep(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame, whole or not at all."""
    scratch = path.with_suffix(".tmp")
    frame.to_csv(scratch, index=False)
    scratch.replace(path)


def _dated(frame: pd.DataFrame) -> pd.DataFrame:
    machine = this_machine()
    days = [datetime.fromtimestamp(at, UTC).date().isoformat() for at in frame["taken_at"]]
    return frame.assign(
        machine=str(machine),
        versions=" ".join("=".join(pair) for pair in machine.versions),
        measured_on=days,
    )


def _write(frame: pd.DataFrame, path: Path) -> None:
    _keep(frame.round(_DIGITS), path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
