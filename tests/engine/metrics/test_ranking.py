"""DCG, NDCG and recall against hand-worked lists, other packages and what must always hold."""

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import ndcg_score

from engine import metrics

RELEVANCE = hnp.arrays(
    np.float64,
    st.integers(1, 30),
    elements=st.one_of(st.just(0.0), st.floats(1e-6, 1e3)),
)
CUT = st.integers(1, 35)


def test_dcg_of_a_hand_worked_list() -> None:
    # 3 / log2(2) + 2 / log2(3) + 0 + 1 / log2(5)
    expected = 3 + 2 / np.log2(3) + 1 / np.log2(5)
    assert metrics.dcg_at_k([3, 2, 0, 1], 4) == pytest.approx(expected, abs=1e-12)


def test_dcg_counts_the_first_k_only_and_accepts_shorter_lists() -> None:
    assert metrics.dcg_at_k([3, 2, 9], 1) == 3
    assert metrics.dcg_at_k([3], 10) == 3
    assert metrics.dcg_at_k([], 10) == 0


def test_gain_is_linear() -> None:
    assert metrics.dcg_at_k([6, 4, 2], 3) == pytest.approx(2 * metrics.dcg_at_k([3, 2, 1], 3))


def test_ndcg_of_a_hand_worked_list() -> None:
    dcg = 1 + 3 / np.log2(3)
    ideal = 3 + 2 / np.log2(3)
    assert metrics.ndcg_at_k([1, 3], [0, 1, 2, 3], 2) == pytest.approx(dcg / ideal, abs=1e-12)


def test_ndcg_is_zero_where_nothing_is_relevant() -> None:
    result = metrics.ndcg_at_k([[0, 0], [1, 0]], [[0, 0], [1, 0]], 2)
    assert result.tolist() == [0.0, 1.0]


def test_ndcg_of_a_batch_is_that_of_each_row() -> None:
    rng = np.random.default_rng(3)
    everything = rng.random((4, 5, 40))
    ranked = everything[..., 10:22]
    batch = metrics.ndcg_at_k(ranked, everything, 10)
    assert batch.shape == (4, 5)
    for place in np.ndindex(4, 5):
        single = metrics.ndcg_at_k(ranked[place], everything[place], 10)
        assert batch[place] == pytest.approx(single, abs=1e-12)


def test_many_rankings_are_held_against_one_ideal() -> None:
    everything = [0.5, 0.1, 0.9]
    batch = metrics.ndcg_at_k([[0.9, 0.5], [0.1, 0.5]], everything, 2)
    assert batch[0] == 1.0
    assert batch[1] == pytest.approx(metrics.ndcg_at_k([0.1, 0.5], everything, 2))


def test_ideal_dcg_is_the_dcg_of_the_sorted_list() -> None:
    relevance = np.random.default_rng(4).random((3, 200)).astype(np.float32)
    best_first = np.sort(relevance.astype(np.float64))[:, ::-1]
    expected = metrics.dcg_at_k(best_first, 10)
    np.testing.assert_allclose(metrics.ideal_dcg_at_k(relevance, 10), expected, atol=1e-12)


@given(relevance=RELEVANCE, k=CUT, seed=st.integers(0, 99))
def test_ndcg_lies_from_0_to_1(relevance: np.ndarray, k: int, seed: int) -> None:
    shuffled = np.random.default_rng(seed).permutation(relevance)
    assert 0.0 <= metrics.ndcg_at_k(shuffled, relevance, k) <= 1.0


@given(relevance=RELEVANCE, k=CUT)
def test_ndcg_of_the_ideal_order_is_1(relevance: np.ndarray, k: int) -> None:
    ideal = np.sort(relevance)[::-1]
    expected = 1.0 if relevance.any() else 0.0
    assert metrics.ndcg_at_k(ideal, relevance, k) == pytest.approx(expected, abs=1e-12)


@given(relevance=RELEVANCE, k=CUT, seed=st.integers(0, 99))
def test_swapping_a_better_item_up_never_lowers_ndcg(
    relevance: np.ndarray, k: int, seed: int
) -> None:
    ranked = np.random.default_rng(seed).permutation(relevance)
    before = metrics.ndcg_at_k(ranked, relevance, k)
    worst, best = int(np.argmin(ranked)), int(np.argmax(ranked))
    if worst < best:
        ranked[[worst, best]] = ranked[[best, worst]]
    assert metrics.ndcg_at_k(ranked, relevance, k) >= before - 1e-12


@given(scores=st.permutations(range(12)), k=st.integers(1, 12))
def test_ndcg_does_not_change_with_a_monotone_change_of_scores(scores: list[int], k: int) -> None:
    relevance = np.linspace(0, 1, 12)
    score = np.asarray(scores, dtype=np.float64)
    by_score = relevance[np.argsort(-score)]
    by_exp = relevance[np.argsort(-np.exp(score / 3 - 1))]
    assert metrics.ndcg_at_k(by_score, relevance, k) == metrics.ndcg_at_k(by_exp, relevance, k)


@given(relevance=RELEVANCE, extra=st.floats(0, 1e3))
def test_an_item_added_below_place_k_changes_nothing(relevance: np.ndarray, extra: float) -> None:
    k = relevance.size
    everything = np.append(relevance, extra)
    longer = np.append(relevance, extra)
    assert metrics.dcg_at_k(longer, k) == metrics.dcg_at_k(relevance, k)
    assert metrics.ndcg_at_k(longer, everything, k) == metrics.ndcg_at_k(relevance, everything, k)


@pytest.mark.parametrize("k", [1, 5, 10, 50])
def test_ndcg_agrees_with_scikit_learn(k: int) -> None:
    rng = np.random.default_rng(5)
    relevance = rng.random((20, 30)) * (rng.random((20, 30)) < 0.5)
    scores = rng.permuted(np.tile(np.arange(30.0), (20, 1)), axis=1)
    ranked = np.take_along_axis(relevance, np.argsort(-scores, axis=1), axis=1)
    ours = metrics.ndcg_at_k(ranked, relevance, k).mean()
    assert ours == pytest.approx(ndcg_score(relevance, scores, k=k), abs=1e-9)


def test_ndcg_agrees_with_trec_eval() -> None:
    rng = np.random.default_rng(6)
    gains = rng.integers(0, 5, size=(25, 60))
    gains[0] = 0
    scores = rng.permuted(np.tile(np.arange(60.0), (25, 1)), axis=1)
    qrel = {f"q{q}": {f"d{d}": int(g) for d, g in enumerate(row)} for q, row in enumerate(gains)}
    run = {f"q{q}": {f"d{d}": float(s) for d, s in enumerate(row)} for q, row in enumerate(scores)}
    theirs = pytrec_eval.RelevanceEvaluator(qrel, {"ndcg_cut.1,10,100"}).evaluate(run)
    ranked = np.take_along_axis(gains, np.argsort(-scores, axis=1), axis=1)
    for k in (1, 10, 100):
        ours = metrics.ndcg_at_k(ranked, gains, k)
        expected = [theirs[f"q{q}"][f"ndcg_cut_{k}"] for q in range(25)]
        np.testing.assert_allclose(ours, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("bad", [[1, -0.1], [1, np.nan], [1, np.inf]])
def test_a_gain_that_is_negative_or_not_finite_is_refused(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="gains: holds"):
        metrics.dcg_at_k(bad, 1)
    with pytest.raises(ValueError, match="ranked_relevance: holds"):
        metrics.ndcg_at_k(bad, [1, 1], 1)
    with pytest.raises(ValueError, match="all_relevance: holds"):
        metrics.ndcg_at_k([1, 1], bad, 1)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, None])
def test_k_below_1_or_not_an_integer_is_refused(k: object) -> None:
    for call in (
        lambda: metrics.dcg_at_k([1], k),
        lambda: metrics.ndcg_at_k([1], [1], k),
        lambda: metrics.recall_at_k([1], [1], k),
        lambda: metrics.recall_with_ties([1.0], [1.0], k),
    ):
        with pytest.raises(ValueError, match=r"k=.*must be an integer from 1"):
            call()


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="leading axes"):
        metrics.ndcg_at_k(np.ones((2, 3)), np.ones((4, 3)), 2)
    with pytest.raises(ValueError, match="at least one axis"):
        metrics.dcg_at_k(1.0, 2)
    with pytest.raises(ValueError, match="real numbers"):
        metrics.dcg_at_k(["a"], 2)


def test_a_ranking_better_than_its_ideal_is_refused() -> None:
    with pytest.raises(ValueError, match="must be among all_relevance"):
        metrics.ndcg_at_k([0.9, 0.8], [0.5, 0.8], 2)


def test_float32_and_float64_copies_of_one_truth_may_be_mixed() -> None:
    truth = np.random.default_rng(7).random((50, 100))
    ranked = np.sort(truth, axis=1)[:, ::-1]
    as_float32 = ranked.astype(np.float32)
    ndcg = metrics.ndcg_at_k(as_float32, truth, 10)
    np.testing.assert_allclose(ndcg, 1.0, atol=1e-6)
    assert ndcg.max() <= 1.0


def test_recall_is_the_share_of_relevant_ids_found() -> None:
    assert metrics.recall_at_k([5, 3, 9, 1], [1, 3], 2) == 0.5
    assert metrics.recall_at_k([5, 3, 9, 1], [1, 3], 4) == 1.0
    assert metrics.recall_at_k([5, 3, 9, 1], {1, 3, 7, 8}, 10) == 0.5
    assert metrics.recall_at_k(["a", "b"], ["b"], 2) == 1.0


def test_recall_divides_by_all_relevant_ids_even_above_k() -> None:
    assert metrics.recall_at_k([1, 2, 3, 4], [1, 2, 3, 4], 1) == 0.25


def test_recall_of_nothing_relevant_is_nan_and_of_nothing_retrieved_0() -> None:
    assert np.isnan(metrics.recall_at_k([1, 2], [], 2))
    assert metrics.recall_at_k([], [1], 2) == 0.0


@pytest.mark.parametrize(
    ("retrieved", "relevant", "message"),
    [
        ([1, 1, 2], [1], "retrieved: holds 1 more than once"),
        ([4, -1, -1], [1], "retrieved: holds -1 more than once"),
        ([1, 2], [3, 3], "relevant: holds 3 more than once"),
        ([1, 2], ["1"], "relevant: ids are"),
        ([1.5], [1], "integer or string"),
        ([[1]], [1], "one list of ids"),
    ],
)
def test_ids_must_be_unique_and_of_one_type(
    retrieved: list[object], relevant: list[object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        metrics.recall_at_k(retrieved, relevant, 3)


def test_recall_with_ties_counts_any_item_of_a_tie() -> None:
    exact = [0.9, 0.5, 0.5, 0.5, 0.1]
    assert metrics.recall_with_ties([0.9, 0.5], exact, 2) == 1.0
    assert metrics.recall_with_ties([0.5, 0.5], exact, 2) == 1.0
    assert metrics.recall_with_ties([0.9, 0.1], exact, 2) == 0.5


def test_recall_with_ties_counts_missing_answers_as_lost() -> None:
    exact = [[4.0, 3.0, 2.0, 1.0]] * 3
    returned = [[4.0, 3.0, np.nan, np.nan], [4.0, 3.0, 2.0, -np.inf], [4.0, 3.0, 2.0, 1.0]]
    assert metrics.recall_with_ties(returned, exact, 4).tolist() == [0.5, 0.75, 1.0]
    assert metrics.recall_with_ties([4.0], exact[0], 4) == 0.25


def test_recall_with_ties_is_over_the_places_that_exist() -> None:
    exact = [[2.0, 1.0, np.nan], [-np.inf, np.nan, -np.inf]]
    returned = [[1.0, 2.0, np.nan], [np.nan, np.nan, np.nan]]
    full, none = metrics.recall_with_ties(returned, exact, 3)
    assert full == 1.0
    assert np.isnan(none)


def test_recall_with_ties_never_passes_1() -> None:
    exact = [1.0, -np.inf, -np.inf]
    assert metrics.recall_with_ties([1.0, 1.0, 1.0], exact, 3) == 1.0


def test_recall_with_ties_looks_at_the_first_k_returned_only() -> None:
    assert metrics.recall_with_ties([1.0, 2.0, 4.0, 3.0], [4.0, 3.0, 2.0, 1.0], 2) == 0.0


@pytest.mark.parametrize("scale", [1e-4, 1.0, 1e4])
def test_the_tolerance_of_a_tie_is_relative_to_the_scores(scale: float) -> None:
    exact = np.array([3.0, 2.0, 1.0]) * scale
    within, beyond = exact.copy(), exact.copy()
    within[1] -= 1e-6 * scale
    beyond[1] -= 1e-4 * scale
    assert metrics.recall_with_ties(within, exact, 2) == 1.0
    assert metrics.recall_with_ties(beyond, exact, 2) == 0.5
    assert metrics.recall_with_ties(within, exact, 2, eps=0.0) == 0.5


@given(
    returned=st.lists(st.integers(0, 49), min_size=1, max_size=30, unique=True),
    k=st.integers(1, 30),
)
def test_both_recalls_agree_where_no_scores_tie(returned: list[int], k: int) -> None:
    scores = np.random.default_rng(8).permutation(50) + 1.0
    exact_ids = np.argsort(-scores)[:k]
    by_score = metrics.recall_with_ties(scores[returned], scores, k)
    assert by_score == pytest.approx(metrics.recall_at_k(returned, exact_ids, k))


def test_bad_input_of_recall_with_ties_is_refused() -> None:
    with pytest.raises(ValueError, match="must agree in all axes but the last"):
        metrics.recall_with_ties(np.ones((2, 3)), np.ones((3, 3)), 2)
    with pytest.raises(ValueError, match="exact_scores: holds inf"):
        metrics.recall_with_ties([1.0], [np.inf], 1)
    for eps in (-1.0, np.nan):
        with pytest.raises(ValueError, match="eps="):
            metrics.recall_with_ties([1.0], [1.0], 1, eps=eps)


# NDCG of many lists at once -------------------------------------------------------------------


def test_grouped_ndcg_of_hand_worked_lists() -> None:
    # List 3: gains 0, 1 by falling score; list 7: 2, 1; list 9 has no gain and says nothing.
    gains, scores = [1, 0, 1, 2, 0], [0.2, 0.9, 0.1, 0.3, 0.5]
    expected = [1 / np.log2(3), 1.0]
    found = metrics.grouped_ndcg_at_k(gains, scores, [3, 3, 7, 7, 9], 10)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert metrics.grouped_ndcg_at_k([1, 0], [0.1, 0.2], [5, 5], 1).tolist() == [0.0]


@given(data=st.data(), n=st.integers(0, 60), k=CUT)
def test_grouped_ndcg_is_that_of_each_list_by_itself(data: st.DataObject, n: int, k: int) -> None:
    gains = data.draw(hnp.arrays(np.float64, n, elements=st.integers(0, 3)))
    scores = data.draw(hnp.arrays(np.float32, n, elements=st.integers(-3, 3)))
    groups = data.draw(hnp.arrays(np.int64, n, elements=st.integers(-5, 5)))
    expected = []
    for name in sorted(set(groups.tolist())):
        mine = groups == name
        if gains[mine].any():
            order = np.argsort(-scores[mine], kind="stable")
            expected.append(float(metrics.ndcg_at_k(gains[mine][order], gains[mine], k)))
    found = metrics.grouped_ndcg_at_k(gains, scores, groups, k)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def test_grouped_ndcg_keeps_the_order_of_equal_scores() -> None:
    one = metrics.grouped_ndcg_at_k([1, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1], 10)
    other = metrics.grouped_ndcg_at_k([0, 0, 1], [0.5, 0.5, 0.5], [1, 1, 1], 10)
    assert (one[0], other[0]) == (1.0, 0.5)


def test_lists_without_a_gain_and_without_a_row_have_no_ndcg() -> None:
    assert metrics.grouped_ndcg_at_k([0, 0], [0.1, 0.2], [1, 2], 10).shape == (0,)
    assert metrics.grouped_ndcg_at_k([], [], [], 10).shape == (0,)


def test_bad_input_of_grouped_ndcg_is_refused() -> None:
    for gains, scores, groups in (([1], [1, 2], [1, 2]), ([[1]], [[1]], [[1]])):
        with pytest.raises(ValueError, match=r"must be \(n,\) alike"):
            metrics.grouped_ndcg_at_k(gains, scores, groups, 10)
    with pytest.raises(ValueError, match="k=0"):
        metrics.grouped_ndcg_at_k([1], [1], [1], 0)
