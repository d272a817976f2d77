"""Popularity proposes what most people clicked."""

import numpy as np
from scipy.sparse import csr_matrix

from engine.generators import Interactions, Popularity


def test_order_is_that_of_the_counts_and_of_ids_where_they_tie() -> None:
    clicks = csr_matrix(np.array([[1, 0, 2, 1, 0], [1, 0, 0, 1, 1]], dtype=np.float32))
    generator = Popularity().fit(Interactions.of_clicks(clicks))
    assert generator.top(0, 5).tolist() == [0, 2, 3, 4]
    assert generator.scores(1, np.arange(5)).tolist() == [2, 0, 2, 2, 1]


def test_everybody_gets_the_same() -> None:
    clicks = csr_matrix(np.eye(4, dtype=np.float32))
    generator = Popularity().fit(Interactions.of_clicks(clicks))
    assert np.array_equal(generator.top(0, 4), generator.top(3, 4))
