"""What is one click away: shown before the server answers, and exactly what it will answer."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.clicks import ClickDesign
from tests.ui.ctr.studies import AUCTION, DESIGN, a_bench, a_view, against_a, all_known
from ui import facts, headline
from ui.ctr import auction_charts, controls, model_charts, probability_charts, words
from ui.ctr.finishes import (
    CALIBRATION,
    CORRECTION,
    Finish,
    all_probabilities,
    choices,
    finish_course,
    finish_scene,
    finish_values,
    finishes,
)

SAMPLED = replace(DESIGN, negatives=0.2)


def moved(finish: Finish, **changes: Any) -> list[list[Any]]:
    course = finish_course(a_view(**changes), a_bench(), finish)
    tracks: list[list[Any]] = json.loads(course.sent)["tracks"]
    return [path for path, _, _ in tracks]


def test_all_combinations_are_one_or_two_clicks_away_and_the_design_comes_first() -> None:
    here = replace(SAMPLED, calibration="platt", correct=False)
    found = finishes(here)
    assert found[0] == here
    assert len(found) == len(set(found)) == 6
    assert {design.fitted_part for design in found} == {here.fitted_part}
    assert [design.calibration for design in finishes(DESIGN)] == ["none", "platt", "isotonic"]


def test_where_nothing_was_sampled_there_is_nothing_to_undo() -> None:
    assert choices(DESIGN) == (CALIBRATION,)
    assert choices(SAMPLED) == (CALIBRATION, CORRECTION)


def test_values_are_places_of_what_the_widgets_offer() -> None:
    assert tuple(controls._CALIBRATIONS) == CALIBRATION.options
    design = ClickDesign(calibration="isotonic", correct=False)
    assert finish_values(design) == {CALIBRATION.key: 2, CORRECTION.key: 0}
    assert CALIBRATION.at(design, 1).calibration == "platt"
    assert CORRECTION.at(design, 1).correct is True


@pytest.mark.parametrize("finish", [CALIBRATION, CORRECTION], ids=lambda finish: finish.field)
def test_a_scene_is_what_the_page_then_draws(finish: Finish) -> None:
    view = a_view(negatives=0.2, calibration="platt", correct=False)
    shown = finish_scene(view, a_bench(), finish)
    sold = a_bench().sold(view.design, AUCTION)
    sliced = a_bench().slices(view.design)
    expected = {
        "reliability": probability_charts.reliability_chart(view),
        "auction": auction_charts.regret_chart(sold),
        "roc": probability_charts.roc_chart(view),
        "precision": probability_charts.precision_chart(view),
    } | model_charts.slices_charts(*sliced, is_probability=True)
    np.testing.assert_equal(shown.figures, expected)
    assert shown.captions.keys() == expected.keys()
    told = words.captions(view) | {"auction": words.auction_caption(view, sold)}
    assert all(told[key] == caption for key, caption in shown.captions.items())
    fixed = headline.live_texts(words.headlines(view)[:-1])
    fixed |= facts.live_texts(auction_charts.auction_facts(sold.report))
    assert fixed.items() <= shown.texts.items()
    assert shown.texts["source"].startswith("judged beforehand")


def test_calibrations_show_no_time_that_was_taken_without_them() -> None:
    label = words.headlines(all_known())[-1].label
    assert label.startswith("p99")
    course = finish_course(all_known(), a_bench(), CALIBRATION)
    assert json.loads(course.sent)["scene"]["texts"][f"{label}.value"] == "–"


def test_undoing_the_sampling_leaves_the_time_of_a_request_as_it_is() -> None:
    view = a_view(negatives=0.2)
    texts = finish_scene(view, a_bench(), CORRECTION).texts
    assert not any(name.startswith("p99") for name in texts)
    assert "Calibration ratio.value" in texts


def test_a_course_moves_charts_and_figures_that_hang_on_the_choice() -> None:
    for finish in (CALIBRATION, CORRECTION):
        paths = moved(finish, negatives=0.2)
        assert {path[1] for path in paths if path[0] == "figures"} >= {"reliability", "auction"}
        assert ["texts", "ECE.value"] in paths
    assert ["captions", "precision"] in moved(CALIBRATION, negatives=0.2)


def test_the_design_that_it_is_compared_with_stands_in_the_scene_too() -> None:
    view = against_a(calibration="platt")
    shown = finish_scene(view, a_bench(), CALIBRATION)
    assert "A" in [trace.get("name") for trace in shown.figures["reliability"]["data"]]
    course = finish_course(view, a_bench(), CALIBRATION)
    scene = json.loads(course.sent)["scene"]
    assert "to A" in scene["texts"]["Norm. entropy.versus"]


def test_scores_become_probabilities_by_some_finishes_alone() -> None:
    assert all_probabilities(a_view(negatives=0.2), a_bench())
    assert not all_probabilities(a_view(model="lambdarank", calibration="platt"), a_bench())
