"""Rungs: read from a frame, shipped for which designs, and timed in between."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from engine import ladder
from engine.design import Design
from engine.generators import MF
from engine.index import HNSW
from engine.ladder import FIGURES, judge_rankers, ladder_designs
from engine.presets import PRESETS
from engine.rankers import GBDT, RANKERS
from engine.rerankers import Rules
from engine.store import PartStore
from engine.training import Training
from engine.world import World, WorldConfig
from tests.small_app import small_scenario
from tests.ui.ranking.rankings import (
    NONE,
    SHIPPED,
    a_curve_of_rows,
    a_frame,
    a_ladder,
    a_ranking,
    a_rung,
    a_timing,
    without_clicks,
)
from ui.ranking import rungs
from ui.ranking.rungs import NAMES, preset_of, rung_here, rungs_of, shipped


@pytest.fixture
def frame(monkeypatch: pytest.MonkeyPatch) -> pd.DataFrame:
    made = a_frame()
    monkeypatch.setattr(rungs, "_frame", lambda: made)
    return made


def test_every_ranker_has_a_name_of_its_own() -> None:
    assert set(NAMES) == set(RANKERS)
    assert len(set(NAMES.values())) == len(NAMES)


def test_a_preset_is_known_by_its_world() -> None:
    assert {name: preset_of(world) for name, world in PRESETS.items()} == {n: n for n in PRESETS}
    assert preset_of(WorldConfig(seed=8)) is None


# Which are shipped ----------------------------------------------------------------------------


@pytest.mark.usefixtures("frame")
def test_the_ladder_of_a_preset_world_is_shipped_with_where_it_was_measured() -> None:
    for world in ("default", "additive"):
        found, origin = shipped(PRESETS[world], Design(), "ladder")
        for rung, expected in zip(found, a_ladder(), strict=True):
            assert replace(rung, figures={}, times={}) == replace(expected, figures={}, times={})
            np.testing.assert_equal(rung.figures, expected.figures)
            assert rung.p95_ms(500) == expected.p95_ms(500)
        assert origin == SHIPPED


DIFFERENT: dict[str, dict[str, Any]] = {
    "generator": {"generator": MF(factors=32)},
    "index": {"index": HNSW(ef_search=100)},
    "re-ranking": {"rerank": Rules()},
    "rows": {"training": Training(rows=5_000)},
    "negatives": {"training": Training(negatives=0.5)},
    "groups": {"training": Training(without=("ids",))},
    "days": {"training": Training(days=2)},
}


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize("study", ["ladder", "learning"])
def test_what_is_shipped_stays_for_other_candidates_and_tells_its_own(study: str) -> None:
    found, origin = shipped(WorldConfig(), Design(candidates=200), study)
    usual, _ = shipped(WorldConfig(), Design(), study)
    assert [(rung.ranker, rung.rows) for rung in found] == [(r.ranker, r.rows) for r in usual]
    assert found
    assert origin.candidates == SHIPPED.candidates


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize("name", DIFFERENT)
def test_nothing_is_shipped_for_another_design(name: str) -> None:
    design = Design(**DIFFERENT[name])
    assert shipped(WorldConfig(), design, "ladder") == ((), NONE)
    for_rows = shipped(WorldConfig(), design, "learning")
    assert (for_rows == ((), NONE)) == (name != "rows")


@pytest.mark.usefixtures("frame")
def test_nothing_is_shipped_for_another_world_nor_for_one_that_the_file_lacks() -> None:
    assert shipped(WorldConfig(seed=8), Design(), "ladder") == ((), NONE)
    assert shipped(PRESETS["crosses"], Design(), "ladder") == ((), NONE)
    assert shipped(PRESETS["additive"], Design(), "learning") == ((), NONE)


@pytest.mark.usefixtures("frame")
def test_the_ladder_holds_for_any_ranker_and_a_learning_curve_for_its_own_defaults() -> None:
    tuned = Design(ranker=GBDT(trees=20))
    assert len(shipped(WorldConfig(), tuned, "ladder")[0]) == 4
    assert shipped(WorldConfig(), tuned, "learning") == ((), NONE)
    found, origin = shipped(WorldConfig(), Design(), "learning")
    assert [rung.rows for rung in found] == [rung.rows for rung in a_curve_of_rows()]
    assert {rung.ranker for rung in found} == {"gbdt"}
    assert origin == SHIPPED
    assert shipped(WorldConfig(), Design(ranker="logistic"), "learning") == ((), NONE)  # type: ignore[arg-type]


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize("change", [{"slate": 20}, {"training": Training(correct=0)}])
def test_what_changes_no_slate_of_ten_and_no_fit_keeps_the_shipped_ladder(
    change: dict[str, Any],
) -> None:
    assert len(shipped(WorldConfig(), replace(Design(), **change), "ladder")[0]) == 4


def test_a_file_that_is_missing_is_an_error_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(ladder, "LADDER", tmp_path / "ladder.csv")
    rungs._frame.cache_clear()
    with pytest.raises(ValueError, match="make it again with `make ladder`"):
        shipped(WorldConfig(), Design(), "ladder")
    assert shipped(WorldConfig(seed=8), Design(), "ladder") == ((), NONE)  # it is not asked for


# What a rung holds ----------------------------------------------------------------------------


def test_rungs_of_a_judged_frame_are_its_rows(own_world: World, own_store: PartStore) -> None:
    design = small_scenario().design
    some = [rung for rung in ladder_designs(design) if rung.ranker.name in ("none", "gbdt")]
    judged = judge_rankers(own_world, some, 60, own_store)
    found = rungs_of(judged)
    assert [rung.ranker for rung in found] == ["none", "gbdt"]
    for rung, row in zip(found, judged.to_dict("records"), strict=True):
        assert set(rung.figures) == set(FIGURES)
        for name in FIGURES:
            ends = [row[f"{name}{end}"] for end in ("", "_low", "_high", "_oracle")]
            np.testing.assert_array_equal(rung.figures[name], ends)
        assert rung.times == {
            n: (row[f"p50_ms_{n}"], row[f"p95_ms_{n}"]) for n in (1, 100) if f"p50_ms_{n}" in row
        }
        assert (rung.rows, rung.parameters) == (row["rows"], row["parameters"])
        assert rung.p95_ms(100) == row["p95_ms_100"]
    untimed = rungs_of(judged.drop(columns=[c for c in judged if "_ms_" in c]))
    assert math.isnan(untimed[0].p95_ms(100))


@pytest.mark.parametrize(
    ("candidates", "p95"),
    [(1, 0.2), (100, 0.4), (300, 0.7), (500, 1.0), (900, 1.6), (50, 0.2 + 0.2 * 49 / 99)],
)
def test_times_lie_on_lines_between_those_measured_and_go_on_beyond(
    candidates: int, p95: float
) -> None:
    assert a_rung("gbdt", 0.7).p95_ms(candidates) == pytest.approx(p95)


def test_times_that_are_missing_are_left_out() -> None:
    assert math.isnan(a_rung("gbdt", 0.7, times={}).p95_ms(100))
    some = a_rung("gbdt", 0.7, times={1: (math.nan, math.nan), 500: (0.7, 1.0)})
    assert some.p95_ms(100) == some.p95_ms(800) == 1.0


def test_the_design_that_is_shown_is_a_rung_with_its_own_figures() -> None:
    view = a_ranking()
    here = rung_here(view)
    assert here.here
    assert here.name == "GBDT"
    assert here.value("ndcg@10") == 0.8
    assert here.figures["auc"] == pytest.approx((0.82, 0.814, 0.826, 0.86))
    assert (here.best_slate, here.rows, here.parameters) == (0.9, 90_000, 1_234)
    timing = a_timing()
    assert here.p95_ms(500) == timing.percentile(500, 95)
    assert here.p95_ms(400) == pytest.approx(view_at(400))
    assert not any(rung.here for rung in a_ladder())


def view_at(candidates: int) -> float:
    return a_ranking(design=Design(candidates=candidates)).stage_ms(95)


def test_what_is_not_known_of_the_design_is_not_a_number_in_its_rung() -> None:
    here = rung_here(replace(without_clicks(), timing=None))
    assert math.isnan(here.value("auc"))
    assert math.isnan(here.p95_ms(100))
