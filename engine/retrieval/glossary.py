"""What each figure of a generator means and how it misleads, as `engine.glossary` has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from engine.figures import Kind
from engine.glossary import METRICS, Metric

_OWN = (
    Metric(
        name="ceiling",
        label="Ceiling of the candidates",
        formula=(
            r"\max_{s \subseteq \text{candidates of } u} "
            r"\frac{\sum_{i=1}^{10} r(u, s_i) / \log_2(i + 1)}"
            r"{\sum_{i=1}^{10} r(u, s^*_i) / \log_2(i + 1)}"
        ),
        caption=(
            "The true NDCG@10 of the best slate that a ranker could make of the candidates, 1 less "
            "what generation loses; more candidates only raise it, and no real ranker reaches it."
        ),
    ),
    replace(
        METRICS["recall@candidates"],
        name="recall",
        caption=(
            "The share of the user's true top ten among the candidates; the ten are told apart "
            "from near misses that would serve as well, so that it falls faster than the ceiling."
        ),
    ),
    replace(
        METRICS["ndcg@10"],
        name="ndcg",
        label="NDCG@10 without a ranker",
        caption=(
            "The true NDCG@10 of the generator's own ten best; with a ranker behind it what counts "
            "is the ceiling, and a generator with the worse order may have the better candidates."
        ),
    ),
    replace(METRICS["novelty@10"], name="novelty"),
    METRICS["coverage"],
    METRICS["exposure_gini"],
    Metric(
        name="reach",
        label="Reach",
        formula=r"\frac{|\text{items that it can propose}|}{|I|}",
        caption=(
            "The share of the catalogue that the generator could propose to anybody; that it can "
            "place a new item does not mean that anybody is shown it."
        ),
        per_user=False,
    ),
    Metric(
        name="fit_seconds",
        label="Fit",
        formula=r"\text{seconds of one fit to the whole log}",
        caption=(
            "How long one fit took in one thread, where and when it was done; a model that is "
            "fitted once a night may take its time, one that has to follow the day may not."
        ),
        unit="s",
        higher_is_better=False,
        per_user=False,
        kind=Kind.MEASURED,
    ),
    Metric(
        name="memory_bytes",
        label="Size of the model",
        formula=r"\text{bytes of all fitted parameters}",
        caption=(
            "What the fitted generator holds, the users' clicks or vectors included; an index over "
            "its vectors comes on top."
        ),
        unit="bytes",
        higher_is_better=False,
        per_user=False,
        kind=Kind.MEASURED,
    ),
)

GENERATOR_METRICS: Mapping[str, Metric] = {metric.name: metric for metric in _OWN}
"""Column of `compare_generators` -> its words."""
