"""What a search costs as the catalogue grows, in figures and words."""

from __future__ import annotations

from math import inf

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from engine.retrieval.sizes import Crossing
from ui.retrieval.size_charts import crossing_words, over_size, size_table


def frame() -> pd.DataFrame:
    rows = []
    for n, exact, hnsw, reached in ((2_000, 0.1, 0.2, True), (20_000, 1.0, 0.3, False)):
        for name, ms in (("exact", exact), ("hnsw", hnsw)):
            knobs = {"index.M": 32.0, "index.ef_construction": 200.0, "index.ef_search": 400.0}
            speed = exact / ms
            rows.append(
                {"n": n, "k": 300, "index": name, "recall": 0.96, "p50_ms": ms, "p95_ms": 2 * ms}
                | {"reached": reached or name == "exact", "memory_bytes": 250.0 * n}
                | {"build_seconds": 0.0 if name == "exact" else n / 1e4}
                | {"speedup": speed, "speedup_low": 0.9 * speed, "speedup_high": 1.1 * speed}
                | (knobs if name == "hnsw" else {})
            )
    return pd.DataFrame(rows)


HNSW_PAYS = Crossing("hnsw", 5_432.0, 4_000.0, 8_000.0)


def test_time_stands_over_size_with_where_an_index_begins_to_pay() -> None:
    figure = over_size(frame(), "p50_ms", [HNSW_PAYS], 13_000)
    exact, hnsw = figure["data"]
    np.testing.assert_allclose(exact["y"], [0.1, 1.0])
    assert hnsw["marker"]["opacity"].tolist() == [1.0, 0.35]  # the recall was not reached
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [13_000, 5_432.0]
    texts = [note["text"] for note in figure["layout"]["annotations"]]
    assert texts == ["your vectors", "HNSW pays from 5,400"]
    go.Figure(figure)


def test_what_needs_no_build_has_no_line_and_memory_is_in_megabytes() -> None:
    assert [t["name"] for t in over_size(frame(), "build_seconds", [], 2_000)["data"]] == ["HNSW"]
    memory = over_size(frame(), "memory_bytes", [HNSW_PAYS], 2_000)
    np.testing.assert_allclose(memory["data"][0]["y"], [0.5, 5.0])
    assert len(memory["layout"]["shapes"]) == 1


@pytest.mark.parametrize(
    ("crossing", "here", "told"),
    [
        (HNSW_PAYS, 13_000, "**HNSW** pays from about **5,400** vectors (4,000 to 8,000)"),
        (HNSW_PAYS, 13_000, "With your 13,000 vectors HNSW would pay."),
        (HNSW_PAYS, 3_000, "exact search is as fast as any: no index is needed."),
        (Crossing("hnsw", 5_432.0, 0.0, inf), 1, "(below 2,000 to above 20,000)"),
        (Crossing("hnsw", 0.0, 0.0, 0.0), 1, "from the smallest size measured on"),
        (Crossing("hnsw", inf, 9e3, inf), 1, "does not beat exact search up to 20,000"),
    ],
)
def test_words_say_from_where_an_index_pays_and_for_these_vectors(
    crossing: Crossing, here: int, told: str
) -> None:
    assert told in crossing_words(frame(), [crossing], here)


def test_the_table_tells_the_parameters_that_reached_the_recall() -> None:
    table = size_table(frame())
    assert table["parameters"].tolist()[:2] == [
        "no knobs", "M 32, ef_construction 200, ef_search 400",
    ]  # fmt: skip
    assert table["memory, MB"].tolist() == [0.5, 0.5, 5.0, 5.0]
