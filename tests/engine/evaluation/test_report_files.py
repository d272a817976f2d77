"""A report that was kept is the report that was judged."""

from __future__ import annotations

from dataclasses import astuple, fields, replace
from pathlib import Path

import numpy as np
import pytest

import engine
from engine.evaluation import LOSS_STAGES, Evaluator, PerUser, Report
from engine.evaluation.report_files import load_report, save_report
from tests.engine.conftest import SystemOf


@pytest.fixture
def report(system_of: SystemOf, tiny_evaluator: Evaluator) -> Report:
    return tiny_evaluator.report(system_of("mf", "hnsw", "gbdt"))


def assert_same(one: Report, other: Report) -> None:
    assert list(one) == list(other)
    for name in one:
        np.testing.assert_array_equal(astuple(one[name]), astuple(other[name]), err_msg=name)
    assert one.loss == other.loss
    np.testing.assert_equal(one.ceiling, other.ceiling)
    for field in fields(PerUser):
        if field.name != "loss":
            np.testing.assert_array_equal(
                getattr(one.per_user, field.name), getattr(other.per_user, field.name)
            )
    for stage in LOSS_STAGES:
        np.testing.assert_array_equal(
            getattr(one.per_user.loss, stage), getattr(other.per_user.loss, stage)
        )


def test_what_is_read_back_is_equal_and_compares_as_equal(report: Report, tmp_path: Path) -> None:
    assert report.evidence is not None
    save_report(report, tmp_path)
    back = load_report(tmp_path, report.evidence.clicks)
    assert_same(report, back)
    differences = engine.compare(report, back)
    assert {estimate.value for estimate in differences.values()} == {0.0}


def test_evaluator_keeps_a_design_s_report(
    system_of: SystemOf, tiny_evaluator: Evaluator, report: Report
) -> None:
    system = system_of("mf", "hnsw", "gbdt")
    assert_same(tiny_evaluator.kept_report(system), report)
    fewer = system.tuned(system.design.with_candidates(20))
    assert_same(tiny_evaluator.kept_report(fewer), tiny_evaluator.report(fewer))


def test_report_put_together_by_hand_cannot_be_kept(report: Report, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^report: must be one of `evaluate`"):
        save_report(replace(report, evidence=None), tmp_path)
