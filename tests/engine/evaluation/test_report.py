"""What a report holds, and the interval of coverage."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation import LOSS_STAGES, Evaluator
from engine.evaluation.report import coverage
from tests.engine.conftest import SystemOf

PROMISED = {
    "ndcg@10",
    "ndcg_observed@10",
    "recall@candidates",
    "ann_recall",
    "auc",
    "log_loss",
    "coverage",
}


def jackknife(slates: NDArray[np.int64], items: int) -> tuple[float, float]:
    """Share covered and its standard error, by leaving each user out in turn."""
    n = len(slates)

    def share(rows: NDArray[np.int64]) -> float:
        return len(set(rows[rows >= 0].tolist())) / items

    left_out = np.array([share(np.delete(slates, row, axis=0)) for row in range(n)])
    spread = np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum())
    return share(slates), float(spread)


@pytest.mark.parametrize("seed", range(5))
def test_interval_of_coverage_is_that_of_the_jackknife(seed: int) -> None:
    rng = np.random.default_rng(seed)
    slates = np.array([rng.permutation(60)[:10] for _ in range(25)])
    slates[rng.random(25) < 0.3, 7:] = -1
    value, spread = jackknife(slates, 200)
    estimate = coverage(slates, 200)
    assert estimate.value == pytest.approx(value)
    assert estimate.high - estimate.value == pytest.approx(1.96 * spread)
    assert estimate.value - estimate.low == pytest.approx(1.96 * spread)
    assert estimate.n == 25


def test_coverage_of_equal_slates_is_certain_and_that_of_one_user_has_no_interval() -> None:
    same = coverage(np.tile(np.arange(10), (6, 1)), 100)
    assert (same.low, same.value, same.high) == (0.1, 0.1, 0.1)
    alone = coverage(np.arange(10)[None, :], 100)
    assert alone.value == 0.1
    assert np.isnan([alone.low, alone.high]).all()


def test_coverage_of_empty_slates_is_zero() -> None:
    assert coverage(np.full((4, 10), -1), 100).value == 0.0


def test_report_is_a_mapping_with_every_promised_figure(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    report = tiny_evaluator.report(system_of())
    assert set(report) >= PROMISED
    assert len(report) == len(list(report))
    assert report["ndcg@10"].n == len(tiny_evaluator.panel)
    assert tuple(report.loss) == LOSS_STAGES == ("generation", "index", "ranking", "reranking")
    with pytest.raises(KeyError):
        report["ndcg@11"]


def test_lost_ndcg_and_ndcg_add_up_in_the_means_too(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    report = tiny_evaluator.report(system_of())
    lost = sum(estimate.value for estimate in report.loss.values())
    assert lost + report["ndcg@10"].value == pytest.approx(1.0, abs=1e-9)
