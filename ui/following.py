"""What of the two-stage page follows its sliders while they are dragged."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

from engine.design import Design
from engine.rerankers import NoReranking
from engine.scenario import Scenario
from ui import charts, headline
from ui.captions import captions
from ui.in_between import Scene
from ui.live_preview import Course, live_preview
from ui.prepared import Prepared
from ui.sliders import Slider, candidate_knots, sliders
from ui.studio import studio
from ui.view import Pinned, View


def follow_sliders(view: View, ready: Prepared, scenario: Scenario) -> None:
    """Let what is drawn follow the sliders, once it is known what they show."""
    live_preview(_courses(ready, scenario, view.pinned))


def work_out_courses(ready: Prepared, scenario: Scenario) -> None:
    """Have at hand what `follow_sliders` will send, where it hangs on no measured figure.

    It does where something is pinned, and the time of a re-ranking is the one last measured.
    """
    if scenario.pinned is None and scenario.design.rerank == NoReranking():
        _courses(ready, scenario, None)


def previews_known(ready: Prepared, scenario: Scenario) -> bool:
    """Whether there are grids for all that sliders preview; begun by asking if not."""
    design = scenario.design
    if design.rerank == NoReranking():
        return True
    groups = [_reranked_at_knots(design, slider) for slider in sliders(design)]
    # Whose grids are nearly all there comes first: most likely the slider that is being moved.
    groups.sort(key=lambda group: sum(ready.quality_of(there) is None for there in group))
    beside = [there for group in groups for there in group]
    return studio().reranking_previews.known(ready, design, beside)


def scene(view: View) -> Scene:
    """What of the page follows a slider."""
    texts = headline.live_texts(headline.two_stage_headlines(view))
    return Scene(
        figures={
            "over_candidates": charts.over_candidates(view),
            "loss_by_stage": charts.loss_by_stage(view),
            "time_by_stage": charts.time_by_stage(view),
        },
        captions=captions(view),
        texts=texts | {"source": "preview from the measured grid · measured on release"},
    )


def _courses(
    ready: Prepared, scenario: Scenario, pinned: Pinned | None
) -> list[tuple[Course, float]]:
    """Of each slider that can be followed, with its value."""
    design = scenario.design
    return [
        (_course(ready, scenario, slider, pinned), slider.value(design))
        for slider in sliders(design)
        if _can_follow(ready, design, slider)
    ]


def _can_follow(ready: Prepared, design: Design, slider: Slider) -> bool:
    if slider.reranks:
        there = _reranked_at_knots(design, slider)
        return all(ready.quality_of(other) is not None for other in there)
    if slider.field == "candidates":
        return ready.quality_of(design) is not None
    return ready.spans_knob(design)


def _reranked_at_knots(design: Design, slider: Slider) -> list[Design]:
    """The designs that are judged for the preview of a knob of re-ranking."""
    if not slider.reranks:
        return []
    return [slider.at(design, value) for value in slider.rerank_knots()]


def _course(ready: Prepared, scenario: Scenario, slider: Slider, pinned: Pinned | None) -> Course:
    """What one slider shows on its way, computed once for all else that is equal."""
    design, knots = scenario.design, _knots(ready, scenario.design, slider)
    shown = None if pinned is None else Pinned(pinned.view)
    key = slider, slider.at(design, knots[0]), None if shown is None else _identity(shown.view)

    def scene_at(value: float) -> Scene:
        there = replace(scenario, design=slider.at(design, value))
        return scene(replace(studio().preview(ready, there), pinned=shown))

    def course() -> Course:
        on_log = slider.field == "candidates"
        return Course.over(slider.key, knots, scene_at, logarithmic=on_log)

    return ready.courses.of(key, course)


def _identity(a: View) -> Hashable:
    """What a pinned design's figures are known by: times come, and more of them later."""
    times = None if a.latency is None else (a.latency.requests, a.latency.taken_at)
    return a.design, times


def _knots(ready: Prepared, design: Design, slider: Slider) -> tuple[float, ...]:
    if slider.reranks:
        return slider.rerank_knots()
    if slider.field == "candidates":
        return candidate_knots(design, ready.quality.candidates)
    return tuple(int(knob) for knob in ready.quality.knobs)
