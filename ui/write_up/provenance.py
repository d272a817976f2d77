"""Where the figures of a page come from: its design, its seed, and the machine."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from engine.measurement import this_machine
from engine.pins import LETTERS
from engine.scenario import Scenario
from ui.ctr.words import in_short as ads_in_short
from ui.names import describe, in_short
from ui.write_up.parts import Provenance
from ui.write_up.shown import page_of

VERSION = "0.1.0"
SCENARIO = "scenario"
"""Key of the session's state (`ui.session`)."""
ADS = "ctr"
"""The page whose design is that of a click model."""
PINS = "compare"
"""The page that shows all pinned designs."""


def design_of(page: str, scenario: Scenario) -> str:
    """The design that a page is of, in a line."""
    if page == ADS:
        return ads_in_short(scenario.ads.design)
    if page == PINS and (scenario.pins or scenario.ads.pins):
        designs = zip(LETTERS, scenario.pins, strict=False)
        models = zip(LETTERS, scenario.ads.pins, strict=False)
        told = [f"{letter}: {in_short(design)}" for letter, design in designs]
        told += [f"{letter}, ads: {ads_in_short(design)}" for letter, design in models]
        return " · ".join(told)
    return describe(scenario.design)


def seed_of(page: str, scenario: Scenario) -> str:
    """The seed of what a page is drawn from."""
    if page == ADS:
        return f"{scenario.ads.log.seed} (click log)"
    return f"{scenario.world.seed} (world)"


def link_of(page: str, scenario: Scenario, address: str | None = None) -> str:
    """What shows the page again. address : of the page, without its query, where it is known."""
    place = urlsplit(address or f"/{page}")
    return place._replace(path=place.path or "/", query=urlencode(scenario.to_query())).geturl()


def provenance_of(page: str, scenario: Scenario, taken_at: datetime | None = None) -> Provenance:
    """All of it, at this moment if no other is given."""
    machine = this_machine()
    return Provenance(
        design=design_of(page, scenario),
        seed=seed_of(page, scenario),
        machine=str(machine),
        taken_at=taken_at or datetime.now().astimezone(),
        version=VERSION,
        versions=machine.versions,
    )


def source() -> dict[str, str]:
    """Design and seed of what this viewer's page shows; empty outside a page."""
    if get_script_run_ctx() is None or SCENARIO not in st.session_state:
        return {}
    page, _ = page_of(st.session_state)
    scenario: Scenario = st.session_state[SCENARIO]
    return {"design": design_of(page, scenario), "seed": seed_of(page, scenario)}


def made_with() -> dict[str, str]:
    """What does not change while the app runs: the machine, the app's version."""
    return {"machine": str(this_machine()), "version": VERSION}
