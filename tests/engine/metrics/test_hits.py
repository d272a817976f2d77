"""Precision, MRR's and MAP's parts against hand-worked lists, trec_eval and what must hold."""

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine import metrics

HITS = hnp.arrays(np.bool_, st.integers(1, 30))
CUT = st.integers(1, 35)


def test_figures_of_a_hand_worked_list() -> None:
    hits = [0, 1, 0, 1, 1]
    assert metrics.precision_at_k(hits, 5) == pytest.approx(3 / 5)
    assert metrics.reciprocal_rank_at_k(hits, 5) == 0.5
    # 1/2 at place 2, 2/4 at place 4, 3/5 at place 5, over four relevant items.
    expected = (1 / 2 + 2 / 4 + 3 / 5) / 4
    assert metrics.average_precision_at_k(hits, 4, 5) == pytest.approx(expected, abs=1e-12)


def test_places_below_k_do_not_count() -> None:
    hits = [0, 1, 0, 1]
    assert metrics.precision_at_k(hits, 2) == 0.5
    assert metrics.reciprocal_rank_at_k(hits, 1) == 0
    assert metrics.average_precision_at_k(hits, 2, 3) == pytest.approx(0.25)


def test_empty_places_of_a_short_list_are_misses() -> None:
    assert metrics.precision_at_k([1, 1], 10) == 0.2
    assert metrics.average_precision_at_k([1, 1], 2, 10) == 1.0
    for value in (metrics.precision_at_k([], 3), metrics.reciprocal_rank_at_k([], 3)):
        assert value == 0.0
    assert metrics.average_precision_at_k([], 2, 3) == 0.0


def test_average_precision_divides_by_all_relevant_items_even_above_k() -> None:
    assert metrics.average_precision_at_k([1, 1], 8, 2) == pytest.approx(0.25)


def test_average_precision_of_nothing_relevant_is_nan() -> None:
    result = metrics.average_precision_at_k([[0, 0], [1, 0]], [0, 1], 2)
    assert np.isnan(result[0])
    assert result[1] == 1.0


@pytest.mark.parametrize("k", [1, 5, 10, 100])
def test_all_three_agree_with_trec_eval(k: int) -> None:
    rng = np.random.default_rng(9)
    relevant = (rng.random((40, 60)) < 0.15).astype(int)
    relevant[:, 0] = 1
    scores = rng.permuted(np.tile(np.arange(60.0), (40, 1)), axis=1)
    order = np.argsort(-scores, axis=1)
    hits = np.take_along_axis(relevant, order, axis=1)
    qrel = {f"q{q}": {f"d{d}": int(g) for d, g in enumerate(row)} for q, row in enumerate(relevant)}
    # recip_rank knows no cut: it is given the first k alone.
    run = {f"q{q}": {f"d{d}": float(scores[q, d]) for d in row[:k]} for q, row in enumerate(order)}
    names = {f"map_cut.{k}", f"P.{k}", "recip_rank"}
    theirs = pytrec_eval.RelevanceEvaluator(qrel, names).evaluate(run)
    for name, ours in (
        (f"map_cut_{k}", metrics.average_precision_at_k(hits, relevant.sum(axis=1), k)),
        (f"P_{k}", metrics.precision_at_k(hits, k)),
        ("recip_rank", metrics.reciprocal_rank_at_k(hits, k)),
    ):
        expected = [theirs[f"q{q}"][name] for q in range(40)]
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


def test_average_precision_of_a_whole_list_is_the_one_of_its_scores() -> None:
    rng = np.random.default_rng(10)
    hits = rng.random(50) < 0.3
    ours = metrics.average_precision_at_k(hits, int(hits.sum()), 50)
    assert ours == pytest.approx(metrics.average_precision(hits, -np.arange(50.0)), abs=1e-12)


@given(hits=HITS, missing=st.integers(0, 5), k=CUT)
def test_all_lie_from_0_to_1_and_are_positive_together(
    hits: np.ndarray, missing: int, k: int
) -> None:
    relevant = int(hits.sum()) + missing
    precision = metrics.precision_at_k(hits, k)
    reciprocal = metrics.reciprocal_rank_at_k(hits, k)
    average = metrics.average_precision_at_k(hits, relevant, k)
    assert 0 <= precision <= 1
    assert 0 <= reciprocal <= 1
    if relevant == 0:
        assert np.isnan(average)
    else:
        assert 0 <= average <= min(1.0, k / relevant) + 1e-12
        assert (average > 0) == (precision > 0) == (reciprocal > 0)


@given(hits=HITS, k=CUT, seed=st.integers(0, 99))
def test_hits_first_are_best_and_precision_of_the_whole_list_knows_no_order(
    hits: np.ndarray, k: int, seed: int
) -> None:
    shuffled = np.random.default_rng(seed).permutation(hits)
    best, relevant = np.sort(hits)[::-1], int(hits.sum())
    whole = hits.size
    assert metrics.precision_at_k(shuffled, whole) == metrics.precision_at_k(hits, whole)
    for figure in (metrics.precision_at_k, metrics.reciprocal_rank_at_k):
        assert figure(shuffled, k) <= figure(best, k)
    if relevant:
        ideal = metrics.average_precision_at_k(best, relevant, k)
        assert metrics.average_precision_at_k(shuffled, relevant, k) <= ideal + 1e-12
        assert ideal == pytest.approx(min(k, relevant) / relevant)


def test_figures_of_a_batch_are_those_of_each_row_and_one_count_may_serve_all() -> None:
    hits = np.random.default_rng(11).random((3, 4, 12)) < 0.4
    average = metrics.average_precision_at_k(hits, 12, 7)
    assert average.shape == (3, 4)
    for place in np.ndindex(3, 4):
        assert average[place] == metrics.average_precision_at_k(hits[place], 12, 7)
        assert metrics.precision_at_k(hits, 7)[place] == metrics.precision_at_k(hits[place], 7)
        one = metrics.reciprocal_rank_at_k(hits[place], 7)
        assert metrics.reciprocal_rank_at_k(hits, 7)[place] == one


@pytest.mark.parametrize("bad", [[0, 2], [0.5], [np.nan, 1], 1, ["a"], [-1, 0]])
def test_hits_other_than_0_and_1_are_refused(bad: object) -> None:
    for call in (
        lambda: metrics.precision_at_k(bad, 2),
        lambda: metrics.reciprocal_rank_at_k(bad, 2),
        lambda: metrics.average_precision_at_k(bad, 9, 2),
    ):
        with pytest.raises(ValueError, match="hits:"):
            call()


@pytest.mark.parametrize("k", [0, -1, 1.5, True, None])
def test_k_below_1_or_not_an_integer_is_refused(k: object) -> None:
    for call in (
        lambda: metrics.precision_at_k([1], k),
        lambda: metrics.reciprocal_rank_at_k([1], k),
        lambda: metrics.average_precision_at_k([1], 1, k),
    ):
        with pytest.raises(ValueError, match=r"k=.*must be an integer from 1"):
            call()


def test_counts_of_relevant_items_that_cannot_be_are_refused() -> None:
    for relevant in (1, -1, [2, 1]):
        with pytest.raises(ValueError, match="at least the number of hits"):
            metrics.average_precision_at_k([1, 1, 0], relevant, 1)
    with pytest.raises(ValueError, match="must be integers"):
        metrics.average_precision_at_k([1], 1.5, 1)
    with pytest.raises(ValueError, match="leading axes"):
        metrics.average_precision_at_k(np.ones((2, 3)), [3, 3, 3], 1)
