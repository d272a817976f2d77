"""Figures of slates against plain loops, and the jackknife of exposure."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import log2, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine import metrics
from engine.evaluation import PER_USER, Evaluator, Panel
from engine.evaluation.slates import (
    click_information,
    exposure_gini,
    exposure_gini_difference,
    judge_slates,
)
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import SystemOf

SERVING = 13.0
CLOSE = {"rtol": 0, "atol": 1e-9}


@pytest.fixture(scope="module")
def bits(tiny_world: World) -> dict[int, float]:
    """Self-information of each item, by a loop over the log."""
    log = tiny_world.impressions
    clickers: dict[int, set[int]] = {}
    for user, item, at, clicked in zip(
        log.user.tolist(), log.item.tolist(), log.at.tolist(), log.clicked, strict=True
    ):
        if clicked and at < SERVING:
            clickers.setdefault(item, set()).add(user)
    n = len(tiny_world.users)
    return {
        item: -log2(max(1, len(clickers.get(item, ()))) / n)
        for item in range(len(tiny_world.items))
    }


def plain(
    panel: Panel, row: int, slate: list[int], whole: list[int], bits: dict[int, float]
) -> dict[str, float]:
    """Figures of one user, by loops; slate: the first ten, whole: all that is shown."""
    items = panel.world.items
    top = {item for item in panel.ideal_items[row].tolist() if item >= 0}
    hits = [item in top for item in slate]
    ranks = [place for place, hit in enumerate(hits, 1) if hit]
    precisions = [sum(hits[:rank]) / rank for rank in ranks]
    pairs = [
        1 - float(a @ b) / float(np.sqrt((a @ a) * (b @ b)))
        for a, b in combinations(items.vector[slate].astype(np.float64), 2)
    ]
    ages = [float(panel.at[row]) - float(items.released[item]) for item in whole]
    return {
        "average_precision": sum(precisions) / len(top) if top else nan,
        "reciprocal_rank": (1 / ranks[0] if ranks else 0.0) if top else nan,
        "precision": sum(hits) / 10 if top else nan,
        "slate_recall": sum(hits) / len(top) if top else nan,
        "novelty": float(np.mean([bits[item] for item in slate])) if slate else nan,
        "diversity": float(np.mean(pairs)) if pairs else nan,
        "freshness": float(np.mean(ages)) if ages else nan,
    }


def test_information_is_that_of_the_users_who_clicked_before_serving(
    tiny_world: World, bits: dict[int, float]
) -> None:
    mine = click_information(tiny_world, PartStore(None))
    np.testing.assert_allclose(mine, [bits[item] for item in range(len(mine))], **CLOSE)
    assert mine.max() == pytest.approx(log2(len(tiny_world.users)))


@pytest.mark.parametrize("slate", [10, 25])
@pytest.mark.parametrize("ranker", ["none", "gbdt"])
def test_rows_and_means_of_a_report_are_the_plain_ones(
    system_of: SystemOf, tiny_evaluator: Evaluator, bits: dict[int, float], ranker: str, slate: int
) -> None:
    system = system_of("mf", "hnsw", ranker)
    system = system.tuned(replace(system.design, slate=slate))
    report, panel = tiny_evaluator.report(system), tiny_evaluator.panel
    shown = [system.recommend(user).items.tolist() for user in panel.users.tolist()]
    rows = [plain(panel, row, one[:10], one, bits) for row, one in enumerate(shown)]
    of_slates = {name: field for name, field in PER_USER.items() if field in rows[0]}
    assert len(of_slates) == len(rows[0])
    for name, field in of_slates.items():
        expected = np.array([row[field] for row in rows])
        np.testing.assert_allclose(getattr(report.per_user, field), expected, **CLOSE)
        assert report[name].value == pytest.approx(expected.mean(), abs=1e-9)
        assert report[name].n == len(panel)
    times = np.bincount(np.concatenate(shown), minlength=400)
    assert report["exposure_gini"].value == pytest.approx(metrics.gini(times), abs=1e-12)


@given(data=st.data())
def test_rows_of_any_slates_are_the_plain_ones(
    tiny_evaluator: Evaluator, bits: dict[int, float], data: st.DataObject
) -> None:
    panel = tiny_evaluator.panel
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    slates = np.full((len(panel), 12), -1)
    left = rng.integers(0, 13, len(panel))  # users with fewer than ten items left, some with none
    ideal = np.where(np.arange(10) < left[:, None], panel.ideal_items, -1)
    narrow = replace(panel, ideal_items=ideal)
    for row, length in enumerate(rng.integers(0, 13, len(panel)).tolist()):
        pool = np.concatenate([panel.ideal_items[row], rng.integers(0, 400, 10)])
        slates[row, :length] = rng.permutation(np.unique(pool))[:length]
    information = np.array([bits[item] for item in range(400)])
    judged = judge_slates(narrow, information, slates)
    for row in range(len(panel)):
        whole = [item for item in slates[row].tolist() if item >= 0]
        expected = plain(narrow, row, whole[:10], whole, bits)
        for field, value in expected.items():
            mine = judged[field][row]  # type: ignore[literal-required]
            np.testing.assert_allclose(mine, value, **CLOSE, err_msg=field)


def test_true_top_ten_scores_1_and_its_order_costs_nothing(tiny_evaluator: Evaluator) -> None:
    panel = tiny_evaluator.panel
    for slates in (panel.ideal_items, panel.ideal_items[:, ::-1]):
        judged = judge_slates(panel, np.ones(400), slates)
        for field in ("average_precision", "reciprocal_rank", "precision", "slate_recall"):
            np.testing.assert_allclose(judged[field], 1.0, **CLOSE)  # type: ignore[literal-required]


def test_recall_of_a_slate_is_recall_at_k_of_the_true_top_ten(
    system_of: SystemOf, tiny_evaluator: Evaluator
) -> None:
    system, panel = system_of(), tiny_evaluator.panel
    mine = tiny_evaluator.report(system).per_user.slate_recall
    for row, user in enumerate(panel.users.tolist()):
        slate = system.recommend(user).items
        assert mine[row] == metrics.recall_at_k(slate, panel.ideal_items[row], 10)


def some_slates(seed: int, users: int = 25, k: int = 8, items: int = 30) -> NDArray[np.int64]:
    """Slates that share many items and are of many lengths, some empty."""
    rng = np.random.default_rng(seed)
    slates = np.array([rng.permutation(items)[:k] for _ in range(users)])
    slates[np.arange(k) >= rng.integers(0, k + 1, users)[:, None]] = -1
    return slates


def jackknife(values: list[float]) -> float:
    """Half a 95% interval from the values that leave out each user in turn."""
    n = len(values)
    return 1.96 * float(np.sqrt((n - 1) / n * ((np.array(values) - np.mean(values)) ** 2).sum()))


def plain_gini(slates: NDArray[np.int64], items: int) -> float:
    return metrics.gini(np.bincount(slates[slates >= 0], minlength=items))


@pytest.mark.parametrize("seed", range(8))
def test_interval_of_exposure_is_that_of_the_jackknife(seed: int) -> None:
    slates = some_slates(seed, items=(30, 200)[seed % 2])
    items = (35, 200)[seed % 2]
    left_out = [plain_gini(np.delete(slates, row, axis=0), items) for row in range(25)]
    estimate = exposure_gini(slates, items)
    assert estimate.value == pytest.approx(plain_gini(slates, items), abs=1e-12)
    assert estimate.high - estimate.value == pytest.approx(jackknife(left_out), abs=1e-9)
    assert estimate.value - estimate.low == pytest.approx(jackknife(left_out), abs=1e-9)
    assert estimate.n == 25


@pytest.mark.parametrize("seed", range(4))
def test_difference_of_exposures_leaves_a_user_out_of_both(seed: int) -> None:
    a, b = some_slates(seed), some_slates(seed + 50, k=12)
    left_out = [
        plain_gini(np.delete(b, row, axis=0), 30) - plain_gini(np.delete(a, row, axis=0), 30)
        for row in range(25)
    ]
    estimate = exposure_gini_difference(a, b, 30)
    assert estimate.value == pytest.approx(plain_gini(b, 30) - plain_gini(a, 30), abs=1e-12)
    assert estimate.high - estimate.value == pytest.approx(jackknife(left_out), abs=1e-9)


def test_difference_of_a_design_to_itself_is_0_without_width() -> None:
    estimate = exposure_gini_difference(some_slates(1), some_slates(1), 30)
    assert (estimate.low, estimate.value, estimate.high) == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="a: 25 users, b: 24"):
        exposure_gini_difference(some_slates(1), some_slates(1)[1:], 30)


def test_equal_exposure_is_0_and_one_slate_for_all_is_nearly_1() -> None:
    everything = np.arange(100).reshape(10, 10)
    assert exposure_gini(everything, 100).value == pytest.approx(0.0, abs=1e-12)
    same = exposure_gini(np.tile(np.arange(10), (6, 1)), 100)
    assert same.value == pytest.approx(0.9)
    assert same.half_width == pytest.approx(0.0, abs=1e-9)


def test_exposure_of_one_user_has_no_interval_and_that_of_empty_slates_no_value() -> None:
    alone = exposure_gini(np.arange(10)[None, :], 100)
    assert alone.value == pytest.approx(0.9)
    assert np.isnan([alone.low, alone.high]).all()
    nothing = exposure_gini(np.full((4, 10), -1), 100)
    assert np.isnan([nothing.low, nothing.value, nothing.high]).all()


@given(seed=st.integers(0, 10_000), shift=st.integers(1, 29))
def test_exposure_knows_neither_names_of_items_nor_order_of_places(seed: int, shift: int) -> None:
    slates = some_slates(seed)
    renamed = np.where(slates >= 0, (slates + shift) % 30, -1)[:, ::-1]
    mine, other = exposure_gini(slates, 30), exposure_gini(renamed, 30)
    np.testing.assert_allclose(
        [mine.low, mine.value, mine.high], [other.low, other.value, other.high], **CLOSE
    )
