"""What follows the retrieval page's sliders: every figure of the page, at its own value."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest

from engine.generators import TwoTower
from engine.index import HNSW
from engine.latest import Latest
from tests.ui.retrieval.searches import SWEEP, design, point, view
from ui.headline import live_texts
from ui.retrieval import following, words
from ui.retrieval.bench import VectorBench, searched
from ui.retrieval.following import scene
from ui.retrieval.view import RetrievalView, SearchGrid, with_grid

KS, EFS = (10, 30, 100, 300), (100, 200, 400)


def a_grid() -> SearchGrid:
    rows = [
        [point(HNSW(ef_search=ef), 0.9 + ef / 10_000, k * ef / 1e5, k, k / 1_000) for ef in EFS]
        for k in KS
    ]
    return SearchGrid(tuple(map(tuple, rows)), tuple(k / 900 for k in KS))


class Bench:
    """What is asked of a bench."""

    def __init__(self) -> None:
        self.grids = {searched(design()): a_grid()}
        self.courses = Latest(50)

    def grid(self, of: Any) -> SearchGrid | None:
        return self.grids.get(searched(of))


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(following, "live_preview", found.append)
    return found


def follow(bench: Bench, shown: RetrievalView) -> None:
    following.follow_sliders(shown, cast(VectorBench, bench), SWEEP, "memory")


def shown_at(k: int = 100) -> RetrievalView:
    measured = view(point(HNSW(ef_search=200), 0.93, 0.2, k))
    return with_grid(measured, a_grid())


def test_every_large_figure_follows_the_candidates_under_one_name(sent: list[Any]) -> None:
    follow(Bench(), shown_at())
    ((candidates, _),) = [pair for pair in sent[0] if pair[0].slider == "slide_Candidates"]
    told = json.loads(candidates.sent)
    moving = {tuple(path) for path, _, _ in told["tracks"] if path[0] == "texts"}
    for name in ("ANN recall.label", "True top-10 retrieved.value", "One search, p50.value"):
        assert ("texts", name) in moving
    assert all(len(path) == 2 for path in moving)


@pytest.mark.parametrize("k", [10, 75, 300])
def test_a_scene_has_the_large_figures_of_its_own_number_of_candidates(k: int) -> None:
    there = a_grid().at(design(candidates=k), view().data, 64)
    texts = scene(there, SWEEP, "memory").texts
    assert texts["ANN recall.label"] == f"ANN recall@{k}"
    assert texts.items() >= live_texts(words.headlines(there)).items()
    assert {kind for name, kind in texts.items() if name.endswith("p50.kind")} == {"preview"}


def test_the_search_stands_among_the_points_at_their_k_alone_and_the_line_says_its_own(
    sent: list[Any],
) -> None:
    follow(Bench(), shown_at())
    (course,) = [course for course, _ in sent[0] if course.slider == "slide_Candidates"]
    assert {100.0, 101.0} < set(course.knots)
    place = course.knots.index(100.0)
    ((runs),) = [
        what
        for path, kind, what in json.loads(course.sent)["tracks"]
        if path == ["captions", "tradeoff"] and kind == "text"
    ]
    assert [(run["first"], run["last"]) for run in runs] == [
        (0, place - 1),
        (place, place),
        (place + 1, len(course.knots) - 1),
    ]
    assert [slot["kind"] for slot in runs[2]["slots"]] == ["is"]


def test_a_pinned_search_is_drawn_as_it_was_measured_last(sent: list[Any]) -> None:
    bench = Bench()
    quick = view(point(HNSW(ef_search=100), 0.90, 0.1))
    later = replace(quick, recall=(0.91, 0.001), queries=1_000, taken_at=quick.taken_at + 5)
    other = replace(later, design=replace(later.design, generator=TwoTower()))
    for a in (quick, later, other, quick):
        follow(bench, replace(shown_at(), pinned=a))
    of_one_slider = [pairs[0][0] for pairs in sent]
    assert of_one_slider[0] is of_one_slider[3]
    assert len({id(course) for course in of_one_slider}) == 3
    assert "0.9000" in of_one_slider[0].sent
    assert "0.9100" in of_one_slider[1].sent


def test_courses_that_were_asked_for_long_ago_are_forgotten(sent: list[Any]) -> None:
    bench = Bench()
    bench.courses = Latest(1)
    follow(bench, shown_at())
    follow(bench, shown_at())
    assert sent[0][0][0] is not sent[1][0][0]
    assert len(bench.courses) == 1
