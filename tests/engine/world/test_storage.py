"""A world on disk comes back exactly, or not at all."""

import json
import shutil
import zipfile
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from engine.world import World, WorldConfig, load_world, make_world, save_world, saved_config
from engine.world.storage import FILES, MANIFEST

CONFIG = WorldConfig(users=120, items=250, impressions=10_000, taste_drift=0.1 + 0.2)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(CONFIG)


@pytest.fixture(scope="module")
def saved(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("world")
    save_world(world, directory)
    return directory


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


@pytest.mark.parametrize("part", ["users", "items", "appeal", "impressions"])
def test_round_trip_is_exact(world: World, saved: Path, part: str) -> None:
    before, after = getattr(world, part), getattr(load_world(saved), part)
    for field in fields(before):
        a, b = getattr(before, field.name), getattr(after, field.name)
        assert type(a) is type(b), field.name
        a, b = np.asarray(a), np.asarray(b)
        assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), field.name


def test_configuration_is_read_without_the_world(world: World, copy: Path) -> None:
    for name in FILES:
        (copy / name).unlink()
    assert repr(saved_config(copy)) == repr(world.config)


def test_loaded_world_gives_the_same_relevance(world: World, saved: Path) -> None:
    items = np.arange(250)
    again = load_world(saved)
    assert np.array_equal(world.relevance(7, items, 13.5), again.relevance(7, items, 13.5))


def test_equal_worlds_make_equal_files(world: World, saved: Path, tmp_path: Path) -> None:
    save_world(make_world(CONFIG), tmp_path)
    for name in (*FILES, MANIFEST):
        assert (tmp_path / name).read_bytes() == (saved / name).read_bytes(), name


def test_identity_follows_the_data(world: World, saved: Path, tmp_path: Path) -> None:
    identity = load_world(saved).identity
    assert identity.startswith("saved:")
    assert load_world(saved).identity == identity
    clicked = world.impressions.clicked.copy()
    clicked[0] ^= True
    changed = replace(world, impressions=replace(world.impressions, clicked=clicked))
    save_world(changed, tmp_path)
    assert load_world(tmp_path).identity != identity


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_missing_file_is_named_with_the_remedy(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ValueError, match=f"{name}: .*missing.*; ask the gardener"):
        load_world(copy, remedy="ask the gardener")


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("place", [0.0, 0.3, 0.6, 0.99])
def test_flipped_byte_is_noticed_wherever_it_lies(copy: Path, name: str, place: float) -> None:
    content = bytearray((copy / name).read_bytes())
    content[int(place * len(content))] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}: damaged"):
        load_world(copy)


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("keep", [0, 0.5])
def test_cut_file_is_noticed(copy: Path, name: str, keep: float) -> None:
    content = (copy / name).read_bytes()
    (copy / name).write_bytes(content[: int(keep * len(content))])
    with pytest.raises(ValueError, match=f"{name}: damaged"):
        load_world(copy)


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"config": 3}'])
def test_manifest_of_another_shape_is_refused(copy: Path, text: str) -> None:
    (copy / MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=f"{MANIFEST}: damaged"):
        saved_config(copy)


def test_file_of_another_world_is_refused(copy: Path, tmp_path: Path) -> None:
    save_world(make_world(replace(CONFIG, seed=8)), tmp_path / "other")
    shutil.copy(tmp_path / "other" / "truth.npz", copy / "truth.npz")
    with pytest.raises(ValueError, match=r"truth\.npz: damaged"):
        load_world(copy)


def test_nothing_is_pickled(saved: Path) -> None:
    with zipfile.ZipFile(saved / "truth.npz") as archive:
        for name in archive.namelist():
            with archive.open(name) as file:
                version = np.lib.format.read_magic(file)
                assert version == (1, 0)
                _, _, dtype = np.lib.format.read_array_header_1_0(file)
                assert dtype.kind in "fiu", name
    json.loads((saved / MANIFEST).read_text())
    for name in FILES[1:]:
        pq.read_schema(saved / name)


def test_catalogue_holds_nothing_hidden(world: World, saved: Path) -> None:
    catalogue = pq.read_table(saved / "items.parquet")
    assert catalogue.column_names == [
        "id", "title", "topic", "creator", "released", "duration",
    ]  # fmt: skip
    assert catalogue["duration"].null_count == np.isnan(world.items.duration).sum() > 0
    assert catalogue["title"].to_pylist() == world.items.title.tolist()
