"""What every index promises, asked of each configuration."""

import subprocess
import sys
from dataclasses import FrozenInstanceError, fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.index import HNSW, INDEXES, IVFPQ, Exact, IVFFlat, load

SEED = 11
K = 50

BAD_KNOBS = [
    (HNSW, "M", 3),
    (HNSW, "M", 97),
    (HNSW, "M", 16.0),
    (HNSW, "M", True),
    (HNSW, "ef_construction", 0),
    (HNSW, "ef_search", 0),
    (HNSW, "ef_search", "400"),
    (IVFFlat, "nlist", 0),
    (IVFFlat, "nprobe", 65_537),
    (IVFPQ, "nlist", 0),
    (IVFPQ, "nprobe", 0),
    (IVFPQ, "m", 0),
    (IVFPQ, "nbits", 13),
    (IVFPQ, "refine", -1),
]


def scores_follow(config) -> bool:
    """Whether scores are true inner products (codes alone give approximations)."""
    return getattr(config, "refine", 1) > 0


def test_the_ladder_holds_every_kind_under_its_name_and_with_usable_defaults():
    assert list(INDEXES) == ["exact", "hnsw", "ivfflat", "ivfpq"]
    assert [kind().name for kind in INDEXES.values()] == list(INDEXES)


@pytest.mark.parametrize("kind", INDEXES.values())
def test_each_field_has_a_knob_and_the_query_knob_needs_no_second_build(kind):
    config = kind()
    assert {field.name for field in fields(config)} == set(kind.knobs)
    if kind.query_knob:
        turned = replace(config, **{kind.query_knob: getattr(config, kind.query_knob) + 1})
        assert turned != config
        assert turned.build_part == config.build_part


def test_configurations_need_no_search_library():
    code = "import sys, engine.index; print({'faiss', 'hnswlib'} & set(sys.modules))"
    root = Path(__file__).parents[3]
    out = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert out.stdout.strip() == "set()", out.stderr


@pytest.mark.parametrize(("kind", "knob", "value"), BAD_KNOBS)
def test_a_bad_knob_is_named_with_its_value(kind, knob, value):
    with pytest.raises(ValueError, match=f"^{knob}={value!r}: must be a whole number from"):
        kind(**{knob: value})


def test_a_configuration_and_an_index_cannot_be_changed(config, index):
    with pytest.raises(FrozenInstanceError):
        index.size = 3
    with pytest.raises((FrozenInstanceError, TypeError)):
        config.M = 3


def test_the_build_part_can_be_built_and_is_its_own_build_part(config):
    assert config.build_part.build_part == config.build_part
    assert config.repaired(600, 8)[0].build_part.repaired(600, 8)[1] == []


def test_size_dimensions_and_costs_are_those_of_the_catalogue(index, vectors):
    assert (index.size, index.dim) == vectors.shape
    assert index.build_seconds > 0
    assert index.memory_bytes > 600 * 3


@pytest.mark.parametrize("k", [1, 7, K])
def test_answers_are_unique_ids_best_first_with_their_scores(index, vectors, queries, k):
    for query in queries:
        ids, scores = index.search(query, k)
        assert (ids.dtype, scores.dtype) == (np.int64, np.float32)
        assert ids.shape == scores.shape
        assert 1 <= len(ids) <= k
        assert len(set(ids.tolist())) == len(ids)
        assert set(ids.tolist()) <= set(range(600))
        assert (np.diff(scores) <= 0).all()
        if scores_follow(index.config):
            np.testing.assert_allclose(scores, vectors[ids] @ query, rtol=1e-5, atol=1e-5)


def test_more_than_the_catalogue_is_cut_to_it(index, queries):
    all_ids, all_scores = index.search(queries[0], 600)
    ids, scores = index.search(queries[0], 10_000)
    assert len(ids) <= 600
    np.testing.assert_array_equal(ids, all_ids)
    np.testing.assert_array_equal(scores, all_scores)


@pytest.mark.parametrize("k", [1, K, 700])
def test_many_searches_give_row_by_row_what_one_search_gives(index, queries, k):
    many_ids, many_scores = index.search_many(queries, k)
    assert many_ids.shape == many_scores.shape == (len(queries), k)
    for row, query in enumerate(queries):
        ids, scores = index.search(query, k)
        np.testing.assert_array_equal(many_ids[row, : len(ids)], ids)
        np.testing.assert_array_equal(many_scores[row, : len(ids)], scores)
        assert (many_ids[row, len(ids) :] == -1).all()
        assert (many_scores[row, len(ids) :] == -np.inf).all()


@pytest.mark.parametrize("k", [1, 7, K, 700])
def test_a_search_as_deep_as_its_reach_begins_with_the_answer(index, queries, k):
    depth = index.reach(k).depth
    assert min(k, 600) <= depth <= 600
    assert index.reach(depth) == index.reach(k)
    compared = 0
    for query in queries:
        ids, scores = index.search(query, k)
        deep_ids, deep_scores = index.search(query, depth)
        np.testing.assert_array_equal(deep_scores[: len(ids)], scores)
        # Only equal scores may change places.
        values, counts = np.unique(deep_scores, return_counts=True)
        alone = np.isin(scores, values[counts == 1])
        np.testing.assert_array_equal(deep_ids[: len(ids)][alone], ids[alone])
        compared += alone.sum()
    assert compared > 0


def test_the_same_seed_gives_the_same_answers(index, config, vectors, queries):
    again = config.build(vectors, SEED)
    for mine, other in zip(
        index.search_many(queries, K), again.search_many(queries, K), strict=True
    ):
        np.testing.assert_array_equal(mine, other)


def test_vectors_that_the_caller_changes_later_do_not_change_answers(config, vectors, queries):
    mine = vectors.copy()
    built = config.build(mine, SEED)
    before = built.search(queries[0], 10)
    mine[:] = 1.0
    np.testing.assert_array_equal(built.search(queries[0], 10), before)


def test_a_view_with_the_same_knobs_answers_alike_and_another_build_is_refused(index, queries):
    view = index.tuned(index.config)
    np.testing.assert_array_equal(view.search(queries[0], K), index.search(queries[0], K))
    for other in (HNSW(M=9), IVFFlat(nlist=17), IVFPQ(nlist=17, nprobe=1), Exact()):
        if other != index.config:
            with pytest.raises(ValueError, match="needs another build"):
                index.tuned(other)


def test_saved_and_loaded_it_answers_the_same(index, config, queries, tmp_path):
    index.save(tmp_path / "new" / "folder")
    again = load(config, tmp_path / "new" / "folder")
    assert (again.config, again.size, again.dim) == (config, index.size, index.dim)
    assert again.memory_bytes == index.memory_bytes
    assert again.build_seconds == index.build_seconds
    np.testing.assert_array_equal(
        again.search_many(queries, K)[0], index.search_many(queries, K)[0]
    )


@pytest.mark.parametrize("damage", ["flipped", "short", "missing"])
def test_each_damaged_file_is_named(index, config, tmp_path, damage):
    index.save(tmp_path)
    for path in sorted(tmp_path.iterdir()):
        whole = path.read_bytes()
        middle = len(whole) // 2
        if damage == "missing":
            path.unlink()
        elif damage == "short":
            path.write_bytes(whole[:middle])
        else:
            path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        with pytest.raises(ValueError, match=path.name):
            load(config, tmp_path)
        path.write_bytes(whole)
    assert load(config, tmp_path).size == 600


def test_what_was_saved_for_another_build_is_refused(index, tmp_path):
    index.save(tmp_path)
    with pytest.raises(ValueError, match=r"index\.json: holds"):
        load(HNSW(M=77), tmp_path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_vectors_and_queries_that_are_not_finite_are_refused(
    index, config, vectors, queries, value
):
    broken = vectors.copy()
    broken[3, 2] = value
    with pytest.raises(ValueError, match=r"1 rows are not finite \(first: row 3"):
        config.build(broken, SEED)
    query = queries[0].copy()
    query[5] = value
    with pytest.raises(ValueError, match="query"):
        index.search(query, K)
    with pytest.raises(ValueError, match="queries"):
        index.search_many(query[np.newaxis], K)


def test_a_row_of_zeros_is_refused(config, vectors):
    broken = vectors.copy()
    broken[[4, 9]] = 0
    with pytest.raises(ValueError, match=r"2 rows are all zero \(first: row 4"):
        config.build(broken, SEED)


def test_wrong_shapes_k_and_seed_are_named(index, config, vectors, queries):
    for broken in (vectors[0], vectors[:0], vectors[:, :0]):
        with pytest.raises(ValueError, match="vectors: shape"):
            config.build(broken, SEED)
    for k in (0, -1, 2.5):
        with pytest.raises(ValueError, match=f"k={k}"):
            index.search(queries[0], k)
        with pytest.raises(ValueError, match=f"k={k}"):
            index.search_many(queries, k)
        with pytest.raises(ValueError, match=f"k={k}"):
            index.reach(k)
    with pytest.raises(ValueError, match="query: shape"):
        index.search(queries[0, :5], K)
    with pytest.raises(ValueError, match="queries: shape"):
        index.search_many(queries[0], K)
    with pytest.raises(ValueError, match="seed=-1"):
        config.build(vectors, -1)


def test_a_build_reports_rising_progress_to_its_end(config, vectors):
    seen = []
    config.build(vectors, SEED, lambda what, done: seen.append((what, done)))
    shares = [done for _, done in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(what for what, _ in seen)


@given(
    n=st.integers(2, 60),
    d=st.integers(1, 13),
    seed=st.integers(0, 2**40),
    k=st.integers(1, 80),
    config=st.one_of(
        st.just(Exact()),
        st.builds(HNSW, M=st.integers(4, 20), ef_search=st.integers(1, 100)),
        st.builds(IVFFlat, nlist=st.integers(1, 100), nprobe=st.integers(1, 100)),
        st.builds(
            IVFPQ,
            nlist=st.integers(1, 100),
            nprobe=st.integers(1, 100),
            m=st.integers(1, 20),
            nbits=st.integers(1, 8),
            refine=st.integers(0, 3),
        ),
    ),
)
@settings(max_examples=80, deadline=None)
def test_a_repaired_configuration_builds_and_searches_whatever_the_catalogue(n, d, seed, k, config):
    vectors = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    possible, lines = config.repaired(n, d)
    assert (possible == config) == (not lines)
    assert possible.repaired(n, d) == (possible, [])
    index = possible.build(vectors, seed)
    ids, scores = index.search(vectors[0], k)
    assert 1 <= len(ids) <= min(k, n)
    assert (np.diff(scores) <= 0).all()
    part = possible.build_part
    assert part.build(vectors, seed).tuned(possible).search(vectors[0], k)[0].tolist() == (
        ids.tolist()
    )
    if lines:
        with pytest.raises(ValueError, match=r"must|nearest"):
            config.build(vectors, seed)
