"""What follows the auction's sliders: previews are auctions where they were held."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.clicks import Auction, ClickDesign, run_auction
from engine.latest import Latest
from tests.ui.ctr.studies import AUCTION, DESIGN, STORE, STUDY, a_log, a_view, against_a
from ui import facts
from ui.ctr import following
from ui.ctr.auction_charts import auction_facts
from ui.ctr.bench import ClickBench
from ui.ctr.finishes import CALIBRATION, CORRECTION, finishes
from ui.ctr.following import (
    AUCTION_SLIDERS,
    AdsSlider,
    auction_values,
    courses_known,
    follow,
    scene,
)
from ui.ctr.view import ClickView


def fresh_bench(design: ClickDesign = DESIGN) -> ClickBench:
    bench = ClickBench(a_log(), STORE, Latest(60), Latest(400))
    for finished in finishes(design):
        bench.report(finished)
    return bench


def at(view: ClickView, auction: Auction) -> ClickView:
    return replace(view, study=replace(view.study, auction=auction))


def known_within(view: ClickView, bench: ClickBench, patience_s: float = 30.0) -> bool:
    until = time.monotonic() + patience_s
    while not courses_known(view, bench) and time.monotonic() < until:
        time.sleep(0.05)
    return courses_known(view, bench)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    courses: list[Any] = []
    monkeypatch.setattr(following, "live_preview", courses.extend)
    return courses


@pytest.mark.parametrize("slider", AUCTION_SLIDERS, ids=lambda slider: slider.field)
def test_a_scene_is_the_auction_of_the_engine(slider: following.AuctionSlider) -> None:
    auction = slider.at(AUCTION, slider.knots[1])
    shown = scene(a_view(), fresh_bench(), auction)
    sold = run_auction(a_log(), DESIGN, auction, STORE)
    here = next(t for t in shown.figures["auction"]["data"] if t.get("name") == "you are here")
    assert here["y"][0] == pytest.approx(sold["welfare_regret"].value)
    assert shown.texts == facts.live_texts(auction_facts(sold, preview=True))
    assert shown.captions["auction"].startswith("preview")
    assert shown.texts["Welfare lost.note"] == "preview"


def test_all_sliders_are_followed_once_their_auctions_were_held(sent: list[Any]) -> None:
    bench, view = fresh_bench(), a_view()
    follow(view, bench)
    assert sent == []
    assert known_within(view, bench)
    follow(view, bench)
    calibration = {CALIBRATION.key: 0}
    assert {course.slider: value for course, value in sent} == auction_values(STUDY) | calibration
    stretch = next(course for course, _ in sent if "Stretch" in course.slider)
    assert stretch.logarithmic
    assert stretch.knots == AUCTION_SLIDERS[0].knots


def test_a_slider_keeps_its_course_while_it_moves_and_the_others_get_new_ones(
    sent: list[Any],
) -> None:
    bench, view = fresh_bench(), a_view()
    assert known_within(view, bench)
    follow(at(view, replace(AUCTION, stretch=1.3)), bench)
    assert [course.slider for course, _ in sent] == ["slide_Stretch_log_odds_by"]
    assert known_within(at(view, replace(AUCTION, stretch=1.3)), bench)


def test_a_choice_keeps_its_course_whatever_of_it_is_chosen(sent: list[Any]) -> None:
    bench = fresh_bench()
    assert known_within(a_view(), bench)
    follow(a_view(calibration="platt"), bench)
    assert [(course.slider, value) for course, value in sent] == [(CALIBRATION.key, 1)]


def test_after_one_click_the_next_is_followed_at_once(sent: list[Any]) -> None:
    sampled = replace(DESIGN, negatives=0.2)
    bench = fresh_bench(sampled)
    assert known_within(a_view(negatives=0.2), bench)
    for changes in ({"correct": False}, {"calibration": "isotonic"}):
        sent.clear()
        follow(a_view(negatives=0.2, **changes), bench)
        assert {CALIBRATION.key, CORRECTION.key} <= {course.slider for course, _ in sent}


def test_a_choice_that_can_lead_to_no_probabilities_is_not_followed(sent: list[Any]) -> None:
    view = a_view(model="lambdarank", calibration="platt")
    bench = fresh_bench(view.design)
    assert known_within(view, bench)
    follow(view, bench)
    assert {course.slider for course, _ in sent} == auction_values(STUDY).keys()


def test_choices_wait_until_all_that_they_choose_among_is_judged(sent: list[Any]) -> None:
    bench, view = ClickBench(a_log(), STORE, Latest(60), Latest(400)), a_view()
    assert not known_within(view, bench, patience_s=2.0)
    follow(view, bench)
    assert {course.slider for course, _ in sent} == auction_values(STUDY).keys()


def test_the_number_of_ads_is_followed_by_its_place_among_the_options() -> None:
    study = replace(STUDY, auction=replace(AUCTION, ads=30, slots=3))
    slider = AdsSlider(study)
    assert slider.options == (5, 10, 20, 30, 50, 100)
    assert auction_values(study)[slider.key] == 3
    assert slider.at(study.auction, 5) == replace(AUCTION, ads=100, slots=3)
    few = AdsSlider(replace(study, auction=replace(AUCTION, ads=2, slots=2)))
    assert few.at(replace(AUCTION, ads=20, slots=4), 0) == replace(AUCTION, ads=2, slots=2)
    view = at(a_view(), study.auction)
    shown = scene(view, fresh_bench(), slider.at(study.auction, 1))
    sold = run_auction(a_log(), DESIGN, replace(AUCTION, ads=10, slots=3), STORE)
    assert shown.texts == facts.live_texts(auction_facts(sold, preview=True))


def test_lines_and_the_mark_meet_at_every_knot() -> None:
    bench = fresh_bench()
    for stretch in AUCTION_SLIDERS[0].knots:
        figure = scene(a_view(), bench, replace(AUCTION, stretch=stretch)).figures["auction"]
        welfare = next(t for t in figure["data"] if t["name"] == "welfare lost")
        here = next(t for t in figure["data"] if t.get("name") == "you are here")
        assert len(np.unique(welfare["x"])) == len(welfare["x"])
        on_line = welfare["y"][list(welfare["x"]).index(stretch)]
        assert here["y"][0] == pytest.approx(on_line)


def test_a_pinned_design_stands_in_the_preview_too() -> None:
    shown = scene(against_a(), fresh_bench(), AUCTION)
    names = [trace["name"] for trace in shown.figures["auction"]["data"]]
    assert "A, welfare lost" in names


def test_scores_that_are_no_probabilities_have_nothing_to_follow(sent: list[Any]) -> None:
    view = replace(a_view(), report=replace(a_view().report, p=np.empty(0)))
    assert courses_known(view, fresh_bench())
    follow(view, fresh_bench())
    assert sent == []


def test_auctions_that_cannot_be_held_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no auction today")

    bench = fresh_bench()
    monkeypatch.setattr(following, "_course", fails)
    assert known_within(a_view(), bench)


def test_a_course_travels_as_json() -> None:
    slider = AUCTION_SLIDERS[2]
    course = following._course(a_view(), fresh_bench(), slider)
    moved = [path for path, _, _ in json.loads(course.sent)["tracks"]]
    assert ["texts", "Welfare lost.value"] in moved
    assert STUDY.auction == AUCTION
