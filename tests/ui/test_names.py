"""Designs in words."""

from __future__ import annotations

from engine.design import Design
from engine.generators import MF
from engine.index import HNSW
from engine.rankers import GBDT
from engine.rerankers import Rules
from engine.training import Training
from ui.names import capital, in_short, told_apart


def test_designs_that_share_their_parts_are_told_apart_by_their_knobs() -> None:
    a, b = Design(), Design(index=HNSW(ef_search=20))
    assert in_short(a) == in_short(b) == told_apart(a) == "mf → hnsw → 300 → gbdt"
    assert told_apart(b) == "mf → hnsw (ef_search 20) → 300 → gbdt"


def test_what_is_at_its_default_is_not_told() -> None:
    design = Design(
        generator=MF(factors=32, alpha=2.5),
        ranker=GBDT(trees=20),
        training=Training(negatives=0.1),
        rerank=Rules(topic_cap=2),
    )
    assert told_apart(design) == (
        "mf (factors 32, alpha 2.5) → hnsw → 300 → gbdt (trees 20) [0.1 of negatives] → "
        "rules (topic_cap 2)"
    )


def test_a_sentence_begins_with_a_capital_and_keeps_the_rest() -> None:
    assert capital("share of the day, UTC") == "Share of the day, UTC"
    assert capital("") == ""
