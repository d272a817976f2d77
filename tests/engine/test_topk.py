"""The one rule by which scores become an order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.topk import best_first


@given(
    scores=st.lists(st.integers(0, 5), min_size=1, max_size=40),
    k=st.integers(1, 50),
)
def test_best_first_sorts_by_score_then_place_whatever_the_ties(scores: list[int], k: int) -> None:
    plain = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:k]
    assert best_first(np.array(scores, dtype=np.float32), k).tolist() == plain


@pytest.mark.parametrize("n", [1, 7, 1_000])
def test_smaller_k_gives_the_beginning_of_a_larger_one(n: int) -> None:
    scores = np.random.default_rng(3).integers(0, 20, size=n).astype(np.float32)
    longest = best_first(scores, n)
    for k in range(1, n, 13):
        np.testing.assert_array_equal(best_first(scores, k), longest[:k])


def test_infinities_keep_their_places_at_the_ends() -> None:
    assert best_first(np.array([-np.inf, 1.0, np.inf]), 3).tolist() == [2, 1, 0]


def test_no_scores_give_no_places() -> None:
    assert best_first(np.empty(0, np.float32), 5).tolist() == []
