"""What of the ranking page follows the candidates while their slider is dragged."""

from __future__ import annotations

from ui import headline
from ui.in_between import Scene
from ui.live_preview import Course, live_preview
from ui.ranking import charts, words
from ui.ranking.bench import RankerBench
from ui.ranking.rungs import Origin, Rung, rung_here
from ui.ranking.view import RankingView
from ui.sliders import candidate_knots, slider_key


def follow_candidates(
    view: RankingView,
    bench: RankerBench,
    rungs: tuple[Rung, ...],
    origins: tuple[Origin, Origin],
) -> None:
    """Let charts and figures follow the slider, once it is known what they show."""
    if view.curve is None or view.timing is None:
        live_preview([])
        return
    live_preview([(_course(view, bench, rungs, origins), view.design.candidates)])


def scene(view: RankingView, rungs: tuple[Rung, ...], origins: tuple[Origin, Origin]) -> Scene:
    """What of the page depends on the number of candidates."""
    texts = headline.live_texts(words.headlines(view))
    return Scene(
        figures={
            "ladder": charts.ladder(rungs, view),
            "to_the_oracle": charts.to_the_oracle([*rungs, rung_here(view)]),
            "over_rows": charts.over_rows(view),
        },
        captions={
            key: line
            for key, line in words.captions(view, *origins).items()
            if key in ("ladder", "to_the_oracle", "over_rows")
        },
        texts=texts | {"source": words.source_line(view)},
    )


def _course(
    view: RankingView,
    bench: RankerBench,
    rungs: tuple[Rung, ...],
    origins: tuple[Origin, Origin],
) -> Course:
    assert view.curve is not None
    a = None if view.pinned is None else view.pinned.view
    of_a = None if a is None else (a.design, a.timing is None)
    key = (view.design.training, of_a, len(rungs), origins)
    knots = candidate_knots(view.design, view.curve.candidates)
    return bench.courses.of(
        key,
        lambda: Course.over(
            slider_key("Candidates"),
            knots,
            lambda n: scene(view.preview(int(n)), rungs, origins),
            logarithmic=True,
        ),
    )
