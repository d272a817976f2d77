"""A tiny world, systems built on it for each generator, index and ranker, and a part to store."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.design import Design
from engine.evaluation import Evaluator, evaluator_for
from engine.generators import GENERATORS, MF
from engine.index import HNSW, INDEXES, IVFPQ, IVFFlat
from engine.pipeline import System, build
from engine.progress import Progress
from engine.rankers import RANKERS, RankerConfig
from engine.store import PartStore, Recipe, default_store
from engine.world import World, WorldConfig, make_world

PANEL = 25
ROUNDS = {"trees": 20, "epochs": 3}
"""The knob that says how many rounds a ranker learns at most -> a number that is soon done."""


def rounds_of(ranker: RankerConfig) -> str | None:
    """The name of that knob; None for a ranker that does not learn in rounds."""
    return next((knob for knob in ROUNDS if knob in ranker.knobs), None)


def with_rounds(ranker: RankerConfig, rounds: int) -> RankerConfig:
    """The same ranker with another number of rounds at most."""
    return replace(ranker, **{rounds_of(ranker): rounds})  # type: ignore[type-var]


def quick_ranker(name: str) -> RankerConfig:
    ranker = RANKERS[name]()
    knob = rounds_of(ranker)
    return ranker if knob is None else with_rounds(ranker, ROUNDS[knob])


# Small, and lossy: each index misses some of what an exact search finds.
QUICK = {
    "mf": MF(factors=16, iterations=4),
    "hnsw": HNSW(M=4, ef_construction=20, ef_search=30),
    "ivfflat": IVFFlat(nlist=16, nprobe=3),
    "ivfpq": IVFPQ(nlist=16, nprobe=3, m=4, nbits=5, refine=2),
    **{name: quick_ranker(name) for name in RANKERS},
}
TRIPLES = [(g, i, r) for g in GENERATORS for i in INDEXES for r in ("none", "gbdt")] + [
    (g, i, r)
    for g, i in (("popularity", "exact"), ("mf", "hnsw"))
    for r in RANKERS
    if r not in ("none", "gbdt")
]
"""Every generator with every index, and every ranker with and without vectors beneath it.

A ranker sees a table and not where its rows come from, so not all of them meet all of the rest.
"""

SystemOf = Callable[..., System]


def quick_design(generator: str, index: str, ranker: str, candidates: int = 40) -> Design:
    parts = {"generator": generator, "index": index, "ranker": ranker}
    quick = {field: QUICK.get(name, name) for field, name in parts.items()}
    return Design(**quick, candidates=candidates)


class Workshop:
    """Makes arrays, and counts how often."""

    def __init__(self, size: int = 10, seconds: float = 0.0) -> None:
        self.made = 0
        self.size = size
        self.seconds = seconds

    def recipe(self) -> Recipe[np.ndarray]:
        return Recipe(self._make, self._save, self._load)

    def _make(self, _: Progress) -> np.ndarray:
        time.sleep(self.seconds)
        self.made += 1
        return np.arange(self.size)

    def _save(self, part: np.ndarray, directory: Path) -> None:
        np.save(directory / "a.npy", part)
        (directory / "b.txt").write_text(str(part.sum()))

    def _load(self, directory: Path) -> np.ndarray:
        assert (directory / "b.txt").exists()
        return np.load(directory / "a.npy")


def entries(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.is_dir()}


@pytest.fixture(scope="session")
def tiny_config() -> WorldConfig:
    """A third of a second; many late items, so that some come out on the last day."""
    return WorldConfig(users=200, items=400, impressions=24_000, dimensions=8, late_items=0.3)


@pytest.fixture(scope="session")
def tiny_world(tiny_config: WorldConfig) -> World:
    """Shared by the whole run: never change it."""
    return make_world(tiny_config)


@pytest.fixture(scope="session")
def tiny_store() -> PartStore:
    """Parts of the tiny world, in memory alone."""
    return PartStore(None, max_parts=1_000)


@pytest.fixture(scope="session")
def system_of(tiny_world: World, tiny_store: PartStore) -> SystemOf:
    """Builds a quick system by the names of its parts; parts are shared by the whole run."""

    def system(
        generator: str = "mf", index: str = "hnsw", ranker: str = "gbdt", candidates: int = 40
    ) -> System:
        design = quick_design(generator, index, ranker, candidates)
        return build(tiny_world, design, store=tiny_store)

    return system


@pytest.fixture(scope="session")
def tiny_evaluator(tiny_world: World, tiny_store: PartStore) -> Evaluator:
    return evaluator_for(tiny_world, PANEL, tiny_store)


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory of its own for the store that the process shares."""
    directory = tmp_path / "cache"
    monkeypatch.setenv("SHORTLIST_CACHE", str(directory))
    default_store.cache_clear()
    yield directory
    default_store.cache_clear()
