"""Recall through the contract is that of the raw libraries used by hand: nothing is lost or won."""

from dataclasses import replace

import faiss
import hnswlib
import numpy as np
import pytest

from engine.index import HNSW, IVFPQ, Exact, IVFFlat
from engine.metrics import recall_with_ties

N, D, K, SEED = 3_000, 32, 50, 11


@pytest.fixture(scope="module")
def items(catalogue):
    return catalogue(N, D)


@pytest.fixture(scope="module")
def asked():
    return np.random.default_rng(SEED + 1).standard_normal((100, D)).astype(np.float32)


@pytest.fixture(scope="module")
def truth(items, asked):
    return Exact().build(items, SEED).search_many(asked, K)[1]


def recall(found, items, asked, truth):
    """Mean recall of ids (queries, K), -1 where fewer were found."""
    scores = np.einsum("qkd,qd->qk", items[found], asked)
    return recall_with_ties(np.where(found < 0, -np.inf, scores), truth, K).mean()


def agree(index, found, items, asked, truth, below=1.0):
    ours = recall(index.search_many(asked, K)[0], items, asked, truth)
    one_by_one = np.stack([index.search(query, K)[0] for query in asked])
    by_hand = recall(found, items, asked, truth)
    assert ours == pytest.approx(by_hand, abs=1e-6)
    assert recall(one_by_one, items, asked, truth) == pytest.approx(by_hand, abs=1e-6)
    assert 0.2 < by_hand < below, "an index that finds all or nothing would prove little"


@pytest.mark.parametrize("ef", [50, 120])
def test_hnsw_finds_what_hnswlib_finds(items, asked, truth, ef):
    raw = hnswlib.Index(space="ip", dim=D)
    raw.init_index(N, M=8, ef_construction=40, random_seed=SEED)
    raw.add_items(items, np.arange(N), num_threads=1)
    raw.set_ef(ef)
    found = raw.knn_query(asked, K, num_threads=1)[0].astype(np.int64)
    config = HNSW(M=8, ef_construction=40, ef_search=ef)
    agree(config.build(items, SEED), found, items, asked, truth)


def seeded(clustering):
    clustering.seed, clustering.min_points_per_centroid = SEED, 1


@pytest.mark.parametrize("nprobe", [2, 6])
def test_ivfflat_finds_what_faiss_finds(items, asked, truth, nprobe):
    faiss.omp_set_num_threads(1)
    raw = faiss.IndexIVFFlat(faiss.IndexFlatIP(D), D, 24, faiss.METRIC_INNER_PRODUCT)
    seeded(raw.cp)
    raw.train(items)
    raw.add(items)
    raw.nprobe = nprobe
    found = raw.search(asked, K)[1]
    agree(IVFFlat(24, nprobe).build(items, SEED), found, items, asked, truth)


@pytest.fixture(scope="module")
def raw_codes(items):
    faiss.omp_set_num_threads(1)
    raw = faiss.IndexIVFPQ(faiss.IndexFlatIP(D), D, 24, 8, 6, faiss.METRIC_INNER_PRODUCT)
    seeded(raw.cp)
    seeded(raw.pq.cp)
    raw.pq.cp.niter, raw.pq.cp.max_points_per_centroid = 10, 64
    raw.train(items)
    raw.add(items)
    raw.nprobe = 8
    return raw


CODES = IVFPQ(nlist=24, nprobe=8, m=8, nbits=6, refine=0)


def test_ivfpq_finds_what_faiss_finds(items, asked, truth, raw_codes):
    found = raw_codes.search(asked, K)[1]
    agree(CODES.build(items, SEED), found, items, asked, truth, below=0.9)


def test_ivfpq_re_ranked_finds_what_faiss_re_ranked_by_hand_finds(items, asked, truth, raw_codes):
    near = raw_codes.search(asked, 2 * K)[1]
    scores = np.where(near < 0, -np.inf, np.einsum("qkd,qd->qk", items[near], asked))
    order = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    found = np.take_along_axis(near, order, axis=1)
    agree(replace(CODES, refine=2).build(items, SEED), found, items, asked, truth)
