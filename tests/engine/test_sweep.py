"""Many designs judged and timed side by side."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from engine.design import Design
from engine.evaluation import evaluate
from engine.pipeline import build
from engine.rerankers import Rules
from engine.store import PartStore
from engine.sweep import sweep
from engine.world import World
from tests.engine.conftest import PANEL, QUICK, quick_design

SWEEP = sys.modules[sweep.__module__]  # `engine.sweep` is the function
DESIGNS = [
    quick_design("mf", "hnsw", "gbdt"),
    replace(quick_design("mf", "hnsw", "gbdt"), index=replace(QUICK["hnsw"], ef_search=200)),
    quick_design("mf", "ivfpq", "none", 60),
    replace(quick_design("popularity", "exact", "logistic", 100), rerank=Rules(depth=30)),
]


@pytest.fixture(scope="module")
def frame(tiny_world: World, tiny_store: PartStore) -> pd.DataFrame:
    return sweep(tiny_world, DESIGNS, users=PANEL, requests=5, store=tiny_store)


def test_row_of_a_design_holds_its_choices_as_numbers_and_names(frame: pd.DataFrame) -> None:
    assert len(frame) == len(DESIGNS)
    for (_, row), design in zip(frame.iterrows(), DESIGNS, strict=True):
        for family in ("generator", "index", "ranker", "rerank"):
            part = getattr(design, family)
            assert row[family] == part.name
            for knob in part.knobs:
                assert row[f"{family}.{knob}"] == getattr(part, knob)
        assert (row["candidates"], row["slate"], row["seed"]) == (design.candidates, 10, 7)
    assert pd.api.types.is_numeric_dtype(frame["index.ef_search"])
    assert np.isnan(frame["index.ef_search"].iloc[2])  # another index has no such knob
    assert frame["world.users"].tolist() == [200] * len(DESIGNS)
    assert "user" not in frame


def test_figures_of_a_row_are_those_of_its_report(
    frame: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    for (_, row), design in zip(frame.iterrows(), DESIGNS, strict=True):
        system = build(tiny_world, design, store=tiny_store)
        report = evaluate(system, PANEL, store=tiny_store)
        for name, estimate in report.items():
            mine = [row[name], row[f"{name}_low"], row[f"{name}_high"]]
            np.testing.assert_array_equal(mine, [estimate.value, estimate.low, estimate.high])
        for stage, estimate in report.loss.items():
            assert row[f"loss_{stage}"] == estimate.value
        assert row["memory_bytes"] == (system.index.memory_bytes if system.index else 0)


def test_designs_are_timed_in_turn_and_as_often_as_asked(
    tiny_world: World, tiny_store: PartStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[list[Design], int]] = []
    measure = SWEEP.measure_interleaved

    def watched(systems, requests):  # type: ignore[no-untyped-def]
        seen.append(([system.design for system in systems], requests))
        return measure(systems, requests)

    monkeypatch.setattr(SWEEP, "measure_interleaved", watched)
    frame = sweep(tiny_world, iter(DESIGNS[:2]), users=5, requests=7, store=tiny_store)
    assert seen == [(DESIGNS[:2], 7)]
    assert (frame["p50_ms"] > 0).all()
    assert (frame["p50_ms"] <= frame["p95_ms"]).all()


def test_losses_of_a_row_add_up(frame: pd.DataFrame) -> None:
    lost = frame[["loss_generation", "loss_index", "loss_ranking", "loss_reranking"]].sum(axis=1)
    np.testing.assert_allclose(lost, 1 - frame["ndcg@10"], atol=1e-9)


def test_no_designs_make_an_empty_frame(tiny_world: World, tiny_store: PartStore) -> None:
    assert sweep(tiny_world, [], store=tiny_store).empty


def test_progress_rises_to_1(tiny_world: World, tiny_store: PartStore) -> None:
    seen: list[float] = []
    sweep(
        tiny_world,
        DESIGNS[:2],
        lambda what, done: seen.append(done),
        users=5,
        requests=2,
        store=tiny_store,
    )
    assert seen == sorted(seen)
    assert seen[-1] == 1.0
