"""The line under each chart: the design, and what kind of number the chart shows."""

from __future__ import annotations

from ui.names import describe, in_short
from ui.view import View


def captions(view: View) -> dict[str, str]:
    """The line under each chart: the design, and what kind of number it shows."""
    return {
        "over_candidates": f"{describe(view.design)} · {_grid_line(view)}",
        "loss_by_stage": f"{_loss_line(view)} · {in_short(view.design)}",
        "time_by_stage": f"{_time_line(view)} · {in_short(view.design)}",
    }


def _grid_line(view: View) -> str:
    grid = view.latency_curve
    if grid is None:
        return "latency was not measured"
    quality = "simulated" if view.curve_judged else "grid"
    return (
        f"quality: {quality}, {view.users:,} users, band ± 95% · latency: grid measured over "
        f"{grid.requests} requests a point, p95 of the whole shared out to the stages"
    )


def _loss_line(view: View) -> str:
    if view.source == "grid":
        return f"preview between points of the grid, {view.users:,} users"
    return f"simulated, {view.users:,} users, bars ± 95%"


def _time_line(view: View) -> str:
    if view.latency is None:
        return "not measured"
    if view.source == "grid":
        return f"preview between points of the grid, {view.latency.requests} requests each"
    return f"measured, {view.latency.requests:,} requests one at a time, 1 thread"
