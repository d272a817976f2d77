"""Click models timed by the measuring process."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from engine.ad_study import AdStudy
from engine.clicks import Auction, ClickDesign, ClickLogConfig
from engine.live_measurement import Ledger, MeasuringError, worker
from engine.measurement import this_machine
from engine.rankers import Logistic
from engine.scenario import Scenario
from tests.engine.live_measurement.conftest import PATIENCE_S, FakeProcess

STUDY = AdStudy(
    ClickLogConfig(rows=5_000, users=100, sites=20, ads=100),
    ClickDesign(model=Logistic()),
    Auction(ads=7),
)


def test_timing_comes_as_arrays_of_this_machine(
    process: FakeProcess, book: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = {
        "ads": 7,
        "nanoseconds": [[1, 2, 3], [4, 5, 9]],
        "processor": [3, 9],
        "first": [7, 7, 14],
        "taken_at": 9.0,
    }
    asked = []
    monkeypatch.setattr(process, "call", lambda task: asked.append(task) or answer)
    timing = book.clicks(STUDY, 2).result(PATIENCE_S)
    assert (timing.ads, timing.requests, timing.taken_at) == (7, 2, 9.0)
    np.testing.assert_array_equal(timing.nanoseconds, answer["nanoseconds"])
    np.testing.assert_array_equal(timing.first, [7, 7, 14])
    assert timing.machine == this_machine()
    (task,) = asked
    assert (task["what"], task["requests"]) == ("clicks", 2)
    assert Scenario.from_query(task["scenario"])[0].ads == STUDY


def test_what_fails_is_a_measuring_error(process: FakeProcess, book: Ledger) -> None:
    process.failures.append(KeyError("no"))
    with pytest.raises(MeasuringError, match="no"):
        book.clicks(STUDY, 2).result(PATIENCE_S)


@pytest.mark.usefixtures("own_cache")
def test_worker_times_as_many_requests_of_as_many_ads_and_keeps_what_it_fitted(
    own_cache: Path,
) -> None:
    task = {"what": "clicks", "scenario": Scenario(ads=STUDY).to_query(), "requests": 5}
    answer = json.loads(json.dumps(worker.Bench().answer(task)))
    assert answer["ads"] == 7
    assert np.array(answer["nanoseconds"]).shape == (5, 3)
    assert np.array(answer["processor"]).shape == (5,)
    assert (np.array(answer["nanoseconds"]) > 0).all()
    assert list(own_cache.glob("click-model-*"))
    more = task | {"scenario": Scenario(ads=replace(STUDY, auction=Auction(ads=90))).to_query()}
    assert worker.Bench().answer(more)["ads"] == 90
