"""The worlds in which another model wins: that they are what their meanings say."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from engine.design import Design
from engine.evaluation import evaluator_for
from engine.pipeline import build
from engine.presets import (
    GENERATOR_PRESET_MEANINGS,
    GENERATOR_PRESETS,
    PRESET_MEANINGS,
    PRESETS,
)
from engine.rankers import RANKERS
from engine.scenario import Scenario
from engine.store import PartStore
from engine.world import WorldConfig, make_world

PARTS = (
    "duration_weight",
    "freshness_weight",
    "hour_weight",
    "trend_weight",
    "band_weight",
    "cross_weight",
)
"""What may decide beside taste and quality."""


def deciding(world: WorldConfig) -> set[str]:
    return {name for name in PARTS if getattr(world, name) > 0}


def test_every_preset_is_another_world_and_says_what_decides_there() -> None:
    assert list(PRESETS) == list(PRESET_MEANINGS)
    assert len(set(PRESETS.values())) == len(PRESETS)
    assert all(PRESET_MEANINGS.values())


def test_the_first_preset_is_the_shipped_world() -> None:
    assert next(iter(PRESETS.values())) == WorldConfig()


MADE = {"additive": "trend_weight", "thresholds": "band_weight", "crosses": "cross_weight"}


def test_each_made_world_is_ruled_by_one_part_and_no_two_by_the_same() -> None:
    assert set(MADE) == set(PRESETS) - {"default"}
    for name, part in MADE.items():
        world = PRESETS[name]
        assert deciding(world) == {part}
        assert getattr(world, part) > world.affinity_weight


def test_made_worlds_differ_in_what_is_liked_and_in_the_length_of_the_log_alone() -> None:
    liked = [field.name for field in fields(WorldConfig) if field.name.endswith("_weight")]
    alone = (*liked, "mean_relevance", "impressions")
    one = {name: getattr(WorldConfig(), name) for name in alone}
    assert len({replace(PRESETS[name], **one) for name in MADE}) == 1


def test_worlds_of_the_generators_are_others_and_say_what_decides_there() -> None:
    assert list(GENERATOR_PRESETS) == list(GENERATOR_PRESET_MEANINGS)
    assert all(GENERATOR_PRESET_MEANINGS.values())
    assert not set(GENERATOR_PRESETS) & set(PRESETS)
    worlds = [*PRESETS.values(), *GENERATOR_PRESETS.values()]
    assert len(set(worlds)) == len(worlds)


def test_worlds_of_the_generators_are_what_their_names_say() -> None:
    of, usual = GENERATOR_PRESETS, WorldConfig()
    assert of["cold"].cold_users == 0.4
    assert {of[name].cold_users for name in of if name != "cold"} == {0.0}
    shown = {name: world.impressions / world.users for name, world in of.items()}
    assert max(shown, key=lambda name: shown[name]) == "long_histories"
    assert min(shown, key=lambda name: shown[name]) == "short_log"
    assert shown["long_histories"] > 4 * usual.impressions / usual.users
    assert all(
        world.items > 3 * of["small_catalogue"].items
        for world in (*of.values(), usual)
        if world != of["small_catalogue"]
    )


@pytest.mark.parametrize("world", [*PRESETS.values(), *GENERATOR_PRESETS.values()])
def test_a_preset_stands_in_a_link_and_comes_back_as_itself(world: WorldConfig) -> None:
    scenario = Scenario(world=world)
    assert Scenario.from_query(scenario.to_query()) == (scenario, [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "winner", "rivals"),
    [
        ("additive", "logistic", ("fm", "gbdt", "dcn")),
        ("thresholds", "gbdt", ("logistic", "fm")),
        ("crosses", "fm", ("logistic", "gbdt")),
    ],
)
def test_another_model_wins_in_each_made_world(
    name: str, winner: str, rivals: tuple[str, ...]
) -> None:
    world, store = make_world(PRESETS[name]), PartStore(None)
    evaluator = evaluator_for(world, 400, store)
    ndcg = {
        ranker: evaluator.report(
            build(world, Design(ranker=RANKERS[ranker](), candidates=200), store=store)
        )["ndcg@10"].value
        for ranker in (winner, *rivals)
    }
    assert max(ndcg, key=lambda ranker: ndcg[ranker]) == winner, ndcg
