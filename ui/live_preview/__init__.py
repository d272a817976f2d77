"""Charts and figures that follow a slider while it is dragged, with no word to the server.

Streamlit's slider speaks on release. Until then this component watches it in the browser, draws
what lies between scenes that the server sent beforehand, and says that it is a preview. What the
server answers for a value that the slider has left is not drawn. A choice among a few and a switch
are followed alike: their values are the places of what is chosen, and nothing lies in between.

The figures are those of `ui.live_figure`; texts are elements with a `data-live` name within a
container whose key begins with `TEXTS`. While a preview stands, the page's root has the class
`sl-previewing`, and `data-previewing` says of what; whatever does not follow can step back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from ui.in_between import Scene, tracks

TEXTS = "live_texts"
"""With what the key of a container begins whose texts follow a slider."""


@dataclass(frozen=True, slots=True)
class Course:
    """All that one slider shows on its way.

    slider : key of the `st.slider`, `st.segmented_control` or `st.toggle`.
    logarithmic : what moves is linear in the logarithm of the value.
    sent : the scene at the first knot and the tracks, as JSON.
    """

    slider: str
    knots: tuple[float, ...]
    logarithmic: bool
    sent: str

    @classmethod
    def over(
        cls,
        slider: str,
        knots: Sequence[float],
        scene_at: Callable[[float], Scene],
        logarithmic: bool = False,
    ) -> Course:
        """From the scene at each knot; knots ascend."""
        scenes = [scene_at(knot) for knot in knots]
        sent = json.dumps(
            {"scene": scenes[0].plain(), "tracks": tracks(knots, scenes)},
            ensure_ascii=False,
            separators=(",", ":"),
        )
        return cls(slider, tuple(knots), logarithmic, sent)


_mount = st.components.v2.component(
    "live_preview",
    html="<span hidden></span>",
    js=Path(__file__).with_name("component.js").read_text("utf-8"),
    isolate_styles=False,
)


def live_preview(courses: Sequence[tuple[Course, float]], key: str = "live_preview") -> None:
    """Let charts and texts follow sliders.

    Parameters
    ----------
    courses : of each slider, with the value for which the page is drawn.
    """
    _mount(key=key, data=payload(courses))


def payload(courses: Sequence[tuple[Course, float]]) -> bytes:
    """What the browser is sent: JSON, UTF-8."""
    parts: list[str] = []
    for course, value in courses:
        head: dict[str, Any] = {
            "slider": f"st-key-{course.slider}",
            "value": value,
            "knots": course.knots,
            "logarithmic": course.logarithmic,
        }
        parts.append(f'{json.dumps(head)[:-1]},"course":{course.sent}}}')
    return f"[{','.join(parts)}]".encode()
