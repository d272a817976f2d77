"""What outside scripts may rely on of the click study."""

import inspect
from pathlib import Path

import numpy as np
import pytest

import engine

PROMISED = {
    "load_clicks": "",
    "make_clicks": "config progress",
    "ClickLogConfig": "rows base_rate seed",
    "ClickDesign": "model negatives correct calibration age_days",
    "run_clicks": "log design",
    "compare_clicks": "a b",
    "Auction": "requests ads",
    "run_auction": "log design auction",
    "measure_clicks": "log design ads requests",
}


@pytest.mark.parametrize("name", PROMISED)
def test_promised_name_takes_the_promised_parameters(name: str) -> None:
    assert name in engine.__all__
    parameters = list(inspect.signature(getattr(engine, name)).parameters)
    promised = PROMISED[name].split()
    assert [one for one in parameters if one in promised] == promised


@pytest.mark.usefixtures("own_cache")
def test_whole_way_from_log_to_report(own_cache: Path) -> None:
    config = engine.ClickLogConfig(rows=10_000, base_rate=0.2, seed=7, users=200, ads=100)
    clicks = engine.make_clicks(config, progress=None)
    assert clicks.p.shape == (10_000,)
    result = engine.run_clicks(
        clicks,
        engine.ClickDesign(
            model="gbdt",  # type: ignore[arg-type]
            negatives=1.0,
            correct=True,
            calibration="none",
            age_days=0,
        ),
    )
    assert isinstance(result, engine.ClickReport)
    assert any(own_cache.iterdir())
    for name in ("auc", "log_loss", "normalized_entropy", "calibration_ratio", "ece"):
        assert isinstance(result[name], engine.Estimate)
        assert np.isfinite([values[name] for values in result.ceiling.values()]).all()
    sold = engine.run_auction(clicks, engine.ClickDesign(), engine.Auction(requests=50, ads=5))
    assert sold["revenue"].n == 50
    timing = engine.measure_clicks(clicks, ads=20, requests=5)
    assert timing.p50.unit == "ms"


def test_presets_are_logs_to_make() -> None:
    assert list(engine.CLICK_PRESETS) == ["additive", "thresholds", "crosses"]
    assert all(isinstance(one, engine.ClickLogConfig) for one in engine.CLICK_PRESETS.values())


def test_shipped_log_loads() -> None:
    assert engine.load_clicks() is engine.load_clicks()
