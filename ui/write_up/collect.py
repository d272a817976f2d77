"""The page of a session as a document: what it shows now, and where that comes from."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from engine.scenario import Scenario
from ui.write_up.parts import Document
from ui.write_up.provenance import SCENARIO, link_of, provenance_of
from ui.write_up.shown import State, page_of, parts_of


def collected() -> Document:
    """What this viewer's page shows now."""
    return document_of(st.session_state, st.context.url)


def document_of(
    state: State, address: str | None = None, taken_at: datetime | None = None
) -> Document:
    """What the page of a session shows.

    Parameters
    ----------
    state : of the session, such as `AppTest.session_state`.
    address : of the page, without its query; without one the link is a path.
    """
    page, title = page_of(state)
    scenario: Scenario = state[SCENARIO]
    return Document(
        title=title,
        link=link_of(page, scenario, address),
        provenance=provenance_of(page, scenario, taken_at),
        parts=parts_of(state),
    )
