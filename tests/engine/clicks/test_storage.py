"""A click log on disk comes back exactly, or not at all."""

import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from engine.clicks import (
    AdRows,
    Catalogue,
    ClickLog,
    ClickLogConfig,
    make_clicks,
    read_clicks,
    save_clicks,
    saved_clicks_config,
)
from engine.clicks.storage import FILES, MANIFEST
from engine.clicks.truth import Effects

CONFIG = ClickLogConfig(rows=5_000, users=150, sites=25, ads=100, ad_drift=0.1 + 0.2)


@pytest.fixture(scope="module")
def log() -> ClickLog:
    return make_clicks(CONFIG)


@pytest.fixture(scope="module")
def saved(log: ClickLog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("clicks")
    save_clicks(log, directory)
    return directory


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))


def test_round_trip_is_exact(log: ClickLog, saved: Path) -> None:
    again = read_clicks(saved)
    pairs = [(log.rows, again.rows, AdRows), (log.catalogue, again.catalogue, Catalogue)]
    pairs.append((log.truth.effects, again.truth.effects, Effects))
    for before, after, kind in pairs:
        for field in fields(kind):
            a, b = np.asarray(getattr(before, field.name)), np.asarray(getattr(after, field.name))
            assert (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes()), field.name
    assert again.p.tobytes() == log.p.tobytes()
    np.testing.assert_array_equal(again.clicked, log.clicked)
    assert again.config == log.config


def test_truth_read_back_gives_the_probabilities_that_were_saved(saved: Path) -> None:
    again = read_clicks(saved)
    np.testing.assert_allclose(again.truth.probability(again.rows), again.p, rtol=1e-12)


def test_configuration_is_read_without_the_log(copy: Path) -> None:
    for name in FILES:
        (copy / name).unlink()
    assert repr(saved_clicks_config(copy)) == repr(CONFIG)


def test_identity_follows_the_data(log: ClickLog, saved: Path, tmp_path: Path) -> None:
    identity = read_clicks(saved).identity
    assert identity.startswith("saved:")
    clicked = log.clicked.copy()
    clicked[0] ^= True
    save_clicks(replace(log, clicked=clicked), tmp_path)
    assert read_clicks(tmp_path).identity != identity


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
def test_missing_file_is_named_with_the_remedy(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(ValueError, match=f"{name}: .*missing.*; ask the gardener"):
        read_clicks(copy, remedy="ask the gardener")


@pytest.mark.parametrize("name", [*FILES, MANIFEST])
@pytest.mark.parametrize("place", [0.0, 0.5, 0.99])
def test_flipped_byte_is_noticed_wherever_it_lies(copy: Path, name: str, place: float) -> None:
    content = bytearray((copy / name).read_bytes())
    content[int(place * len(content))] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}: damaged"):
        read_clicks(copy)


@pytest.mark.parametrize("text", ["[]", "null", "{}", '{"config": 3}'])
def test_manifest_of_another_shape_is_refused(copy: Path, text: str) -> None:
    (copy / MANIFEST).write_text(text)
    with pytest.raises(ValueError, match=f"{MANIFEST}: damaged"):
        saved_clicks_config(copy)


def test_manifest_of_a_later_format_is_refused(copy: Path) -> None:
    content = json.loads((copy / MANIFEST).read_text())
    (copy / MANIFEST).write_text(json.dumps(content | {"format": 99}))
    with pytest.raises(ValueError, match=f"{MANIFEST}: damaged"):
        read_clicks(copy)
