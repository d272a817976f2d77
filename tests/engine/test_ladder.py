"""The ladder side by side: which designs, what a row holds, and the file that ships."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from engine import ladder
from engine.design import Design
from engine.evaluation import Evaluator, evaluate
from engine.ladder import (
    FIGURES,
    LEARNING_ROWS,
    TIMED_ROWS,
    judge_rankers,
    ladder_designs,
    learning_designs,
    load_ladder,
)
from engine.pipeline import build
from engine.rankers import GBDT, RANKERS, Logistic
from engine.store import PartStore
from engine.training import Training
from engine.world import World
from tests.engine.conftest import PANEL, quick_design

SHOWN = ("none", "logistic", "gbdt")
DESIGNS = [quick_design("mf", "hnsw", name) for name in SHOWN]


@pytest.fixture(scope="module")
def judged(tiny_world: World, tiny_store: PartStore) -> pd.DataFrame:
    return judge_rankers(tiny_world, DESIGNS, PANEL, tiny_store)


# Which designs --------------------------------------------------------------------------------


def test_ladder_has_every_ranker_in_order_and_the_own_one_as_it_is() -> None:
    own = GBDT(trees=7, leaves=5)
    design = replace(Design(), ranker=own, candidates=70, training=Training(rows=900))
    rungs = ladder_designs(design)
    assert [rung.ranker.name for rung in rungs] == list(RANKERS)
    for rung in rungs:
        assert replace(rung, ranker=own) == design
        assert rung.ranker == (own if rung.ranker.name == "gbdt" else RANKERS[rung.ranker.name]())


def test_learning_curve_rises_to_the_rows_that_were_asked_for_and_no_further() -> None:
    asked = replace(Design(), training=Training(rows=6_000, negatives=0.5))
    curve = learning_designs(asked)
    assert [design.training.rows for design in curve] == [2_000, 5_000, 6_000]
    assert all(replace(d, training=asked.training) == asked for d in curve)
    assert all(d.training.negatives == 0.5 for d in curve)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (LEARNING_ROWS[0], [LEARNING_ROWS[0]]),
        (600, [600]),
        (LEARNING_ROWS[2], list(LEARNING_ROWS[:3])),
        (Training().rows, [*LEARNING_ROWS, Training().rows]),
    ],
)
def test_learning_curve_has_no_point_twice(rows: int, expected: list[int]) -> None:
    curve = learning_designs(replace(Design(), training=Training(rows=rows)))
    assert [design.training.rows for design in curve] == expected


# What a row holds -----------------------------------------------------------------------------


def test_row_holds_the_figures_of_the_engines_front_door(
    judged: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    assert judged["ranker"].tolist() == list(SHOWN)
    for design, row in zip(DESIGNS, judged.to_dict("records"), strict=True):
        report = evaluate(build(tiny_world, design, store=tiny_store), PANEL, store=tiny_store)
        for name in FIGURES:
            figure = report[name]
            found = [row[name], row[f"{name}_low"], row[f"{name}_high"], row[f"{name}_oracle"]]
            expected = [figure.value, figure.low, figure.high, report.ceiling.get(name, math.nan)]
            np.testing.assert_array_equal(found, expected, err_msg=f"{row['ranker']} {name}")
        assert row["users"] == report["ndcg@10"].n


def test_best_slate_is_what_ranking_loses_above_the_slate(
    judged: pd.DataFrame, tiny_world: World, tiny_store: PartStore, tiny_evaluator: Evaluator
) -> None:
    for design, row in zip(DESIGNS, judged.to_dict("records"), strict=True):
        system = build(tiny_world, design, store=tiny_store)
        report = tiny_evaluator.report(system)
        assert row["best_slate"] - row["ndcg@10"] == pytest.approx(
            report.loss["ranking"].value, abs=1e-9
        )
        returned = tiny_evaluator.returned(system, design.candidates)
        best = np.nanmean(tiny_evaluator.best_ndcg(returned))
        assert row["best_slate"] == pytest.approx(best, abs=1e-9)
    assert len(set(judged["best_slate"])) == 1  # all rankers order the same candidates


def test_row_tells_what_the_ranker_learned_from_and_what_it_weighs(
    judged: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    for design, row in zip(DESIGNS, judged.to_dict("records"), strict=True):
        learned = build(tiny_world, design, store=tiny_store).learned
        assert (row["rows"], row["clicks"]) == (learned.rows, learned.clicks)
        assert row["validation_rows"] == learned.validation_rows > 0
        np.testing.assert_equal(row["validation_ndcg"], learned.validation_ndcg)
        assert row["fit_seconds"] == learned.seconds
        assert row["rounds"] == learned.course.kept
        assert row["parameters"] == learned.ranker.parameters
        assert row["size_bytes"] == learned.ranker.size_bytes
    assert judged.set_index("ranker").loc["gbdt", "rounds"] > 0


def test_second_stage_of_all_is_timed_at_the_sizes_that_are_told(judged: pd.DataFrame) -> None:
    there = [n for n in TIMED_ROWS if n <= 400]
    assert there == [1, 100]
    for n in there:
        p50, p95 = judged[f"p50_ms_{n}"], judged[f"p95_ms_{n}"]
        assert ((p50 > 0) & (p50 <= p95)).all()
    assert "p95_ms_500" not in judged  # the catalogue has no 500


def test_without_the_stopwatch_a_row_is_the_same_without_times(
    judged: pd.DataFrame, tiny_world: World, tiny_store: PartStore
) -> None:
    untimed = judge_rankers(tiny_world, DESIGNS[:2], PANEL, tiny_store, timed=False)
    pd.testing.assert_frame_equal(untimed, judged.loc[:1, untimed.columns])
    assert not [name for name in untimed if "_ms_" in name]


def test_progress_rises_and_names_the_timing(tiny_world: World, tiny_store: PartStore) -> None:
    said: list[tuple[str, float]] = []
    judge_rankers(
        tiny_world, DESIGNS[:2], PANEL, tiny_store, lambda what, done: said.append((what, done))
    )
    shares = [done for _, done in said]
    assert shares == sorted(shares)
    assert 0 <= shares[0] <= shares[-1] <= 1
    assert said[-1][0] == "timing the rankers in turn"


def test_more_rows_are_learned_from_along_the_curve(
    tiny_world: World, tiny_store: PartStore
) -> None:
    design = replace(DESIGNS[1], training=Training(rows=4_000))
    assert isinstance(design.ranker, Logistic)
    frame = judge_rankers(tiny_world, learning_designs(design), PANEL, tiny_store, timed=False)
    assert (frame["rows"] <= [2_000, 4_000]).all()
    assert frame["rows"].is_monotonic_increasing
    assert frame["rows"].nunique() == 2


# The file that ships --------------------------------------------------------------------------


@pytest.mark.parametrize("content", [None, ""], ids=["missing", "empty"])
def test_file_that_cannot_be_read_names_the_remedy(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ladder.csv"
    if content is not None:
        path.write_text(content)
    monkeypatch.setattr(ladder, "LADDER", path)
    with pytest.raises(ValueError, match=r"^ladder.csv: \w+; make it again with `make ladder`$"):
        load_ladder()


def test_file_is_read_as_it_was_written(
    judged: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "LADDER", tmp_path / "ladder.csv")
    judged.to_csv(tmp_path / "ladder.csv", index=False)
    pd.testing.assert_frame_equal(load_ladder(), judged)
