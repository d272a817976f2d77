"""What the browser is sent to follow sliders by itself."""

from __future__ import annotations

import json

from tests.ui.views import a_preview
from ui import following
from ui.in_between import Scene
from ui.live_preview import Course, payload


def test_a_course_holds_the_first_scene_whole_and_what_moves() -> None:
    asked: list[int] = []

    def scene_at(value: int) -> Scene:
        asked.append(value)
        return Scene({"chart": {"data": [{"x": [value]}], "layout": {}}}, {"chart": "one line"})

    course = Course.over("slide_n", (1, 4), scene_at, logarithmic=True)
    assert asked == [1, 4]
    (sent,) = json.loads(payload([(course, 3)]))
    assert (sent["slider"], sent["value"], sent["knots"]) == ("st-key-slide_n", 3, [1, 4])
    assert sent["logarithmic"] is True
    assert sent["course"]["scene"]["figures"]["chart"]["data"] == [{"x": [1]}]
    assert sent["course"]["scene"]["captions"] == {"chart": "one line"}
    assert sent["course"]["tracks"] == [[["figures", "chart", "data", 0, "x", 0], "is", None]]


def test_the_pages_scene_calls_every_figure_a_preview() -> None:
    texts = following.scene(a_preview()).texts
    moved_by_sliders = ("NDCG@10, true", "p95 latency", "True top-10 among candidates")
    assert all(texts[f"{label}.kind"].startswith("preview") for label in moved_by_sliders)
    assert texts["source"].startswith("preview")


def test_the_pages_scene_holds_all_its_charts() -> None:
    drawn = following.scene(a_preview())
    assert set(drawn.figures) == set(drawn.captions)
    assert set(drawn.figures) == {"over_candidates", "loss_by_stage", "time_by_stage"}
