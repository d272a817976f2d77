"""Novelty, age and diversity against hand-worked slates, plain loops and what must always hold."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_distances

from engine import metrics

SLATE = st.lists(st.integers(0, 29), max_size=12, unique=True)
RNG = np.random.default_rng(12)
VECTORS = RNG.standard_normal((30, 6))
BITS = RNG.random(30) * 10
RELEASED = RNG.uniform(-30, 14, 30)


def padded(slates: list[list[int]], k: int = 12) -> np.ndarray:
    return np.array([slate + [-1] * (k - len(slate)) for slate in slates])


def test_each_halving_of_the_clickers_is_a_bit_more() -> None:
    bits = metrics.self_information([64, 32, 16, 1], 64)
    np.testing.assert_allclose(bits, [0, 1, 2, 6], atol=1e-12)


def test_item_that_nobody_clicked_counts_as_clicked_by_one() -> None:
    bits = metrics.self_information([0, 1, 5], 100)
    assert bits[0] == bits[1] == pytest.approx(np.log2(100))
    assert bits[2] == pytest.approx(-np.log2(0.05), abs=1e-12)


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_self_information_lies_from_0_to_that_of_one_clicker(case: tuple[int, int]) -> None:
    users, clickers = case
    bits = metrics.self_information([clickers], users)[0]
    assert 0 <= bits <= np.log2(users)


def test_novelty_of_hand_worked_slates() -> None:
    result = metrics.novelty([[0, 2, -1], [1, 1, 1], [-1, -1, -1]], [1.0, 2.0, 6.0])
    assert result[:2].tolist() == [3.5, 2.0]
    assert np.isnan(result[2])
    assert metrics.novelty([2, 1], [1.0, 2.0, 6.0]) == 4.0


def test_age_of_hand_worked_slates() -> None:
    result = metrics.mean_age([[0, 1], [1, -1], [-1, -1]], [-4.0, 10.0], [14.0, 12.5, 13.0])
    assert result[:2].tolist() == [(18 + 4) / 2, 2.5]
    assert np.isnan(result[2])
    assert metrics.mean_age([1], [-4.0, 10.0], 9.0) == -1.0


def test_one_time_may_serve_all_slates_and_many_times_one_slate() -> None:
    assert metrics.mean_age([[0], [1]], [1.0, 3.0], 10.0).tolist() == [9.0, 7.0]
    assert metrics.mean_age([0, 1], [1.0, 3.0], [10.0, 20.0]).tolist() == [8.0, 18.0]


def test_diversity_of_hand_worked_slates() -> None:
    # East, east again but longer, north, west.
    vectors = [[1, 0], [5, 0], [0, 2], [-1, 0]]
    slates = [[0, 1, -1], [0, 2, -1], [0, 3, -1], [0, 2, 3], [2, -1, -1], [-1, -1, -1]]
    result = metrics.intra_list_diversity(slates, vectors)
    np.testing.assert_allclose(result[:4], [0, 1, 2, (1 + 2 + 1) / 3], atol=1e-12)
    assert np.isnan(result[4:]).all()


@given(slates=st.lists(SLATE, min_size=1, max_size=5))
def test_diversity_is_the_mean_over_all_pairs(slates: list[list[int]]) -> None:
    result = metrics.intra_list_diversity(padded(slates), VECTORS)
    distance = cosine_distances(VECTORS)
    for slate, mine in zip(slates, result, strict=True):
        plain = [distance[a, b] for a, b in combinations(slate, 2)]
        expected = np.mean(plain) if plain else np.nan
        np.testing.assert_allclose(mine, expected, rtol=0, atol=1e-9)


@given(slates=st.lists(SLATE, min_size=1, max_size=5))
def test_novelty_and_age_are_plain_means(slates: list[list[int]]) -> None:
    at = np.linspace(13, 14, len(slates))
    novelty = metrics.novelty(padded(slates), BITS)
    age = metrics.mean_age(padded(slates), RELEASED, at)
    for row, slate in enumerate(slates):
        plain = [sum(BITS[i] for i in slate), sum(at[row] - RELEASED[i] for i in slate)]
        expected = np.array(plain) / len(slate) if slate else [np.nan, np.nan]
        np.testing.assert_allclose([novelty[row], age[row]], expected, rtol=0, atol=1e-9)


@given(slate=SLATE, seed=st.integers(0, 99))
def test_order_and_where_the_gaps_are_change_nothing(slate: list[int], seed: int) -> None:
    straight = padded([slate])[0]
    mixed = np.random.default_rng(seed).permutation(straight)
    for figure in (
        lambda ids: metrics.novelty(ids, BITS),
        lambda ids: metrics.mean_age(ids, RELEASED, 14.0),
        lambda ids: metrics.intra_list_diversity(ids, VECTORS),
    ):
        np.testing.assert_allclose(figure(mixed), figure(straight), rtol=0, atol=1e-9)


@given(slate=SLATE.filter(lambda slate: len(slate) > 1), seed=st.integers(0, 99))
def test_diversity_knows_only_directions_and_stays_within_its_bounds(
    slate: list[int], seed: int
) -> None:
    lengths = np.random.default_rng(seed).uniform(1e-6, 1e6, (30, 1))
    value = metrics.intra_list_diversity(slate, VECTORS)
    scaled = metrics.intra_list_diversity(slate, VECTORS * lengths)
    assert scaled == pytest.approx(value, abs=1e-9)
    assert 0 <= value <= len(slate) / (len(slate) - 1) + 1e-12
    alike = metrics.intra_list_diversity(slate, np.tile(VECTORS[:1], (30, 1)))
    assert 0 <= alike < 1e-12


@pytest.mark.parametrize("bad", [[30], [-2], [0.5], ["a"], 3])
def test_slates_of_anything_but_known_ids_are_refused(bad: object) -> None:
    for call in (
        lambda: metrics.novelty(bad, BITS),
        lambda: metrics.mean_age(bad, RELEASED, 14.0),
        lambda: metrics.intra_list_diversity(bad, VECTORS),
    ):
        with pytest.raises(ValueError, match="slates:"):
            call()


@pytest.mark.parametrize("clickers", [[-1], [11], [0.5], [[1]], 1])
def test_counts_of_clickers_that_cannot_be_are_refused(clickers: object) -> None:
    with pytest.raises(ValueError, match="clickers:"):
        metrics.self_information(clickers, 10)


@pytest.mark.parametrize("users", [0, -1, 2.5, None])
def test_numbers_of_users_that_cannot_be_are_refused(users: object) -> None:
    with pytest.raises(ValueError, match="users="):
        metrics.self_information([0], users)  # type: ignore[arg-type]


def test_values_that_are_not_finite_or_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="information: must be finite"):
        metrics.novelty([0], [np.inf])
    with pytest.raises(ValueError, match=r"information: shape .* must be \(items,\)"):
        metrics.novelty([0], [[1.0]])
    with pytest.raises(ValueError, match="released: must be finite"):
        metrics.mean_age([0], [np.nan], 1.0)
    with pytest.raises(ValueError, match="leading axes"):
        metrics.mean_age([[0], [0]], [1.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="vectors: shape"):
        metrics.intra_list_diversity([0], [1.0])


def test_only_vectors_that_are_shown_must_have_a_direction() -> None:
    vectors = [[1.0, 0], [0, 1], [0, 0], [np.nan, 1]]
    assert metrics.intra_list_diversity([0, 1, -1], vectors) == 1.0
    for item in (2, 3):
        with pytest.raises(ValueError, match=f"item {item} must be finite and not 0"):
            metrics.intra_list_diversity([0, item], vectors)
