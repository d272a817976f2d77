"""Requests of ads are timed bit by bit, once for all who ask, and only while somebody looks."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import pytest

from engine.ad_study import AdStudy
from engine.clicks import Auction, InferenceTiming
from engine.live_measurement import MeasuringError
from tests.ui.ctr.studies import STUDY, a_timing
from ui.ctr import times as times_file
from ui.ctr.times import FIRST_LOOK, Times


class FakeLedger:
    """Holds what it is asked until `answer`."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.open: list[Future[InferenceTiming]] = []

    def clicks(self, study: AdStudy, requests: int) -> Future[InferenceTiming]:
        self.asked.append((study.auction.ads, requests))
        self.open.append(Future())
        return self.open[-1]

    def answer(self) -> None:
        ads, requests = self.asked[len(self.asked) - len(self.open)]
        self.open.pop(0).set_result(a_timing(ads, requests))


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
def book(ledger: FakeLedger, monkeypatch: pytest.MonkeyPatch) -> Times:
    monkeypatch.setattr(times_file, "_CALM_S", 0.0)
    return Times(ledger)  # type: ignore[arg-type]


def test_first_look_then_other_numbers_of_ads_then_a_thousand_requests(
    ledger: FakeLedger, book: Times
) -> None:
    book.want(STUDY)
    assert ledger.asked == [(20, FIRST_LOOK)]
    assert book.known(STUDY).best is None
    ledger.answer()
    best = book.known(STUDY).best
    assert best is not None
    assert best.requests == FIRST_LOOK
    while ledger.open:  # each answer has the next asked for
        ledger.answer()
    # 200 ads and more do not run in a log of 120
    assert ledger.asked[1:4] == [(10, FIRST_LOOK), (50, FIRST_LOOK), (100, FIRST_LOOK)]
    assert ledger.asked[4:] == [(20, 250)] * 4
    known = book.known(STUDY)
    assert book.complete(STUDY)
    assert known.best is not None
    assert (known.best.ads, known.best.requests) == (20, 1_000)
    assert list(known.over_ads) == [10, 20, 50, 100]
    assert known.best.p99.value > 0


def test_one_task_at_a_time_however_often_it_is_asked_for(ledger: FakeLedger, book: Times) -> None:
    for _ in range(5):
        book.want(STUDY)
    assert len(ledger.asked) == 1


def test_what_needs_no_time_shares_the_measurement(ledger: FakeLedger, book: Times) -> None:
    book.want(STUDY)
    alike = replace(
        STUDY,
        design=replace(STUDY.design, correct=False),
        auction=Auction(stretch=2.0, reserve=10.0),
        pins=(STUDY.design,),
    )
    book.want(alike)
    assert len(ledger.asked) == 1
    book.want(replace(STUDY, design=replace(STUDY.design, calibration="platt")))
    book.want(replace(STUDY, auction=Auction(ads=50)))
    assert ledger.asked[1:] == [(20, FIRST_LOOK), (50, FIRST_LOOK)]


def test_nobody_looks_nothing_more_is_timed(
    ledger: FakeLedger, book: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times_file, "_STILL_WANTED_S", -1.0)
    book.want(STUDY)
    ledger.answer()
    assert len(ledger.asked) == 1
    assert book.looked(STUDY)
    assert not book.complete(STUDY)


def test_a_rung_has_a_first_look_and_no_more(ledger: FakeLedger, book: Times) -> None:
    book.want(STUDY, first_look_alone=True)
    ledger.answer()
    book.want(STUDY, first_look_alone=True)
    assert ledger.asked == [(20, FIRST_LOOK)]


def test_the_page_rests_before_other_numbers_are_timed(
    ledger: FakeLedger, book: Times, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times_file, "_CALM_S", 60.0)
    book.want(STUDY)
    ledger.answer()
    book.want(STUDY)
    assert len(ledger.asked) == 1


def test_what_fails_is_told_and_not_asked_for_again(ledger: FakeLedger, book: Times) -> None:
    book.want(STUDY)
    ledger.open[0].set_exception(MeasuringError("the measuring process stopped"))
    book.want(STUDY)
    assert book.known(STUDY).failed == "the measuring process stopped"
    assert book.complete(STUDY)
    assert len(ledger.asked) == 1


def test_a_ledger_that_answers_at_once_holds_nobody_up() -> None:
    class Quick(FakeLedger):
        def clicks(self, study: AdStudy, requests: int) -> Future[InferenceTiming]:
            future = super().clicks(study, requests)
            self.answer()
            return future

    ledger = Quick()
    book = Times(ledger)  # type: ignore[arg-type]
    times = pytest.MonkeyPatch()
    times.setattr(times_file, "_CALM_S", 0.0)
    book.want(STUDY)
    times.undo()
    assert book.complete(STUDY)
