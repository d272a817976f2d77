"""One colour, dash and shape per concept, and the look of every chart.

Text, grid and background belong to the viewer's theme, which only the browser knows. A figure
therefore names them (`INK`, `MUTED`, `GRID`, `PAPER`, `ink(40)`) instead of fixing them, and
`ui.live_figure` fills them in from Streamlit's CSS variables: a switch between light and dark
needs no run on the server. `template` fills them in here, for pictures drawn without a browser.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import plotly.io as pio

# Figures carry no template of their own: the browser applies TEMPLATE in the viewer's colours.
pio.templates.default = None

FONT = '"Source Sans", sans-serif'  # the family that Streamlit's bundled CSS registers

INK = "var(--ink)"  # text, "you are here"
MUTED = "var(--muted)"  # secondary text
GRID = "var(--grid)"
PAPER = "var(--paper)"  # the page's background: rings around markers, gaps between bars
CLEAR = "rgba(0,0,0,0)"


def ink(percent: int) -> str:
    """Ink thinned over the page's background; `percent` from 0 (background) to 100 (ink)."""
    if not 0 <= percent <= 100:
        raise ValueError(f"percent={percent!r}: must be an integer from 0 to 100")
    return f"var(--ink-{percent})"


@dataclass(frozen=True)
class Mark:
    """How one concept looks as a line, a point and a filled shape, on every page.

    `dash` and `symbol` are Plotly's; `pattern` is a fill pattern ("" is plain).
    """

    colour: str
    dash: str = "solid"
    symbol: str = "circle"
    pattern: str = ""


CONCEPTS: Mapping[str, Mark] = MappingProxyType(
    {
        "generation": Mark("#0072B2", "12px,2px", "circle"),
        "index": Mark("#56B4E9", "8px,3px,2px,3px", "square", "/"),
        "features": Mark("#CC79A7", "3px,2px", "triangle-up", "."),
        "ranking": Mark("#E69F00", "solid", "cross"),
        "reranking": Mark("#8C6BB1", "6px,2px,2px,2px,2px,2px", "hexagon", "x"),
        "truth": Mark("#009E73", "dash", "star"),
        "budget": Mark("#D55E00", "longdash", "line-ew-open"),
        "loss": Mark("#D55E00", "solid", "triangle-down"),
        "pinned": Mark(ink(50), "dot", "circle-open"),
        "here": Mark(INK, "1px,3px", "diamond"),
        # Further pinned designs, where several stand side by side.
        "pinned B": Mark("#6366E8", "18px,4px", "triangle-right", "\\"),
        "pinned C": Mark("#C9378A", "7px,4px", "diamond-wide", "|"),
        "pinned D": Mark("#7D8C00", "12px,4px,3px,4px", "hexagram", "+"),
        # The four types of index: the index's blue for the default one.
        "exact": Mark(ink(65), "3px,3px", "x"),
        "hnsw": Mark("#56B4E9", "16px,2px", "square-dot"),
        "ivfflat": Mark("#117A8B", "9px,3px", "triangle-left"),
        "ivfpq": Mark("#A0529F", "5px,3px", "pentagon"),
    }
)


def _mark(concept: str) -> Mark:
    if concept not in CONCEPTS:
        raise ValueError(f"concept={concept!r}: must be one of {', '.join(CONCEPTS)}")
    return CONCEPTS[concept]


def colour(concept: str) -> str:
    """The concept's colour, for `concept` a key of `CONCEPTS`."""
    return _mark(concept).colour


def line(concept: str, *, width: float = 2.5) -> dict[str, Any]:
    """`line=` of a scatter trace or a shape; `width` in px. Reference lines are drawn thinner."""
    mark = _mark(concept)
    thin = concept in ("pinned", "here", "budget", "truth")
    return {"color": mark.colour, "dash": mark.dash, "width": width * 0.7 if thin else width}


def marker(concept: str, *, size: float = 8, symbol: str = "") -> dict[str, Any]:
    """`marker=` of a scatter trace: the concept's shape in a ring of paper; `size` in px.

    symbol : another shape than the concept's, by Plotly's name.
    """
    mark = _mark(concept)
    shape = symbol or mark.symbol
    ring = {"color": PAPER, "width": 1.5}
    if shape.endswith("-open"):
        ring = {"color": mark.colour, "width": 2}
    grown = size * 1.6 if concept == "here" else size
    return {"color": mark.colour, "symbol": shape, "size": grown, "line": ring}


def bar(concept: str) -> dict[str, Any]:
    """`marker=` of a bar trace: the concept's colour with its pattern laid faintly over it."""
    mark = _mark(concept)
    return {"color": mark.colour, "line": {"width": 0}, "pattern": _pattern(mark)}


def area(concept: str) -> dict[str, Any]:
    """Keywords of a filled scatter trace: a flat fill with the concept's pattern, no outline."""
    mark = _mark(concept)
    return {
        "mode": "lines",
        "line": {"color": mark.colour, "width": 0},
        "fillcolor": mark.colour,
        "fillpattern": _pattern(mark) | {"bgcolor": mark.colour},
    }


def band(concept: str, alpha: float = 0.16) -> str:
    """A translucent fill in the concept's colour, for the interval around a line."""
    code = _mark(concept).colour
    if not code.startswith("#"):
        return ink(round(100 * alpha))
    red, green, blue = (int(code[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def _pattern(mark: Mark) -> dict[str, Any]:
    return {
        "shape": mark.pattern,
        "fgcolor": PAPER,
        "fgopacity": 0.45,
        "fillmode": "overlay",
        "size": 6,
        "solidity": 0.16,
    }


def heading(title: str, units: str = "") -> dict[str, Any]:
    """`layout.title` in plain text: what is shown, then its units or scope in a lighter voice.

    `ui.live_figure` sets it above the chart, where it wraps, and draws it into exported pictures.
    """
    return {"text": title, "subtitle": {"text": units}}


_AXIS: dict[str, Any] = {
    "automargin": True,
    "gridcolor": GRID,
    "gridwidth": 1,
    "hoverformat": ",.4~r",
    "linecolor": ink(40),
    "showline": False,
    "spikecolor": ink(40),
    "spikedash": "dot",
    "spikethickness": 1,
    "tickcolor": CLEAR,  # ticks are there for the air between axis and label
    "tickfont": {"size": 13, "color": ink(80)},
    "ticklen": 5,
    "ticks": "outside",
    "title": {"font": {"size": 13, "color": MUTED}, "standoff": 10},
    "zeroline": False,
    "zerolinecolor": ink(40),
    "zerolinewidth": 1,
}

# A halo of paper keeps a label readable where a line runs under it.
_LABEL = {"size": 13, "color": INK, "shadow": ", ".join([f"0 0 2px {PAPER}"] * 3)}
TEMPLATE: dict[str, Any] = {
    "layout": {
        "annotationdefaults": {"font": _LABEL, "showarrow": False},
        "bargap": 0.28,
        "colorway": [CONCEPTS[c].colour for c in ("generation", "ranking", "truth", "features")],
        "font": {"family": FONT, "size": 14, "color": INK},
        "hoverlabel": {
            "align": "left",
            "bgcolor": PAPER,
            "bordercolor": ink(30),
            "font": {"family": FONT, "size": 13, "color": INK},
        },
        "hovermode": "closest",
        "legend": {
            "bgcolor": CLEAR,
            "font": {"size": 13, "color": INK},
            "itemwidth": 30,
            "orientation": "h",
            "title": {"text": ""},
            "tracegroupgap": 4,
            "traceorder": "normal",
            "x": 0,
            "xanchor": "left",
            "xref": "container",
            "y": 1,
            "yanchor": "top",
            "yref": "container",
        },
        "margin": {"l": 8, "r": 16, "t": 12, "b": 8, "pad": 4},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "shapedefaults": {"line": {"color": INK, "width": 1}},
        "xaxis": _AXIS,
        # Of the width alone: the height would follow whether a label stands at the axis's very end,
        # and for each such change of a range all is laid out anew.
        "yaxis": _AXIS | {"automargin": "width"},
    },
    "data": {
        "bar": [
            {
                "cliponaxis": False,
                "textfont": {"size": 13, "color": INK},
            }
        ],
        "scatter": [
            {
                "cliponaxis": False,
                "line": {"width": 2.5},
                "marker": {"size": 7},
                "textfont": _LABEL,
            }
        ],
    },
}

# How much ink (percent, over paper) each named colour holds. The browser uses the same figures.
SHADES: Mapping[str, Mapping[str, int]] = {
    "light": {"ink": 100, "muted": 70, "grid": 9, "paper": 0},
    "dark": {"ink": 100, "muted": 70, "grid": 15, "paper": 0},
}
_STATIC = {"light": ("#262730", "#ffffff"), "dark": ("#fafafa", "#0e1117")}
_NAMED_COLOUR = re.compile(r"var\(--(ink|muted|grid|paper)(?:-(\d+))?\)")


def template(mode: Literal["light", "dark"]) -> dict[str, Any]:
    """`TEMPLATE` with its named colours filled in, for pictures drawn without a browser."""
    if mode not in SHADES:
        raise ValueError(f"mode={mode!r}: must be one of {', '.join(SHADES)}")

    def fill(named: re.Match[str]) -> str:
        name, percent = named.groups()
        return _mixed(int(percent) if percent else SHADES[mode][name], *_STATIC[mode])

    filled: dict[str, Any] = json.loads(_NAMED_COLOUR.sub(fill, json.dumps(TEMPLATE)))
    return filled


def _mixed(percent: int, ink_code: str, paper_code: str) -> str:
    channels = ((int(c[i : i + 2], 16) for c in (ink_code, paper_code)) for i in (1, 3, 5))
    return "#" + "".join(f"{round(p + (i - p) * percent / 100):02x}" for i, p in channels)
