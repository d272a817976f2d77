"""A Plotly figure that is redrawn in place: same node, same zoom, no flicker, no round trip.

`st.plotly_chart` mounts a new chart on each change. This component keeps one node and hands the
new figure to `Plotly.react`; colours of text, grid and background come from the viewer's theme
(see `ui.theme`). Under the chart stand its design and units, a table of its data, and downloads
as CSV, SVG and PNG, all made in the browser.

What travels is one line of JSON about the chart and one line that is the figure, so that a test
can read both and the browser can leave an unchanged figure alone.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import plotly.io as pio
import streamlit as st

from ui import theme
from ui.plotly_js import TRACE_TYPES, plotly_url
from ui.write_up.provenance import source
from ui.write_up.sent import chart_from
from ui.write_up.served import downloads_url
from ui.write_up.shown import put

Figure = dict[str, Any]
"""Traces under `data` and a `layout`, as Plotly's JSON has them; arrays may be NumPy's."""

FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
HTML = """
<figure class="live-figure">
  <p class="live-figure-heading"><strong></strong> <span></span></p>
  <div class="live-figure-frame">
    <div class="live-figure-plot" role="img"></div>
    <div class="live-figure-table" role="region" tabindex="0" hidden></div>
  </div>
  <figcaption>
    <span class="live-figure-caption"></span>
    <span class="live-figure-tools">
      <button type="button" data-do="reset" hidden>Reset zoom</button>
      <button type="button" data-do="table" aria-pressed="false">Table</button>
      <button type="button" data-do="csv">CSV</button>
      <button type="button" data-do="svg">SVG</button>
      <button type="button" data-do="png">PNG</button>
    </span>
  </figcaption>
</figure>
"""
_THEME = {"template": theme.TEMPLATE, "shades": {k: dict(v) for k, v in theme.SHADES.items()}}


def _source(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


STYLES = _source("component.css")
SHARED_JS = (
    f"const THEME = {json.dumps(_THEME, separators=(',', ':'))};\n"
    + _source("colours.js")
    + _source("sheet.js")
    + _source("free_moment.js")
)
"""Colours, tables, downloads and free moments for other figures that are drawn in the browser."""

SCRIPT = SHARED_JS + "".join(
    _source(f"{part}.js") for part in ("component", "motion", "sketch", "take_away")
)
"""The whole component, for who draws figures outside of a page."""

_mount = st.components.v2.component(
    "live_figure",
    html=HTML,
    css=STYLES,
    js=SCRIPT,
    isolate_styles=False,
)


def live_figure(
    figure: Figure | go.Figure,
    *,
    key: str,
    height: int,
    alt: str,
    filename: str,
    table: pd.DataFrame | None = None,
    caption: str = "",
    at: Mapping[str, float] | None = None,
    on_point: Callable[[str], None] | None = None,
) -> None:
    """Draw a figure, or redraw the one that stands under this key.

    Parameters
    ----------
    figure
        Of scatters and bars (`ui.plotly_js.TRACE_TYPES`), without a template and without text
        colours; named colours of `ui.theme` are filled in by the browser. `layout.title`
        (`theme.heading`) is set above the chart. Zoom is kept across updates unless the figure
        brings another `layout.uirevision`. Give NumPy arrays, not lists.
    key
        Constant and unique on the page: it is what the chart is recognised by.
    height
        Of the plot in px, from 80 to 2000, kept free before anything is drawn; the heading above
        and the line below come on top.
    alt
        What the figure shows, in a sentence, for those who do not see it.
    filename
        Of the downloads, without an extension: letters, digits, dots, dashes, underscores.
    table
        The figures behind the chart; a named index becomes the first columns. Without it there
        is no "Table" button. The CSV holds what is drawn, and needs none.
    caption
        One quiet line under the chart: the design, the units, the kind of number.
    at
        Keys of sliders with the values that the figure is for (see `ui.live_preview`).
    on_point
        A callback that is told the `customdata` of a point that was clicked on, where that is a
        text and not empty. It comes from a browser: check it. Offer the same by keyboard.

    Raises
    ------
    ValueError
        If a parameter is outside what is said above.
    """
    data = payload(
        figure,
        key,
        height,
        alt,
        filename,
        table,
        caption,
        at,
        clickable=on_point is not None,
        source=source(),
    )
    put(lambda: chart_from(data))
    if on_point is None:
        _mount(key=key, data=data)
    else:
        _mount(key=key, data=data, on_point_change=lambda: _tell(key, on_point))


def _tell(key: str, on_point: Callable[[str], None]) -> None:
    point = st.session_state[key].get("point")
    if isinstance(point, str) and point:
        on_point(point)


def payload(
    figure: Figure | go.Figure,
    key: str,
    height: int,
    alt: str,
    filename: str,
    table: pd.DataFrame | None,
    caption: str,
    at: Mapping[str, float] | None = None,
    clickable: bool = False,
    source: Mapping[str, str] | None = None,
) -> bytes:
    """What the browser is sent, UTF-8: the header's JSON, a line feed, the figure's JSON.

    source : where the figure comes from, told in what is downloaded.
    """
    _check(key, height, alt, filename)
    drawn = figure if isinstance(figure, dict) else figure.to_plotly_json()
    _check_types(drawn)
    title = drawn.get("layout", {}).get("title", {})
    header = {
        "key": key,
        "height": height,
        "alt": alt,
        "filename": filename,
        "caption": caption,
        "title": title.get("text", ""),
        "units": title.get("subtitle", {}).get("text", ""),
        "table": None if table is None else _columns(table),
        "plotly": plotly_url(),
        "downloads": downloads_url(),
        "at": {f"st-key-{slider}": value for slider, value in (at or {}).items()},
        "clickable": clickable,
        "source": source or {},
    }
    head = json.dumps(header, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"{head}\n{pio.json.to_json_plotly(drawn)}".encode()


def _check(key: str, height: int, alt: str, filename: str) -> None:
    if not key:
        raise ValueError(f"key={key!r}: must be a constant, non-empty name")
    if not isinstance(height, int) or not 80 <= height <= 2000:
        raise ValueError(f"height={height!r}: must be an integer from 80 to 2000 (px)")
    if not alt.strip():
        raise ValueError(f"alt={alt!r}: must say in a sentence what the figure shows")
    if not FILENAME.fullmatch(filename):
        raise ValueError(
            f"filename={filename!r}: must be up to 100 letters, digits, dots, dashes and "
            "underscores, beginning with a letter or digit, without an extension"
        )


def _check_types(figure: Figure) -> None:
    for trace in figure.get("data", []):
        if (found := trace.get("type", "scatter")) not in TRACE_TYPES:
            allowed = ", ".join(sorted(TRACE_TYPES))
            raise ValueError(f"type={found!r}: must be one that browsers here can draw: {allowed}")


def _columns(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Each column as {name, numeric, values}; missing values as None, infinities as text."""
    frame = table.reset_index() if any(name is not None for name in table.index.names) else table
    return [
        {
            "name": str(name),
            "numeric": column.dtype.kind in "iuf",
            "values": [_plain(value) for value in column.tolist()],
        }
        for name, column in frame.items()
    ]


def _plain(value: Any) -> Any:
    """A cell as JSON can hold it."""
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return str(value)
