"""Generators side by side, in figures and words."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from engine.fitting_process import generators_of
from engine.generators import GENERATORS
from engine.retrieval.generators import FIGURES, left_out
from engine.scenario import Scenario
from tests.small_app import small_scenario
from ui.retrieval.generator_charts import facts_rows, generator_chart, generator_table
from ui.retrieval.generator_words import leading, of_the_unknown

ORDER = list(GENERATORS)


def frame(cold_mf: float = 0.4, behind: float = 0.1) -> pd.DataFrame:
    """Popularity .8, MF .9; among cold users popularity .8."""
    rows = []
    for name, group, value in (
        ("popularity", "all", 0.9 - behind),
        ("popularity", "warm", 0.8),
        ("popularity", "cold", 0.8),
        ("mf", "all", 0.9),
        ("mf", "warm", 0.95),
        ("mf", "cold", cold_mf),
    ):
        best = {"all": 0.9, "warm": 0.95, "cold": max(0.8, cold_mf)}[group]
        row: dict[str, object] = {"generator": name, "group": group, "candidates": 100}
        for figure in FIGURES:
            row |= {figure: value, f"{figure}_low": value - 0.02, f"{figure}_high": value + 0.02}
        for figure in ("ceiling", "recall", "ndcg"):
            ahead = best - value
            row[f"{figure}_behind"] = ahead
            row |= {f"{figure}_behind_{end}": ahead + by * (ahead > 0)
                    for end, by in (("low", -0.03), ("high", 0.03))}  # fmt: skip
        rows.append(row | {"users": 500, "fit_seconds": 1.25, "memory_bytes": 2e6, "reach": 0.67})
    return pd.DataFrame(rows)


def test_each_group_of_users_has_its_own_mark_and_interval() -> None:
    figure = generator_chart(frame(), "ceiling", {"ease": "too large."}, ORDER)
    everybody, warm, cold = figure["data"]
    assert everybody["x"].tolist() == [0.8, 0.9]
    assert cold["x"].tolist() == [0.8, 0.4]
    symbols = {t["marker"]["symbol"] for t in (everybody, warm, cold)}
    assert len(symbols) == 3
    assert everybody["error_x"]["array"].round(6).tolist() == [0.02, 0.02]
    axis = figure["layout"]["yaxis"]
    labels = dict(zip(axis["ticktext"], axis["tickvals"], strict=True))
    assert labels["MF"] == everybody["y"][1]
    (off,) = [label for label in labels if "(off)" in label]
    assert "opacity" in off
    go.Figure(figure)


def test_the_leader_is_named_with_its_lead_and_the_groups_that_differ() -> None:
    told = leading(frame(), {"ease": "It keeps a dense matrix."})
    assert told.startswith(
        "**MF** leaves a ranker most room here: ceiling **0.900**, 0.100 ± 0.030 ahead of "
        "Popularity, outside the noise."
    )
    assert "For cold users it is **Popularity** (0.800), for warm ones **MF** (0.950)." in told
    assert "Without a ranker **MF** is best: NDCG@10 **0.900**, 0.100 ± 0.030 ahead of" in told
    assert told.endswith("**EASE** is off: It keeps a dense matrix.")


def test_a_lead_within_the_noise_is_none() -> None:
    told = leading(frame(behind=0.01), {})
    assert "inside the noise: level with Popularity" in told


def test_one_leader_of_all_groups_is_named_once() -> None:
    assert "For cold users" not in leading(frame(cold_mf=0.85), {})


def test_the_table_has_a_row_for_each_generator_those_that_are_off_included() -> None:
    heads, rows = facts_rows(frame(), {"ease": "too large."}, ORDER)
    assert [row[0] for row in rows] == ["popularity", "MF", "item-kNN", "EASE", "two-tower"]
    assert all(len(row) == len(heads) for row in rows)
    assert rows[1][1:] == [
        "0.900 ± 0.020", "90.0%", "0.9 bits", "0.900", "1.2 s", "2.0 MB", "67%",
    ]  # fmt: skip
    assert (rows[2][1], rows[3][1]) == ("not judged", "off here")
    assert len(generator_table(frame())) == 6


def test_what_becomes_of_the_unknown_is_said_once_for_those_alike() -> None:
    told = of_the_unknown(generators_of(Scenario()))
    assert "- **Item-kNN, EASE**: A new user gets what most people clicked." in told
    assert len(told.splitlines()) == len(set(told.splitlines()))


def test_the_designs_own_generator_is_compared_with_its_knobs() -> None:
    scenario = small_scenario(generator="mf", generator__factors="32")
    assert scenario.design.generator in generators_of(scenario)
    assert [config.name for config in generators_of(scenario)] == ORDER
    assert list(left_out(generators_of(Scenario()), 20_000)) == ["ease"]
