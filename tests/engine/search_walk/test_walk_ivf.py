from __future__ import annotations

import numpy as np
import pytest

from engine.index import IVFPQ
from engine.index.contract import Vectors
from engine.index.ivfflat import IVFFlat, IVFFlatIndex
from engine.index.ivfpq import IVFPQIndex
from engine.search_walk import IVFWalk, walk_ivf


@pytest.fixture(scope="module")
def coded(vectors: Vectors) -> IVFPQIndex:
    return IVFPQ(nlist=24, nprobe=6, m=6, nbits=4, refine=4).build(vectors, seed=5)


@pytest.fixture(scope="module")
def flat(vectors: Vectors) -> IVFFlatIndex:
    return IVFFlat(nlist=24, nprobe=6).build(vectors, seed=5)


@pytest.mark.parametrize("nprobe", [1, 6, 24])
@pytest.mark.parametrize("refine", [0, 1, 4])
@pytest.mark.parametrize("k", [1, 10, 300])
def test_walk_through_codes_ends_in_the_answer_of_the_index(
    coded: IVFPQIndex, queries: Vectors, nprobe: int, refine: int, k: int
) -> None:
    index = coded.tuned(IVFPQ(nlist=24, nprobe=nprobe, m=6, nbits=4, refine=refine))
    for query in queries:
        walk, (ids, scores) = walk_ivf(index, query, k), index.search(query, k)
        assert np.array_equal(walk.scores, scores)
        if refine:
            assert np.array_equal(walk.ids, ids)
        else:  # equal codes have equal scores: which comes first is Faiss's business
            assert set(walk.ids.tolist()) == set(ids.tolist())


@pytest.mark.parametrize("nprobe", [1, 6, 24])
@pytest.mark.parametrize("k", [1, 10, 300])
def test_walk_through_whole_vectors_ends_in_the_answer_of_the_index(
    flat: IVFFlatIndex, queries: Vectors, nprobe: int, k: int
) -> None:
    index = flat.tuned(IVFFlat(nlist=24, nprobe=nprobe))
    for query in queries:
        walk, (ids, scores) = walk_ivf(index, query, k), index.search(query, k)
        assert np.array_equal(walk.ids, ids)
        assert np.array_equal(walk.scores, scores)
        assert walk.computed == walk.nlist + walk.scanned
        assert not len(walk.risen)
        assert not len(walk.missed_codes)


def test_walk_after_each_cell_keeps_what_a_search_of_so_many_cells_finds(
    coded: IVFPQIndex, queries: Vectors
) -> None:
    walk = walk_ivf(coded, queries[0], 10)
    kept: set[int] = set()
    for place, probe in enumerate(walk.probes):
        kept = (kept | set(probe.entered.tolist())) - set(probe.evicted.tolist())
        config = IVFPQ(nlist=24, nprobe=place + 1, m=6, nbits=4, refine=0)
        ids, scores = coded.tuned(config).search(queries[0], walk.depth)
        assert kept == set(ids.tolist())
        assert probe.kept == len(ids)
        assert (probe.best, probe.worst) == (1 - float(scores[0]), 1 - float(scores[-1]))


def test_cells_are_searched_best_centroid_first_and_hold_every_item_once(
    coded: IVFPQIndex, queries: Vectors
) -> None:
    walk = walk_ivf(coded, queries[0], 10)
    best = np.argsort(-walk.cell_scores)[: walk.nprobe]
    assert [probe.cell for probe in walk.probes] == best.tolist()
    sizes = np.bincount(walk.cells, minlength=walk.nlist)
    assert [probe.size for probe in walk.probes] == sizes[best].tolist()
    assert sizes.sum() == walk.n
    assert walk.scanned == sizes[best].sum() == len(walk.touched)
    assert walk.computed == walk.nlist + len(walk.candidates)


def test_what_refinement_raised_and_dropped_is_the_difference_of_both_answers(
    coded: IVFPQIndex, queries: Vectors
) -> None:
    walk = walk_ivf(coded, queries[1], 10)
    by_codes = walk.candidates[:10]
    assert len(walk.risen) == len(walk.fallen) > 0
    assert set(walk.ids.tolist()) == (
        set(by_codes.tolist()) - set(walk.fallen.tolist()) | set(walk.risen.tolist())
    )
    np.testing.assert_allclose(walk.exact, 1 - walk.distances[walk.candidates], atol=1e-5)


def test_what_is_missed_lay_elsewhere_or_was_coded_too_far_off(
    coded: IVFPQIndex, queries: Vectors
) -> None:
    index = coded.tuned(IVFPQ(nlist=24, nprobe=2, m=6, nbits=4, refine=1))
    walks = [walk_ivf(index, query, 30) for query in queries]
    for walk in walks:
        assert len(walk.missed) == len(walk.missed_cells) + len(walk.missed_codes)
        assert np.isin(walk.missed_codes, walk.touched).all()
        assert not np.isin(walk.missed_cells, walk.touched).any()
        assert walk.recall == 1 - len(walk.missed) / 30
    assert any(len(walk.missed_cells) for walk in walks)
    assert any(len(walk.missed_codes) for walk in walks)


def test_an_empty_cell_is_searched_without_effect(vectors: Vectors) -> None:
    same = np.repeat(vectors[:4], 30, axis=0)
    index = IVFFlat(nlist=20, nprobe=20).build(same, seed=1)
    walk: IVFWalk = walk_ivf(index, vectors[0], 5)
    assert min(probe.size for probe in walk.probes) == 0
    assert np.array_equal(walk.scores, index.search(vectors[0], 5)[1])
