"""The button in the rail with which a page is taken away."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

import streamlit as st

from engine.as_python import as_python
from ui import session, theme
from ui.plotly_js import plotly_url
from ui.write_up.collect import collected
from ui.write_up.document import Document, as_html, as_markdown
from ui.write_up.provenance import source
from ui.write_up.served import downloads_url

KEY = "take_away"
_ASKED, _WHOLE = "take_away_asked", "take_away_whole_run"
_ASKING = re.compile(r"[a-z0-9]{1,32}")
_HERE = Path(__file__).parent
_LIVE_FIGURE = _HERE.parent / "live_figure"
_THEME = {"template": theme.TEMPLATE, "shades": {k: dict(v) for k, v in theme.SHADES.items()}}

_mount = st.components.v2.component(
    KEY,
    html=(_HERE / "controls.html").read_text("utf-8"),
    css=(_HERE / "controls.css").read_text("utf-8"),
    js=f"const THEME = {json.dumps(_THEME, separators=(',', ':'))};\n"
    + (_LIVE_FIGURE / "colours.js").read_text("utf-8")
    + (_HERE / "controls.js").read_text("utf-8"),
    isolate_styles=False,
)


def take_away(page: str) -> None:
    """Show the button. page : as `engine.as_python` knows it."""
    st.session_state[_WHOLE] = True
    _offer(page)


@st.fragment
def _offer(page: str) -> None:
    """In a fragment of its own: texts are made when they are asked for, which draws nothing anew
    and comes once what runs has come to rest.

    In a run of the whole page the rest is yet to be drawn: then nothing is answered, and the
    browser asks once more.
    """
    asked, whole = st.session_state.pop(_ASKED, ""), st.session_state.pop(_WHOLE, False)
    answer = "" if whole else asked
    data: dict[str, Any] = {"plotly": plotly_url(), "downloads": downloads_url()}
    if answer:
        data |= {"answer": answer, "page": page_as_sent(collected(), page)}
    _mount(key=KEY, data=json.dumps(data, ensure_ascii=False).encode(), on_ask_change=_heard)


def page_as_sent(document: Document, page: str) -> dict[str, Any]:
    """All that the browser needs to make files of the page: see `in_browser/page.js`.

    The place of each picture is held by a text that nobody can have guessed.
    """
    names = dict(zip((chart.key for chart in document.charts), _names(document), strict=True))
    places = {key: f"[picture {token_hex(12)}]" for key in names}
    face = f"/* {token_hex(12)} */"
    return {
        "name": f"shortlist-{page.replace('_', '-')}",
        "title": document.title,
        "link": document.link,
        "source": source(),
        "plotly": plotly_url(),
        "face": face,
        "html": as_html(document, places, theme=_theme(), face=face),
        "markdown": as_markdown(
            document,
            {key: f"pictures/{name}.png" for key, name in names.items()},
            {key: f"data/{name}.csv" for key, name in names.items()},
        ),
        "python": as_python(session.scenario(), page),
        "charts": [
            {
                "key": chart.key,
                "token": places[chart.key],
                "filename": names[chart.key],
                "title": chart.title,
                "units": chart.units,
                "caption": chart.caption,
                "alt": chart.alt,
                "height": chart.height,
                "figure": chart.figure_json,
                "table": [{"name": name} for name in (chart.table.heads if chart.table else ())],
            }
            for chart in document.charts
        ],
    }


def _names(document: Document) -> Iterator[str]:
    """A file's name for each chart, none twice."""
    given: set[str] = set()
    for chart in document.charts:
        name = chart.filename if chart.filename not in given else f"{chart.filename}-{chart.key}"
        given.add(name)
        yield name


def _theme() -> Literal["light", "dark"]:
    return "dark" if st.context.theme.type == "dark" else "light"


def _heard() -> None:
    """What a browser sends is a name for its question, and is given back with the answer."""
    asked = st.session_state[KEY].get("ask")
    if isinstance(asked, str) and _ASKING.fullmatch(asked):
        st.session_state[_ASKED] = asked
