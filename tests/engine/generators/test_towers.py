"""The towers and their loss, by hand, and that NumPy and JAX make the same of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from engine.generators import Interactions, interactions_before
from engine.generators.towers import (
    Clicks,
    Side,
    batch_size,
    loss,
    outputs,
    sides,
    start,
    tower,
)
from engine.preparation import UNKNOWN, PreparedRows
from engine.world import World


def parts(rows: PreparedRows) -> tuple[Any, Any, Any]:
    return rows.dense, rows.places, rows.words


def test_clicks_are_rows_as_many_as_were_counted() -> None:
    counts = np.array([[0, 2, 0], [1, 0, 1]], dtype=np.float32)
    clicks = Clicks.of(csr_matrix(counts))
    assert clicks.user.tolist() == [0, 0, 1, 1]
    assert clicks.item.tolist() == [1, 1, 0, 2]
    assert clicks.counts.tolist() == [1, 2, 1]


def test_who_has_no_click_is_unknown_by_id_and_known_by_all_else(small_world: World) -> None:
    interactions = interactions_before(small_world, 13.0)
    counts = interactions.clicks.toarray()
    counts[:, 5], counts[7] = 0, 0
    interactions = replace(interactions, clicks=csr_matrix(counts))
    user, item = sides(interactions, Clicks.of(interactions.clicks))
    for side, clicked in ((user, counts.sum(axis=1) > 0), (item, counts.sum(axis=0) > 0)):
        hidden = side.rows.places[:, side.id_field] == UNKNOWN
        assert np.array_equal(hidden, ~clicked)
        assert (np.delete(side.rows.places, side.id_field, axis=1)[~clicked] != UNKNOWN).any()
    assert user.rows.places[7, user.id_field] == item.rows.places[5, item.id_field] == UNKNOWN


def small_side() -> Side:
    dense = np.array([[1.0], [0.0]], dtype=np.float32)
    places = np.array([[1, 2], [0, 2]], dtype=np.int32)
    words = np.array([[3, 4], [3, 0]], dtype=np.int32)
    return Side(PreparedRows(dense, places, words), 0, 5)


def test_tower_adds_up_embeddings_and_makes_their_length_one() -> None:
    embeddings = np.array([[0, 0], [1, 0], [0, 1], [2, 0], [0, 4]], dtype=np.float32)
    params = {
        "item_places": embeddings,
        "item_dense": np.array([[0.0, 1.0]], dtype=np.float32),
        "item_bias": np.array([1.0, 0.0], dtype=np.float32),
    }
    found = tower(params, "item", *parts(small_side().rows), np)
    # The bag is a mean of what is known: (1, 2) of two words, (2, 0) of one.
    expected = np.array([[1 + 1 + 1, 1 + 1 + 2], [1 + 2, 1 + 0]], dtype=float)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.array_equal(outputs(params, "item", small_side()), found.astype(np.float32))


def test_hidden_layer_adds_what_it_bends() -> None:
    params = {
        "item_places": np.zeros((5, 2), dtype=np.float32),
        "item_dense": np.array([[3.0, 0.0]], dtype=np.float32),
        "item_bias": np.array([0.0, 1.0], dtype=np.float32),
        "item_into": np.array([[1.0, -1.0], [0.0, 0.0]], dtype=np.float32),
        "item_threshold": np.array([-1.0, 0.0], dtype=np.float32),
        "item_out": np.array([[0.0, 1.5], [7.0, 7.0]], dtype=np.float32),
    }
    found = tower(params, "item", *parts(small_side().rows), np)
    # (3, 1) + relu(3 - 1) * (0, 1.5) + relu(-3) * (7, 7); the second row is below both thresholds.
    np.testing.assert_allclose(found, [[3 / 5, 4 / 5], [0, 1]], rtol=1e-6)


def rows_of(vectors: list[list[float]]) -> tuple[Any, Any, Any]:
    """Rows that a tower of identities hands through."""
    n = len(vectors)
    nothing = np.zeros((n, 0), dtype=np.int32)
    return np.array(vectors, dtype=np.float32), nothing, nothing


IDENTITY = {
    f"{name}_{part}": value
    for name in ("user", "item")
    for part, value in {
        "places": np.zeros((1, 2), dtype=np.float32),
        "dense": np.eye(2, dtype=np.float32),
        "bias": np.zeros(2, dtype=np.float32),
    }.items()
}


def test_loss_is_the_cross_entropy_of_cosines_less_how_often_an_item_is_drawn() -> None:
    users, items = rows_of([[1, 0], [0, 2]]), rows_of([[1, 0], [0, 1], [3, 0]])
    offset = np.log(np.array([1.0, 2.0, 0.5], dtype=np.float32))
    found = loss(IDENTITY, users, items, np.array([4, 5, 6]), offset, 0.5, np)
    logits = np.array([[2.0, 0.0, 2.0], [0.0, 2.0, 0.0]]) - np.log([1.0, 2.0, 0.5])
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert found == pytest.approx(-(np.log(p[0, 0]) + np.log(p[1, 1])) / 2, rel=1e-6)


def test_same_item_a_second_time_is_no_wrong_answer() -> None:
    users, items = rows_of([[1, 0], [0, 1]]), rows_of([[1, 0], [0, 1], [1, 0]])
    offset = np.zeros(3, dtype=np.float32)
    twice = loss(IDENTITY, users, items, np.array([4, 5, 4]), offset, 1.0, np)
    other = loss(IDENTITY, users, items, np.array([4, 5, 6]), offset, 1.0, np)
    # The first user has two items to tell apart, the second three.
    of_first, of_second = np.log(1 + np.exp(-1.0)), np.log(1 + 2 * np.exp(-1.0))
    assert twice == pytest.approx((of_first + of_second) / 2, rel=1e-6)
    assert other > twice + 0.1


@pytest.mark.parametrize("hidden", [0, 8])
def test_numpy_and_jax_agree(small_world: World, hidden: int) -> None:
    import jax

    interactions = interactions_before(small_world, 13.0)
    user, item = sides(interactions, Clicks.of(interactions.clicks))
    rng = np.random.default_rng(2)
    params = start(user, item, 12, hidden, rng)
    if hidden:
        params["item_out"] = rng.normal(0, 1, (hidden, 12)).astype(np.float32)
    chosen, offset = np.arange(60), rng.normal(0, 1, 60).astype(np.float32)
    some = parts(user.rows.rows(chosen[:40])), parts(item.rows.rows(chosen))
    mine = loss(params, *some, chosen, offset, 0.2, np)
    theirs = jax.jit(lambda p, *rest: loss(p, *rest, 0.2, jax.numpy))(params, *some, chosen, offset)
    assert mine == pytest.approx(float(theirs), rel=1e-5)
    assert 2.0 < mine < 20.0


def test_start_has_embeddings_of_one_length_whatever_their_dimensions() -> None:
    side = Side(PreparedRows(*(np.zeros((1, 1)),) * 3), 0, 500)  # type: ignore[arg-type]
    for dimensions in (4, 64):
        places = start(side, side, dimensions, 0, np.random.default_rng(1))["user_places"]
        assert np.sqrt((places**2).sum(axis=1).mean()) == pytest.approx(0.8, abs=0.04)


@pytest.mark.parametrize(
    ("clicks", "rows"),
    [(1, 1), (50, 50), (3_000, 64), (9_000, 128), (20_000, 256), (10**6, 256)],
)
def test_batches_are_powers_of_two_within_bounds(clicks: int, rows: int) -> None:
    assert batch_size(clicks) == rows


def test_ids_alone_are_features_enough() -> None:
    interactions = Interactions.of_clicks(csr_matrix(np.eye(3, dtype=np.float32)))
    user, item = sides(interactions, Clicks.of(interactions.clicks))
    assert user.rows.places.shape == (3, 1)
    assert item.vocabulary == 4
