"""IVF-Flat: whole vectors in lists."""

import itertools
import threading
from dataclasses import replace

import faiss
import numpy as np
import pytest

from engine.index import IVFPQ, IVFFlat

SEED = 11
CONFIG = IVFFlat(nlist=16, nprobe=16)


@pytest.fixture(scope="module")
def built(vectors):
    return CONFIG.build(vectors, SEED)


@pytest.mark.parametrize("k", [1, 10, 600])
def test_all_lists_searched_equal_exact(built, exact, queries, k):
    ids, scores = built.search_many(queries, k)
    true_ids, true_scores = exact.search_many(queries, k)
    np.testing.assert_allclose(scores, true_scores, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(np.sort(ids), np.sort(true_ids))


def test_more_lists_find_what_fewer_found_and_better(built, queries):
    best = [
        built.tuned(replace(CONFIG, nprobe=nprobe)).search_many(queries, 20)[1].mean(axis=1)
        for nprobe in (2, 4, 8, 16)
    ]
    for fewer, more in itertools.pairwise(best):
        assert (more >= fewer - 1e-6).all()
    assert (best[-1] > best[0]).any()


def test_fewer_lists_find_fewer_and_nothing_is_padded(built, queries):
    one = built.tuned(replace(CONFIG, nprobe=1))
    found = [len(one.search(query, 600)[0]) for query in queries]
    assert 0 < min(found) <= max(found) < 300
    assert len(built.search(queries[0], 600)[0]) == 600


def test_views_with_other_nprobe_never_change_each_other(built, queries):
    views = [built.tuned(replace(CONFIG, nprobe=nprobe)) for nprobe in (1, 16)]
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


def test_memory_is_the_serialised_index_and_holds_the_vectors(built, vectors, tmp_path):
    built.save(tmp_path)
    assert built.memory_bytes == (tmp_path / "lists.faiss").stat().st_size
    # The vectors, and eight bytes for each id.
    assert built.memory_bytes > vectors.nbytes + 8 * len(vectors)


def test_another_seed_trains_other_lists(built, vectors):
    other = CONFIG.build(vectors, SEED + 1)
    mine, theirs = (index.lists.quantizer.reconstruct_n(0, 16) for index in (built, other))
    assert mine.shape == theirs.shape
    assert (mine != theirs).any()


def test_only_nlist_is_part_of_the_build():
    assert replace(CONFIG, nprobe=3).build_part == CONFIG.build_part
    assert replace(CONFIG, nlist=17).build_part != CONFIG.build_part
    assert IVFFlat(nlist=16, nprobe=3).build_part != IVFPQ(nlist=16, nprobe=3).build_part


@pytest.mark.parametrize(
    ("knobs", "named"), [({"nlist": 601, "nprobe": 1}, "nlist=601"), ({"nprobe": 17}, "nprobe=17")]
)
def test_an_impossible_build_names_the_knob(vectors, knobs, named):
    with pytest.raises(ValueError, match=f"^{named}: "):
        replace(CONFIG, **knobs).build(vectors, SEED)


def test_a_view_cannot_search_more_lists_than_there_are(built, tmp_path):
    with pytest.raises(ValueError, match=r"^nprobe=17: must be at most nlist=16"):
        built.tuned(replace(CONFIG, nprobe=17))
    built.save(tmp_path)
    with pytest.raises(ValueError, match=r"^nprobe=17: must be at most nlist=16"):
        replace(CONFIG, nprobe=17).load(tmp_path)


def test_a_repair_takes_the_nearest_and_says_each_in_one_line():
    config, lines = IVFFlat(nlist=256, nprobe=100).repaired(90, 50)
    assert config == IVFFlat(nlist=90, nprobe=90)
    assert lines == [
        "90 vectors cannot fill 256 lists: nlist is now 90 (was 256).",
        "Only 90 lists exist: nprobe is now 90 (was 100).",
    ]


def test_small_catalogues_train_without_a_word_on_stderr(catalogue, capfd):
    CONFIG.build(catalogue(70, 8), SEED)
    assert capfd.readouterr().err == ""
