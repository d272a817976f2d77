"""Each rule worked by hand, and all of them together against plain loops."""

from __future__ import annotations

from dataclasses import replace
from math import dist, hypot
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.rerankers import NoReranking, Pool, Rules
from engine.rerankers.rules import HALF_LIFE_DAYS, NEAR_DUPLICATE, scaled

NO_RULE = Rules(diversity=0.0, freshness=0.0, topic_cap=0, distinct=0)
END = -np.inf


def pool(
    scores: list[float],
    topics: list[int] | None = None,
    ages: list[float] | None = None,
    vectors: list[list[float]] | None = None,
) -> Pool:
    """One request; by default each item has a topic of its own and is of no age."""
    m = len(scores)
    return Pool(
        scores=np.array([scores], dtype=np.float64).reshape(1, m),
        topic=np.array([topics or list(range(m))]).reshape(1, m),
        age=np.array([ages or [0.0] * m], dtype=np.float64).reshape(1, m),
        vectors=None if vectors is None else np.array([vectors], dtype=np.float32),
    )


def slate(rules: Rules, one: Pool, k: int) -> list[int]:
    [places] = rules.places(one, k).tolist()
    return places


def test_scores_are_scaled_from_0_to_1_in_each_row_without_its_end() -> None:
    rows = np.array([[3.0, 2.0, 1.0], [8.0, 6.0, END], [5.0, 5.0, 5.0], [END, END, END]])
    expected = [[1.0, 0.5, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]
    np.testing.assert_array_equal(scaled(rows), expected)


def test_mmr_weighs_relevance_against_the_nearest_item_chosen_by_cosine() -> None:
    # Scaled: 1, 0.9, 0.5, 0. The second points where the first does, the third at right angles.
    one = pool([10, 9, 5, 0], vectors=[[1, 0], [2, 0.5], [0, 3], [-1, 0]])
    mmr = replace(NO_RULE, diversity=0.5)
    # Then: second 0.45 - 0.485, third 0.25 - 0, fourth 0 + 0.5; after it: third 0.25, second < 0.
    assert slate(mmr, one, 4) == [0, 3, 2, 1]
    assert slate(replace(NO_RULE, diversity=0.1), one, 4) == [0, 1, 2, 3]


def test_mmr_looks_at_topics_where_the_generator_has_no_vectors() -> None:
    one = pool([10, 9, 5, 0], topics=[1, 1, 2, 2])
    # With a third: second 0.6 - 1/3, third 1/3 - 0; then second 0.6 - 1/3, fourth 0 - 1/3.
    assert slate(replace(NO_RULE, diversity=1 / 3), one, 4) == [0, 2, 1, 3]
    # With 0.3: second 0.63 - 0.3, third 0.35.
    assert slate(replace(NO_RULE, diversity=0.3), one, 2) == [0, 2]
    assert slate(replace(NO_RULE, diversity=0.2), one, 2) == [0, 1]


def test_diversity_alone_begins_with_the_best_ranked() -> None:
    one = pool([10, 9, 5, 0], topics=[1, 1, 2, 3])
    assert slate(replace(NO_RULE, diversity=1.0), one, 4) == [0, 2, 3, 1]


def test_boost_of_a_new_item_halves_with_each_half_life() -> None:
    # Scaled 1, 0.8, 0; boosts at weight 1: 0.25, 0.5, 1 after two, one and no half-lives.
    one = pool([5, 4, 0], ages=[2 * HALF_LIFE_DAYS, HALF_LIFE_DAYS, 0.0])
    assert slate(replace(NO_RULE, freshness=1.0), one, 3) == [1, 0, 2]  # 1.3, 1.25, 1
    assert slate(replace(NO_RULE, freshness=2.0), one, 3) == [2, 1, 0]  # 2, 1.8, 1.5
    assert slate(replace(NO_RULE, freshness=0.5), one, 3) == [0, 1, 2]  # 1.125, 1.05, 0.5


def test_cap_lets_in_so_many_of_a_topic_then_the_best_of_others_and_then_fills_up() -> None:
    one = pool([9, 8, 7, 6, 5, 4], topics=[1, 1, 1, 2, 1, 3])
    assert slate(replace(NO_RULE, topic_cap=2), one, 4) == [0, 1, 3, 5]
    assert slate(replace(NO_RULE, topic_cap=1), one, 5) == [0, 3, 5, 1, 2]
    assert slate(NO_RULE, one, 4) == [0, 1, 2, 3]


def test_near_duplicate_is_passed_over_but_never_by_its_topic_alone() -> None:
    angle = [1.0, float(np.tan(np.arccos(NEAR_DUPLICATE + 0.001)))]
    wider = [1.0, float(np.tan(np.arccos(NEAR_DUPLICATE - 0.001)))]
    one = pool([9, 8, 7, 6], vectors=[[5, 0], angle, [1, -1], [0, 1]])
    apart = replace(NO_RULE, distinct=1)
    assert slate(apart, one, 3) == [0, 2, 3]
    assert slate(apart, one, 4) == [0, 2, 3, 1]  # no slate is shortened
    assert slate(NO_RULE, one, 3) == [0, 1, 2]
    assert slate(apart, pool([9, 8, 7], vectors=[[5, 0], wider, [1, -1]]), 2) == [0, 1]
    assert slate(apart, pool([9, 8, 7], topics=[1, 1, 1]), 3) == [0, 1, 2]


def test_items_beyond_the_cap_fill_up_before_near_duplicates() -> None:
    one = pool([9, 8, 7], topics=[1, 2, 1], vectors=[[1, 0], [1, 0], [0, 1]])
    assert slate(replace(NO_RULE, topic_cap=1, distinct=1), one, 3) == [0, 2, 1]


def test_item_without_a_vector_is_like_no_other() -> None:
    one = pool([9, 8, 7], vectors=[[0, 0], [0, 0], [1, 0]])
    assert slate(Rules(diversity=0.9, topic_cap=0), one, 3) == [0, 1, 2]


def test_places_beyond_a_rows_end_come_last() -> None:
    one = pool([9, 8, END, END], topics=[1, 1, 2, 3], vectors=[[1, 0], [1, 0], [0, 1], [-1, 0]])
    for rules in (Rules(diversity=1.0, topic_cap=1), Rules(freshness=2.0), NO_RULE, NoReranking()):
        assert slate(rules, one, 3)[:2] == [0, 1]  # type: ignore[arg-type]


@pytest.mark.parametrize("rules", [Rules(), Rules(diversity=1.0), NO_RULE, NoReranking()], ids=str)
def test_nothing_to_choose_from_makes_an_empty_slate(rules: Rules) -> None:
    assert rules.places(pool([]), 10).shape == (1, 0)
    assert sorted(slate(rules, pool([END, END]), 10)) == [0, 1]


def test_pool_is_as_deep_as_asked_and_holds_a_slate_at_least() -> None:
    assert Rules(depth=50).looks_at(10) == 50
    assert Rules(depth=10).looks_at(40) == 40
    assert NoReranking().looks_at(40) == 0


@pytest.mark.parametrize(
    ("knob", "value"),
    [
        ("diversity", -0.1),
        ("diversity", 1.1),
        ("diversity", float("nan")),
        ("freshness", 2.1),
        ("topic_cap", 11),
        ("topic_cap", 2.0),
        ("distinct", True),
        ("distinct", 2),
        ("depth", 9),
        ("depth", 201),
    ],
)
def test_knob_out_of_range_is_named(knob: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"^{knob}="):
        Rules(**{knob: value})  # type: ignore[arg-type]


# Any pool, any rules ----------------------------------------------------------------------------

some_rules = st.builds(
    Rules,
    diversity=st.sampled_from([0.0, 0.1, 0.3, 0.77, 1.0]),
    freshness=st.sampled_from([0.0, 0.5, 2.0]),
    topic_cap=st.integers(0, 5),
    distinct=st.integers(0, 1),
)


@st.composite
def pools(draw: st.DrawFn) -> Pool:
    """Ranked requests of different lengths, with ties, twins and few topics or many."""
    n, m = draw(st.integers(1, 4)), draw(st.integers(0, 25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = rng.integers(0, draw(st.sampled_from([2, 6, 10_000])), size=(n, m)).astype(float)
    scores = -np.sort(-scores, axis=1)
    scores[np.arange(m) >= rng.integers(0, m + 1, size=n)[:, None]] = END
    vectors = None
    if draw(st.booleans()):
        kinds = rng.standard_normal((draw(st.integers(1, 30)), draw(st.integers(2, 5))))
        vectors = kinds[rng.integers(len(kinds), size=(n, m))].astype(np.float32)
    topics = rng.integers(0, draw(st.sampled_from([1, 3, 12])), size=(n, m))
    return Pool(scores, topics, 12 * rng.random((n, m)), vectors)


def plain(
    rules: Rules, scores: Any, topics: Any, ages: Any, vectors: Any, k: int, mine: list[int]
) -> list[int]:
    """One row, by loops over its real items.

    Where cosines make two gains as good as equal the choice of `mine` is taken, for the last
    bit of a cosine hangs on how it is summed.
    """
    real = [place for place, score in enumerate(scores) if score > END]
    low, high = (min(scores[p] for p in real), max(scores[p] for p in real)) if real else (0, 0)
    worth = {}
    for p in real:
        worth[p] = (scores[p] - low) / (high - low) if high > low else 0.0
        worth[p] += rules.freshness * 2.0 ** (-ages[p] / 3.0) if rules.freshness else 0.0

    def cosine(a: int, b: int) -> float:
        x, y = vectors[a], vectors[b]
        return sum(i * j for i, j in zip(x, y, strict=True)) / (hypot(*x) * hypot(*y))

    def likeness(a: int, b: int) -> float:
        return float(topics[a] == topics[b]) if vectors is None else cosine(a, b)

    def twin(a: int, b: int) -> bool:
        return vectors is not None and (dist(vectors[a], vectors[b]) == 0 or cosine(a, b) >= 0.95)

    chosen: list[int] = []
    while len(chosen) < min(k, len(real)):
        left = [p for p in real if p not in chosen]
        distinct = [p for p in left if not rules.distinct or not any(twin(p, c) for c in chosen)]
        topical = [
            p
            for p in distinct
            if not rules.topic_cap or sum(topics[c] == topics[p] for c in chosen) < rules.topic_cap
        ]
        allowed = topical or distinct or left

        def gain(p: int) -> float:
            nearest = max((likeness(p, c) for c in chosen), default=0.0)
            return (1 - rules.diversity) * worth[p] - rules.diversity * nearest

        best = max(gain(p) for p in allowed)
        equal = [p for p in allowed if gain(p) == best]
        if vectors is not None:
            equal = [p for p in allowed if gain(p) > best - 1e-6]
        theirs = mine[len(chosen)]
        chosen.append(theirs if vectors is not None and theirs in equal else equal[0])
    return chosen


@given(pools(), some_rules, st.integers(1, 30))
def test_slates_are_those_of_plain_loops(ranked: Pool, rules: Rules, k: int) -> None:
    places = rules.places(ranked, k)
    for row, mine in enumerate(places.tolist()):
        scores = ranked.scores[row].tolist()
        vectors = None if ranked.vectors is None else ranked.vectors[row].tolist()
        columns = (scores, ranked.topic[row].tolist(), ranked.age[row].tolist(), vectors)
        expected = plain(rules, *columns, k, mine)
        assert [place for place in mine if scores[place] > END] == expected
        assert mine[: len(expected)] == expected  # what is beyond the end stands behind


@given(pools(), some_rules, st.integers(1, 30))
def test_slate_is_no_longer_than_asked_and_repeats_nothing(
    ranked: Pool, rules: Rules, k: int
) -> None:
    n, m = ranked.scores.shape
    places = rules.places(ranked, k)
    assert places.shape == (n, min(k, m))
    assert places.dtype == np.int64
    for row in places.tolist():
        assert len(set(row)) == len(row)
        assert set(row) <= set(range(m))


@given(pools(), st.integers(1, 30))
def test_without_any_rule_the_slate_stays_as_ranked(ranked: Pool, k: int) -> None:
    np.testing.assert_array_equal(
        NO_RULE.places(ranked, k)[np.isfinite(ranked.scores)[:, :k]],
        NoReranking().places(ranked, k)[np.isfinite(ranked.scores)[:, :k]],
    )


@given(pools(), some_rules, st.integers(1, 30))
def test_shorter_slate_is_the_beginning_of_the_longer(ranked: Pool, rules: Rules, k: int) -> None:
    longest = rules.places(ranked, 30)
    np.testing.assert_array_equal(rules.places(ranked, k), longest[:, :k])


@given(pools(), some_rules, st.integers(1, 30))
def test_many_requests_at_once_are_answered_as_one_at_a_time(
    ranked: Pool, rules: Rules, k: int
) -> None:
    together = rules.places(ranked, k)
    for row in range(len(ranked.scores)):
        vectors = None if ranked.vectors is None else ranked.vectors[row : row + 1]
        some = slice(row, row + 1)
        alone = Pool(ranked.scores[some], ranked.topic[some], ranked.age[some], vectors)
        np.testing.assert_array_equal(rules.places(alone, k)[0], together[row])


@given(pools(), some_rules, st.integers(1, 30))
def test_cap_is_kept_as_far_as_the_pool_has_items_for_it(
    ranked: Pool, rules: Rules, k: int
) -> None:
    capped = replace(rules, topic_cap=max(1, rules.topic_cap), distinct=0)
    places = capped.places(ranked, k)
    for row, chosen in enumerate(places.tolist()):
        real = np.isfinite(ranked.scores[row])
        topics = ranked.topic[row]
        _, counts = np.unique(topics[real], return_counts=True)
        room = int(np.minimum(counts, capped.topic_cap).sum())
        _, held = np.unique(topics[chosen[: min(room, k)]], return_counts=True)
        assert held.max(initial=0) <= capped.topic_cap
