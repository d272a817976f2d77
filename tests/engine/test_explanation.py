"""Why an item stands where it does: sums that add up, ranks that brute force finds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import logit

from engine.explanation import explain
from engine.features import COLUMNS
from engine.rankers import RANKERS
from engine.rerankers import Rules
from engine.walk import Fate, walk
from tests.engine.conftest import TRIPLES, SystemOf

USER, AT = 17, 13.2


@pytest.mark.parametrize("ranker", RANKERS)
def test_contributions_and_base_add_up_to_the_score(system_of: SystemOf, ranker: str) -> None:
    system = system_of(ranker=ranker)
    slate = system.recommend(USER, AT)
    for item, score in zip(slate.items.tolist(), slate.scores.tolist(), strict=True):
        found = explain(system, USER, item, AT)
        assert found.ranking_score == pytest.approx(score, rel=1e-5)
        raw = logit(found.ranking_score) if system.ranker.gives_probabilities else score
        assert found.raw_score == pytest.approx(raw, abs=1e-5)


def test_parts_of_the_truth_add_up_to_its_logit(system_of: SystemOf) -> None:
    system = system_of()
    for item in (0, 100, 399):
        found = explain(system, USER, item, AT)
        truth = system.world.relevance(USER, item, AT)
        assert found.relevance == pytest.approx(truth, rel=1e-6)
        assert sum(found.parts.values()) == pytest.approx(logit(truth), abs=1e-5)
        assert "affinity" in found.parts


@pytest.mark.parametrize("triple", TRIPLES, ids="-".join)
def test_ranks_are_those_of_brute_force(system_of: SystemOf, triple: tuple[str, str, str]) -> None:
    system = system_of(*triple)
    known = np.setdiff1d(system.generator.known_items(), system.exclusions.of(USER, AT))
    scores = system.generator.scores(USER, known)
    exact = known[np.argsort(-scores, kind="stable")].tolist()
    returned = system.retrieve(USER, AT, system.design.candidates)[0]
    of_ranker = system.ranker.scores(system.features.table(USER, returned, AT))
    ranked = returned[np.argsort(-of_ranker, kind="stable")].tolist()

    def place(item: int, order: list[int]) -> int | None:
        return order.index(item) + 1 if item in order else None

    for item in [*exact[:3], exact[45], exact[-1], *ranked[:2], ranked[-1], *range(0, 400, 57)]:
        found = explain(system, USER, item, AT)
        assert found.generation_rank == place(item, exact)
        assert found.index_rank == place(item, returned.tolist())
        assert found.ranking_rank == place(item, ranked)
        assert found.generation_score == system.generator.scores(USER, np.array([item]))[0]


def test_one_item_of_each_fate_is_told_as_the_walk_tells_it(system_of: SystemOf) -> None:
    system = system_of()
    system = system.tuned(replace(system.design, rerank=Rules(diversity=0.9)))
    met = set()
    for user in (USER, 3, 60):
        seen = walk(system, user, AT)
        fates = np.array(seen.fates(np.arange(seen.catalogue)), dtype=object)
        for fate in Fate:
            for item in np.flatnonzero(fates == fate)[:1].tolist():
                met.add(fate)
                found = explain(system, user, item, AT)
                assert found.fate is fate
                assert found.why == seen.why([item])[0]
                assert found.true_rank == (seen.true_ranks([item])[0] or None)
                left_out = fate in (Fate.CLICKED, Fate.UNRELEASED)
                assert (found.true_rank is None) == left_out
                candidate = fate in (Fate.SHOWN, Fate.RANKING, Fate.RERANKING)
                assert (found.index_rank is not None) == candidate
                assert (found.ranking_rank is not None) == candidate
                slate = system.recommend(user, AT).items.tolist()
                place = slate.index(item) + 1 if fate is Fate.SHOWN else None
                assert found.slate_rank == place
    assert met == set(Fate)


def test_features_are_those_that_the_ranker_was_shown(system_of: SystemOf) -> None:
    system = system_of()
    item = int(system.recommend(USER, AT).items[0])
    found = explain(system, USER, item, AT)
    row = system.features.table(USER, np.array([item]), AT).values[0]
    assert tuple(found.features) == COLUMNS
    np.testing.assert_array_equal(list(found.features.values()), row.astype(np.float64))


def test_rows_put_the_largest_contribution_first_and_values_into_words(
    system_of: SystemOf,
) -> None:
    system = system_of(ranker="logistic")
    declared = system.world.users.declared_topic
    user = int(np.flatnonzero(declared < 0)[0])
    item = int(system.recommend(user, AT).items[0])
    found = explain(system, user, item, AT)
    rows = found.rows().set_index("feature")
    assert set(rows.index) == set(COLUMNS)
    assert rows["contribution"].abs().is_monotonic_decreasing
    assert rows["contribution"].sum() + found.base == pytest.approx(found.raw_score, abs=1e-12)
    assert rows.loc["declared_match", "shown"] == "missing"
    assert rows.loc["topic", "shown"] == found.topic
    assert rows.loc["hour", "shown"] == "4"  # at 13.2 days


def test_without_a_ranker_the_generators_score_is_all_there_is(system_of: SystemOf) -> None:
    system = system_of(ranker="none")
    found = explain(system, USER, int(system.recommend(USER, AT).items[0]), AT)
    assert found.rows()["feature"].tolist() == ["generator_score"]
    assert found.raw_score == found.generation_score == found.ranking_score


@pytest.mark.parametrize("item", [-1, 400, 1.0, "3", None, True, [1, 2]], ids=str)
def test_unknown_item_is_named_with_what_is_allowed(system_of: SystemOf, item: Any) -> None:
    with pytest.raises(ValueError, match=r"^item=.*: must be (from 0 to 399|a whole number)"):
        explain(system_of(), USER, item, AT)


def test_request_is_checked_as_recommend_checks_it(system_of: SystemOf) -> None:
    with pytest.raises(ValueError, match=r"^user=200: must be from 0 to 199$"):
        explain(system_of(), 200, 3)
    with pytest.raises(ValueError, match=r"^at=1: must be 13 days or later"):
        explain(system_of(), 3, 3, 1)
