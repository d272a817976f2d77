"""Scripts that browsers load from this app, compressed once and served to be kept for good.

The name carries a hash of the contents, so a browser asks for it once and new contents get a new
name. Nothing leaves the machine.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

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

    @classmethod
    def named(cls, stem: str, plain: bytes) -> Script:
        """`stem` with a hash of the contents."""
        digest = hashlib.sha256(plain).hexdigest()[:16]
        return cls(_name(stem, digest), plain, gzip.compress(plain, 6, mtime=0))


def url_of(script: Script) -> str:
    """The script's path from the server's root, `server.baseUrlPath` included.

    Absolute, because pages live at /two_stage and the like, where a relative address would break.
    """
    return f"{_folder()}/{script.name}"


def route_of(stem: str, script: Callable[[], Script]) -> Route:
    """A route for `st.App(routes=[...])`; Streamlit adds no base path to it.

    script : called when a browser first asks for a name that begins with ``stem``.
    """

    async def serve(request: Request) -> Response:
        known = script()
        if known.name != _name(stem, request.path_params["digest"]):
            return Response(status_code=404)
        return _answer(request, known)

    return Route(f"{_folder()}/{_name(stem, '{digest}')}", serve)


def _name(stem: str, digest: str) -> str:
    return f"{stem}-{digest}.min.js"


def _folder() -> str:
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"{'/' + base if base else ''}/assets"


def _answer(request: Request, script: Script) -> Response:
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
