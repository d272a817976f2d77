"""plotly.min.js from the installed plotly wheel, for browsers."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from starlette.routing import Route

from ui.served_scripts import Script, route_of, url_of


@cache
def plotly_script() -> Script:
    """Read and compress the script once per process (about .2 s); call it in the warm-up."""
    return Script.named(
        "plotly", files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    )


def plotly_url() -> str:
    """The script's path from the server's root."""
    return url_of(plotly_script())


def plotly_route() -> Route:
    """The route for `st.App(routes=[plotly_route()])`."""
    return route_of(plotly_script)
