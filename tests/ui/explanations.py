"""Hand-made explanations of one item."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.design import Design
from engine.explanation import Explanation
from engine.features import COLUMNS
from engine.walk import Fate
from ui.why import Why

CONTRIBUTIONS = {
    "item_click_rate": 0.3,
    "item_log_clicks": 0.2,
    "item_log_shown": 0.01,
    "log_duration": -0.1,
    "topic": 0.02,
    "item_age": -0.4,
    "generator_score": 1.2,
    "topic_taste": 0.5,
    "duration_gap": 0.6,
    "declared_match": 0.03,
    "user_log_clicks": 0.1,
    "hour": -0.2,
    "log_position": 2.0,
}
PARTS = {
    "affinity": 3.0,
    "quality": -0.05,
    "duration": -0.8,
    "freshness": 0.9,
    "hour": 0.1,
    "base": -3.0,
}


def an_explanation(**changes: Any) -> Explanation:
    """Ranked 1st and shown; `changes` replace its fields."""
    whole = Explanation(
        user=17,
        item=5,
        at=13.5,
        title="Tidal pools",
        topic="Nature",
        generation_rank=48,
        index_rank=47,
        ranking_rank=1,
        slate_rank=1,
        generation_score=0.46,
        ranking_score=0.9,
        fate=Fate.SHOWN,
        why="in the slate",
        features=dict.fromkeys(COLUMNS, -1.5) | {"topic": 3.0, "declared_match": float("nan")},
        contributions=CONTRIBUTIONS,
        base=-2.0,
        relevance=0.537,
        true_rank=14,
        parts=PARTS,
    )
    return replace(whole, **changes)


def a_why(
    design: Design | None = None,
    log_odds: bool = True,
    would_rank: int = 1,
    has_index: bool = True,
    behind: dict[str, float] | None = None,
    **changes: Any,
) -> Why:
    """The explanation with `changes`, in a request of 300 candidates."""
    return Why(
        explanation=an_explanation(**changes),
        design=design or Design(),
        log_odds=log_odds,
        would_rank=would_rank,
        proposed=13_000,
        returned=300,
        allowed=19_900,
        has_index=has_index,
        behind=behind or {},
    )
