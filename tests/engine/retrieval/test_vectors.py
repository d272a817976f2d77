"""The vectors as arrays: the catalogue's own, and those that are drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.fitting import build_index, fit_generator
from engine.generators import MF, Popularity
from engine.index import HNSW, Exact, IVFFlat
from engine.log import split_days
from engine.metrics import recall_with_ties
from engine.pipeline import exclusions
from engine.retrieval import (
    QUERIES,
    VectorData,
    Vectors,
    measure_group,
    open_vectors,
    query_recalls,
    true_requests,
    true_scores,
)
from engine.store import PartStore
from engine.world import World
from tests.engine.retrieval.conftest import SMALL

QUICK = MF(factors=16, iterations=4)


def test_the_catalogues_are_the_generators_own_and_its_users_ask(
    catalogue: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    until = split_days(tiny_world.config.days).serving[1]
    fitted = fit_generator(tiny_world, QUICK, until, tiny_store)
    np.testing.assert_array_equal(catalogue.ids, fitted.with_vectors())
    np.testing.assert_array_equal(catalogue.items, fitted.item_vectors[catalogue.ids])
    assert catalogue.users is not None
    assert sorted(catalogue.users.tolist()) == list(range(200))
    for row in (0, 57, 199):
        query = fitted.query(int(catalogue.users[row]))
        np.testing.assert_array_equal(catalogue.queries[row], query)
    assert (catalogue.generator, catalogue.note) == (QUICK, "")


def test_app_and_study_share_one_index_of_the_catalogue(
    catalogue: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    config = HNSW(M=5, ef_search=33)
    found = build_index(tiny_world, QUICK, config, tiny_store)
    assert found is not None
    assert catalogue.index(config, tiny_store).graph is found[1].graph  # type: ignore[attr-defined]


def test_a_generator_without_vectors_is_stood_in_for_and_that_is_said(
    tiny_world: World, tiny_store: PartStore
) -> None:
    stand_in = open_vectors(VectorData(), tiny_world, Popularity(), tiny_store)
    assert stand_in.generator == MF()
    assert stand_in.note == "The generator popularity has no vectors: those of mf are searched."


@pytest.mark.parametrize("data", [VectorData(), SMALL, replace(SMALL, kind="isotropic")])
def test_normalised_vectors_have_length_1_and_another_name(
    data: VectorData, tiny_world: World, tiny_store: PartStore
) -> None:
    plain, unit = (
        open_vectors(replace(data, normalised=normalised), tiny_world, QUICK, tiny_store)
        for normalised in (False, True)
    )
    for rows in (unit.items, unit.queries):
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    cosine = np.vecdot(unit.items, plain.items) / np.linalg.norm(plain.items, axis=1)
    np.testing.assert_allclose(cosine, 1, rtol=1e-5)
    assert plain.identity != unit.identity
    assert np.ptp(np.linalg.norm(plain.items, axis=1)) > 0.1


def test_drawn_vectors_repeat_and_hang_on_their_seed(drawn: Vectors, tiny_world: World) -> None:
    again, other = (
        open_vectors(replace(SMALL, seed=seed), tiny_world, QUICK, PartStore(None))
        for seed in (SMALL.seed, SMALL.seed + 1)
    )
    np.testing.assert_array_equal(drawn.items, again.items)
    np.testing.assert_array_equal(drawn.queries, again.queries[:200])
    assert (drawn.items != other.items).any()
    assert drawn.items.shape == (1_000, 8)
    assert again.queries.shape == (QUERIES, 8)
    assert drawn.items.dtype == drawn.queries.dtype == np.float32
    assert not drawn.items.flags.writeable
    assert drawn.users is None
    assert true_requests(drawn, tiny_world, PartStore(None)) is None


def test_clusters_are_tighter_than_what_has_none(tiny_world: World, tiny_store: PartStore) -> None:
    spread = {}
    for kind in ("clustered", "isotropic"):
        data = VectorData(kind=kind, n=2_000, d=16)
        items = open_vectors(data, tiny_world, QUICK, tiny_store).items
        unit = items / np.linalg.norm(items, axis=1, keepdims=True)
        cosine = unit @ unit.T - 2 * np.eye(len(unit))
        spread[kind] = cosine.max(axis=1).mean()
    assert spread["clustered"] > 0.85 > spread["isotropic"]


def test_shifted_queries_point_away_from_the_items(
    drawn: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    shifted = open_vectors(replace(SMALL, shifted=True), tiny_world, QUICK, tiny_store)
    apart = shifted.items.mean(axis=0) @ shifted.queries.mean(axis=0)
    assert apart < -0.5 * 1.5**2 * 8
    np.testing.assert_allclose(
        shifted.items - shifted.items.mean(axis=0),
        drawn.items - drawn.items.mean(axis=0),
        atol=1e-4,
    )


def test_true_scores_are_the_best_of_a_product_with_all(
    drawn: Vectors, tiny_store: PartStore
) -> None:
    scores = true_scores(drawn, 30, tiny_store)
    everything = np.sort(drawn.queries @ drawn.items.T, axis=1)[:, ::-1]
    np.testing.assert_allclose(scores, everything[:, :30], rtol=1e-4, atol=1e-4)
    assert true_scores(drawn, 5_000, tiny_store).shape == (200, 1_000)


def test_true_requests_are_those_of_the_panel_by_place_among_the_vectors(
    catalogue: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    behind = true_requests(catalogue, tiny_world, tiny_store)
    assert behind is not None
    assert catalogue.users is not None
    np.testing.assert_array_equal(behind.users, catalogue.users[: len(behind.users)])
    rules = exclusions(tiny_world, tiny_store)
    for row in (0, 100):
        excluded = catalogue.ids[behind.excluded[row]]
        user = int(behind.users[row])
        clicked = rules.clicked[rules.offsets[user] : rules.offsets[user + 1]]
        assert set(clicked.tolist()) <= set(excluded.tolist())
        ideal = behind.ideal[row]
        assert not set(ideal[ideal >= 0].tolist()) & set(behind.excluded[row].tolist())
    assert (behind.ideal >= 0).mean() > 0.2
    assert (behind.ideal == -1).any(), "late items have no vector"


def recall_of(data: VectorData, config: HNSW | IVFFlat, k: int, world: World) -> float:
    store = PartStore(None)
    vectors = open_vectors(data, world, QUICK, store)
    queries = vectors.queries[:200]
    truth = Exact().build(vectors.items, 0).search_many(queries, k)[1]
    found = config.build(vectors.items, 7).search_many(queries, k)[1]
    return float(recall_with_ties(found, truth, k).mean())


@pytest.mark.slow
def test_what_makes_vectors_hard_for_a_graph_and_what_mends_it(tiny_world: World) -> None:
    """The anchors: no structure is hard, queries from elsewhere are harder, cosine mends it."""
    hnsw = HNSW(M=16, ef_construction=100, ef_search=200)
    easy = VectorData(kind="clustered", n=10_000, d=64)
    elsewhere = replace(easy, shifted=True)
    assert recall_of(easy, hnsw, 100, tiny_world) > 0.9
    assert recall_of(elsewhere, hnsw, 100, tiny_world) < 0.7
    assert recall_of(replace(elsewhere, normalised=True), hnsw, 100, tiny_world) > 0.95
    isotropic = VectorData(kind="isotropic", n=10_000, d=64)
    assert recall_of(isotropic, hnsw, 200, tiny_world) < 0.95


def test_a_quick_look_is_the_beginning_of_the_whole_one(
    catalogue: Vectors, tiny_world: World, tiny_store: PartStore
) -> None:
    few = catalogue.first(7)
    assert few.users is not None
    assert catalogue.users is not None
    np.testing.assert_array_equal(few.users, catalogue.users[:7])
    whole = query_recalls(catalogue, IVFFlat(nlist=8, nprobe=1), 5, tiny_store)
    part = query_recalls(few, IVFFlat(nlist=8, nprobe=1), 5, tiny_store)
    np.testing.assert_array_equal(part, whole[:7])
    (point,) = measure_group(few, [Exact()], 5, tiny_world, tiny_store)
    assert (point.recall.n, point.requests) == (7, 7)
    assert point.top10 is not None
    assert point.top10.n <= 7
