"""What follows the slider of candidates: previews are what is judged where they were judged."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import Any, cast

import pytest

from engine.evaluation import Evaluator, Report, evaluator_for, quality_curve
from engine.latest import Latest
from engine.pipeline import System
from engine.store import PartStore
from engine.training import Training
from engine.world import World
from tests.ui.ranking.rankings import (
    NONE,
    SHIPPED,
    a_ladder,
    a_ranking,
    a_timing,
    against_a,
)
from ui.live_preview import Course
from ui.ranking import following
from ui.ranking.bench import RankerBench
from ui.ranking.following import follow_candidates, scene
from ui.ranking.view import RankingView

SystemOf = Callable[..., System]
ORIGINS = SHIPPED, SHIPPED


@pytest.fixture(scope="module")
def evaluator(own_world: World, own_store: PartStore) -> Evaluator:
    return evaluator_for(own_world, 60, own_store)


def on(evaluator: Evaluator, system: System) -> tuple[RankingView, Callable[[int], Report]]:
    """The view of a system with its curve, and what is judged at other candidates."""

    def judged(candidates: int) -> Report:
        return evaluator.report(system.tuned(system.design.with_candidates(candidates)))

    view = RankingView.judged(
        system.design,
        evaluator.report(system),
        system.learned,
        a_timing(),
        quality_curve(evaluator, system),
        None,
    )
    return view, judged


@pytest.mark.parametrize(
    "changes",
    [{}, {"ranker": "none"}, {"rerank": "rules", "rerank__diversity": "0.8"}],
    ids=["trees", "no ranker", "re-ranked"],
)
def test_a_preview_at_a_knot_is_what_is_judged_there(
    own_system: SystemOf, evaluator: Evaluator, changes: dict[str, str]
) -> None:
    view, judged = on(evaluator, own_system(**changes))
    assert view.curve is not None
    assert len(view.curve.candidates) >= 6
    for candidates in view.curve.candidates:
        seen, there = view.preview(candidates), judged(candidates)
        figure = there["ndcg@10"]
        assert seen.figures["ndcg@10"] == pytest.approx((figure.value, figure.half_width))
        before = there.loss["generation"].value + there.loss["index"].value
        assert seen.best_slate == pytest.approx(1.0 - before, abs=1e-9)
        assert seen.figures["auc"][0] == there["auc"].value


def test_the_correction_of_probabilities_moves_no_preview_of_slates(
    own_system: SystemOf, evaluator: Evaluator
) -> None:
    system = own_system(training__negatives="0.5")
    plain = replace(system.design, training=Training(negatives=0.5, correct=0))
    view, judged = on(evaluator, system.tuned(plain))
    curve = quality_curve(evaluator, system)
    seen = replace(view, curve=curve).preview(50)
    assert seen.figures["ndcg@10"][0] == pytest.approx(judged(50)["ndcg@10"].value)
    assert seen.figures["log_loss"][0] == judged(50)["log_loss"].value
    assert seen.figures["log_loss"][0] != evaluator.report(system)["log_loss"].value


# The scene ------------------------------------------------------------------------------------


def test_the_scene_holds_what_hangs_on_the_candidates_with_its_lines() -> None:
    drawn = scene(a_ranking().preview(100), a_ladder(), ORIGINS)
    assert set(drawn.figures) == {"ladder", "to_the_oracle", "over_rows"} == set(drawn.captions)
    assert all("→ 100 →" in line for line in drawn.captions.values())
    json.dumps(drawn.plain(), allow_nan=False)


def test_the_scene_calls_every_simulated_figure_a_preview() -> None:
    texts = scene(a_ranking().preview(100), a_ladder(), ORIGINS).texts
    for label in ("NDCG@10, true", "AUC, last day", "LogLoss", "Norm. entropy"):
        assert texts[f"{label}.kind"] == "preview"
    assert texts["source"].startswith("preview between numbers of candidates")


# Which courses are sent -----------------------------------------------------------------------


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[Course, float]]]:
    calls: list[list[tuple[Course, float]]] = []
    monkeypatch.setattr(following, "live_preview", lambda courses: calls.append(list(courses)))
    return calls


@pytest.fixture
def bench() -> RankerBench:
    nothing = cast(Any, None)
    return RankerBench(nothing, nothing, Future())


Sent = list[list[tuple[Course, float]]]


@pytest.mark.parametrize("missing", ["curve", "timing"])
def test_nothing_follows_before_it_is_known_what_is_shown(
    sent: Sent, bench: RankerBench, missing: str
) -> None:
    unknown: Any = {missing: None}
    follow_candidates(a_ranking(**unknown), bench, a_ladder(), ORIGINS)
    assert sent == [[]]


def test_the_slider_is_followed_from_the_slate_to_the_last_point_that_was_judged(
    sent: Sent, bench: RankerBench
) -> None:
    view = a_ranking()
    follow_candidates(view, bench, a_ladder(), ORIGINS)
    ((course, value),) = sent[0]
    assert (course.slider, value) == ("slide_Candidates", 300)
    assert course.knots == (10, 100, 1_000)
    longer = replace(view, design=replace(view.design, slate=50, candidates=60))
    follow_candidates(longer, RankerBench(*cast(Any, (None, None, Future()))), (), ORIGINS)
    ((course, value),) = sent[1]
    assert (course.knots, value) == ((50, 100, 1_000), 60)


def test_what_follows_is_worked_out_once_whatever_the_candidates_are(
    sent: Sent, bench: RankerBench
) -> None:
    for candidates in (300, 70):
        view = a_ranking(design=a_ranking().design.with_candidates(candidates))
        follow_candidates(view, bench, a_ladder(), ORIGINS)
    (one, _), (other, _) = sent[0][0], sent[1][0]
    assert one is other


DIFFERENT: dict[str, Callable[[], tuple[RankingView, Any, Any]]] = {
    "pinned": lambda: (against_a(), a_ladder(), ORIGINS),
    "pinned, not timed yet": lambda: (_untimed_a(), a_ladder(), ORIGINS),
    "ladder unknown": lambda: (a_ranking(), (), ORIGINS),
    "ladder from elsewhere": lambda: (a_ranking(), a_ladder(), (NONE, SHIPPED)),
    "without correction": lambda: (
        a_ranking(design=replace(a_ranking().design, training=Training(correct=0))),
        a_ladder(),
        ORIGINS,
    ),
}


def _untimed_a() -> RankingView:
    view = against_a()
    assert view.pinned is not None
    return replace(view, pinned=replace(view.pinned, view=replace(view.pinned.view, timing=None)))


def test_what_follows_is_worked_out_anew_where_something_else_is_shown(
    sent: Sent, bench: RankerBench
) -> None:
    for make in (lambda: (a_ranking(), a_ladder(), ORIGINS), *DIFFERENT.values()):
        view, rungs, origins = make()
        follow_candidates(view, bench, rungs, origins)
    courses = [course for ((course, _),) in sent]
    assert len({id(course) for course in courses}) == len(DIFFERENT) + 1
    assert len({course.sent for course in courses}) >= len(DIFFERENT)


def test_courses_that_were_asked_for_long_ago_are_forgotten(
    sent: Sent, bench: RankerBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "courses", Latest(1))
    for rungs in (a_ladder(), (), a_ladder()):
        follow_candidates(a_ranking(), bench, rungs, ORIGINS)
    first, _, third = (course for ((course, _),) in sent)
    assert first is not third
    assert len(bench.courses) == 1
