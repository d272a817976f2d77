"""The frontier is judged and timed once, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.evaluation import evaluate
from engine.frontier import frontier_designs, single_stage_designs
from engine.pipeline import Recommender, build
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import World, WorldConfig, make_world
from sample_data import make_frontier
from sample_data.make_frontier import Entry, entries, make
from tests.engine.conftest import PANEL, quick_design

ROWS = [
    Entry(quick_design("mf", "hnsw", "gbdt"), 2),
    Entry(quick_design("popularity", "exact", "none", 20), 2),
    Entry(quick_design("mf", "exact", "gbdt"), 1),
]


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(WorldConfig(users=100, items=300, impressions=10_000, dimensions=8))


@pytest.fixture(scope="module")
def store() -> PartStore:
    return PartStore(None)


class Stopped(Exception):
    """What ends a run before its end."""


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was judged and timed, in turn."""
    done: list[str] = []
    judge, measure = make_frontier._judge, make_frontier._time

    def judged(*arguments: Any) -> dict[str, Any]:
        done.append("judged")
        return judge(*arguments)

    def timed(systems: Sequence[Recommender], requests: int, start: int) -> dict[str, Any]:
        done.append(f"timed from {start}")
        return measure(systems, requests, start)

    monkeypatch.setattr(make_frontier, "_judge", judged)
    monkeypatch.setattr(make_frontier, "_time", timed)
    return done


def run(
    world: World, store: PartStore, directory: Path, stop_at: str = "nowhere", **choices: Any
) -> pd.DataFrame:
    def say(line: str) -> None:
        if line.startswith(stop_at):
            raise Stopped

    choices = {"users": PANEL, "rounds": 3, "requests": 4} | choices
    return make(world, ROWS, directory, store, say, **choices)


def test_row_holds_the_design_its_quality_and_its_times(
    world: World, store: PartStore, tmp_path: Path
) -> None:
    frame = run(world, store, tmp_path)
    assert frame["stages"].tolist() == [2, 2, 1]
    for entry, (_, row) in zip(ROWS[:2], frame.iterrows(), strict=False):
        query = Scenario(world.config, entry.design, 0).to_query()
        assert all(row[name] == text for name, text in query.items() if name != "user")
        system = build(world, entry.design, store=store)
        ndcg = evaluate(system, PANEL, store=store)["ndcg@10"]
        assert row[["ndcg@10", "ndcg@10_low", "ndcg@10_high"]].tolist() == [
            ndcg.value,
            ndcg.low,
            ndcg.high,
        ]
        assert row["memory_bytes"] == (system.index.memory_bytes if system.index else 0)
    assert (frame["requests"] == 12).all()
    assert (frame["p50_ms"] <= frame["p95_ms"]).all()
    assert frame["p99_ms"].isna().all()  # of twelve requests
    assert frame.loc[2, ["index", "candidates"]].isna().all()
    assert frame.loc[2, "ranker.trees"] == "20"
    assert "user" not in frame


@pytest.mark.parametrize(
    ("stop_at", "left"),
    [
        ("judged 2", ["judged", "timed from 0", "timed from 4", "timed from 8"]),
        ("timed round 2", ["timed from 8"]),
    ],
)
def test_stopped_run_goes_on_where_it_was(
    world: World,
    store: PartStore,
    tmp_path: Path,
    work: list[str],
    stop_at: str,
    left: list[str],
) -> None:
    with pytest.raises(Stopped):
        run(world, store, tmp_path, stop_at)
    work.clear()
    frame = run(world, store, tmp_path)
    assert work == left
    assert (frame["requests"] == 12).all()


def test_stop_within_a_round_costs_that_round_alone(
    world: World,
    store: PartStore,
    tmp_path: Path,
    work: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measure, count = make_frontier._time, iter(range(10))

    def stopping(*arguments: Any) -> dict[str, Any]:
        if next(count) == 1:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(make_frontier, "_time", stopping)
    with pytest.raises(KeyboardInterrupt):
        run(world, store, tmp_path)
    work.clear()
    run(world, store, tmp_path)
    assert work == ["timed from 4", "timed from 8"]


def test_what_was_kept_for_other_designs_is_neither_used_nor_left(
    world: World, store: PartStore, tmp_path: Path, work: list[str]
) -> None:
    run(world, store, tmp_path)
    work.clear()
    run(world, store, tmp_path, requests=5)
    assert work.count("judged") == 3
    assert len(list(tmp_path.iterdir())) == 1


def test_no_rounds_are_refused(world: World, store: PartStore, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^rounds=0: must be at least 1$"):
        run(world, store, tmp_path, rounds=0)


def test_command_writes_the_file_and_measures_anew_the_next_time(
    world: World,
    store: PartStore,
    tmp_path: Path,
    work: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(make_frontier, "FRONTIER", tmp_path / "frontier.csv")
    monkeypatch.setattr(make_frontier, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(make_frontier, "ROUND", 4)
    monkeypatch.setattr(make_frontier, "USERS", PANEL)
    monkeypatch.setattr(make_frontier, "load_sample", lambda: world)
    monkeypatch.setattr(make_frontier, "default_store", lambda: store)
    monkeypatch.setattr(make_frontier, "entries", lambda: ROWS)
    assert make_frontier.main(["--rounds", "1"]) == 0
    assert len(pd.read_csv(tmp_path / "frontier.csv")) == 3
    assert "3 designs in frontier.csv" in capsys.readouterr().out
    assert not (tmp_path / "kept").exists()
    once = len(work)
    assert make_frontier.main(["--rounds", "1"]) == 0
    assert len(work) == 2 * once


def test_rows_are_all_designs_of_two_stages_and_then_those_of_one() -> None:
    assert [entry.design for entry in entries()] == frontier_designs() + single_stage_designs()
    assert [entry.stages for entry in entries()[-3:]] == [2, 1, 1]
