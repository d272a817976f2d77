"""What of a click model is one click away: its calibration, and whether the sampling is undone.

Neither needs a fit, so every finish is judged beforehand, and the page follows a click at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from engine.clicks import ClickDesign, compare_clicks
from ui import facts, headline
from ui.ctr import auction_charts, model_charts, probability_charts, words
from ui.ctr.bench import ClickBench
from ui.ctr.view import ClickTimes, ClickView, PinnedClicks
from ui.in_between import Scene
from ui.live_preview import Course


@dataclass(frozen=True, slots=True)
class Finish:
    """One choice that needs no fit.

    field : of the design. key : of the widget. options : what is chosen among, in its order.
    """

    field: str
    key: str
    options: tuple[Any, ...]

    def of(self, design: ClickDesign) -> int:
        """The place of what the design chose."""
        return self.options.index(getattr(design, self.field))

    def at(self, design: ClickDesign, place: float) -> ClickDesign:
        """The design with what stands at a place."""
        chosen: dict[str, Any] = {self.field: self.options[int(place)]}
        return replace(design, **chosen)


CALIBRATION = Finish("calibration", "choose_click_calibration", ClickDesign.choices["calibration"])
CORRECTION = Finish("correct", "click_correct", (False, True))


def choices(design: ClickDesign) -> tuple[Finish, ...]:
    """What can be chosen for a design: where nothing was sampled, nothing is to be undone."""
    return (CALIBRATION, CORRECTION) if design.negatives < 1.0 else (CALIBRATION,)


def finishes(design: ClickDesign) -> list[ClickDesign]:
    """The design and all that differ from it in what needs no fit, itself first."""
    chosen = choices(design)
    found = [
        replace(design, **dict(zip((one.field for one in chosen), options, strict=True)))
        for options in product(*(one.options for one in chosen))
    ]
    return [design, *(other for other in found if other != design)]


def finish_values(design: ClickDesign) -> dict[str, int]:
    """Keys of the widgets, and what they hold for a design."""
    return {one.key: one.of(design) for one in (CALIBRATION, CORRECTION)}


def all_judged(view: ClickView, bench: ClickBench) -> bool:
    """Whether every finish of a design is at hand."""
    return all(bench.judged(design) for design in finishes(view.design))


def all_probabilities(view: ClickView, bench: ClickBench) -> bool:
    """Whether none of them makes the page show less, for want of probabilities."""
    return all(len(bench.report(design).p) for design in finishes(view.design))


def finish_course(view: ClickView, bench: ClickBench, finish: Finish) -> Course:
    """What one choice shows for each of its options, which all give probabilities."""
    designs = [finish.at(view.design, place) for place in range(len(finish.options))]
    views = [_seen(view, bench, design) for design in designs]
    return Course.over(
        finish.key, range(len(views)), lambda place: finish_scene(views[int(place)], bench, finish)
    )


def finish_scene(view: ClickView, bench: ClickBench, finish: Finish) -> Scene:
    """What of the page depends on the choice."""
    sold, a = bench.both_sold(view, view.study.auction)
    told = words.captions(view) | {"auction": words.auction_caption(view, sold)}
    figures = {
        "reliability": probability_charts.reliability_chart(view),
        "auction": auction_charts.regret_chart(sold, a),
        "roc": probability_charts.roc_chart(view),
        "precision": probability_charts.precision_chart(view),
        **model_charts.slices_charts(*bench.slices(view.design), view.is_probability),
    }
    shown = words.headlines(view)
    if finish == CORRECTION:  # a division a row: the time of a request stays what it is
        shown = [one for one in shown if not one.label.startswith("p99")]
    return Scene(
        figures=figures,
        captions={key: told[key] for key in figures},  # all of it was judged: none is a guess
        texts=headline.live_texts(shown)
        | facts.live_texts(auction_charts.auction_facts(sold.report))
        | {"source": "judged beforehand · the rest follows"},
    )


def _seen(view: ClickView, bench: ClickBench, design: ClickDesign) -> ClickView:
    """Another finish as the page will show it, but for its times, which it has yet to hear."""
    report, pinned = bench.report(design), view.pinned
    if pinned is not None:
        a = pinned.view
        pinned = PinnedClicks(a, compare_clicks(a.report, report))
    study = replace(view.study, design=design)
    return replace(view, study=study, report=report, times=ClickTimes(), pinned=pinned)
