"""What the compare page shows before anything is pinned."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from engine.scenario import Scenario
from ui.write_up.say import say

_PAGES = Path(__file__).parents[2] / "pages"
_WAYS = (
    ("two_stage", "Two-stage recommender", ":material/filter_alt:"),
    ("retrieval", "Retrieval", ":material/search:"),
    ("ranking", "Ranking", ":material/format_list_numbered:"),
    ("ctr", "Ad clicks", ":material/ads_click:"),
)


def show_what_to_do(scenario: Scenario) -> None:
    """How designs come here, where none is pinned."""
    if scenario.pins or scenario.ads.pins:
        return
    say(
        "Nothing is pinned yet. Go to a page, choose a design and press **Pin this design as A** "
        "under its controls; change something and pin that as **B**, and so on up to **D**. Here "
        "they then stand side by side: what was chosen differently, what each gains and pays "
        "against A, and what of it is inside the noise. The link holds them all."
    )
    with st.container(horizontal=True):
        for name, label, icon in _WAYS:
            st.page_link(_PAGES / f"{name}.py", label=label, icon=icon)
