"""Matrix factorisation knows tastes, which popularity does not."""

import numpy as np
import pytest
from implicit.cpu.als import AlternatingLeastSquares
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from engine.design import Design
from engine.evaluation import evaluator_for
from engine.generators import MF, Generator, Interactions, Popularity
from engine.log import clicks_before
from engine.metrics import ndcg_at_k
from engine.pipeline import build
from engine.seeding import stream
from engine.store import PartStore
from engine.world import World

DAY = 13.0


@pytest.fixture(scope="module")
def clicks(small_world: World) -> csr_matrix:
    return clicks_before(small_world, DAY)


def true_ndcg(world: World, clicks: csr_matrix, generator: Generator) -> NDArray[np.float64]:
    """Of the ten best eligible items, a user, on the last day at noon."""
    figures = []
    items = np.arange(len(world.items))
    for user in range(0, len(world.users), 2):
        relevance = world.relevance(user, items, DAY + 0.5)
        eligible = world.released(DAY + 0.5)
        eligible[clicks[user].indices] = False
        top = generator.top(user, len(items))
        top = top[eligible[top]][:10]
        figures.append(ndcg_at_k(relevance[top], relevance[eligible], 10))
    return np.array(figures)


def test_it_beats_popularity_on_the_true_relevance(small_world: World, clicks: csr_matrix) -> None:
    factors = true_ndcg(small_world, clicks, MF().fit(Interactions.of_clicks(clicks), 7))
    popular = true_ndcg(small_world, clicks, Popularity().fit(Interactions.of_clicks(clicks)))
    gain = factors - popular
    assert gain.mean() > 3 * gain.std() / np.sqrt(len(gain))
    assert factors.mean() > popular.mean() + 0.03


def test_another_seed_starts_elsewhere(clicks: csr_matrix) -> None:
    first, second = (
        MF(factors=8, iterations=2).fit(Interactions.of_clicks(clicks), seed) for seed in (1, 2)
    )
    assert not np.array_equal(first.query(0), second.query(0))


def test_vectors_have_the_wanted_dimensions(clicks: csr_matrix) -> None:
    generator = MF(factors=12, iterations=1).fit(Interactions.of_clicks(clicks))
    assert generator.item_vectors is not None
    assert generator.item_vectors.shape == (800, 12)
    assert generator.query(3).shape == (12,)


def test_stranger_gets_the_mean_of_those_with_clicks() -> None:
    counts = np.random.default_rng(0).poisson(0.4, size=(40, 60)).astype(np.float32)
    counts[5] = 0
    generator = MF(factors=6).fit(Interactions.of_clicks(csr_matrix(counts)))
    others = np.stack([generator.query(user) for user in range(40) if user != 5])
    np.testing.assert_allclose(generator.query(5), others.mean(axis=0), rtol=1e-4, atol=1e-6)


def test_user_is_drawn_to_what_alike_users_clicked() -> None:
    counts = np.zeros((40, 20), dtype=np.float32)
    counts[:20, :10], counts[20:, 10:] = 1, 1
    counts[0, 4] = 0
    generator = MF(factors=4, regularization=0.1).fit(Interactions.of_clicks(csr_matrix(counts)))
    assert set(generator.top(0, 10).tolist()) == set(range(10))
    assert set(generator.top(30, 10).tolist()) == set(range(10, 20))


def test_no_click_at_all_leaves_nothing_to_propose() -> None:
    generator = MF(factors=4).fit(Interactions.of_clicks(csr_matrix((5, 6), dtype=np.float32)))
    assert len(generator.top(0, 3)) == 0
    assert np.array_equal(generator.scores(0, np.arange(6)), np.zeros(6, dtype=np.float32))


def test_it_is_as_good_as_the_library_called_by_hand(small_world: World) -> None:
    """iALS of `implicit` with its own `recommend`, for users with a click: it knows no others."""
    world, store = small_world, PartStore(None)
    evaluator = evaluator_for(world, len(world.users), store)
    panel, config = evaluator.panel, MF(factors=32)
    design = Design(config, "exact", candidates=10, ranker="none")  # type: ignore[arg-type]
    ours = evaluator.report(build(world, design, store=store)).per_user.ndcg
    serving = clicks_before(world, DAY)
    model = AlternatingLeastSquares(
        factors=32,
        regularization=config.regularization,
        alpha=config.alpha,
        iterations=config.iterations,
        num_threads=1,
        random_state=int(stream(world.config.seed, "generator/mf").integers(2**31)),
    )
    with threadpool_limits(limits=1, user_api="blas"):
        model.fit(serving, show_progress=False)
    slates = np.full((len(panel), 10), -1, dtype=np.int64)
    for row, user in enumerate(panel.users.tolist()):
        pending = np.flatnonzero(~world.released(panel.at[row]))
        slates[row], _ = model.recommend(user, serving[user], N=10, filter_items=pending)
    theirs = evaluator.slates_ndcg(slates)
    warm = np.diff(serving.indptr)[panel.users] > 0
    assert 300 < warm.sum() < len(warm)
    assert abs(ours[warm].mean() - theirs[warm].mean()) < 0.005
