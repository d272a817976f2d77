"""What needs no fit is answered at once, and once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.clicks import MOST_SOLD, Auction, affordable, run_clicks
from engine.latest import Latest
from tests.ui.ctr.studies import DESIGN, STORE, a_bench, a_log
from ui.ctr import bench as bench_file
from ui.ctr.bench import ClickBench


def test_report_is_that_of_the_engine_and_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    monkeypatch.setattr(
        bench_file, "run_clicks", lambda *given: runs.append(given) or run_clicks(*given)
    )
    bench = ClickBench(a_log(), STORE, Latest(60), Latest(60))
    first = bench.report(DESIGN)
    assert bench.report(DESIGN) is first
    assert bench.report(replace(DESIGN, calibration="platt")) is not first
    assert len(runs) == 2
    assert first["auc"] == run_clicks(a_log(), DESIGN, STORE)["auc"]


def test_the_correction_and_calibration_need_no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    bench = a_bench()
    sampled = replace(DESIGN, negatives=0.05)
    broken = bench.report(replace(sampled, correct=False))
    monkeypatch.setattr(type(DESIGN.model), "fit", lambda *_: pytest.fail("fitted again"))
    mended = bench.report(sampled)
    calibrated = bench.report(replace(sampled, correct=False, calibration="platt"))
    assert broken["calibration_ratio"].value > 2
    for report in (mended, calibrated):
        assert report["calibration_ratio"].value == pytest.approx(1.0, abs=0.12)
    assert broken["auc"] == mended["auc"]


@pytest.mark.parametrize(
    ("auction", "requests"),
    [
        (Auction(), 2_000),
        (Auction(ads=1_000), MOST_SOLD // 1_000),
        (Auction(requests=20_000, ads=2), 20_000),
        (Auction(requests=50), 50),
    ],
)
def test_selling_keeps_nobody_waiting(auction: Auction, requests: int) -> None:
    assert affordable(auction) == replace(auction, requests=requests)
