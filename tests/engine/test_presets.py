"""The worlds in which another model wins: that they are what their meanings say."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from engine.presets import PRESET_MEANINGS, PRESETS
from engine.scenario import Scenario
from engine.world import WorldConfig

KINDS = ("duration_weight", "freshness_weight", "hour_weight", "band_weight", "cross_weight")
"""What may decide beside taste and quality."""


def deciding(world: WorldConfig) -> set[str]:
    return {name for name in KINDS if getattr(world, name) > 0}


def test_every_preset_is_another_world_and_says_what_decides_there() -> None:
    assert list(PRESETS) == list(PRESET_MEANINGS)
    assert len(set(PRESETS.values())) == len(PRESETS)
    assert all(PRESET_MEANINGS.values())


def test_the_first_preset_is_the_shipped_world() -> None:
    assert next(iter(PRESETS.values())) == WorldConfig()


def test_the_made_worlds_differ_from_one_another_only_in_what_decides() -> None:
    assert deciding(PRESETS["additive"]) == set()
    assert deciding(PRESETS["thresholds"]) == {"band_weight"}
    assert deciding(PRESETS["crosses"]) == {"cross_weight"}
    weights = {field.name for field in fields(WorldConfig) if field.name.endswith("_weight")}
    additive = PRESETS["additive"]
    for name in ("thresholds", "crosses"):
        same = {weight: getattr(additive, weight) for weight in weights}
        assert replace(PRESETS[name], **same) == additive


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_stands_in_a_link_and_comes_back_as_itself(name: str) -> None:
    scenario = Scenario(world=PRESETS[name])
    assert Scenario.from_query(scenario.to_query()) == (scenario, [])
