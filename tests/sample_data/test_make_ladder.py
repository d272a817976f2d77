"""The ladder of the preset worlds is judged once, and goes on where it was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.design import Design
from engine.presets import PRESETS
from engine.rankers import RANKERS
from engine.store import PartStore
from engine.training import Training
from engine.world import WorldConfig
from sample_data import make_ladder
from tests.engine.conftest import PANEL, quick_design

SMALL = WorldConfig(users=100, items=300, impressions=10_000, dimensions=8)
WORLDS = {"default": SMALL, "other": replace(SMALL, seed=8)}
LOGISTIC = replace(quick_design("mf", "hnsw", "logistic"), training=Training(rows=3_000))
STUDIES = [
    ("default", "ladder", LOGISTIC),
    ("other", "ladder", LOGISTIC),
    ("default", "learning", LOGISTIC),
]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, str]]:
    """World's seed and study of what was judged, in turn; the ladder has two rungs here."""
    done: list[tuple[str, str]] = []
    judge = make_ladder.judged

    def watched(world: Any, study: str, *arguments: Any) -> pd.DataFrame:
        done.append((str(world.config.seed), study))
        return judge(world, study, *arguments)

    def two_rungs(design: Design) -> list[Design]:
        return [replace(design, ranker="none"), design]  # type: ignore[arg-type]

    store = PartStore(None)
    monkeypatch.setattr(make_ladder, "judged", watched)
    monkeypatch.setattr(make_ladder, "ladder_designs", two_rungs)
    monkeypatch.setattr(make_ladder, "studies", lambda: iter(STUDIES))
    monkeypatch.setattr(make_ladder, "PRESETS", WORLDS)
    monkeypatch.setattr(make_ladder, "USERS", PANEL)
    monkeypatch.setattr(make_ladder, "LADDER", tmp_path / "ladder.csv")
    monkeypatch.setattr(make_ladder, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(make_ladder, "default_store", lambda: store)
    return done


def frame(directory: Path) -> pd.DataFrame:
    return pd.read_csv(directory / "ladder.csv")


def test_file_holds_each_study_of_each_world_and_where_it_was_measured(
    judged: list[tuple[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_ladder.main([]) == 0
    made = frame(tmp_path)
    assert judged == [("7", "ladder"), ("8", "ladder"), ("7", "learning")]
    ladder, learning = (made[made["study"] == study] for study in ("ladder", "learning"))
    assert ladder["world"].tolist() == ["default"] * 2 + ["other"] * 2
    assert ladder["ranker"].tolist() == ["none", "logistic"] * 2
    assert (ladder["p50_ms_100"] > 0).all()
    assert learning["rows"].is_monotonic_increasing
    assert len(learning) == 2
    assert learning["p50_ms_100"].isna().all()
    assert (made["users"] <= PANEL).all()
    assert made["machine"].nunique() == made["measured_on"].nunique() == 1
    said = capsys.readouterr().out
    assert f"best logistic, NDCG@10 {ladder['ndcg@10'].iloc[1]:.3f}" in said
    assert [path.name for path in tmp_path.iterdir()] == ["ladder.csv"]


def test_stopped_run_goes_on_where_it_was_and_writes_nothing_before_its_end(
    judged: list[tuple[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with monkeypatch.context() as patched:
        go_on = make_ladder.judged

        def stopped(world: Any, study: str, *arguments: Any) -> pd.DataFrame:
            if world.config.seed == 8:
                raise KeyboardInterrupt
            return go_on(world, study, *arguments)

        patched.setattr(make_ladder, "judged", stopped)
        assert make_ladder.main([]) == 130
    assert "goes on from here" in capsys.readouterr().out
    assert not (tmp_path / "ladder.csv").exists()
    judged.clear()
    assert make_ladder.main([]) == 0
    assert judged == [("8", "ladder"), ("7", "learning")]
    assert frame(tmp_path)["world"].tolist() == ["default"] * 2 + ["other"] * 2 + ["default"] * 2


def test_what_was_kept_for_other_worlds_is_not_used(
    judged: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: Any) -> pd.DataFrame:
        raise KeyboardInterrupt

    keep: Callable[..., pd.DataFrame] = make_ladder.judged
    monkeypatch.setattr(make_ladder, "studies", lambda: iter(STUDIES[:1]))
    monkeypatch.setattr(make_ladder.shutil, "rmtree", lambda *_, **__: None)
    assert make_ladder.main([]) == 0
    monkeypatch.setattr(make_ladder, "judged", stop)
    assert make_ladder.main([]) == 0  # all is kept
    monkeypatch.setattr(make_ladder, "judged", keep)
    monkeypatch.setattr(make_ladder, "PRESETS", WORLDS | {"third": SMALL})
    judged.clear()
    assert make_ladder.main([]) == 0
    assert judged == [("7", "ladder")]


def test_studies_are_the_ladder_of_each_world_and_the_learning_of_each_ranker_that_learns() -> None:
    studies = list(make_ladder.studies())
    assert [world for world, study, _ in studies if study == "ladder"] == list(PRESETS)
    learning = [design for _, study, design in studies if study == "learning"]
    assert {design.ranker.name for design in learning} == set(RANKERS) - {"none", "prior"}
    for world, study, design in studies:
        assert design == (Design() if study == "ladder" else Design(ranker=design.ranker.name))
        assert study == "ladder" or world == "default"


def test_design_that_a_world_does_not_allow_is_repaired(
    judged: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A small world has fewer vectors than an index may ask lists for."""
    wide = replace(LOGISTIC, index="ivfpq")  # type: ignore[arg-type]
    monkeypatch.setattr(make_ladder, "studies", lambda: iter([("default", "ladder", wide)]))
    assert make_ladder.main([]) == 0
    assert frame(tmp_path)["ranker"].tolist() == ["none", "logistic"]
