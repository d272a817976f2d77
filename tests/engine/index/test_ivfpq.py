"""IVF-PQ: lists, codes, and the exact second look."""

import threading
from dataclasses import replace

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.index import IVFPQ

SEED = 11
CONFIG = IVFPQ(nlist=16, nprobe=16, m=4, nbits=6, refine=60)


@pytest.fixture(scope="module")
def built(vectors):
    return CONFIG.build(vectors, SEED)


def test_all_lists_and_a_refine_that_covers_all_equal_exact(built, exact, queries):
    for k in (10, 100, 600):
        ids, scores = built.search_many(queries, k)
        true_ids, true_scores = exact.search_many(queries, k)
        np.testing.assert_array_equal(ids, true_ids)
        np.testing.assert_allclose(scores, true_scores, rtol=1e-5, atol=1e-5)


def test_refining_raises_recall_and_codes_alone_give_approximate_scores(
    built, exact, vectors, queries
):
    truth = exact.search_many(queries, 20)[0]
    codes = built.tuned(replace(CONFIG, refine=0))
    refined = built.tuned(replace(CONFIG, refine=3))

    def recall(index):
        found = index.search_many(queries, 20)[0]
        return np.mean([np.isin(a, b).mean() for a, b in zip(truth, found, strict=True)])

    assert recall(refined) > recall(codes) + 0.1
    ids, scores = codes.search(queries[0], 20)
    errors = np.abs(scores - vectors[ids] @ queries[0])
    assert 0 < errors.max() < 2


def test_fewer_lists_find_fewer_and_nothing_is_padded(built, queries):
    one = built.tuned(replace(CONFIG, nprobe=1))
    found = [len(one.search(query, 600)[0]) for query in queries]
    assert 0 < min(found) <= max(found) < 300
    assert len(built.search(queries[0], 600)[0]) == 600


def test_views_with_other_nprobe_never_change_each_other(built, queries):
    views = [built.tuned(replace(CONFIG, nprobe=nprobe, refine=0)) for nprobe in (1, 16)]
    alone = [view.search_many(queries, 30)[0] for view in views]
    assert (alone[0] != alone[1]).any()
    wrong = [0, 0]

    def look(viewer: int) -> None:
        for _ in range(10):
            wrong[viewer] += not np.array_equal(
                views[viewer].search_many(queries, 30)[0], alone[viewer]
            )

    threads = [threading.Thread(target=look, args=(viewer,)) for viewer in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == [0, 0]


def test_a_search_uses_one_thread_whichever_thread_asks(built, queries):
    seen = []

    def look() -> None:
        faiss.omp_set_num_threads(2)
        built.search(queries[0], 5)
        seen.append(faiss.omp_get_max_threads())

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]


def test_memory_is_the_serialised_index_and_the_vectors_only_if_refined(built, vectors, tmp_path):
    built.save(tmp_path)
    codes = (tmp_path / "codes.faiss").stat().st_size
    assert built.tuned(replace(CONFIG, refine=0)).memory_bytes == codes
    assert built.memory_bytes == codes + vectors.nbytes


def test_another_seed_trains_other_lists_and_codebooks(built, vectors):
    other = CONFIG.build(vectors, SEED + 1)
    for part in (
        lambda codes: codes.quantizer.reconstruct_n(0, 16),
        lambda codes: faiss.vector_to_array(codes.pq.centroids),
    ):
        mine, theirs = (part(index.codes) for index in (built, other))
        assert mine.shape == theirs.shape
        assert (mine != theirs).any()


def test_query_time_knobs_are_not_part_of_the_build():
    assert replace(CONFIG, nprobe=3, refine=0).build_part == CONFIG.build_part
    for knob, value in (("nlist", 17), ("m", 2), ("nbits", 5)):
        assert replace(CONFIG, **{knob: value}).build_part != CONFIG.build_part


@pytest.mark.parametrize(
    ("knobs", "n", "d", "named"),
    [
        ({"nlist": 601, "nprobe": 1}, 600, 8, "nlist=601"),
        ({"nprobe": 17}, 600, 8, "nprobe=17"),
        ({"m": 3}, 600, 8, "m=3"),
        ({"nbits": 10}, 600, 8, "nbits=10"),
        ({}, 1, 8, "n=1"),
    ],
)
def test_an_impossible_build_names_the_knob(catalogue, knobs, n, d, named):
    with pytest.raises(ValueError, match=f"^{named}: "):
        replace(CONFIG, **knobs).build(catalogue(n, d), SEED)


def test_a_view_cannot_search_more_lists_than_there_are(built):
    with pytest.raises(ValueError, match=r"^nprobe=17: must be at most nlist=16"):
        built.tuned(replace(CONFIG, nprobe=17))


def test_a_repair_takes_the_nearest_and_says_each_in_one_line():
    config, lines = IVFPQ(nlist=256, nprobe=100, m=16, nbits=8).repaired(90, 50)
    assert config == IVFPQ(nlist=90, nprobe=90, m=10, nbits=6)
    assert lines == [
        "90 vectors cannot fill 256 lists: nlist is now 90 (was 256).",
        "Only 90 lists exist: nprobe is now 90 (was 100).",
        "50 dimensions cannot be cut into 16 equal parts: m is now 10 (was 16).",
        "90 vectors cannot train 256 codes: nbits is now 6 (was 8).",
    ]


@given(n=st.integers(2, 5_000), d=st.integers(1, 300), m=st.integers(1, 256))
def test_the_repaired_m_is_the_nearest_that_divides(n, d, m):
    repaired = IVFPQ(m=m).repaired(n, d)[0].m
    assert d % repaired == 0
    others = [other for other in range(1, 257) if d % other == 0]
    assert abs(repaired - m) == min(abs(other - m) for other in others)


def test_small_catalogues_train_without_a_word_on_stderr(catalogue, capfd):
    CONFIG.build(catalogue(70, 8), SEED)
    assert capfd.readouterr().err == ""
