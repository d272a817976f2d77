"""What browsers need to take things away: one script, loaded once something is taken.

It is no part of the components themselves, which travel with every figure.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from starlette.routing import Route

from ui.served_scripts import Script, route_of, url_of

_STEM = "take-away"
_HERE = Path(__file__).parent
_ZIP = _HERE.parent / "vendor" / "fflate-0.8.3.min.js"
_PARTS = ("text.js", "origin.js", "points.js", "picture.js", "page.js")


@cache
def downloads_script() -> Script:
    """An ES module: see `in_browser/`. Holds the machine and the version that downloads name."""
    from ui.write_up.provenance import (
        made_with,
    )  # imports the engine, which the port need not await

    made = json.dumps(made_with(), ensure_ascii=False)
    parts = [(_HERE / "in_browser" / name).read_text("utf-8") for name in _PARTS]
    packer = _ZIP.read_text("utf-8")
    return Script.named(_STEM, "\n".join([f"const MADE = {made};", *parts, packer]).encode())


def downloads_url() -> str:
    """The script's path from the server's root."""
    return url_of(downloads_script())


def downloads_route() -> Route:
    """The route for `st.App(routes=[...])`."""
    return route_of(_STEM, downloads_script)
