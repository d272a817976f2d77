"""Exact search is the truth that others are held against."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.index import Exact


@given(
    hnp.arrays(np.float32, st.integers(1, 30), elements=st.sampled_from([-1.0, 0.5, 2.0])),
    st.integers(1, 40),
)
def test_equal_scores_come_by_rising_id_at_the_cut_too(products, k):
    index = Exact().build(products[:, np.newaxis], seed=0)
    ids, scores = index.search(np.ones(1, np.float32), k)
    by_hand = sorted(range(len(products)), key=lambda i: (-products[i], i))[:k]
    assert ids.tolist() == by_hand
    np.testing.assert_array_equal(scores, products[by_hand])


def test_it_finds_what_sorting_all_inner_products_finds(exact, vectors, queries):
    for query in queries:
        ids, scores = exact.search(query, 25)
        products = vectors @ query
        np.testing.assert_array_equal(ids, np.argsort(-products, kind="stable")[:25])
        np.testing.assert_array_equal(scores, products[ids])


def test_its_memory_is_that_of_the_vectors(exact, vectors):
    assert exact.memory_bytes == vectors.nbytes


def test_read_only_vectors_are_shared_not_copied(vectors):
    mine = vectors.copy()
    mine.flags.writeable = False
    assert np.shares_memory(Exact().build(mine, 0).vectors, mine)
    with pytest.raises(ValueError, match="read-only"):
        Exact().build(vectors, 0).vectors[0] = 1
