"""Two towers place whom and what nobody has clicked yet by what is known of them."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from engine.design import Design
from engine.evaluation import evaluator_for
from engine.generators import (
    MF,
    Generator,
    Interactions,
    Popularity,
    TwoTower,
    interactions_before,
)
from engine.index import HNSW, IVFPQ, Exact
from engine.pipeline import build
from engine.presets import GENERATOR_PRESETS
from engine.scenario import Scenario, repaired
from engine.store import PartStore
from engine.table import Column, FeatureTable
from engine.world import World, WorldConfig, make_world

ROOT = Path(__file__).parents[3]
NEW_USERS, NEW_ITEMS = (0, 1), (0, 1)
SIDES, CROWD = 2, 60


def two_groups() -> Interactions:
    """Users and items of group 0 and 1, in turn; users click items of their own group alone.

    The first of each group have no click at all.
    """
    users, items = SIDES * CROWD, 40
    rng = np.random.default_rng(4)
    group_of_user, group_of_item = np.arange(users) % 2, np.arange(items) % 2
    counts = (rng.random((users, items)) < 0.3) & (group_of_user[:, None] == group_of_item)
    counts[list(NEW_USERS)], counts[:, list(NEW_ITEMS)] = False, False

    def table(name: str, group: NDArray[np.int64]) -> FeatureTable:
        n = len(group)
        values = np.column_stack([np.full(n, 3.5), group, np.arange(n)]).astype(np.float32)
        schema = (Column("always"), Column("group", "category"), Column(name, "id"))
        return FeatureTable(values, schema)

    clicks = csr_matrix(counts.astype(np.float32))
    return Interactions(clicks, table("user", group_of_user), table("item", group_of_item))


@pytest.fixture(scope="module")
def generator() -> Generator:
    return TwoTower(dimensions=8, epochs=20, learning_rate=0.01).fit(two_groups(), 3)


def bent() -> Generator:
    """Towers with a hidden layer."""
    return TwoTower(dimensions=16, hidden=8).fit(two_groups(), 3)


def test_new_user_gets_what_users_alike_click(generator: Generator) -> None:
    for user in NEW_USERS:
        assert (generator.top(user, 15) % 2 == user).all()


def test_new_item_is_proposed_to_those_whom_items_alike_please(generator: Generator) -> None:
    for item in NEW_ITEMS:
        others = np.arange(2, SIDES * CROWD)
        scores = generator.scores(others, np.full(len(others), item))
        assert scores[others % 2 == item].min() > scores[others % 2 != item].max()


def test_new_users_of_equal_features_are_in_one_place_and_those_with_clicks_are_not() -> None:
    interactions = two_groups()
    counts = interactions.clicks.toarray()
    counts[[10, 12]] = 0
    generator = TwoTower(dimensions=8, epochs=2).fit(
        replace(interactions, clicks=csr_matrix(counts))
    )
    assert np.array_equal(generator.query(10), generator.query(12))
    assert np.array_equal(generator.query(10), generator.query(0))
    assert not np.array_equal(generator.query(10), generator.query(11))
    assert not np.array_equal(generator.query(14), generator.query(16))


def test_vectors_have_the_wanted_dimensions_and_length_one(generator: Generator) -> None:
    assert generator.item_vectors is not None
    assert generator.item_vectors.shape == (40, 8)
    np.testing.assert_allclose(np.linalg.norm(generator.item_vectors, axis=1), 1.0, rtol=1e-5)
    for user in (0, 5, 77):
        assert np.linalg.norm(generator.query(user)) == pytest.approx(1.0, rel=1e-5)


def test_no_click_at_all_leaves_nothing_to_propose() -> None:
    nothing = csr_matrix((5, 6), dtype=np.float32)
    generator = TwoTower(dimensions=4).fit(Interactions.of_clicks(nothing))
    assert len(generator.top(0, 3)) == len(generator.known_items()) == 0
    assert np.array_equal(generator.scores(0, np.arange(6)), np.zeros(6, dtype=np.float32))
    assert generator.query(4).shape == (4,)


def test_one_click_is_less_than_a_batch_and_enough() -> None:
    counts = np.zeros((3, 4), dtype=np.float32)
    counts[1, 2] = 1
    generator = TwoTower(dimensions=4, epochs=1).fit(Interactions.of_clicks(csr_matrix(counts)))
    assert len(generator.top(0, 4)) == 4
    assert np.isfinite(generator.scores(1, np.arange(4))).all()


def test_correction_brings_the_popular_back() -> None:
    """Without it, who is clicked more is drawn more often as a wrong answer."""
    rng = np.random.default_rng(1)
    weight = 1.0 / np.arange(1, 31)
    clicks = csr_matrix((rng.random((300, 30)) < 0.8 * weight).astype(np.float32))
    interactions = Interactions.of_clicks(clicks)
    counts = np.asarray(clicks.sum(axis=0)).ravel()
    slopes = []
    for correction in (1.0, 0.0):
        config = TwoTower(dimensions=8, epochs=20, learning_rate=0.01, correction=correction)
        generator = config.fit(interactions)
        scores = np.mean([generator.scores(user, np.arange(30)) for user in range(300)], axis=0)
        slopes.append(np.polyfit(np.log(counts), scores, 1)[0])
    # What is twice as popular is twice as likely: the temperature times log 2 nearer.
    assert slopes[0] == pytest.approx(TwoTower().temperature, abs=0.05)
    assert slopes[1] < 0.6 * slopes[0]


def test_hidden_layer_may_be_there() -> None:
    interactions = two_groups()
    plain, bent = (
        TwoTower(dimensions=8, epochs=3, hidden=hidden).fit(interactions) for hidden in (0, 16)
    )
    assert plain.memory_bytes == bent.memory_bytes  # served are the outputs alone
    assert not np.allclose(plain.query(5), bent.query(5), atol=1e-3)


def test_another_seed_starts_elsewhere() -> None:
    first, second = (TwoTower(dimensions=8, epochs=1).fit(two_groups(), seed) for seed in (1, 2))
    assert not np.allclose(first.query(5), second.query(5), atol=1e-3)


def test_progress_is_told_each_epoch_and_may_end_the_fit() -> None:
    told: list[float] = []
    TwoTower(dimensions=4, epochs=5).fit(two_groups(), 1, lambda what, done: told.append(done))
    assert told == [epoch / 5 for epoch in range(5)]

    def stop(what: str, done: float) -> None:
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        TwoTower(dimensions=4, epochs=5).fit(two_groups(), 1, stop)


@pytest.fixture(scope="module")
def store() -> PartStore:
    return PartStore(None)


@pytest.mark.parametrize("index", [Exact(), HNSW(), IVFPQ(nlist=8, nprobe=8, m=4, nbits=4)])
def test_systems_hold_the_new_items_too(
    small_world: World, store: PartStore, index: object
) -> None:
    design = Design(TwoTower(dimensions=8, epochs=1), index, 50, "none")  # type: ignore[arg-type]
    system = build(small_world, design, store=store)
    assert len(system.index_items) == len(small_world.items)
    slate = system.recommend(17)
    assert len(slate.items) == 10
    assert not np.isin(slate.items, system.exclusions.of(17, slate.at)).any()
    report = evaluator_for(small_world, 20, store).report(system)
    assert report["ann_recall"].value > 0.5


def test_scenario_takes_an_index_to_what_the_dimensions_allow() -> None:
    design = Design(TwoTower(dimensions=12), IVFPQ(m=8))
    fitting, lines = repaired(design, WorldConfig())
    assert 12 % fitting.index.m == 0  # type: ignore[attr-defined]
    assert len(lines) == 1
    scenario = Scenario(design=fitting)
    assert Scenario.from_query(scenario.to_query()) == (scenario, [])


SERVE = """
import sys
from pathlib import Path
import numpy as np
from engine.generators import TwoTower
generator = TwoTower().load(Path(sys.argv[1]))
np.save(Path(sys.argv[1]) / "top.npy", generator.top(5, 20))
assert "jax" not in sys.modules and "optax" not in sys.modules
"""
FIT = """
import sys
from pathlib import Path
import numpy as np
from engine.generators import TwoTower
from tests.engine.generators.test_two_tower import bent
bent().save(Path(sys.argv[1]))
"""


def process(code: str, argument: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", code, str(argument)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def test_proposing_by_what_was_read_back_loads_no_jax(generator: Generator, tmp_path: Path) -> None:
    generator.save(tmp_path)
    _, errors = process(SERVE, tmp_path).communicate()
    assert not errors
    assert np.array_equal(np.load(tmp_path / "top.npy"), generator.top(5, 20))


@pytest.mark.slow
def test_two_processes_fit_the_same(tmp_path: Path) -> None:
    running = process(FIT, tmp_path)
    one = bent()
    assert not running.communicate()[1]
    two = TwoTower().load(tmp_path)
    assert one.item_vectors is not None
    assert two.item_vectors is not None
    np.testing.assert_allclose(one.item_vectors, two.item_vectors, atol=1e-6)
    np.testing.assert_allclose(one.query(9), two.query(9), atol=1e-6)


def true_ndcg(name: str, *configs: TwoTower | MF | Popularity) -> list[NDArray[np.float64]]:
    """Of each generator alone, a user of the panel, in a preset world."""
    world, store = make_world(GENERATOR_PRESETS[name]), PartStore(None)
    evaluator = evaluator_for(world, 500, store)
    return [
        evaluator.report(
            build(world, Design(config, Exact(), 10, "none"), store=store)  # type: ignore[arg-type]
        ).per_user.ndcg
        for config in configs
    ]


def surely_ahead(gain: NDArray[np.float64], least: float) -> bool:
    return bool(gain.mean() - 3 * gain.std() / np.sqrt(len(gain)) > least)


@pytest.mark.slow
def test_with_two_new_users_in_five_it_is_ahead_of_matrix_factorisation() -> None:
    towers, factors = true_ndcg("cold", TwoTower(), MF())
    assert surely_ahead(towers - factors, 0.03)


@pytest.mark.slow
def test_matrix_factorisation_is_ahead_on_long_histories_of_what_is_popular() -> None:
    towers, factors = true_ndcg("long_histories", TwoTower(), MF())
    assert surely_ahead(factors - towers, 0.0)


def test_features_of_the_shipped_kind_of_world_help_new_users(small_world: World) -> None:
    """Who declared another topic gets other items; who declared none gets an answer."""
    counts = interactions_before(small_world, 13.0)
    generator = TwoTower(dimensions=16).fit(counts, 7)
    new = np.flatnonzero(np.diff(counts.clicks.indptr) == 0)
    topic = small_world.users.declared_topic[new]
    shares = [
        (small_world.items.topic[generator.top(int(user), 20)] == declared).mean()
        for user, declared in zip(new, topic, strict=True)
        if declared >= 0
    ]
    assert np.mean(shares) > 0.3  # a tenth or so by chance
    assert all(len(generator.top(int(user), 10)) == 10 for user in new[topic < 0])
