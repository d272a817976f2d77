"""Click models are fitted once for all who ask; the rest is found out later."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from engine.ad_study import AdStudy
from engine.clicks import MODELS, Auction, ClickLogConfig
from engine.fitting_process import Fits
from engine.rankers import Logistic, Prior
from engine.store import PartStore
from tests.ui.ctr.studies import CONFIG, DESIGN, STUDY
from tests.ui.ctr.test_times import FakeLedger
from ui import job_book
from ui.ctr.bench import ClickBench
from ui.ctr.benches import ClickBenches
from ui.studio import Studio

PATIENCE_S = 60.0
QUICK = replace(STUDY, design=replace(DESIGN, model=Logistic()))


class FakeStudio:
    """A store in memory, and a ledger that never answers."""

    def __init__(self) -> None:
        self.store = PartStore(None, max_parts=500)
        self.fits = self.long_fits = Fits(self.store)
        self.ledger = FakeLedger()


@pytest.fixture
def benches(monkeypatch: pytest.MonkeyPatch) -> ClickBenches:
    monkeypatch.setattr(job_book, "_CALM_S", 0.0)
    monkeypatch.setattr(job_book, "_BREATH_S", 0.001)
    shared: Studio = FakeStudio()  # type: ignore[assignment]
    return ClickBenches(shared)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.01)


def opened(benches: ClickBenches, study: AdStudy) -> ClickBench:
    job = benches.open(study)
    assert job.wait(PATIENCE_S)
    assert job.error is None
    bench: ClickBench = job.result
    return bench


def test_designs_that_share_a_fit_share_a_bench(benches: ClickBenches) -> None:
    job = benches.open(QUICK)
    for alike in (
        replace(QUICK, design=replace(QUICK.design, calibration="isotonic")),
        replace(QUICK, auction=Auction(ads=50, stretch=2.0)),
        replace(QUICK, pins=(DESIGN,)),
    ):
        assert benches.open(alike) is job
    other = replace(QUICK, log=ClickLogConfig(rows=5_000, users=100, sites=20, ads=100))
    assert benches.open(other) is not job
    job.wait(PATIENCE_S)


def test_training_days_without_clicks_are_an_error_of_the_job(benches: ClickBenches) -> None:
    log = replace(CONFIG, rows=5_000, base_rate=0.001)
    job = benches.open(replace(QUICK, log=log, design=replace(QUICK.design, train_days=1)))
    assert job.wait(PATIENCE_S)
    assert isinstance(job.error, ValueError)
    assert "must hold clicks and other rows" in str(job.error)


def test_what_is_fitted_becomes_known_and_nothing_else_is_fitted(benches: ClickBenches) -> None:
    bench = opened(benches, QUICK)
    opened(benches, replace(STUDY, design=replace(DESIGN, model=Prior())))
    known = benches.known(QUICK)
    benches.look_on(bench, QUICK)
    eventually(lambda: benches.importances(QUICK) is not None)
    eventually(lambda: not known.busy)
    assert known.rungs.keys() == {"prior", "logistic"}
    assert known.ages.keys() == {0}
    assert [rung.model for rung in benches.rungs(QUICK)] == ["prior", "logistic"]
    assert benches.pending(bench, QUICK) == ("times", "times beside")
    calibrated = replace(QUICK, design=replace(QUICK.design, calibration="platt"))
    assert benches.importances(calibrated) is benches.importances(QUICK)
    assert benches.unfitted(bench, QUICK, "ladder") == len(MODELS) - 2
    assert benches.unfitted(bench, QUICK, "freshness") == 4


def test_ages_that_are_fitted_on_demand_join_the_curve(benches: ClickBenches) -> None:
    bench = opened(benches, QUICK)
    benches.begin_study(QUICK, "freshness")
    job = benches.study(QUICK, "freshness")
    assert job is not None
    older = replace(QUICK, design=replace(QUICK.design, age_days=3, calibration="platt"))
    assert benches.study(older, "freshness") is job, "the same from whichever of its points"
    assert job.wait(PATIENCE_S)
    assert job.error is None
    assert benches.unfitted(bench, QUICK, "freshness") == 0
    known = benches.known(QUICK)
    benches.look_on(bench, QUICK)
    eventually(lambda: known.ages.keys() == {0, 1, 3, 5, 7})


def test_a_study_that_is_cancelled_can_be_begun_again(benches: ClickBenches) -> None:
    benches.begin_study(QUICK, "ladder")
    job = benches.study(QUICK, "ladder")
    assert job is not None
    benches.end_study(QUICK, "ladder")
    assert job.wait(PATIENCE_S)
    assert benches.study(QUICK, "ladder") is None
    benches.begin_study(QUICK, "ladder")
    assert benches.study(QUICK, "ladder") not in (None, job)
    benches.close()


def test_who_looks_at_a_rung_that_is_shared_fits_it_once(
    benches: ClickBenches, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits: list[str] = []
    fit = Logistic.fit

    def counted(self: Logistic, *given: object) -> object:
        fits.append(self.name)
        return fit(self, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Logistic, "fit", counted)
    for _ in range(3):
        opened(benches, QUICK)
    opened(benches, replace(QUICK, auction=Auction(ads=30)))
    assert fits == ["logistic"]
