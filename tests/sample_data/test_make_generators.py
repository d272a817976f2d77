"""The generators of each world are judged into one file that the page reads."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from engine.generators import EASE, Covisitation, GeneratorConfig, Popularity
from engine.retrieval import generators, load_generators
from engine.retrieval.leader import leader
from engine.world import WorldConfig
from sample_data import make_generators

SMALL = WorldConfig(users=100, items=300, impressions=10_000, dimensions=8, cold_users=0.2)
CONFIGS: list[GeneratorConfig] = [Popularity(), Covisitation(), EASE()]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "generators.csv"
    monkeypatch.setattr(make_generators, "WORLDS", {"default": SMALL, "other": SMALL})
    monkeypatch.setattr(make_generators, "USERS", 60)
    monkeypatch.setattr(make_generators, "_configs", lambda: CONFIGS)
    for module in (make_generators, generators):
        monkeypatch.setattr(module, "GENERATORS_FILE", path)
    return path


def test_file_holds_both_studies_of_each_world_and_where_it_was_measured(
    written: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert make_generators.main([]) == 0
    made, said = load_generators(), capsys.readouterr().out
    assert [path.name for path in written.parent.iterdir()] == [written.name]
    assert made["machine"].nunique() == made["measured_on"].nunique() == 1
    for name in ("default", "other"):
        own = made[made["world"] == name]
        compared, curve = (own[own["study"] == study] for study in ("comparison", "curve"))
        assert compared["generator"].unique().tolist() == ["popularity", "covisitation", "ease"]
        assert compared["group"].tolist() == ["all", "warm", "cold"] * 3
        assert set(curve["generator"]) == set(compared["generator"])
        best = leader(own)
        assert best is not None
        assert f"{name}: highest ceiling {best.name}, " in said


def test_generator_that_a_world_rules_out_is_told_and_left_out(
    written: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("engine.generators.ease.MOST_ITEMS", 200)
    assert make_generators.main([]) == 0
    assert EASE().why_not(300) in capsys.readouterr().out
    assert set(load_generators()["generator"]) == {"popularity", "covisitation"}


def test_figures_read_back_are_those_that_were_worked_out(written: Path) -> None:
    assert make_generators.main([]) == 0
    made = pd.read_csv(written)
    one, other = (
        made[made["world"] == name].drop(columns=["world", "fit_seconds"]).reset_index(drop=True)
        for name in ("default", "other")
    )
    pd.testing.assert_frame_equal(one, other)  # the same world twice
