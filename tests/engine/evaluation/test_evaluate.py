"""Judging a system: the same figures for the same request, whatever happened before."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation import LOSS_STAGES, Evaluator, PerUser, evaluate, evaluator_for
from engine.pipeline import build
from engine.store import PartStore
from engine.world import Impressions, World
from tests.engine.conftest import PANEL, QUICK, SystemOf, quick_design


def test_choices_of_design_move_neither_the_users_nor_their_ideal(
    tiny_world: World, system_of: SystemOf
) -> None:
    panels = []
    for system in (system_of(), system_of("popularity", "exact", "none", 200)):
        store = PartStore(None)
        evaluate(system, PANEL, store=store)
        panels.append(evaluator_for(tiny_world, PANEL, store).panel)
    for field in ("users", "at", "ideal_items", "ideal_dcg"):
        np.testing.assert_array_equal(*(getattr(panel, field) for panel in panels))


def test_figures_do_not_depend_on_what_was_judged_before(
    tiny_world: World, tiny_store: PartStore, system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    fresh = Evaluator(tiny_evaluator.panel, PartStore(None))
    system = system_of("mf", "hnsw", "gbdt")
    wide = system.tuned(
        replace(system.design, candidates=300, index=replace(QUICK["hnsw"], ef_search=300))
    )
    first = fresh.report(system)
    for name, estimate in tiny_evaluator.report(system).items():
        assert first[name] == estimate
    fresh.report(wide)
    np.testing.assert_array_equal(fresh.report(system).per_user.ndcg, first.per_user.ndcg)


def test_evaluation_is_read_back_from_disk_unchanged(
    tiny_world: World, system_of: SystemOf, tmp_path: Path
) -> None:
    system = system_of("mf", "ivfpq", "gbdt")
    first = evaluate(system, PANEL, store=PartStore(tmp_path))
    assert list(tmp_path.glob("panel-scores-*/complete.json"))
    second = evaluate(system, PANEL, store=PartStore(tmp_path))
    for field in fields(first.per_user):
        if field.name != "loss":
            mine, other = (getattr(r.per_user, field.name) for r in (first, second))
            np.testing.assert_array_equal(mine, other)
    assert repr(dict(first)) == repr(dict(second))  # a NaN differs from itself


def test_longer_slates_cover_more_and_leave_ndcg_at_10_alone(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    system = system_of("mf", "exact", "none")
    longer = system.tuned(replace(system.design, slate=30))
    short, long = tiny_evaluator.report(system), tiny_evaluator.report(longer)
    assert long["ndcg@10"] == short["ndcg@10"]
    shown = {
        item
        for user in tiny_evaluator.panel.users.tolist()
        for item in longer.recommend(user).items.tolist()
    }
    assert long["coverage"].value == pytest.approx(len(shown) / 400, abs=1e-12)


def test_user_to_whom_nothing_may_be_shown_is_left_out_of_every_mean(tiny_world: World) -> None:
    log, user = tiny_world.impressions, 44
    all_clicked = Impressions(
        request=np.zeros(400, np.int32),
        user=np.full(400, user, np.int32),
        item=np.arange(400, dtype=np.int32),
        at=np.zeros(400, np.float32),
        position=np.ones(400, np.int8),
        clicked=np.ones(400, bool),
        explored=np.zeros(400, bool),
    )
    columns = {
        field.name: np.concatenate([getattr(all_clicked, field.name), getattr(log, field.name)])
        for field in fields(Impressions)
    }
    world = replace(tiny_world, impressions=Impressions(**columns), identity="all clicked by one")
    store = PartStore(None)
    system = build(world, quick_design("popularity", "exact", "none"), store=store)
    report = evaluate(system, [9, user, 3], store=store)
    rows = [getattr(report.per_user, f.name) for f in fields(PerUser) if f.name != "loss"]
    rows += [getattr(report.per_user.loss, stage) for stage in LOSS_STAGES]
    assert all(np.isnan(row[1]) for row in rows)
    assert np.isfinite(report.per_user.ndcg[[0, 2]]).all()
    without = evaluate(system, [9, 3], store=store)
    for name in ("ndcg@10", "index_cost", "map@10", "mrr@10", "precision@10", "freshness"):
        assert report[name] == without[name]
        assert report[name].n == 2
    assert report.loss == without.loss


@pytest.mark.parametrize("users", [0, -1, 201, [], [3, 3], [200], [1.5]])
def test_panel_that_the_world_does_not_have_is_refused(system_of: SystemOf, users: object) -> None:
    with pytest.raises(ValueError, match="user"):
        evaluate(system_of(), users, store=PartStore(None))  # type: ignore[arg-type]


def test_users_may_be_named_and_keep_their_order(system_of: SystemOf) -> None:
    store = PartStore(None)
    together = evaluate(system_of(), [9, 3, 44], store=store)
    for row, user in enumerate((9, 3, 44)):
        alone = evaluate(system_of(), [user], store=store)
        assert alone["ndcg@10"].value == pytest.approx(together.per_user.ndcg[row], abs=1e-9)
        assert alone["ndcg@10"].n == 1
        assert np.isnan(alone["ndcg@10"].low)


def test_progress_of_evaluating_rises_to_1(tiny_world: World, tiny_store: PartStore) -> None:
    seen: list[float] = []
    system = build(tiny_world, quick_design("mf", "hnsw", "none"), store=tiny_store)
    evaluate(system, 60, lambda what, done: seen.append(done), PartStore(None))
    assert seen == sorted(seen)
    assert 0 <= seen[0] < seen[-1] <= 1
