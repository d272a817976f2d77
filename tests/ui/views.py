"""Hand-made views: what the page shows of a design, without a world behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from engine.design import Design
from engine.evaluation import LOSS_STAGES, ClickFigures, Curve
from engine.figures import Estimate
from engine.generators import Popularity
from engine.grid import LatencyGrid, QualityGrid
from engine.measurement import Timing, this_machine
from engine.pipeline import STAGES
from engine.rerankers import Rules
from ui.view import Latency, View

NAN = float("nan")
SHARES = dict(zip(STAGES, (0.05, 0.15, 0.2, 0.6, 0.0), strict=True))  # nothing re-ranks
LOSS = {"generation": 0.08, "index": 0.02, "ranking": 0.1}
CLICKS = ClickFigures(
    auc=Estimate(0.82, 0.81, 0.83, 5_000),
    log_loss=Estimate(0.32, 0.31, 0.33, 5_000),
    normalized_entropy=Estimate(0.8, 0.78, 0.82, 5_000),
    calibration_ratio=Estimate(1.03, 1.0, 1.06, 5_000),
    ece=Estimate(0.012, NAN, NAN, 5_000),
    oracle_auc=0.86,
    oracle_log_loss=0.29,
    oracle_normalized_entropy=0.72,
    oracle_calibration_ratio=0.99,
    oracle_ece=0.008,
)
CANDIDATES = (10, 100, 1000)


def a_timing(requests: int = 1_000, median_ms: float = 4.0) -> Timing:
    """Log-normal requests, shared out by `SHARES` with some noise; 2% is between the stages."""
    rng = np.random.default_rng(0)
    whole = median_ms * 1e6 * np.exp(0.2 * rng.standard_normal(requests))
    shares = np.array(list(SHARES.values())) * rng.uniform(0.8, 1.2, (requests, len(STAGES)))
    shares /= shares.sum(axis=1, keepdims=True)
    rows = np.column_stack([0.98 * whole[:, None] * shares, whole]).astype(np.int64)
    busy = (0.99 * whole).astype(np.int64)
    return Timing(rows, busy, 3 * rows[0], 1_000.0, this_machine())


def a_latency_grid(scale: float = 1.0) -> LatencyGrid:
    """Time that grows with the candidates and a little with the index's knob."""
    whole = np.array([[0.5, 1.0, 5.0], [0.6, 1.2, 5.5]]) * scale
    shares = np.array([*SHARES.values(), 1.0])
    p50 = whole[:, :, None] * shares
    return LatencyGrid(
        knobs=np.array([10.0, 400.0]),
        candidates=np.array(CANDIDATES, dtype=np.float64),
        p50=p50,
        p95=1.5 * p50,
        requests=60,
        taken_at=900.0,
        held_up=0.0,
    )


def a_quality_grid() -> QualityGrid:
    """Quality that grows with the candidates, and with the width of the search."""
    ndcg = np.array([[0.5, 0.6, 0.65], [0.55, 0.7, 0.75]])
    return QualityGrid(
        knobs=np.array([10.0, 400.0]),
        candidates=np.array(CANDIDATES, dtype=np.float64),
        ndcg=ndcg,
        ranked=ndcg,
        best_exact=np.array([[0.7, 0.9, 0.97]] * 2),
        best_returned=np.array([[0.6, 0.8, 0.9], [0.68, 0.88, 0.96]]),
        half_width=np.full((2, 3), 0.01),
        recall=np.array([[0.3, 0.5, 0.7], [0.4, 0.6, 0.9]]),
        ann_recall=np.array([[0.8, 0.85, 0.9], [0.95, 0.96, 1.0]]),
    )


def a_curve(candidates: tuple[int, ...] = CANDIDATES) -> Curve:
    """Quality over so many candidates."""
    x = np.log10(np.array(candidates))
    return Curve(
        candidates=candidates,
        ndcg=0.5 + 0.1 * x,
        ranked=0.5 + 0.1 * x,
        best_exact=0.75 + 0.08 * x,
        best_returned=0.7 + 0.08 * x,
        half_width=np.full(len(x), 0.02),
        recall=0.2 * x,
        ann_recall=0.9 + 0.03 * x,
    )


def a_view(loss: dict[str, float] | None = None, **changes: Any) -> View:
    """A measured view whose losses add up to 1 - NDCG; `changes` replace its other fields.

    A stage that `loss` does not name loses nothing.
    """
    lost = dict.fromkeys(LOSS_STAGES, 0.0) | (LOSS if loss is None else loss)
    figures = {
        "ndcg@10": (1.0 - sum(lost[stage] for stage in LOSS_STAGES), 0.012),
        "ndcg_observed@10": (0.24, 0.02),
        "recall@candidates": (0.625, 0.0193),
        "ann_recall": (0.987, 0.002),
        "index_cost": (0.0012, 0.0004),
        "auc": (0.82, 0.006),
        "log_loss": (0.322, 0.005),
    }
    view = View(
        design=Design(),
        source="measured",
        figures=figures,
        ceiling={"ndcg@10": 1.0, "ndcg_observed@10": 0.3, "auc": 0.85, "log_loss": 0.3},
        loss={stage: (lost[stage], 0.005) for stage in LOSS_STAGES},
        curve=a_curve(),
        latency=Latency.measured(a_timing()),
        latency_curve=a_latency_grid(),
        memory_bytes=4_200_000,
        further=None,
        users=500,
    )
    return replace(view, **changes)


def a_preview(design: Design | None = None, **changes: Any) -> View:
    """What the hand-made grids say of a design."""
    given: dict[str, Any] = {
        "design": design or Design(),
        "quality": a_quality_grid(),
        "latency": a_latency_grid(),
        "clicks": CLICKS,
        "memory_bytes": 6_000_000,
        "users": 500,
    }
    return View.preview(**given | changes)


def without_times() -> View:
    """The measuring process failed."""
    return a_view(latency=None, latency_curve=None)


def without_index() -> View:
    """A generator that needs no search."""
    lost = {"generation": 0.3, "index": 0.0, "ranking": 0.1}
    return a_view(lost, design=Design(generator=Popularity()), memory_bytes=0)


def reranked() -> View:
    """A design of three stages, whose last one takes some time and some quality."""
    timing = a_timing()
    rows = timing.nanoseconds.copy()
    later = rows[:, -1] // 10
    rows[:, -2], rows[:, -1] = later, rows[:, -1] + later
    grid = a_latency_grid()
    part = np.array([0.0, 0.0, 0.0, 0.0, 0.1, 0.1])
    grid = replace(
        grid, p50=grid.p50 + grid.p50[..., -1:] * part, p95=grid.p95 + grid.p95[..., -1:] * part
    )
    return a_view(
        LOSS | {"reranking": 0.03},
        design=Design(rerank=Rules()),
        latency=Latency.measured(replace(timing, nanoseconds=rows)),
        latency_curve=grid,
    )
