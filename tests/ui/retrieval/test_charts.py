"""Figures of one search and of searches at the same recall."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.index import HNSW, Exact
from tests.ui.retrieval.searches import POINTS, grid, point, view
from ui.retrieval import charts
from ui.retrieval.view import with_grid


def test_at_equal_recall_each_type_takes_its_time_and_none_where_it_falls_short() -> None:
    figure = charts.equal_recall(POINTS)
    at90, at95, at99 = (t for t in figure["data"] if t["mode"] == "markers+text")
    assert at90["y"] == ["exact", "HNSW", "IVF-Flat", "IVF-PQ"]
    np.testing.assert_allclose(at90["x"][:3], [2.0, 0.1, 0.4])
    assert math.isnan(at90["x"][3])
    assert 0.1 < at95["x"][1] < 0.2
    assert math.isnan(at99["x"][1])
    assert (at90["text"][0], at95["text"][0], at99["text"][0]) == ("2", "", "")
    table = charts.equal_recall_table(POINTS).set_index("index")
    assert table.loc["HNSW", "p50 at 0.9, ms"] == 0.1
    assert math.isnan(table.loc["HNSW", "p50 at 0.99, ms"])
    go.Figure(figure)


def test_names_stand_where_the_mark_leaves_room() -> None:
    high = with_grid(view(point(HNSW(ef_search=300), 0.9, 0.1)), grid())
    *_, here, _, _, name = charts.two_recalls(high)["data"]
    assert here["textposition"] == "top left"
    assert name["text"][1] == ""
    assert name["textposition"] == ["bottom right", "bottom left"]


@pytest.mark.parametrize("low", [0.0, 0.3, 0.94])
def test_no_tick_promises_a_recall_above_one(low: float) -> None:
    figure = charts.per_query(np.array([low, 0.99, 1.0]), 10)
    axis = figure["layout"]["xaxis"]
    *below, last = axis["tickvals"]
    assert below
    assert all(low - 0.1 <= tick < 1.0 for tick in below)
    assert (last, axis["ticktext"][-1]) == (figure["data"][0]["x"][-1], "all")


def test_both_recalls_stand_over_the_knob_with_what_exact_search_would_find() -> None:
    shown = with_grid(view(), grid())
    figure = charts.two_recalls(shown)
    ann, top10, here, _, exact, name = figure["data"]
    assert (ann["name"], top10["name"]) == ("ANN recall", "true top-10")
    np.testing.assert_allclose(ann["y"], [0.78, 0.88])
    assert (here["x"], here["y"]) == ([200.0], [0.97])
    assert exact["y"] == [shown.exact_top10, shown.exact_top10]
    assert name["text"][0] == ""  # on the side that the mark leaves free
    assert name["text"][1].endswith(f"{shown.exact_top10:.3f}")
    assert here["textposition"] == "top right"
    assert list(charts.two_recalls_table(shown)) == [
        "ef_search", "ANN recall", "true top-10", "p50, ms", "p95, ms",
    ]  # fmt: skip
    go.Figure(figure)


def test_without_users_there_is_one_recall() -> None:
    drawn = charts.two_recalls(view(point(Exact(), 1.0, 2.0, top10=None)))
    assert [t["name"] for t in drawn["data"]] == ["you are here"]


def test_whole_answers_are_counted_apart_from_nearly_whole_ones() -> None:
    recalls = np.array([1.0, 1.0, 0.99, 0.52])
    (bars,) = charts.per_query(recalls, 100)["data"]
    assert bars["y"][-1] == 0.5  # all found
    assert bars["y"][-2] == 0.25  # from .95 up, but not all
    assert bars["y"][10] == 0.25  # .50 to .55
    assert bars["y"].sum() == 1.0
    go.Figure(charts.per_query(recalls, 100))


def test_the_table_of_queries_begins_with_those_that_lose_most() -> None:
    table = charts.per_query_table(np.array([1.0, 0.2, 0.9]), np.array([7, 8, 9]))
    assert table["query"].tolist() == [8, 9, 7]


def test_what_is_not_counted_yet_stands_empty() -> None:
    figure = charts.per_query(np.empty(0), 100)
    assert not figure["data"][0]["y"].any()
    assert figure["layout"]["shapes"] == figure["layout"]["annotations"] == []
    go.Figure(figure)
