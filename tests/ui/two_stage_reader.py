"""What the two-stage page shows in an `AppTest` run, and that it is whole."""

from __future__ import annotations

import re
from typing import Any

from streamlit.testing.v1 import AppTest

from engine.scenario import Scenario
from tests.small_app import PAGE_TITLE
from tests.ui.appreader import figures, headers, tables

CHARTS = [
    "over_candidates",
    "loss_by_stage",
    "time_by_stage",
    "frontier_chart",
    "why_believed",
    "why_true",
]
HEADLINES = [
    "NDCG@10, true",
    "p95 latency",
    "True top-10 among candidates",
    "ANN recall",
    "AUC of the ranker",
    "Index memory",
]
FIGURE = re.compile(
    r"<dt[^>]*>([^<]*)</dt><dd[^>]*>([^<]*)</dd><dd[^>]*>([^<]*)</dd><dd[^>]*>([^<]*)</dd>"
)


def blocks(at: AppTest) -> list[str]:
    return [element.proto.body for element in at.get("html")]


def headlines(at: AppTest) -> dict[str, tuple[str, str, str]]:
    """Label -> value, kind and note of each large figure."""
    return {
        label: (value, kind, note)
        for block in blocks(at)
        for label, value, kind, note in FIGURE.findall(block)
    }


def simulated(at: AppTest) -> dict[str, Any]:
    """All figures on the page but those of a stopwatch."""
    shown = headlines(at)
    loss = figures(at)["loss_by_stage"]["data"]
    return {
        "figures": {label: shown[label] for label in HEADLINES if label != "p95 latency"},
        "losses": [trace["text"] for trace in loss if "text" in trace],
        "table": tables(at)["loss_by_stage"].to_json(),
    }


def source(at: AppTest) -> str:
    (line,) = [block for block in blocks(at) if 'class="sl-source' in block]
    return line


def cards(at: AppTest) -> int:
    return sum(block.count('class="sl-card"') for block in blocks(at))


def trace(at: AppTest, chart: str, name: str) -> dict[str, Any]:
    (found,) = [t for t in figures(at)[chart]["data"] if t.get("name") == name]
    return found


def warnings(at: AppTest) -> list[str]:
    return [warning.value for warning in at.warning]


def assert_whole(at: AppTest, slate: int = 10) -> None:
    """Title, controls, figures, charts and slate are there, and nothing went wrong."""
    assert not at.exception
    assert [title.value for title in at.title] == [PAGE_TITLE]
    assert not at.error
    assert list(headlines(at)) == HEADLINES
    assert list(figures(at)) == CHARTS
    assert cards(at) == slate
    assert "sl-measured" in source(at)
    assert "nan" not in "".join(" ".join(parts) for parts in headlines(at).values())


def assert_shows(at: AppTest, scenario: Scenario) -> None:
    """The page, its link and its charts are of one design."""
    assert at.query_params == scenario.to_query()
    design = scenario.design
    assert trace(at, "over_candidates", "you are here")["x"] == [design.candidates]
    for about in headers(at).values():
        assert f"→ {design.candidates:,} " in about["caption"]
        assert f"→ {design.candidates:,} candidates →" in about["alt"]
