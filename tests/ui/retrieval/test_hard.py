"""Easy and hard vectors for one graph."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.index import HNSW, IVFPQ
from engine.scenario import Scenario
from tests.small_app import small_scenario
from tests.ui.retrieval.searches import design, point
from ui.retrieval import logit
from ui.retrieval.hard import cases_of, hard_chart, hard_table, hard_words

RAW, UNIT = "MF, raw inner product", "MF, unit length"


def test_all_cases_search_with_the_designs_own_graph_but_where_they_mend_it() -> None:
    scenario = small_scenario()
    graph = scenario.design.index
    cases = {case.name: case for case in cases_of(scenario)}
    assert {RAW, UNIT, "two-tower, unit length", "no structure, unit length"} <= set(cases)
    assert cases[RAW].index == cases[UNIT].index == graph
    assert not cases[RAW].mends
    assert cases["MF, M 48"].index == HNSW(M=48, ef_construction=4, ef_search=100)
    assert cases["MF, ef_search 1,000"].index.ef_search == 1_000
    assert cases["MF, alpha 40, regularization 1"].generator != cases[RAW].generator


def test_a_case_is_a_scenario_that_a_link_can_hold() -> None:
    for case in cases_of(Scenario(design=design(IVFPQ()))):
        there = case.of(Scenario())
        back, repairs = Scenario.from_query(there.to_query())
        assert repairs == []
        assert back == there


def test_recalls_stand_on_the_logit_axis_and_what_mends_is_open() -> None:
    cases = cases_of(Scenario())
    points = {RAW: point(HNSW(), 0.9, 0.1), UNIT: point(HNSW(), 0.99, 0.1)}
    figure = hard_chart(cases, points)
    (drawn,) = figure["data"]
    assert drawn["y"] == [UNIT, RAW]
    np.testing.assert_allclose(drawn["x"], logit.places([0.99, 0.9]))
    assert drawn["marker"]["symbol"] == ["square-open", "square"]
    assert hard_table(cases, points)["ANN recall"].tolist() == [0.9, 0.99]
    go.Figure(figure)


@pytest.mark.parametrize(
    ("unit_top10", "told"),
    [
        (0.2, "loses 20 points of the true top-10"),
        (0.395, "keeps the true top-10"),
        (0.5, "gains 10 points of the true top-10"),
    ],
)
def test_both_recalls_are_told_with_the_reason_and_the_price(unit_top10: float, told: str) -> None:
    words = hard_words(
        {RAW: point(HNSW(), 0.9, 0.1), UNIT: point(HNSW(), 0.99, 0.1, top10=unit_top10)}
    )
    assert "**99.0%** on *MF, unit length* and **90.0%** on *MF, raw inner product*" in words
    assert "An inner product is no distance" in words
    assert told in words


def test_no_reason_is_given_for_what_was_not_found() -> None:
    alike = {RAW: point(HNSW(), 0.99, 0.1), UNIT: point(HNSW(), 0.9, 0.1)}
    assert "no distance" not in hard_words(alike)
    assert hard_words({RAW: point(HNSW(), 0.9, 0.1)}) == ""
