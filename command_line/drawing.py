"""The charts of a document as pictures, drawn by the page's own component in Chromium."""

from __future__ import annotations

import base64
import json
import re
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Literal

from command_line.chromium import dumped
from ui import live_figure, theme
from ui.plotly_js import BUNDLE
from ui.write_up.document import Chart

Theme = Literal["light", "dark"]
_HERE = Path(__file__).parent
_CONFIG = _HERE.parent / ".streamlit" / "config.toml"
_ROOM_PX = 2_000
_PICTURES = re.compile(r'<pre id="pictures">(.*?)</pre>', re.DOTALL)
NARROW = 800
"""px below which two charts share a row of a write-up."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A chart without its heading and caption.

    svg : without the font that its text is set in, and without a background. png : with both;
    empty where none was asked for.
    """

    svg: str
    png: bytes
    width: int
    height: int


def drawn(
    charts: Sequence[Chart], widths: Mapping[str, int], look: Theme, points: float = 0
) -> dict[str, Picture]:
    """Key -> picture of each chart that Plotly draws.

    points : of a PNG, a px; without them there is none.

    Raises
    ------
    RuntimeError : Chromium is missing, or could not draw them.
    """
    asked = [
        {
            "key": chart.key,
            "width": widths.get(chart.key, max(widths.values(), default=1_104)),
            "header": _header(chart),
            "figure": chart.figure_json,
        }
        for chart in charts
        if chart.figure_json
    ]
    if not asked:
        return {}
    with tempfile.TemporaryDirectory(prefix="shortlist-") as folder:
        page = Path(folder) / "charts.html"
        page.write_text(_page({"charts": asked, "points": points}, look), encoding="utf-8")
        found = _PICTURES.search(dumped(page))
    if not (found and found[1]):
        raise RuntimeError("Chromium did not finish the charts")
    pictures = json.loads(unescape(found[1]))
    if "" in pictures:
        raise RuntimeError(f"Chromium could not draw the charts: {pictures['']}")
    return {key: _picture(made) for key, made in pictures.items()}


def font_face() -> str:
    """CSS of the font that charts and pages are set in, with the font in it."""
    data = base64.b64encode(_font().read_bytes()).decode()
    family = theme.FONT.split(",")[0].strip('"')
    return (
        f'@font-face{{font-family:"{family}";font-weight:100 900;'
        f"src:url(data:font/woff2;base64,{data})}}"
    )


@cache
def _font() -> Path:
    media = Path(str(files("streamlit"))) / "static" / "static" / "media"
    return next(iter(sorted(media.glob("SourceSansVF-Upright*.woff2"))))


def _picture(made: dict[str, object]) -> Picture:
    png = str(made.get("png", "")).partition(",")[2]
    return Picture(
        svg=str(made["svg"]),
        png=base64.b64decode(png),
        width=int(str(made["width"])),
        height=int(str(made["height"])),
    )


def _header(chart: Chart) -> dict[str, object]:
    """What the component is told about a figure; see `ui.live_figure.payload`."""
    return {
        "key": chart.key,
        "height": chart.height,
        "alt": chart.alt,
        "filename": chart.filename,
        "caption": chart.caption,
        "title": chart.title,
        "units": chart.units,
        "table": None,
        "plotly": BUNDLE.as_uri(),
        "at": {},
        "clickable": False,
    }


def _page(asked: object, look: Theme) -> str:
    content = json.dumps(asked, ensure_ascii=True).replace("<", "\\u003c")
    script = (live_figure.SCRIPT + (_HERE / "drawing.js").read_text("utf-8")).replace(
        "</script", "<\\/script"
    )
    return f"""<!doctype html>
<meta charset="utf-8">
<style id="face">{font_face()}</style>
<style>{live_figure.STYLES}
:root {{ {_variables(look)} }}
body {{ margin: 0; width: {_ROOM_PX}px; font-family: var(--st-font); }}
</style>
<template id="frame"><div>{live_figure.HTML}</div></template>
<pre id="pictures"></pre>
<script type="application/json" id="charts">{content}</script>
<script type="module">{script}</script>
"""


def _variables(look: Theme) -> str:
    """The theme's colours as Streamlit hands them to a component."""
    colours = tomllib.loads(_CONFIG.read_text("utf-8"))["theme"][look]
    named = {
        "text-color": colours["textColor"],
        "background-color": colours["backgroundColor"],
        "secondary-background-color": colours["secondaryBackgroundColor"],
        "border-color": colours["borderColor"],
        "font": theme.FONT,
    }
    return " ".join(f"--st-{name}: {value};" for name, value in named.items())
