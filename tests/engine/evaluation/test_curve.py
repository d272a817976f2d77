"""Quality over candidates: each point is what a report says there."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from engine.evaluation import (
    GRID,
    Curve,
    Evaluator,
    candidates_up_to,
    evaluator_for,
    quality_curve,
)
from engine.index import IVFPQ
from engine.pipeline import build
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import TRIPLES, SystemOf, quick_design


@pytest.mark.parametrize("triple", TRIPLES, ids="-".join)
def test_point_of_the_curve_is_the_report_of_that_design(
    system_of: SystemOf, tiny_evaluator: Evaluator, triple: tuple[str, str, str]
) -> None:
    system = system_of(*triple)
    curve = quality_curve(tiny_evaluator, system)
    loss = curve.loss()
    assert curve.candidates == tuple(n for n in GRID if n <= 400)
    for place, n in enumerate(curve.candidates):
        report = tiny_evaluator.report(system.tuned(system.design.with_candidates(n)))
        same = {"rel": 0, "abs": 1e-12}
        assert curve.ndcg[place] == pytest.approx(report["ndcg@10"].value, **same)
        assert curve.half_width[place] == pytest.approx(report["ndcg@10"].half_width, **same)
        assert curve.recall[place] == pytest.approx(report["recall@candidates"].value, **same)
        assert curve.ann_recall[place] == pytest.approx(report["ann_recall"].value, **same)
        for stage, estimate in report.loss.items():
            assert getattr(loss, stage)[place] == pytest.approx(estimate.value, **same)


@pytest.mark.parametrize(
    ("items", "candidates"),
    [
        (20_000, (10, 100, 1_000)),
        (1_000, (10, 100, 1_000)),
        (600, (10, 100, 600)),
        (100, (10, 100)),
        (7, (7,)),
    ],
)
def test_a_grid_ends_with_the_catalogue(items: int, candidates: tuple[int, ...]) -> None:
    assert candidates_up_to(items, (10, 100, 1_000)) == candidates


def test_more_candidates_never_hold_a_worse_best_slate(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    curve = quality_curve(tiny_evaluator, system_of("mf", "exact", "gbdt"))
    assert (np.diff(curve.best_exact) >= -1e-12).all()
    assert (np.diff(curve.recall) >= 0).all()
    np.testing.assert_array_equal(curve.best_exact, curve.best_returned)
    np.testing.assert_array_equal(curve.ann_recall, 1.0)


def test_curve_of_one_user_has_no_interval(system_of: SystemOf) -> None:
    system = system_of()
    curve = quality_curve(evaluator_for(system.world, [7], PartStore(None)), system)
    assert np.isnan(curve.half_width).all()
    assert np.isfinite(curve.ndcg).all()


def test_users_whom_the_index_answers_with_nothing_count_as_lost(
    tiny_world: World, tiny_store: PartStore, tiny_evaluator: Evaluator
) -> None:
    torn = IVFPQ(nlist=128, nprobe=1, m=4, nbits=5)
    design = replace(quick_design("mf", "exact", "none", 10), index=torn)
    system = build(tiny_world, design, store=tiny_store)
    curve = quality_curve(tiny_evaluator, system)
    for field in fields(Curve):
        assert np.isfinite(getattr(curve, field.name)).all()
    report = tiny_evaluator.report(system)
    empty = (tiny_evaluator.returned(system, 10).items < 0).all(axis=1)
    assert empty.any()
    np.testing.assert_array_equal(report.per_user.ndcg[empty], 0.0)
    np.testing.assert_array_equal(report.per_user.ann_recall[empty], 0.0)
