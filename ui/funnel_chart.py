"""One request as a picture: the funnel from the catalogue to the slate, and its time.

Heights are logarithmic, for a slate of ten would not show beside a catalogue of thousands.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pandas as pd

from ui import theme
from ui.live_figure import Figure
from ui.one_request import Step, Times, milliseconds
from ui.view import BUDGET_MS

HEIGHT = 372
_HALF = 0.13  # of a step's post, in units of the distance between two
_FUNNEL, _BAR = [0.52, 0.86], [0.02, 0.09]  # parts of the height
_SMALL = 13


def funnel(steps: tuple[Step, ...], times: Times, here: str) -> Figure:
    """Posts as high as the log of the items left, what is done between them, and the budget.

    here : name of the step that the viewer looks at.
    """
    top = 1.06 * max(_height(step.items) for step in steps)
    layout = {
        "title": theme.heading(
            "One request, from the catalogue to the slate",
            "items left, log scale · ms of each part · ◆ the step shown below",
        ),
        "xaxis": _bare([-0.5, len(steps) - 0.5]) | {"anchor": "y"},
        "yaxis": _bare([-top, top]) | {"domain": _FUNNEL, "automargin": False},
        "xaxis2": {
            "anchor": "y2",
            "range": [0.0, 1.02 * max(BUDGET_MS, times.whole)],
            "fixedrange": True,
            "showgrid": False,
            "ticksuffix": " ms",
            "tickvals": [0, BUDGET_MS / 3, 2 * BUDGET_MS / 3, BUDGET_MS],
        },
        "yaxis2": _bare([-0.5, 0.5]) | {"anchor": "x2", "domain": _BAR, "automargin": False},
        "annotations": [
            *(_name(place, step, step.name == here) for place, step in enumerate(steps)),
            *(_doing(place, step, times) for place, step in enumerate(steps) if step.does),
            _total(times),
        ],
        "meta": {  # names for what has no title, in what is taken away
            "axes": {
                "xaxis": "step",
                "yaxis": "log10(1 + items), drawn both ways",
                "xaxis2": "ms",
                "yaxis2": "row",
            }
        },
        "barmode": "stack",
        "bargap": 0.0,
        "showlegend": False,
        "margin": {"l": 8, "r": 8, "t": 4, "b": 8},
        "uirevision": "funnel",
    }
    return {"data": [*_flows(steps), _posts(steps, here), *_spent(steps, times)], "layout": layout}


def funnel_table(steps: tuple[Step, ...], times: Times) -> pd.DataFrame:
    """What stands behind `funnel`: a row for each part at work, and the whole."""
    rows: list[tuple[str, str, str, float, int | None, int | None]] = []
    for before, step in pairwise(steps):
        if not step.parts:
            rows.append((step.name, "", "", math.nan, before.items, step.items))
        for stage, part in step.parts.items():
            rows.append((step.name, stage, part, times.parts[stage], before.items, step.items))
    rows.append(("the whole request", "", "", times.whole, steps[0].items, steps[-1].items))
    rows.append(("budget", "", "", BUDGET_MS, None, None))
    frame = pd.DataFrame(
        rows, columns=["step", "stage", "part", "ms", "items before", "items after"]
    )
    counts = {"items before": "Int64", "items after": "Int64"}
    return frame.astype(counts).round({"ms": 4})


def alt_text(steps: tuple[Step, ...], times: Times) -> str:
    """The funnel in a sentence."""
    counts = ", ".join(f"{step.name.lower()} {step.items:,}" for step in steps)
    return f"Items left at each step: {counts}; {_of_budget(times)}."


def _height(items: int) -> float:
    return math.log10(1 + items)


def _bare(span: list[float]) -> dict[str, Any]:
    """An axis that is not drawn."""
    return {
        "range": span,
        "fixedrange": True,
        "showgrid": False,
        "showticklabels": False,
        "ticks": "",
    }


def _posts(steps: tuple[Step, ...], here: str) -> dict[str, Any]:
    heights = [_height(step.items) for step in steps]
    return {
        "type": "bar",
        "x": list(range(len(steps))),
        "y": [2 * height for height in heights],
        "base": [-height for height in heights],
        "width": 2 * _HALF,
        "marker": {
            "color": [theme.ink(100 if step.name == here else 45) for step in steps],
            "line": {"width": 0},
        },
        "customdata": [f"{step.name}: {step.items:,} items" for step in steps],
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def _flows(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """What is done between two posts: as many pieces as there are parts at work."""
    flows = []
    for place, (before, after) in enumerate(pairwise(steps)):
        left, right = _height(before.items), _height(after.items)
        pieces = tuple(after.parts) or ("",)
        for piece, stage in enumerate(pieces):
            ends = [piece / len(pieces), (piece + 1) / len(pieces)]
            x = [place + _HALF + (1 - 2 * _HALF) * end for end in ends]
            y = [left + (right - left) * end for end in ends]
            fill = (
                theme.area(stage) if stage else {"fillcolor": theme.ink(16), "line": {"width": 0}}
            )
            flows.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": [x[0], x[1], x[1], x[0], x[0]],
                    "y": [y[0], y[1], -y[1], -y[0], y[0]],
                    "name": stage or after.does,
                    "hoverinfo": "skip",
                    **fill,
                    "fill": "toself",
                }
            )
    return flows


def _spent(steps: tuple[Step, ...], times: Times) -> list[dict[str, Any]]:
    """The request's time, part after part, and the rest of the budget."""
    on_lower = {"type": "bar", "orientation": "h", "y": [0], "xaxis": "x2", "yaxis": "y2"}
    bars: list[dict[str, Any]] = [
        on_lower
        | {
            "x": [times.parts[stage]],
            "name": stage,
            "marker": theme.bar(stage),
            "hovertemplate": f"{part}: %{{x:.3f}} ms<extra></extra>",
        }
        for step in steps
        for stage, part in step.parts.items()
    ]
    bars.append(
        on_lower
        | {
            "x": [max(0.0, BUDGET_MS - times.whole)],
            "name": "left of the budget",
            "marker": {"color": theme.ink(10), "line": {"width": 0}},
            "hovertemplate": "left of the budget: %{x:.1f} ms<extra></extra>",
        }
    )
    bars.append(
        {
            "type": "scatter",
            "mode": "lines",
            "x": [BUDGET_MS, BUDGET_MS],
            "y": [-0.5, 0.5],
            "xaxis": "x2",
            "yaxis": "y2",
            "name": "budget",
            "line": theme.line("budget", width=4) | {"dash": "solid"},
            "hovertemplate": f"budget: {BUDGET_MS:.0f} ms<extra></extra>",
        }
    )
    return bars


def _name(place: int, step: Step, here: bool) -> dict[str, Any]:
    return {
        "x": place,
        "y": 1.0,
        "yref": "paper",
        "yanchor": "top",
        "text": f"{'◆ ' if here else ''}{step.name}<br><b>{step.items:,}</b>",
        "font": {"size": 13.5},
    }


def _doing(place: int, step: Step, times: Times) -> dict[str, Any]:
    """Under a flow: what it does, and with which parts in what time. Narrow, for small screens."""
    words = step.does.split()
    half = (len(words) + 1) // 2
    lines = [" ".join(words[:half]), " ".join(words[half:])]
    for stage, part in step.parts.items():
        square = f'<span style="color:{theme.colour(stage)}">■</span>'
        lines += [f"{square} <b>{part}</b>", milliseconds(times.parts[stage])]
    return {
        "x": place - 0.5,
        "y": _FUNNEL[0] - 0.02,
        "yref": "paper",
        "yanchor": "top",
        "text": "<br>".join(lines),
        "font": {"size": _SMALL},
    }


def _total(times: Times) -> dict[str, Any]:
    return {
        "x": 0.0,
        "xref": "x2",
        "xanchor": "left",
        "y": _BAR[1] + 0.005,
        "yref": "paper",
        "yanchor": "bottom",
        "text": f"<b>{_of_budget(times)}</b> that a request may take",
        "font": {"size": 14},
    }


def _of_budget(times: Times) -> str:
    return f"{milliseconds(times.whole).removesuffix(' ms')} of {BUDGET_MS:.0f} ms"
