"""What every generator promises, held over all of them."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.generators import (
    GENERATORS,
    Generator,
    GeneratorConfig,
    Interactions,
    interactions_before,
)
from engine.log import clicks_before
from engine.progress import silent
from engine.world import World

SEED = 3
UNKNOWN = np.arange(0, 800, 9)  # nobody clicked these
STRANGERS = (2, 50)  # users without a click
USERS = (0, 2, 7, 50, 399)
KS = (1, 10, 37, 300)


@pytest.fixture(scope="module")
def clicks(small_world: World) -> csr_matrix:
    counts = clicks_before(small_world, 13.0).toarray()
    counts[:, UNKNOWN] = 0
    counts[list(STRANGERS)] = 0
    return csr_matrix(counts)


@pytest.fixture(scope="module", params=GENERATORS)
def config(request: pytest.FixtureRequest) -> GeneratorConfig:
    return GENERATORS[request.param]()


@pytest.fixture(scope="module", params=["clicks alone", "all that is known"])
def interactions(
    request: pytest.FixtureRequest, small_world: World, clicks: csr_matrix
) -> Interactions:
    if request.param == "clicks alone":
        return Interactions.of_clicks(clicks)
    return replace(interactions_before(small_world, 13.0), clicks=clicks)


@pytest.fixture(scope="module")
def generator(config: GeneratorConfig, interactions: Interactions) -> Generator:
    return config.fit(interactions, SEED, silent)


@pytest.fixture(scope="module")
def known(config: GeneratorConfig, clicks: csr_matrix) -> NDArray[np.int64]:
    """Ids of the items that may be proposed."""
    if config.places_new_items:
        return np.arange(clicks.shape[1])
    return np.flatnonzero(np.asarray(clicks.sum(axis=0)).ravel() > 0)


def test_name_is_that_of_the_register(config: GeneratorConfig) -> None:
    assert GENERATORS[config.name] is type(config)


def test_configuration_is_a_value(config: GeneratorConfig) -> None:
    assert {config: 1}[type(config)()] == 1


def test_scores_are_finite_float32_one_an_item(generator: Generator) -> None:
    items = np.array([5, 799, 0, 5])
    for user in USERS:
        scores = generator.scores(user, items)
        assert scores.dtype == np.float32
        assert scores.shape == (4,)
        assert np.isfinite(scores).all()
        assert scores[0] == scores[3]


def test_scores_for_one_user_a_row_are_those_for_each_user(generator: Generator) -> None:
    rng = np.random.default_rng(1)
    users, items = rng.integers(400, size=200), rng.integers(800, size=200)
    rows = generator.scores(users, items)
    single = [generator.scores(int(u), np.array([i]))[0] for u, i in zip(users, items, strict=True)]
    assert np.array_equal(rows, np.array(single, dtype=np.float32))


@pytest.mark.parametrize("k", KS)
def test_top_equals_brute_force_with_ties_by_the_lower_id(
    generator: Generator, known: NDArray[np.int64], k: int
) -> None:
    for user in USERS:
        order = np.lexsort((known, -generator.scores(user, known)))
        assert np.array_equal(generator.top(user, k), known[order[:k]])


def test_all_items_are_proposed_and_those_that_nobody_clicked_where_they_can_be_placed(
    generator: Generator, known: NDArray[np.int64]
) -> None:
    assert np.array_equal(generator.known_items(), known)
    for user in USERS:
        everything = generator.top(user, 800)
        assert everything.dtype == np.int64
        assert np.array_equal(np.sort(everything), known)


def test_stranger_gets_an_answer(generator: Generator) -> None:
    for user in STRANGERS:
        assert len(generator.top(user, 10)) == 10
        assert np.isfinite(generator.scores(user, np.arange(800))).all()


def test_vectors_score_as_the_generator_does(
    config: GeneratorConfig, generator: Generator, known: NDArray[np.int64]
) -> None:
    assert config.has_vectors == (generator.item_vectors is not None)
    if generator.item_vectors is None:
        with pytest.raises(TypeError):
            generator.query(0)
        with pytest.raises(TypeError):
            generator.with_vectors()
        return
    assert generator.item_vectors.dtype == np.float32
    assert np.array_equal(generator.with_vectors(), known)
    for user in USERS:
        product = generator.item_vectors[known] @ generator.query(user)
        scores = generator.scores(user, known)
        np.testing.assert_allclose(product, scores, rtol=1e-4, atol=1e-5 * np.abs(scores).max())


def test_saved_generator_answers_the_same(
    config: GeneratorConfig, generator: Generator, tmp_path: Path
) -> None:
    generator.save(tmp_path)
    again = config.load(tmp_path)
    for user in USERS:
        assert np.array_equal(generator.top(user, 300), again.top(user, 300))
        items = np.arange(800)
        assert np.array_equal(generator.scores(user, items), again.scores(user, items))
    if generator.item_vectors is not None and again.item_vectors is not None:
        assert np.array_equal(generator.item_vectors, again.item_vectors)
        assert np.array_equal(generator.query(7), again.query(7))


def test_nothing_is_pickled(generator: Generator, tmp_path: Path) -> None:
    generator.save(tmp_path)
    for path in tmp_path.iterdir():
        assert path.suffix in {".npy", ".npz", ".json", ".txt"}, path.name
        if path.suffix in {".npy", ".npz"}:
            saved = np.load(path, allow_pickle=False)
            for name in getattr(saved, "files", []):
                assert saved[name].dtype.kind in "fiub"


def test_same_seed_fits_the_same(
    config: GeneratorConfig, generator: Generator, interactions: Interactions
) -> None:
    copied = replace(interactions, clicks=interactions.clicks.copy())
    again = config.fit(copied, SEED, silent)
    items = np.arange(800)
    for user in USERS:
        assert np.array_equal(generator.scores(user, items), again.scores(user, items))


def test_fitting_leaves_the_clicks_as_they_were(
    config: GeneratorConfig, clicks: csr_matrix
) -> None:
    before = clicks.copy()
    config.fit(Interactions.of_clicks(clicks), SEED, silent)
    assert (before != clicks).nnz == 0


def test_fitting_tells_its_progress(config: GeneratorConfig, clicks: csr_matrix) -> None:
    seen: list[tuple[str, float]] = []
    config.fit(Interactions.of_clicks(clicks), SEED, lambda what, done: seen.append((what, done)))
    assert seen
    assert all(what and 0 <= done <= 1 for what, done in seen)
    assert [done for _, done in seen] == sorted(done for _, done in seen)


def test_what_becomes_of_strangers_and_of_new_items_is_said_in_a_sentence_each(
    config: GeneratorConfig,
) -> None:
    for sentence in (config.unknown_users, config.unknown_items):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert ". " not in sentence


def test_small_catalogue_can_always_be_fitted(config: GeneratorConfig) -> None:
    assert config.why_not(200) == config.why_not(800) == ""


@pytest.mark.parametrize("items", [5_001, 200_000])
def test_catalogue_that_cannot_be_fitted_is_refused_with_the_reason(
    config: GeneratorConfig, items: int
) -> None:
    why = config.why_not(items)
    if not why:
        return
    assert f"{items:,}" in why
    assert why.endswith(".")
    clicks = csr_matrix(([1.0], ([0], [3])), shape=(2, items), dtype=np.float32)
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        config.fit(Interactions.of_clicks(clicks), SEED, silent)


def test_memory_is_at_least_that_of_the_vectors(generator: Generator) -> None:
    vectors = 0 if generator.item_vectors is None else generator.item_vectors.nbytes
    assert generator.memory_bytes > max(vectors, 1_000)


def test_every_knob_is_a_field_and_its_bounds_hold(config: GeneratorConfig) -> None:
    for name, knob in config.knobs.items():
        assert getattr(type(config)(**{name: knob.low}), name) == knob.low
        for wrong in (knob.high * 2, knob.low - 1, "many", None):
            with pytest.raises(ValueError, match=f"^{name}={wrong!r}: must be"):
                type(config)(**{name: wrong})
