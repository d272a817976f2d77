"""The click log that ships, and the way to any other."""

from pathlib import Path

import numpy as np
import pytest

import engine.clicks.sample as sample
from engine.clicks import (
    SAMPLE_CONFIG,
    ClickLogConfig,
    load_clicks,
    make_clicks,
    open_clicks,
)
from engine.clicks.storage import FILES, MANIFEST
from engine.store import PartStore

TINY = ClickLogConfig(rows=5_000, users=150, sites=25, ads=100)


def test_shipped_log_is_the_one_that_its_configuration_makes() -> None:
    shipped, made = load_clicks(), make_clicks(SAMPLE_CONFIG)
    assert shipped.config == SAMPLE_CONFIG
    assert len(shipped) == 60_000
    np.testing.assert_allclose(shipped.p, made.p, rtol=1e-5)
    # On another processor the last bits may differ, and with them a few clicks.
    assert (shipped.clicked != made.clicked).sum() <= 5


def test_shipped_files_are_small() -> None:
    sizes = [(sample.SAMPLE_CLICKS / name).stat().st_size for name in (*FILES, MANIFEST)]
    assert sum(sizes) < 3_000_000


def test_shipped_log_is_opened_where_it_fits() -> None:
    assert open_clicks(SAMPLE_CONFIG, PartStore(None)) is load_clicks()


def test_other_log_is_made_once_and_read_back_with_the_same_identity(tmp_path: Path) -> None:
    first = open_clicks(TINY, PartStore(tmp_path))
    made = [path.name for path in tmp_path.iterdir() if path.is_dir()]
    second = open_clicks(TINY, PartStore(tmp_path))
    assert len(made) == 1
    assert second.identity == first.identity == repr(TINY)
    np.testing.assert_array_equal(first.p, second.p)


def test_damaged_shipped_log_is_made_again_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sample, "SAMPLE_CLICKS", tmp_path)
    store = PartStore(None)
    assert len(open_clicks(SAMPLE_CONFIG, store)) == 60_000
    [notice] = store.notices
    assert "sample click log was made anew" in notice
    assert "make clicks" in notice
