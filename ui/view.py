"""What a page shows of a design: figures with their kind, from a grid or from a measurement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.comparison import Comparison
from engine.design import Design
from engine.evaluation import LOSS_STAGES, ClickFigures, Curve, Further, Report
from engine.figures import MeasuredDifference
from engine.grid import LatencyGrid, QualityGrid
from engine.measurement import WHOLE, Timing
from engine.pipeline import STAGES

BUDGET_MS = 150.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Percentiles of a request in ms; NaN where too few requests stand behind.

    p50, p95, p99 : the whole, and the stages' parts of it, which add up to it.
    own : (percentile, stage) -> that stage's own percentile; empty for a grid.
    held_up : share of the requests that other work on the machine held up.
    """

    p50: dict[str, float]
    p95: dict[str, float]
    p99: dict[str, float]
    own: dict[tuple[int, str], float]
    requests: int
    taken_at: float
    first_ms: float
    held_up: float

    @classmethod
    def measured(cls, timing: Timing) -> Latency:
        """From the stopwatch."""
        return cls(
            p50=timing.split(50),
            p95=timing.split(95),
            p99=timing.split(99),
            own={
                (q, name): timing.percentile(q, name).value
                for q in (50, 95, 99)
                for name in (*STAGES, WHOLE)
            },
            requests=timing.requests,
            taken_at=timing.taken_at,
            first_ms=timing.first_request.value,
            held_up=timing.held_up,
        )

    @classmethod
    def from_grid(cls, grid: LatencyGrid, design: Design) -> Latency:
        """Between the points of a grid."""
        names = (*STAGES, WHOLE)
        return cls(
            p50=dict(zip(names, grid.at(design, 50).tolist(), strict=True)),
            p95=dict(zip(names, grid.at(design, 95).tolist(), strict=True)),
            p99=dict.fromkeys(names, float("nan")),
            own={},
            requests=grid.requests,
            taken_at=grid.taken_at,
            first_ms=float("nan"),
            held_up=grid.held_up,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """The design A that the current one, B, is held against.

    figures : signed paired differences B - A; None in a preview.
    times : those of p50, p95 and p99, timed in turn; None until that was done.
    """

    view: View
    figures: Comparison | None = None
    times: dict[str, MeasuredDifference] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One design as the page shows it.

    source : "grid" for what lies between points measured beforehand, "measured" for the
        design itself.
    figures : name -> (value, half-width of its interval; NaN where a grid has none).
    further : what more candidates would gain; None where there is no more, or not yet judged.
    report, timing : all that was judged and timed; None in a preview, or where nothing was timed.
    pinned : the design that it is compared with, if there is one and its figures are known.
    curve_judged : whether the curve is the design's own: a measured one may stand for a moment
        between points of the grid.
    """

    design: Design
    source: Literal["grid", "measured"]
    figures: dict[str, tuple[float, float]]
    ceiling: dict[str, float]
    loss: dict[str, tuple[float, float]]
    curve: Curve
    latency: Latency | None
    latency_curve: LatencyGrid | None
    memory_bytes: int
    further: Further | None
    users: int
    report: Report | None = None
    timing: Timing | None = None
    pinned: Pinned | None = None
    curve_judged: bool = False

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages of a request: re-ranking only where this design or the pinned one re-ranks."""
        return _at_work(STAGES, self._designs())

    @property
    def loss_stages(self) -> tuple[str, ...]:
        """The stages that can lose quality in this design."""
        return _at_work(LOSS_STAGES, self._designs())

    def _designs(self) -> list[Design]:
        return [self.design, *([] if self.pinned is None else [self.pinned.view.design])]

    @classmethod
    def measured(
        cls,
        design: Design,
        report: Report,
        curve: Curve,
        timing: Timing | None,
        grid: LatencyGrid | None,
        memory_bytes: int,
        further: Further | None,
        curve_judged: bool = True,
    ) -> View:
        """The design itself: judged on the panel, timed by the stopwatch."""
        return cls(
            design=design,
            source="measured",
            figures={name: (e.value, e.half_width) for name, e in report.items()},
            ceiling=report.ceiling,
            loss={s: (report.loss[s].value, report.loss[s].half_width) for s in LOSS_STAGES},
            curve=curve,
            curve_judged=curve_judged,
            latency=None if timing is None else Latency.measured(timing),
            latency_curve=grid,
            memory_bytes=memory_bytes,
            further=further,
            users=report["ndcg@10"].n,
            report=report,
            timing=timing,
        )

    def with_times(self, timing: Timing | None, grid: LatencyGrid | None) -> View:
        """The same figures with what the stopwatch knows by now."""
        if timing is None:
            return replace(self, latency_curve=grid)
        latency = Latency.measured(timing)
        return replace(self, latency=latency, latency_curve=grid, timing=timing)

    @classmethod
    def preview(
        cls,
        design: Design,
        quality: QualityGrid,
        latency: LatencyGrid | None,
        clicks: ClickFigures,
        memory_bytes: int,
        users: int,
    ) -> View:
        """Between the points of the grids, beside what no slider changes."""
        curve = quality.curve(design)
        here = {
            name: _at(curve.candidates, getattr(curve, name), design.candidates)
            for name in (
                "ndcg",
                "ranked",
                "best_exact",
                "best_returned",
                "half_width",
                "recall",
                "ann_recall",
            )
        }
        nan = float("nan")
        figures = {
            "auc": (clicks.auc.value, clicks.auc.half_width),
            "log_loss": (clicks.log_loss.value, clicks.log_loss.half_width),
            "ndcg@10": (here["ndcg"], here["half_width"]),
            "recall@candidates": (here["recall"], nan),
            "ann_recall": (here["ann_recall"], nan),
        }
        loss = {
            "generation": (1.0 - here["best_exact"], nan),
            "index": (here["best_exact"] - here["best_returned"], nan),
            "ranking": (here["best_returned"] - here["ranked"], nan),
            "reranking": (here["ranked"] - here["ndcg"], nan),
        }
        return cls(
            design=design,
            source="grid",
            figures=figures,
            ceiling={"auc": clicks.oracle_auc, "log_loss": clicks.oracle_log_loss},
            loss=loss,
            curve=curve,
            latency=None if latency is None else Latency.from_grid(latency, design),
            latency_curve=latency,
            memory_bytes=memory_bytes,
            further=None,
            users=users,
        )


def _at_work(stages: tuple[str, ...], designs: list[Design]) -> tuple[str, ...]:
    if any(design.rerank.looks_at(design.slate) for design in designs):
        return stages
    return tuple(stage for stage in stages if stage != "reranking")


def _at(candidates: tuple[int, ...], values: NDArray[np.float64], here: int) -> float:
    return float(np.interp(np.log(here), np.log(candidates), values))
