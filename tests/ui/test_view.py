"""What a page shows of a design: taken from a report, or read off the grids."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np
import pytest

from engine.design import Design
from engine.evaluation import LOSS_STAGES, Further, Loss, PerUser, Report
from engine.figures import Estimate
from engine.index import HNSW
from engine.measurement import P99_FROM, WHOLE
from engine.pipeline import STAGES
from engine.rerankers import Rules
from tests.ui.views import (
    a_curve,
    a_latency_grid,
    a_preview,
    a_quality_grid,
    a_timing,
    a_view,
)
from ui.view import Latency, View


def a_report() -> Report:
    best_exact, best_returned, slate = np.array(
        [[0.9, 0.7, 0.8], [0.85, 0.72, 0.8], [0.5, 0.6, 0.7]]
    )
    loss = Loss.between(best_exact, best_returned, slate)
    rows = {field.name: slate for field in fields(PerUser)} | {"loss": loss}
    per_user = PerUser(**rows)
    figures = {
        name: Estimate(value, value - 0.1, value + 0.1, n)
        for name, value, n in (("ndcg@10", 0.6, 3), ("auc", 0.8, 900), ("log_loss", 0.3, 900))
    }
    return Report(figures, per_user, {"ndcg@10": 1.0})


def test_a_measured_view_holds_the_reports_values_half_widths_and_losses() -> None:
    report, timing, grid = a_report(), a_timing(), a_latency_grid()
    gain = Further(600, Estimate(0.1, 0, 0.2, 3))
    view = View.measured(Design(), report, a_curve(), timing, grid, 12, gain)
    assert view.source == "measured"
    assert view.figures == {
        name: (report[name].value, pytest.approx(0.1)) for name in ("ndcg@10", "auc", "log_loss")
    }
    assert view.users == 3
    assert (view.memory_bytes, view.further, view.ceiling) == (12, gain, {"ndcg@10": 1.0})
    assert view.loss["generation"][0] == pytest.approx(0.2)
    assert view.loss["index"][0] == pytest.approx(0.01)
    assert view.loss["ranking"][0] == pytest.approx(0.19)
    assert view.latency_curve is grid
    assert view.latency is not None
    assert view.latency.p95[WHOLE] == timing.p95.value


def test_a_view_without_times_keeps_all_that_is_simulated() -> None:
    timed = View.measured(Design(), a_report(), a_curve(), a_timing(), a_latency_grid(), 1, None)
    untimed = View.measured(Design(), a_report(), a_curve(), None, None, 1, None)
    assert untimed.latency is None
    assert (untimed.figures, untimed.loss) == (timed.figures, timed.loss)


def test_newer_times_replace_older_ones_and_nothing_else() -> None:
    view, newer = a_view(), a_timing(requests=300, median_ms=9.0)
    seen = view.with_times(newer, None)
    assert seen.latency is not None
    assert seen.latency.requests == 300
    assert seen.latency_curve is None
    assert seen.figures is view.figures
    assert view.with_times(None, view.latency_curve).latency is view.latency


def test_the_stages_parts_add_up_to_the_percentile_of_the_whole() -> None:
    timing = a_timing()
    latency = Latency.measured(timing)
    for q, parts in ((50, latency.p50), (95, latency.p95), (99, latency.p99)):
        assert sum(parts[stage] for stage in STAGES) == pytest.approx(parts[WHOLE])
        assert parts[WHOLE] == pytest.approx(np.percentile(timing.nanoseconds[:, -1], q) / 1e6)


def test_a_p99_is_shown_from_a_thousand_requests_on() -> None:
    assert math.isnan(Latency.measured(a_timing(P99_FROM - 1)).p99[WHOLE])
    assert not math.isnan(Latency.measured(a_timing(P99_FROM)).p99[WHOLE])
    assert math.isnan(Latency.from_grid(a_latency_grid(), Design()).p99[WHOLE])


@pytest.mark.parametrize(("row", "width"), [(0, 10), (1, 400)])
@pytest.mark.parametrize(("column", "candidates"), [(0, 10), (1, 100), (2, 1000)])
def test_a_preview_on_a_point_of_the_grid_is_that_point(
    row: int, width: int, column: int, candidates: int
) -> None:
    quality, latency = a_quality_grid(), a_latency_grid()
    view = a_preview(Design(index=HNSW(ef_search=width), candidates=candidates))
    assert view.figures["ndcg@10"][0] == pytest.approx(quality.ndcg[row, column])
    assert view.figures["recall@candidates"][0] == pytest.approx(quality.recall[row, column])
    assert view.figures["ann_recall"][0] == pytest.approx(quality.ann_recall[row, column])
    assert view.latency is not None
    assert view.latency.p95[WHOLE] == pytest.approx(latency.p95[row, column, -1])
    assert view.latency.p50["ranking"] == pytest.approx(latency.p50[row, column, 3])


@pytest.mark.parametrize("candidates", [10, 37, 300, 999])
@pytest.mark.parametrize("width", [1, 10, 180, 400, 100_000])
def test_a_preview_lies_within_its_grid_and_its_losses_add_up(candidates: int, width: int) -> None:
    quality = a_quality_grid()
    view = a_preview(Design(index=HNSW(ef_search=width), candidates=candidates))
    ndcg, _ = view.figures["ndcg@10"]
    assert quality.ndcg.min() <= ndcg <= quality.ndcg.max()
    assert sum(view.loss[stage][0] for stage in LOSS_STAGES) == pytest.approx(1 - ndcg, abs=1e-12)


def test_a_preview_tells_what_re_ranking_loses_from_what_ranking_does() -> None:
    grid = a_quality_grid()
    grid = replace(grid, ranked=grid.ndcg + 0.04)
    view = a_preview(Design(rerank=Rules()), quality=grid)
    plain = a_preview()
    assert view.loss["reranking"][0] == pytest.approx(0.04)
    assert view.loss["ranking"][0] == pytest.approx(plain.loss["ranking"][0] - 0.04)
    assert sum(view.loss[stage][0] for stage in LOSS_STAGES) == pytest.approx(
        1 - view.figures["ndcg@10"][0], abs=1e-12
    )
    assert plain.loss["reranking"][0] == 0.0


def test_a_preview_rises_between_two_points_where_the_grid_does() -> None:
    seen = [a_preview(Design(candidates=n)).figures["ndcg@10"][0] for n in (100, 200, 400, 1000)]
    assert seen == sorted(seen)
    assert len(set(seen)) == len(seen)


def test_a_preview_takes_what_no_slider_changes_as_it_is() -> None:
    view = a_preview(memory_bytes=123, users=77)
    assert view.source == "grid"
    assert view.further is None
    assert view.figures["auc"] == pytest.approx((0.82, 0.01))
    assert view.figures["log_loss"] == pytest.approx((0.32, 0.01))
    assert view.ceiling == {"auc": 0.86, "log_loss": 0.29}
    assert (view.memory_bytes, view.users) == (123, 77)


def test_a_preview_claims_no_interval_that_its_grid_does_not_have() -> None:
    view = a_preview()
    assert view.figures["ndcg@10"][1] == pytest.approx(0.01)
    assert math.isnan(view.figures["ann_recall"][1])
    assert all(math.isnan(width) for _, width in view.loss.values())


def test_a_preview_without_a_latency_grid_has_no_latency() -> None:
    view = a_preview(latency=None)
    assert view.latency is None
    assert view.latency_curve is None
