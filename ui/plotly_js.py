"""Plotly for browsers: the official bundle that draws only what the charts here are made of.

The whole of Plotly, which the wheel carries, is four times as much for a browser to take in before
it draws a first chart (see docs/decisions/0033-plotly-in-part.md).
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from starlette.routing import Route

from ui.served_scripts import Script, route_of, url_of

_STEM = "plotly"
BUNDLE = Path(__file__).parent / "vendor" / "plotly-basic-4.1.1.min.js"
TRACE_TYPES = frozenset({"scatter", "bar"})
"""What the bundle draws and downloads can list; it draws pies too, but they have no points."""


@cache
def plotly_script() -> Script:
    """Read and compress the script once per process (less than .1 s); call it in the warm-up."""
    return Script.named(_STEM, BUNDLE.read_bytes())


def plotly_url() -> str:
    """The script's path from the server's root."""
    return url_of(plotly_script())


def plotly_route() -> Route:
    """The route for `st.App(routes=[plotly_route()])`."""
    return route_of(_STEM, plotly_script)
