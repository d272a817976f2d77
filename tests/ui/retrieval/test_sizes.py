"""Which of the shipped sizes speak of the page's vectors, and how surely."""

from __future__ import annotations

from dataclasses import replace
from math import inf

import pandas as pd
import pytest

from engine.generators import MF, Popularity, TwoTower
from engine.retrieval import VectorData, load_index_sizes
from engine.retrieval.sizes import Crossing
from engine.scenario import Scenario
from tests.small_app import small_scenario
from ui.retrieval.size_charts import crossing_words
from ui.retrieval.sizes import sizes_for

SIZES = pd.DataFrame({"generator": ["mf", "mf", "two_tower"], "n": [2_000, 20_000, 2_000]})


def asked(vectors: VectorData = VectorData(), **design: object) -> Scenario:  # noqa: B008
    usual = Scenario()
    return replace(usual, design=replace(usual.design, **design), vectors=vectors)


@pytest.mark.parametrize(
    ("scenario", "name", "own"),
    [
        (asked(generator=MF()), "mf", True),
        (asked(generator=TwoTower()), "two_tower", True),
        (asked(generator=TwoTower(dimensions=8)), "two_tower", False),
        (asked(VectorData(normalised=True), generator=MF()), "mf", False),
        (asked(VectorData(kind="isotropic"), generator=TwoTower()), "mf", False),
        (asked(generator=Popularity()), "mf", False),
        (small_scenario(), "mf", False),
    ],
)
def test_sizes_are_of_one_generator_the_pages_own_where_they_ship(
    scenario: Scenario, name: str, own: bool
) -> None:
    rows, theirs = sizes_for(SIZES, scenario)
    assert (rows["generator"].unique().tolist(), theirs) == ([name], own)


def test_each_size_and_index_that_is_drawn_has_one_row() -> None:
    for generator in (MF(), TwoTower()):
        rows, _ = sizes_for(load_index_sizes(), asked(generator=generator))
        assert not rows.duplicated(["n", "index"]).any()


@pytest.mark.parametrize(
    ("crossing", "here", "told"),
    [
        (Crossing("hnsw", 16_000, 4_800, 17_000), 13_000, "whether HNSW would pay is not clear."),
        (Crossing("hnsw", 16_000, 4_800, 17_000), 17_000, "17,000 vectors HNSW would pay."),
        (Crossing("hnsw", inf, 9e3, inf), 8_000, "up to 20,000, though it comes level from 9,000"),
        (Crossing("hnsw", 0, 0, 3_000), 1, "smallest size measured on, for sure from 3,000"),
    ],
)
def test_what_lies_within_the_interval_is_left_open(
    crossing: Crossing, here: int, told: str
) -> None:
    assert told in crossing_words(SIZES, [crossing], here)


def test_other_vectors_are_not_called_the_viewers() -> None:
    told = crossing_words(SIZES, [Crossing("hnsw", 5_000, 4_000, 6_000)], 9_000, "MF")
    assert told.startswith("On MF's vectors, not on yours, at recall 0.95: ")
    assert told.endswith("With 9,000 of those HNSW would pay.")
