"""Every figure of a generator has its words."""

from __future__ import annotations

import pytest

from engine.figures import Kind
from engine.generators import Popularity
from engine.retrieval.generators import COMPARED, FIGURES, compare_generators
from engine.retrieval.glossary import GENERATOR_METRICS
from engine.store import PartStore
from engine.world import World

MEASURED = {"fit_seconds", "memory_bytes"}


def test_words_are_of_the_columns_of_the_comparison(
    tiny_world: World, tiny_store: PartStore
) -> None:
    frame = compare_generators(tiny_world, [Popularity()], 20, 10, store=tiny_store)
    assert set(GENERATOR_METRICS) <= set(frame.columns)
    assert set(GENERATOR_METRICS) == {*FIGURES, "reach"} | MEASURED
    kinds = {name for name, metric in GENERATOR_METRICS.items() if metric.kind is Kind.MEASURED}
    assert kinds == MEASURED


def test_figures_by_which_one_may_lead_are_of_users_and_better_high() -> None:
    for name in COMPARED:
        assert GENERATOR_METRICS[name].per_user
        assert GENERATOR_METRICS[name].higher_is_better


@pytest.mark.parametrize("name", GENERATOR_METRICS)
def test_entry_is_whole(name: str) -> None:
    metric = GENERATOR_METRICS[name]
    assert metric.name == name
    assert metric.formula.count("{") == metric.formula.count("}")
    assert metric.caption[0].isupper()
    assert metric.caption.endswith(".")
    assert ". " not in metric.caption  # one sentence


def test_labels_tell_figures_apart() -> None:
    assert len({metric.label for metric in GENERATOR_METRICS.values()}) == len(GENERATOR_METRICS)
