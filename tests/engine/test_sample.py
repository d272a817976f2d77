"""The shipped world, and what happens when it is damaged."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine import sample
from engine.sample import load_sample, open_world
from engine.store import PartStore
from engine.world import World, WorldConfig, make_world, save_world, saved_config

SHIPPED = WorldConfig(users=110, items=220, impressions=10_000)
OTHER = WorldConfig(users=120, items=220, impressions=10_000)


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small stand-in for the shipped world."""
    directory = tmp_path / "sample_data"
    save_world(make_world(SHIPPED), directory)
    monkeypatch.setattr(sample, "SAMPLE", directory)
    monkeypatch.setattr(sample, "WorldConfig", lambda: SHIPPED)
    load_sample.cache_clear()
    yield directory
    load_sample.cache_clear()


@pytest.fixture
def store(tmp_path: Path) -> PartStore:
    return PartStore(tmp_path / "parts")


def damage(directory: Path, name: str) -> None:
    content = bytearray((directory / name).read_bytes())
    content[len(content) // 2] ^= 1
    (directory / name).write_bytes(content)


def test_sample_is_read_once_a_process(shipped: Path) -> None:
    first = load_sample()
    shutil.rmtree(shipped)
    assert load_sample() is first
    assert first.config == SHIPPED


def test_shipped_world_is_opened_where_its_configuration_is_asked_for(
    shipped: Path, store: PartStore
) -> None:
    assert open_world(SHIPPED, store) is load_sample()
    assert store.notices == []


def test_other_world_is_made_with_progress_and_kept(shipped: Path, store: PartStore) -> None:
    seen: list[float] = []
    world = open_world(OTHER, store, lambda what, done: seen.append(done))
    assert world.config == OTHER
    assert seen[-1] == 1.0
    seen.clear()
    assert open_world(OTHER, store, lambda what, done: seen.append(done)) is world
    assert seen == []


def test_kept_world_is_read_by_the_next_process_as_the_same(
    shipped: Path, store: PartStore
) -> None:
    made = open_world(OTHER, store)
    seen: list[float] = []
    read = open_world(OTHER, PartStore(store.directory), lambda what, done: seen.append(done))
    assert seen == []
    assert read is not made
    assert read.identity == made.identity
    assert np.array_equal(read.impressions.clicked, made.impressions.clicked)


@pytest.mark.parametrize("name", ["truth.npz", "items.parquet", "impressions.parquet",
                                  "world.json"])  # fmt: skip
def test_damaged_sample_is_named_with_the_remedy(shipped: Path, name: str) -> None:
    damage(shipped, name)
    with pytest.raises(ValueError, match=f"{name}: damaged.*make world"):
        load_sample()


@pytest.mark.parametrize("name", ["truth.npz", "world.json"])
def test_damaged_sample_is_made_again_with_one_notice(
    shipped: Path, store: PartStore, name: str
) -> None:
    whole = load_sample()
    load_sample.cache_clear()
    damage(shipped, name)
    world = open_world(SHIPPED, store)
    open_world(SHIPPED, store)
    assert world.config == SHIPPED
    assert np.array_equal(world.impressions.clicked, whole.impressions.clicked)
    [notice] = store.notices
    assert name in notice
    assert "make world" in notice


def test_damaged_sample_is_no_matter_to_another_world(shipped: Path, store: PartStore) -> None:
    damage(shipped, "world.json")
    assert open_world(OTHER, store).config == OTHER
    assert store.notices == []


def test_shipped_world_is_the_default_one() -> None:
    world: World = load_sample()
    assert world.config == WorldConfig() == saved_config(sample.SAMPLE)
    assert len(world.impressions) == world.config.impressions
