"""The frozen world is the one that its recipe makes and that its data card describes."""

from dataclasses import fields

import numpy as np
import pyarrow.parquet as pq
import pytest

from engine.sample import SAMPLE, load_sample
from engine.world import World, WorldConfig, make_world, saved_config
from engine.world.storage import FILES, MANIFEST
from engine.world.truth import COHORTS
from sample_data.make import LARGEST, figures, figures_on

CARD = (SAMPLE / "README.md").read_text(encoding="utf-8")
FLIPS = 5


def test_shipped_world_is_the_default_one() -> None:
    assert saved_config(SAMPLE) == WorldConfig()
    assert len(load_sample().impressions) == WorldConfig().impressions


def test_files_are_small_enough_to_ship() -> None:
    assert LARGEST <= 20_000_000
    assert sum((SAMPLE / name).stat().st_size for name in (*FILES, MANIFEST)) < 8_000_000


def test_card_shows_the_figures_of_the_data() -> None:
    assert figures_on(CARD) == figures(load_sample())


def test_figures_that_the_card_lost_are_asked_for() -> None:
    with pytest.raises(ValueError, match="figures: written by make"):
        figures_on("# A card without figures")


@pytest.mark.parametrize("name", FILES[1:])
def test_card_describes_every_column_with_its_type(name: str) -> None:
    section = CARD[CARD.index(f"`{name}`:") :]
    kinds = {"float": "float32"}
    for field in pq.read_schema(SAMPLE / name):
        kind = kinds.get(str(field.type), str(field.type))
        row = f"| `{field.name}` | {kind} | "
        assert row in section, row


def test_card_describes_every_hidden_array() -> None:
    with np.load(SAMPLE / "truth.npz", allow_pickle=False) as hidden:
        for name in hidden.files:
            assert f"| `{name}` | " in CARD, name


def test_card_tells_the_shape_of_every_hidden_array() -> None:
    sizes = {"users": 5_000, "items": 20_000, "topics": 10, "one number": None}
    with np.load(SAMPLE / "truth.npz", allow_pickle=False) as hidden:
        for name in hidden.files:
            told = CARD.split(f"| `{name}` | ")[1].split(" |")[0].split(" x ")
            shape = [sizes[size] if size in sizes else int(size) for size in told]
            assert tuple(size for size in shape if size) == hidden[name].shape, name


def test_card_tells_the_knobs_that_the_recipe_uses() -> None:
    config = saved_config(SAMPLE)
    assert config.topics == 10
    assert "one of ten topics" in CARD
    assert config.position_bias == 0.7
    assert "k^-0.7" in CARD
    assert config.mean_relevance == 0.1
    assert "over uniform draws to 0.1" in CARD
    assert (config.late_items, config.cold_users, config.exploration) == (0.1, 0.05, 0.05)
    assert config.band_weight == config.cross_weight == 0
    assert "have no weight in this world" in CARD
    assert COHORTS == 40
    assert "one of forty cohorts" in CARD


@pytest.fixture(scope="module")
def remade() -> World:
    return make_world(WorldConfig())


@pytest.mark.slow
@pytest.mark.parametrize("part", ["users", "items", "appeal", "impressions"])
def test_recipe_makes_the_frozen_world_again(remade: World, part: str) -> None:
    frozen = getattr(load_sample(), part)
    for field in fields(frozen):
        name = field.name
        a, b = np.asarray(getattr(frozen, name)), np.asarray(getattr(getattr(remade, part), name))
        assert (a.dtype, a.shape) == (b.dtype, b.shape), name
        if name == "clicked":
            assert np.count_nonzero(a != b) <= FLIPS
        elif a.dtype.kind == "f":
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5, err_msg=name)
        else:
            assert np.array_equal(a, b), name
