"""Item-kNN counts who clicked both, and adds up over what a user clicked."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.generators import Covisitation, Generator, Interactions, covisitation

SIZES = st.tuples(st.integers(1, 8), st.integers(1, 9))
CLICKS = SIZES.flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 2), min_size=size[1], max_size=size[1]),
        min_size=size[0],
        max_size=size[0],
    )
)
# Users 0 to 3 on items 0 to 3; item 4 is nobody's, user 4 a stranger.
COUNTS = [
    [1, 1, 0, 0, 0],
    [2, 1, 0, 0, 0],
    [1, 0, 1, 0, 0],
    [0, 0, 0, 1, 0],
    [0, 0, 0, 0, 0],
]
EVERYTHING = np.arange(5)


def fitted(config: Covisitation, counts: list[list[int]]) -> Generator:
    clicks = csr_matrix(np.array(counts, dtype=np.float32))
    return config.fit(Interactions.of_clicks(clicks))


def by_counting(config: Covisitation, counts: list[list[int]]) -> NDArray[np.float64]:
    """Scores of all items for each user, in plain loops."""
    clicked = np.array(counts) > 0
    users, items = clicked.shape
    n = clicked.sum(axis=0)
    similar = np.zeros((items, items))
    for i, j in product(range(items), repeat=2):
        both = sum(clicked[u, i] and clicked[u, j] for u in range(users))
        if i != j and both:
            scale = n[i] ** config.asymmetry * n[j] ** (1 - config.asymmetry)
            similar[i, j] = both / scale * both / (both + config.shrinkage)
    for i in range(items):
        beyond = sorted(range(items), key=lambda j, i=i: (-similar[i, j], j))[config.neighbours :]
        similar[i, beyond] = 0.0
    scores = np.empty((users, items))
    for u, j in product(range(users), range(items)):
        reached = sum(similar[i, j] for i in range(items) if clicked[u, i])
        scores[u, j] = reached or n[j] / (1 + n.max()) - 1
    return scores


def test_scores_worked_out_by_hand() -> None:
    generator = fitted(Covisitation(neighbours=5, shrinkage=0.0, asymmetry=0.5), COUNTS)
    # Item 0 has three clickers, 1 two, 2 and 3 one: cosines 2 / sqrt(6) and 1 / sqrt(3).
    cosines = [2 / np.sqrt(6), 2 / np.sqrt(6), 1 / np.sqrt(3), 1 / 4 - 1, -1.0]
    np.testing.assert_allclose(generator.scores(0, EVERYTHING), cosines, rtol=1e-6)
    assert generator.top(0, 5).tolist() == [0, 1, 2, 3]


def test_asymmetry_of_one_is_the_probability_that_who_clicked_one_clicked_the_other() -> None:
    generator = fitted(Covisitation(neighbours=5, shrinkage=0.0, asymmetry=1.0), COUNTS)
    of_third = generator.scores(2, EVERYTHING)  # clicked 0 and 2
    np.testing.assert_allclose(of_third[:3], [1.0, 2 / 3, 1 / 3], rtol=1e-6)
    rare = fitted(Covisitation(neighbours=5, shrinkage=0.0, asymmetry=0.0), COUNTS)
    np.testing.assert_allclose(rare.scores(2, EVERYTHING)[:3], [1 / 3, 1.0, 1.0], rtol=1e-6)


def test_shrinkage_halves_what_rests_on_as_many_users() -> None:
    bare, shrunk = (
        fitted(Covisitation(neighbours=5, shrinkage=s, asymmetry=0.5), COUNTS).scores(0, EVERYTHING)
        for s in (0.0, 2.0)
    )
    np.testing.assert_allclose(shrunk[:2], bare[:2] / 2, rtol=1e-6)  # two users in common
    np.testing.assert_allclose(shrunk[2], bare[2] / 3, rtol=1e-6)  # one


def test_only_the_nearest_neighbours_are_kept_the_lower_id_among_equals() -> None:
    one = Covisitation(neighbours=1, shrinkage=0.0, asymmetry=1.0)
    generator = fitted(one, [[1, 1, 1, 0], [1, 0, 0, 1]])
    # Of item 0 the others are equally likely: 1 is kept.
    assert (generator.scores(1, np.arange(4)) > 0).tolist() == [True, True, False, False]


def test_stranger_gets_the_order_of_popularity() -> None:
    generator = fitted(Covisitation(), COUNTS)
    assert generator.top(4, 5).tolist() == [0, 1, 2, 3]
    np.testing.assert_allclose(generator.scores(4, EVERYTHING), [-0.25, -0.5, -0.75, -0.75, -1.0])


def test_what_is_not_reached_stands_below_by_its_clicks() -> None:
    generator = fitted(Covisitation(), COUNTS)
    assert generator.top(3, 5).tolist() == [0, 1, 2, 3]  # item 3 has no neighbour
    assert (generator.scores(3, EVERYTHING) < 0).all()


@given(
    CLICKS,
    st.integers(1, 5),
    st.sampled_from([0.0, 1.0, 10.0]),
    st.sampled_from([0.0, 0.5, 0.8, 1.0]),
    st.integers(1, 4),
)
def test_it_is_what_counting_by_hand_gives(
    counts: list[list[int]], neighbours: int, shrinkage: float, asymmetry: float, at_once: int
) -> None:
    config = Covisitation(neighbours, shrinkage, asymmetry)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(covisitation, "_ITEMS_AT_ONCE", at_once)
        generator = fitted(config, counts)
    expected = by_counting(config, counts)
    for user, scores in enumerate(expected):
        found = generator.scores(user, np.arange(len(scores)))
        np.testing.assert_allclose(found, scores, rtol=1e-5)


@pytest.mark.parametrize("neighbours", [1, 20, 200])
def test_no_more_neighbours_are_kept_than_asked_for(neighbours: int) -> None:
    many = np.random.default_rng(2).poisson(0.3, size=(200, 60))
    clicks = csr_matrix(np.vstack([many, np.eye(60)]).astype(np.float32))
    generator = Covisitation(neighbours).fit(Interactions.of_clicks(clicks))
    # Who clicked one item alone is led to its neighbours.
    led = [(generator.scores(200 + item, np.arange(60)) > 0).sum() for item in range(60)]
    assert max(led) == min(neighbours, 59)


def test_items_without_a_common_user_have_no_neighbours() -> None:
    generator = fitted(Covisitation(), np.eye(5, dtype=int).tolist())
    assert generator.top(2, 5).tolist() == [0, 1, 2, 3, 4]
    assert (generator.scores(2, EVERYTHING) == generator.scores(2, EVERYTHING)[0]).all()
