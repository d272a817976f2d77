"""EASE is the ridge regression of each item on all the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.generators import EASE, Generator, Interactions, ease


def fitted(counts: NDArray[np.floating], regularization: float) -> Generator:
    clicks = csr_matrix(counts.astype(np.float32))
    return EASE(regularization).fit(Interactions.of_clicks(clicks))


def by_regression(counts: NDArray[np.floating], regularization: float) -> NDArray[np.float64]:
    """Weights (items, items): each item's clicks by ridge regression on those of the others."""
    x = (counts > 0).astype(np.float64)
    items = x.shape[1]
    weights = np.zeros((items, items))
    for item in range(items):
        others = np.delete(np.arange(items), item)
        known = x[:, others]
        left = known.T @ known + regularization * np.eye(len(others))
        weights[others, item] = np.linalg.solve(left, known.T @ x[:, item])
    return weights


def test_two_items_by_hand() -> None:
    """Each is predicted from the other alone: clicks in common over its clicks and the penalty."""
    counts = np.array([[1, 1], [1, 0], [1, 3], [0, 0]])
    generator = fitted(counts, 2.0)
    # User 1 clicked item 0 only, which predicts item 1 with 2 / (3 + 2).
    np.testing.assert_allclose(generator.scores(1, np.arange(2)), [0.0, 0.4], rtol=1e-6)
    # User 0 clicked both: item 1 predicts item 0 with 2 / (2 + 2).
    np.testing.assert_allclose(generator.scores(0, np.arange(2)), [0.5, 0.4], rtol=1e-6)


@given(
    st.integers(0, 10_000),
    st.integers(1, 20),
    st.integers(1, 12),
    st.sampled_from([1.0, 7.0, 500.0]),
    st.integers(1, 5),
)
def test_it_is_the_ridge_regression_of_each_item_on_the_others(
    seed: int, users: int, items: int, regularization: float, at_once: int
) -> None:
    counts = np.random.default_rng(seed).poisson(0.5, size=(users, items))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ease, "_ROWS_AT_ONCE", at_once)
        generator = fitted(counts, regularization)
    clicked = counts > 0
    expected = clicked @ by_regression(counts, regularization)
    for user in np.flatnonzero(clicked.any(axis=1)):
        found = generator.scores(int(user), np.arange(items))
        np.testing.assert_allclose(found, expected[user], rtol=1e-4, atol=1e-6)


def test_stranger_gets_the_share_of_users_who_clicked() -> None:
    generator = fitted(np.array([[1, 0, 1], [2, 0, 0], [0, 0, 0]]), 1.0)
    np.testing.assert_allclose(generator.scores(2, np.arange(3)), [1.0, 0.0, 0.5])
    assert generator.top(2, 3).tolist() == [0, 2]


def test_large_catalogue_is_refused_in_one_sentence_that_says_the_cost() -> None:
    assert EASE().why_not(5_000) == ""
    why = EASE().why_not(20_000)
    assert why == (
        "EASE fits up to 5,000 items: it keeps a dense matrix of items by items, which for "
        "20,000 takes 1.6 GB and a time that grows with the cube."
    )


def test_weights_are_all_that_weighs() -> None:
    generator = fitted(np.ones((4, 300)), 5.0)
    assert 300 * 300 * 4 < generator.memory_bytes < 300 * 300 * 4 + 30_000
