"""Who is on the front, which designs are measured, and the file that ships."""

from __future__ import annotations

import time

import pandas as pd
import pytest

from engine import frontier
from engine.design import Design
from engine.evaluation import evaluate
from engine.frontier import frontier_designs, load_frontier, single_stage_designs
from engine.measurement import P99_FROM
from engine.pipeline import build
from engine.sample import load_sample
from engine.scenario import Scenario

CHOICES = ("generator", "index", "ranker", "candidates", "slate", "seed")


def query(row: pd.Series) -> dict[str, str]:
    return {
        name: str(row[name])
        for name in row.index
        if name.partition(".")[0] in CHOICES and not pd.isna(row[name])
    }


def test_designs_are_many_and_different_and_span_every_choice() -> None:
    designs = frontier_designs()
    assert len(designs) == len(set(designs)) >= 60
    assert Design() in designs
    assert {design.generator.name for design in designs} >= {"popularity", "mf"}
    assert {design.index.name for design in designs} == {"exact", "hnsw", "ivfpq"}
    assert {design.ranker.name for design in designs} >= {"none", "logistic", "gbdt"}
    assert {20, 1_000} <= {design.candidates for design in designs}


def test_popularity_is_listed_once_whatever_the_index() -> None:
    served = [
        (design.ranker, design.candidates)
        for design in frontier_designs()
        if design.generator.name == "popularity"
    ]
    assert len(served) == len(set(served))


def test_shipped_file_holds_every_design_in_order_as_a_link_would() -> None:
    frame = load_frontier()
    two = frame[frame["stages"] == 2]
    read = [Scenario.from_query(query(row)) for _, row in two.iterrows()]
    assert [scenario.design for scenario, _ in read] == frontier_designs()
    assert all(repairs == [] for _, repairs in read)
    one = frame[frame["stages"] == 1]
    assert one["ranker"].tolist() == [design.ranker.name for design in single_stage_designs()]
    assert one["candidates"].isna().all()
    assert one["index"].isna().all()


def test_shipped_figures_are_in_order_and_tell_where_they_come_from() -> None:
    frame = load_frontier()
    assert (frame["ndcg@10_low"] <= frame["ndcg@10"]).all()
    assert (frame["ndcg@10"] <= frame["ndcg@10_high"]).all()
    assert (frame["p50_ms"] <= frame["p95_ms"]).all()
    assert (frame["p95_ms"] <= frame["p99_ms"]).all()
    assert (frame["p50_ms"] > 0).all()
    assert (frame["requests"] >= P99_FROM).all()
    assert (frame["users"] == 500).all()
    assert frame["machine"].nunique() == frame["versions"].nunique() == 1
    assert pd.to_datetime(frame["measured_on"]).notna().all()
    assert frame["memory_bytes"].gt(0).sum() > 40


def test_ranking_everything_takes_longer_than_any_two_stages_with_the_same_ranker() -> None:
    frame = load_frontier()
    for ranker in ("logistic", "gbdt"):
        same = frame[frame["ranker"] == ranker]
        two, one = (same[same["stages"] == stages]["p50_ms"] for stages in (2, 1))
        assert one.item() > two.max()


def test_file_is_read_at_once() -> None:
    load_frontier()
    started = time.perf_counter()
    load_frontier()
    assert time.perf_counter() - started < 0.05


def test_missing_file_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frontier, "FRONTIER", frontier.SAMPLE / "nowhere.csv")
    with pytest.raises(ValueError, match="make it again with `make frontier`"):
        load_frontier()


@pytest.mark.slow
def test_shipped_quality_is_what_judging_a_design_anew_gives() -> None:
    frame, world = load_frontier(), load_sample()
    designs = frontier_designs()
    for design in (Design(), Design(ranker="logistic"), Design(index="ivfpq", candidates=50)):  # type: ignore[arg-type]
        report = evaluate(build(world, design))
        row = frame[frame["stages"] == 2].iloc[designs.index(design)]
        assert row["ndcg@10"] == pytest.approx(report["ndcg@10"].value, abs=2e-3)
