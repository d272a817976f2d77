"""What of the retrieval page follows its sliders while they are dragged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from engine.design import Design
from engine.retrieval import IndexPoint
from ui import headline
from ui.in_between import Scene
from ui.live_preview import Course, live_preview
from ui.retrieval import charts, words
from ui.retrieval.bench import VectorBench, searched
from ui.retrieval.tradeoff import Size, Sweep, tradeoff, with_size
from ui.retrieval.view import RetrievalView, SearchGrid
from ui.sliders import Slider, candidate_knots

_BETWEEN = 3


def search_sliders(design: Design) -> list[Slider]:
    """The sliders that need no new build."""
    found = [Slider("Candidates", "candidates")]
    knob = design.index.query_knob
    return found if knob is None else [*found, Slider(knob, knob)]


def slider_values(design: Design) -> dict[str, float]:
    """Keys of these sliders, and the design's values."""
    return {slider.key: slider.value(design) for slider in search_sliders(design)}


def follow_sliders(
    view: RetrievalView, bench: VectorBench, sweep: Sweep | None, size: Size
) -> None:
    """Let charts and figures follow the sliders, once searches around the design are measured."""
    grid = bench.grid(view.design)
    if grid is None:
        live_preview([])
        return
    live_preview(_courses(view, bench, grid, sweep, size))


def work_out_courses(
    view: RetrievalView, bench: VectorBench, sweep: Sweep | None, size: Size
) -> None:
    """Have at hand what `follow_sliders` will send for this design, measured or not."""
    grid = bench.grid(view.design)
    if grid is not None:
        _courses(view, bench, grid, sweep, size)


def scene(view: RetrievalView, sweep: Sweep | None, size: Size) -> Scene:
    """What of the page follows a slider."""
    texts = headline.live_texts(words.headlines(view))
    figures = {"tradeoff": tradeoff(points_at(sweep), view, size)}
    lines = words.captions(view, sweep)
    kept = {"tradeoff": with_size(lines["tradeoff"], points_at(sweep), size)}
    if view.curve is not None:
        figures["two_recalls"] = charts.two_recalls(view)
        kept["two_recalls"] = lines["two_recalls"]
    return Scene(figures, kept, texts | {"source": words.source_line(view)})


def points_at(sweep: Sweep | None) -> tuple[IndexPoint, ...]:
    """The points of a sweep; none without one."""
    return () if sweep is None else sweep.points


def _courses(
    view: RetrievalView, bench: VectorBench, grid: SearchGrid, sweep: Sweep | None, size: Size
) -> list[tuple[Course, float]]:
    """Of each slider that can be followed, with its value."""
    return [
        (_course(view, bench, grid, slider, sweep, size), slider.value(view.design))
        for slider in search_sliders(view.design)
        if len(_knots(grid, slider, view.design, sweep)) > 1
    ]


def _course(
    view: RetrievalView,
    bench: VectorBench,
    grid: SearchGrid,
    slider: Slider,
    sweep: Sweep | None,
    size: Size,
) -> Course:
    design = view.design
    knots = _knots(grid, slider, design, sweep)
    a = view.pinned
    of_a = None if a is None else (a.design, a.queries, a.taken_at)
    of_sweep = None if sweep is None else (sweep.k, len(sweep.points), sweep.line)
    key = (searched(design), slider, slider.at(design, knots[0]), of_a, of_sweep, size)

    def scene_at(value: float) -> Scene:
        there = grid.at(slider.at(design, value), view.data, view.d)
        return scene(replace(there, pinned=a), sweep, size)

    def course() -> Course:
        on_log = slider.field == "candidates"
        return Course.over(slider.key, knots, scene_at, logarithmic=on_log)

    return bench.courses.of(key, course)


def _knots(
    grid: SearchGrid, slider: Slider, design: Design, sweep: Sweep | None
) -> tuple[float, ...]:
    """Values at which scenes are drawn: those of the grid, and some in between.

    What lies between two of the grid is straight in recall, and so it bends on a logit axis. At
    the k of a sweep's points the search is a mark like theirs, and from the next on a hollow one.
    """
    if slider.field != "candidates":
        return _denser(grid.knobs)
    knots = _denser(candidate_knots(design, grid.ks))
    alone = () if sweep is None else (float(sweep.k), float(sweep.k + 1))
    return tuple(sorted({*knots, *(k for k in alone if knots[0] <= k <= knots[-1])}))


def _denser(values: Sequence[int]) -> tuple[float, ...]:
    """Whole numbers, with up to `_BETWEEN` more between two neighbours, evenly by ratio."""
    found = set(values[:1])
    for low, high in pairwise(values):
        found |= {round(value) for value in np.geomspace(max(low, 1), high, _BETWEEN + 2)[1:]}
    return tuple(float(value) for value in sorted(found))
