"""What a report holds, and the interval of coverage."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.evaluation import LOSS_STAGES, Evaluator
from engine.evaluation.report import coverage, coverage_difference
from tests.engine.conftest import SystemOf

PROMISED = {
    "ndcg@10",
    "ndcg_observed@10",
    "recall@candidates",
    "ann_recall",
    "auc",
    "log_loss",
    "coverage",
    "map@10",
    "mrr@10",
    "precision@10",
    "recall@10",
    "novelty@10",
    "diversity@10",
    "freshness",
    "exposure_gini",
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


def test_difference_of_coverage_is_jackknifed_with_users_left_out_of_both() -> None:
    rng = np.random.default_rng(3)
    a = np.array([rng.permutation(60)[:10] for _ in range(25)])
    b = np.where(rng.random(a.shape) < 0.7, a, a + 60)
    b[rng.random(25) < 0.3, 7:] = -1

    def share(rows: NDArray[np.int64]) -> float:
        return len(set(rows[rows >= 0].tolist())) / 200

    left_out = np.array(
        [share(np.delete(b, row, axis=0)) - share(np.delete(a, row, axis=0)) for row in range(25)]
    )
    spread = np.sqrt(24 / 25 * ((left_out - left_out.mean()) ** 2).sum())
    estimate = coverage_difference(a, b, 200)
    assert estimate.value == pytest.approx(share(b) - share(a))
    assert estimate.high - estimate.value == pytest.approx(1.96 * spread)
    assert estimate.value - estimate.low == pytest.approx(1.96 * spread)
    assert estimate.n == 25


def test_coverage_by_equal_slates_differs_by_exactly_nothing() -> None:
    slates = np.random.default_rng(4).integers(0, 50, (20, 10))
    same = coverage_difference(slates, slates.copy(), 100)
    assert (same.low, same.value, same.high) == (0.0, 0.0, 0.0)


def test_coverage_of_other_users_is_not_compared() -> None:
    with pytest.raises(ValueError, match=r"^a: 3 users, b: 2: must be the same users$"):
        coverage_difference(np.zeros((3, 10), np.int64), np.zeros((2, 10), np.int64), 50)


def test_interval_of_a_coverage_difference_is_about_as_wide_as_other_users_make_it() -> None:
    rng = np.random.default_rng(5)
    drawn, widths = [], []
    weights = 1 / np.arange(1, 301)
    for _ in range(150):
        keys = rng.exponential(size=(80, 300)) / weights
        a = np.argsort(keys, axis=1)[:, :10]
        swapped = rng.random((80, 10)) < 0.3
        b = np.where(swapped, rng.integers(0, 300, (80, 10)), a)
        estimate = coverage_difference(a, b, 300)
        drawn.append(estimate.value)
        widths.append(estimate.half_width / 1.96)
    # The jackknife errs to the wide side, if at all (Efron & Stein 1981).
    assert 0.85 < np.sqrt(np.mean(np.square(widths))) / np.std(drawn) < 1.5
