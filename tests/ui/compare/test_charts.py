"""Charts of several designs: what Plotly takes, what stands in the tables, who looks like whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.figures import Estimate, MeasuredDifference
from tests.ui.views import a_timing, a_view, reranked, without_index, without_times
from ui import theme
from ui.compare import charts
from ui.live_figure import Figure
from ui.view import Latency, View

NAN = float("nan")
LETTERS = "ABCD"
ALL: dict[str, tuple[Callable[..., Figure], Callable[..., pd.DataFrame]]] = {
    "over_candidates": (charts.over_candidates, charts.over_candidates_table),
    "loss_by_stage": (charts.loss_by_stage, charts.loss_table),
    "percentiles": (charts.latency_percentiles, charts.percentiles_table),
}


def timed(requests: int = 1_000, ms: float = 4.0) -> View:
    timing = a_timing(requests, ms)
    return a_view(timing=timing, latency=Latency.measured(timing))


def four() -> dict[str, View]:
    return dict(zip(LETTERS, (timed(), timed(100, 8.0), reranked(), without_index()), strict=True))


@pytest.mark.parametrize("name", ALL)
def test_plotly_takes_every_chart_and_the_table_holds_what_is_drawn(name: str) -> None:
    draw, table = ALL[name]
    drawn = draw(four())
    assert go.Figure(drawn).data
    told = table(four())
    assert set(told["design"]) <= set(LETTERS)
    points = sum(len(trace["x"]) for trace in drawn["data"])
    assert len(told) == points


@pytest.mark.parametrize("name", ALL)
def test_a_design_that_was_not_timed_is_drawn_as_far_as_it_is_known(name: str) -> None:
    draw, table = ALL[name]
    views = {"A": without_times(), "B": timed()}
    assert go.Figure(draw(views)) is not None
    assert not table(views).empty


def test_no_two_designs_share_a_dash_a_shape_or_a_colour() -> None:
    drawn = charts.latency_percentiles({letter: timed() for letter in LETTERS})
    looks = [(t["line"]["dash"], t["marker"]["symbol"], t["line"]["color"]) for t in drawn["data"]]
    for look in zip(*looks, strict=True):
        assert len(set(look)) == 4
    bars = charts.loss_by_stage({letter: timed() for letter in LETTERS})["data"]
    assert len({bar["marker"]["pattern"]["shape"] for bar in bars}) == 4
    assert looks[0][0] == theme.CONCEPTS["pinned"].dash  # A looks as on every other page


def test_percentiles_are_those_of_the_requests_and_p99_needs_a_thousand() -> None:
    views = {"A": timed(), "B": timed(100)}
    told = charts.percentiles_table(views)
    assert told[told.design == "B"].percentile.max() == 95
    a = told[told.design == "A"].set_index("percentile").ms
    whole = views["A"].timing
    assert whole is not None
    assert a[99] == pytest.approx(np.percentile(whole.nanoseconds[:, -1], 99) / 1e6, abs=1e-4)
    assert a.is_monotonic_increasing


def test_losses_of_designs_stand_side_by_side_over_all_stages_of_any() -> None:
    views = {"A": timed(), "B": reranked()}
    drawn = charts.loss_by_stage(views)
    assert all(bar["x"] == ["generation", "index", "ranking", "reranking"] for bar in drawn["data"])
    assert drawn["layout"]["barmode"] == "group"
    assert drawn["data"][1]["y"][3] == views["B"].loss["reranking"][0]


def panels(**found: Any) -> list[tuple[str, bool | None, Any]]:
    return [("NDCG, less A's", True, found)]


def test_a_difference_inside_the_noise_is_hollow_and_a_clear_one_is_filled() -> None:
    clear, noise = Estimate(0.02, 0.01, 0.03, 500), Estimate(0.02, -0.01, 0.05, 500)
    drawn = charts.differences("t", "u", panels(B=clear, C=noise, D=Estimate(NAN, NAN, NAN, 0)))
    marks = {trace["name"]: trace for trace in drawn["data"] if "name" in trace}
    assert set(marks) == {"B", "C"}
    assert marks["B"]["marker"]["color"] == theme.colour("pinned B")
    assert marks["C"]["marker"]["color"] == theme.PAPER
    assert marks["C"]["error_x"]["array"] == [pytest.approx(0.03)]
    assert go.Figure(drawn).data
    told = charts.differences_table(panels(B=clear, C=noise))
    assert told["in words"].tolist() == ["better", "inside the noise"]
    assert told["less A"].tolist() == [0.02, 0.02]


def test_panels_share_their_rows() -> None:
    slower = MeasuredDifference(1.0, 0.5, 1.5, "ms", 1_000, 0.0)
    quality = {letter: Estimate(0.0, -1.0, 1.0, 9) for letter in "BCD"}
    drawn = charts.differences("t", "u", [("q", True, quality), ("ms", False, {"D": slower})])
    axes = drawn["layout"]["yaxis"], drawn["layout"]["yaxis2"]
    assert axes[0]["categoryarray"] == axes[1]["categoryarray"] == ["D", "C", "B"]
    assert axes[0]["range"] == axes[1]["range"]


def test_an_endless_interval_is_no_bar() -> None:
    drawn = charts.differences("t", "u", panels(B=Estimate(0.02, NAN, NAN, 1)))
    assert drawn["data"][1]["error_x"]["array"] == [0.0]
    view = replace(timed(), loss=dict.fromkeys(timed().loss, (0.1, NAN)))
    assert set(charts.loss_by_stage({"A": view})["data"][0]["error_y"]["array"]) == {0.0}
