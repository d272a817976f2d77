"""plotly.min.js from the installed plotly wheel, compressed once and served to be kept for good.

The name carries a hash of the contents, so a browser asks for it once and a new plotly gets a new
name. Nothing leaves the machine.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass(frozen=True)
class Script:
    """A script as it goes over the wire: content-hashed name, plain bytes, gzipped bytes."""

    name: str
    plain: bytes
    gzipped: bytes


@cache
def plotly_script() -> Script:
    """Read and compress the script once per process (about .2 s); call it in the warm-up."""
    plain = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    digest = hashlib.sha256(plain).hexdigest()[:16]
    return Script(f"plotly-{digest}.min.js", plain, gzip.compress(plain, 6, mtime=0))


def plotly_url() -> str:
    """The script's path from the server's root, `server.baseUrlPath` included.

    Absolute, because pages live at /two_stage and the like, where a relative address would break.
    """
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/assets/{plotly_script().name}"


def plotly_route() -> Route:
    """The route for `st.App(routes=[plotly_route()])`; Streamlit adds no base path to it."""
    return Route(plotly_url(), _serve)


async def _serve(request: Request) -> Response:
    script = plotly_script()
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if _takes_gzip(request.headers.get("accept-encoding", "")):
        headers["Content-Encoding"] = "gzip"
    body = script.gzipped if "Content-Encoding" in headers else script.plain
    return Response(body, media_type="text/javascript", headers=headers)


def _takes_gzip(accept_encoding: str) -> bool:
    """Whether `Accept-Encoding` names gzip without ruling it out by a weight of zero."""
    for entry in accept_encoding.lower().split(","):
        name, _, weight = (part.strip() for part in entry.partition(";"))
        if name == "gzip":
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
