"""Indexes are measured once, and a run that was stopped goes on where it was."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from engine.generators import MF
from engine.index import HNSW, Exact
from engine.retrieval import sizes
from engine.retrieval.sizes import crossings
from engine.store import PartStore
from engine.world import World
from sample_data import make_indexes
from tests.engine.retrieval.conftest import quick_ladders

QUICK = MF(factors=16, iterations=4)
CONFIGS = [Exact(), HNSW(M=4, ef_construction=10, ef_search=20)]


@pytest.fixture(scope="module")
def store() -> PartStore:
    return PartStore(None)


def quiet(line: str) -> None:
    """Nobody listens."""


def test_grid_is_measured_once_and_goes_on_after_a_stop(
    small_world: World, store: PartStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []
    measure = make_indexes.measure_group

    def watched(vectors: object, group: list[HNSW], *rest: object) -> object:
        if len(done) == 1 and "stop" not in done:
            done.append("stop")
            raise KeyboardInterrupt
        done.append(group[0].name)
        return measure(vectors, group, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(make_indexes, "measure_group", watched)

    def made() -> pd.DataFrame:
        return make_indexes.make_grid(small_world, QUICK, 20, tmp_path, store, quiet, CONFIGS)

    with pytest.raises(KeyboardInterrupt):
        made()
    frame = made()
    assert done == ["exact", "stop", "hnsw"]
    assert frame["index"].tolist() == ["exact", "hnsw"]
    assert (frame["generator"] == "mf").all()
    assert frame["recall"].iloc[0] == 1.0
    assert {"machine", "versions", "measured_on", "held_up", "p99_ms"} <= set(frame)
    pd.testing.assert_frame_equal(frame, made())
    assert len(done) == 3


def test_sizes_are_measured_once_each(
    small_world: World, store: PartStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[int] = []
    measure = make_indexes.measure_size

    def watched(vectors: object, n: int, k: int) -> pd.DataFrame:
        done.append(n)
        return measure(vectors, n, k, requests=20)  # type: ignore[arg-type]

    monkeypatch.setattr(make_indexes, "measure_size", watched)
    monkeypatch.setattr(sizes, "size_ladders", quick_ladders)
    make_indexes.make_sizes(small_world, QUICK, 20, [300], tmp_path / "a", store, quiet)
    for _ in range(2):
        frame = make_indexes.make_sizes(
            small_world, QUICK, 20, [300, 600], tmp_path / "b", store, quiet
        )
    assert done == [300, 300, 600]
    assert frame["n"].tolist() == [300] * 4 + [600] * 4
    assert len(crossings(frame)) == 3
    assert (frame["generator"] == "mf").all()
