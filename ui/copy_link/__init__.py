"""A button that copies the page's address, which holds the whole scenario."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_HTML = """
<button type="button" class="copy-link">Copy link</button>
<input class="copy-link-address" aria-label="Link to this page" readonly hidden>
"""


def _source(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


_mount = st.components.v2.component(
    "copy_link",
    html=_HTML,
    css=_source("component.css"),
    js=_source("component.js"),
    isolate_styles=False,
)


def copy_link() -> None:
    """Show the button."""
    _mount(key="copy_link")
