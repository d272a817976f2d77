"""Who is on the front, which designs are measured, and the file that ships."""

from __future__ import annotations

import math
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import frontier
from engine.design import Design
from engine.evaluation import evaluate
from engine.frontier import frontier_designs, load_frontier, pareto_front, single_stage_designs
from engine.measurement import P99_FROM
from engine.pipeline import build
from engine.sample import load_sample
from engine.scenario import Scenario

POINTS = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=40)
CHOICES = ("generator", "index", "ranker", "candidates", "slate", "seed")


def beaten(point: tuple[float, float], points: list[tuple[float, float]]) -> bool:
    x, y = point
    return any(u <= x and v >= y and (u < x or v > y) for u, v in points)


def query(row: pd.Series) -> dict[str, str]:
    return {
        name: str(row[name])
        for name in row.index
        if name.partition(".")[0] in CHOICES and not pd.isna(row[name])
    }


def test_front_of_points_drawn_by_hand() -> None:
    latency = [1.0, 2.0, 2.0, 3.0, 3.0, 4.0, 0.5]
    quality = [0.5, 0.7, 0.6, 0.7, 0.9, 0.8, 0.5]
    on = [False, True, False, False, True, False, True]
    assert pareto_front(latency, quality).tolist() == on


def test_equal_points_are_on_the_front_together() -> None:
    assert pareto_front([1, 1, 2, 2], [5, 5, 5, 6]).tolist() == [True, True, False, True]


def test_point_with_a_nan_is_neither_on_the_front_nor_in_the_way() -> None:
    latency, quality = [math.nan, 1.0, 0.1], [9.0, 1.0, math.nan]
    assert pareto_front(latency, quality).tolist() == [False, True, False]
    assert pareto_front([], []).tolist() == []
    assert pareto_front([1.0, 2.0], [-math.inf, -math.inf]).tolist() == [True, False]


@given(POINTS)
def test_on_the_front_are_those_whom_no_other_beats(points: list[tuple[float, float]]) -> None:
    mask = pareto_front([x for x, _ in points], [y for _, y in points])
    assert mask.tolist() == [not beaten(point, points) for point in points]


@given(POINTS.filter(bool), st.randoms(use_true_random=False))
def test_front_does_not_depend_on_the_order_of_points(
    points: list[tuple[float, float]], shuffler: object
) -> None:
    order = np.argsort([shuffler.random() for _ in points])  # type: ignore[attr-defined]
    x, y = np.array(points, dtype=float).T
    np.testing.assert_array_equal(pareto_front(x[order], y[order]), pareto_front(x, y)[order])


@pytest.mark.parametrize(("latency", "quality"), [([1.0], [1.0, 2.0]), ([[1.0]], [[1.0]])])
def test_points_of_another_shape_are_refused(latency: object, quality: object) -> None:
    with pytest.raises(ValueError, match=r"^latency \(.*must be of one shape \(n,\)$"):
        pareto_front(latency, quality)  # type: ignore[arg-type]


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
