"""The script that freezes the click log."""

from pathlib import Path

import pytest

from engine.clicks import ClickLogConfig, read_clicks
from sample_data import make_clicks as script

TINY = ClickLogConfig(rows=5_000, users=150, sites=25, ads=100)


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(script, "SAMPLE_CLICKS", tmp_path)
    monkeypatch.setattr(script, "SAMPLE_CONFIG", TINY)


def test_script_writes_the_log_and_tells_its_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.main()
    assert read_clicks(tmp_path).config == TINY
    assert "together" in capsys.readouterr().out


def test_log_that_is_too_large_to_ship_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "LARGEST", 10)
    with pytest.raises(SystemExit, match="at most 10 may ship"):
        script.main()
