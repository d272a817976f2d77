"""What made an item's score and what makes its truth: two waterfalls of log-odds, side by side.

Pure functions of an `Explanation`; see `ui.charts` for why a figure is a plain dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pandas as pd

from engine.explanation import Explanation
from ui import theme
from ui.live_figure import Figure
from ui.versus import signed

OF_THE_REQUEST = ("user", "cohort", "user_log_clicks", "hour", "log_position")
"""Features with one value for all candidates of a request: they explain no order."""

_MOST_BARS = 10
_REQUEST = "the request"
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Step:
    """One bar: its label, and the log-odds (or score) that it adds."""

    label: str
    adds: float


def believed_steps(seen: Explanation) -> list[Step]:
    """What each feature adds to the score, the largest first.

    Features of the request come as one bar, and last what does not fit into ten, as "other".
    """
    rows = seen.rows()  # read by columns: filtering frames is felt on a slider's step
    steps = [
        Step(f"{_words(feature)} {_number(shown)}", adds)
        for feature, shown, adds in zip(*(rows[name].tolist() for name in rows), strict=True)
        if feature not in OF_THE_REQUEST
    ]
    of_request = [v for name, v in seen.contributions.items() if name in OF_THE_REQUEST]
    if of_request:
        steps.append(Step(_REQUEST, sum(of_request)))
    return _largest(steps)


def true_steps(seen: Explanation) -> list[Step]:
    """What each part adds to the log-odds of the true relevance, the largest first."""
    return _largest([Step(name, adds) for name, adds in seen.parts.items() if name != "base"])


def believed(seen: Explanation, log_odds: bool) -> Figure:
    """From the base to the raw score, feature by feature."""
    units = (
        "log-odds of a click, from base to raw score" if log_odds else "score, base to raw score"
    )
    return _waterfall(
        theme.heading("What the ranker believed", units),
        ("base", seen.base),
        believed_steps(seen),
        ("raw score", seen.raw_score),
        "ranking",
    )


def true(seen: Explanation) -> Figure:
    """From the world's base to the logit of the true relevance, part by part."""
    steps = true_steps(seen)
    base = seen.parts["base"]
    return _waterfall(
        theme.heading("What is true", "log-odds of liking it, simulated"),
        ("base", base),
        steps,
        ("truth", base + sum(step.adds for step in steps)),
        "truth",
    )


def believed_table(seen: Explanation) -> pd.DataFrame:
    """What stands behind `believed`, every feature by itself."""
    rows = seen.rows()
    adds = [*rows["contribution"].tolist(), seen.base, seen.raw_score]
    return pd.DataFrame(
        {
            "feature": [*rows["feature"].tolist(), "base", "raw score"],
            "shown": [*rows["shown"].tolist(), "", ""],
            "contribution": [round(value, 4) for value in adds],
        }
    )


def true_table(seen: Explanation) -> pd.DataFrame:
    """What stands behind `true`."""
    parts = seen.parts | {"truth": sum(seen.parts.values())}
    logits = [round(adds, 4) for adds in parts.values()]
    return pd.DataFrame({"part": list(parts), "logits": logits})


def _largest(steps: list[Step]) -> list[Step]:
    steps = sorted(steps, key=lambda step: -abs(step.adds))
    if len(steps) <= _MOST_BARS:
        return steps
    kept, others = steps[: _MOST_BARS - 1], steps[_MOST_BARS - 1 :]
    return [*kept, Step(f"{_OTHER} ({len(others)})", sum(step.adds for step in others))]


def _waterfall(
    title: dict[str, Any],
    first: tuple[str, float],
    steps: list[Step],
    last: tuple[str, float],
    concept: str,
) -> Figure:
    """Horizontal bars from one point to another; full where they add, hollow where they take."""
    levels = list(accumulate((step.adds for step in steps), initial=first[1]))
    rows = list(zip(steps, levels[:-1], strict=True))
    names = [first[0], *(step.label for step in steps), last[0]]
    span = max(levels) - min(levels) or 1.0
    bars = [
        _bars([row for row in rows if (row[0].adds >= 0) is up], up, concept)
        for up in (True, False)
    ]
    ends = {
        "type": "scatter",
        "x": [first[1], last[1]],
        "y": [first[0], last[0]],
        "mode": "markers+text",
        "marker": {
            "color": [theme.PAPER, theme.INK],
            "symbol": ["circle", theme.CONCEPTS["here"].symbol],
            "size": [9, 13],
            "line": {"color": theme.INK, "width": 1.5},
            "opacity": 1,  # sizes of their own would make it less
        },
        "text": [signed(first[1], 2), f"<b>{signed(last[1], 2)}</b>"],
        "textposition": "middle right",
        "hovertemplate": "%{y}: %{x:.3f}<extra></extra>",
        "showlegend": False,
    }
    labels = {
        "type": "scatter",
        "x": [max(at, at + step.adds) for step, at in rows],
        "y": [step.label for step in steps],
        "mode": "text",
        "text": [f" {signed(step.adds, 2)}" for step in steps],
        "textposition": "middle right",
        "hoverinfo": "skip",
        "showlegend": False,
    }
    layout = {
        "title": title,
        "xaxis": {"range": [min(levels) - 0.06 * span, max(levels) + 0.24 * span]},
        "yaxis": {
            "categoryorder": "array",
            "categoryarray": names,
            "autorange": "reversed",
            "showgrid": False,
        },
        "shapes": [_connector(place, level) for place, level in enumerate(levels)],
        "barmode": "overlay",
        "bargap": 0.3,
        "margin": {"t": 34},
        "uirevision": f"why {concept}",
    }
    return {"data": [*bars, ends, labels], "layout": layout}


def _bars(rows: list[tuple[Step, float]], up: bool, concept: str) -> dict[str, Any]:
    edge = {"color": theme.colour(concept), "width": 1.8}
    return {
        "type": "bar",
        "orientation": "h",
        "y": [step.label for step, _ in rows],
        "x": [step.adds for step, _ in rows],
        "base": [at for _, at in rows],
        "name": "adds" if up else "takes away",
        "showlegend": bool(rows),
        "marker": {"color": theme.colour(concept) if up else theme.PAPER, "line": edge},
        "customdata": [signed(step.adds, 3) for step, _ in rows],
        "hovertemplate": "%{y}: %{customdata}<extra></extra>",
    }


def _connector(place: int, level: float) -> dict[str, Any]:
    """A thin line from the middle of one row to that of the next."""
    return {
        "type": "line",
        "x0": level,
        "x1": level,
        "y0": place,
        "y1": place + 1,
        "layer": "below",
        "line": {"color": theme.ink(40), "width": 1},
    }


def _words(name: str) -> str:
    return name.replace("_", " ")


def _number(shown: str) -> str:
    """A feature's value as text, with a true minus."""
    return shown.replace("-", "−") if shown.startswith("-") else shown
