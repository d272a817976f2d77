"""The funnel of one request, on hand-made steps."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
import pytest

from engine.pipeline import STAGES
from tests.ui.views import SHARES
from ui import theme
from ui.funnel_chart import alt_text, funnel, funnel_table
from ui.live_figure import Figure
from ui.one_request import Step, Times

PARTS = {"generation": "MF", "index": "HNSW"}
PLAIN = (
    Step("Catalogue", 20_000, "", {}),
    Step("Candidates", 300, "find likely items", PARTS),
    Step("Scored", 300, "score each of them", {"features": "features", "ranking": "GBDT"}),
    Step("Slate", 10, "show the first 10", {}),
)
RERANKED = (
    *PLAIN[:3],
    Step("Re-ranked", 50, "re-order the best", {"reranking": "rules"}),
    PLAIN[3],
)
NOTHING_LEFT = tuple(Step(s.name, 20_000 if not s.does else 0, s.does, s.parts) for s in PLAIN)
CASES = {"plain": PLAIN, "re-ranked": RERANKED, "nothing left": NOTHING_LEFT}


def a_time(whole: float = 4.0) -> Times:
    return Times({stage: whole * SHARES[stage] for stage in STAGES}, whole, 1_000)


def named(figure: Figure, name: str, kind: str) -> dict[str, Any]:
    (found,) = [t for t in figure["data"] if t.get("name") == name and t["type"] == kind]
    return found


def texts(figure: Figure) -> list[str]:
    return [note["text"] for note in figure["layout"]["annotations"]]


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES.keys())
def test_plotly_takes_the_figure(steps: tuple[Step, ...]) -> None:
    go.Figure(funnel(steps, a_time(), "Catalogue"))


@pytest.mark.parametrize("steps", CASES.values(), ids=CASES.keys())
def test_posts_are_as_high_as_the_logarithm_of_the_items(steps: tuple[Step, ...]) -> None:
    posts = funnel(steps, a_time(), "Catalogue")["data"]
    (bar,) = [t for t in posts if t["type"] == "bar" and "base" in t]
    assert bar["y"] == pytest.approx([2 * math.log10(1 + step.items) for step in steps])
    assert bar["base"] == pytest.approx([-height / 2 for height in bar["y"]])


def test_every_step_has_its_name_and_count_above_and_its_parts_with_their_time_below() -> None:
    shown = texts(funnel(PLAIN, a_time(4.0), "Scored"))
    assert shown[:4] == [
        "Catalogue<br><b>20,000</b>",
        "Candidates<br><b>300</b>",
        "◆ Scored<br><b>300</b>",
        "Slate<br><b>10</b>",
    ]
    assert "<b>MF</b><br>0.20 ms" in shown[4]
    assert "<b>HNSW</b><br>0.60 ms" in shown[4]
    assert "<b>GBDT</b><br>2.4 ms" in shown[5]
    assert shown[-1] == "<b>4.0 of 150 ms</b> that a request may take"


def test_each_part_flows_in_the_colour_of_its_stage() -> None:
    figure = funnel(RERANKED, a_time(), "Catalogue")
    for stage in STAGES:
        assert named(figure, stage, "scatter")["fillcolor"] == theme.colour(stage)
        assert named(figure, stage, "bar")["marker"]["color"] == theme.colour(stage)


def test_a_flow_leads_from_one_post_to_the_next_without_a_step() -> None:
    figure = funnel(PLAIN, a_time(), "Catalogue")
    first, second = (named(figure, stage, "scatter") for stage in PARTS)
    assert first["y"][0] == pytest.approx(math.log10(20_001))
    assert (first["x"][1], first["y"][1]) == pytest.approx((second["x"][0], second["y"][0]))
    assert second["y"][1] == pytest.approx(math.log10(301))


def test_the_chosen_steps_post_stands_out() -> None:
    (bar,) = [t for t in funnel(PLAIN, a_time(), "Slate")["data"] if "base" in t]
    assert bar["marker"]["color"] == [theme.ink(45)] * 3 + [theme.INK.replace(")", "-100)")]


def test_the_time_and_what_is_left_make_up_the_budget() -> None:
    figure = funnel(PLAIN, a_time(30.0), "Catalogue")
    spent = [t["x"][0] for t in figure["data"] if t.get("orientation") == "h"]
    assert sum(spent) == pytest.approx(150.0)
    assert named(figure, "left of the budget", "bar")["x"] == [120.0]


def test_a_request_beyond_its_budget_is_drawn_whole_with_nothing_left() -> None:
    figure = funnel(PLAIN, a_time(400.0), "Catalogue")
    assert named(figure, "left of the budget", "bar")["x"] == [0.0]
    assert figure["layout"]["xaxis2"]["range"][1] > 400.0
    assert named(figure, "budget", "scatter")["x"] == [150.0, 150.0]
    assert "<b>400 of 150 ms</b> that a request may take" in texts(figure)


def test_the_table_holds_each_part_its_time_and_the_items_around_it() -> None:
    table = funnel_table(RERANKED, a_time(4.0)).set_index("part")
    assert table.loc["HNSW", ["items before", "items after"]].tolist() == [20_000, 300]
    assert table.loc["rules", ["items before", "items after"]].tolist() == [300, 50]
    assert table.loc["GBDT", "ms"] == pytest.approx(2.4)
    whole = funnel_table(PLAIN, a_time(4.0)).set_index("step")
    assert whole.loc["the whole request", "ms"] == 4.0
    assert whole.loc["the whole request", ["items before", "items after"]].tolist() == [20_000, 10]
    assert whole.loc["budget", "ms"] == 150.0


def test_the_alt_text_tells_counts_and_time() -> None:
    assert alt_text(PLAIN, a_time(2.0)) == (
        "Items left at each step: catalogue 20,000, candidates 300, scored 300, slate 10; "
        "2.0 of 150 ms."
    )
