"""The frontier on a page: its chart, what this viewer has tried, and how a point is loaded."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import pandas as pd
import streamlit as st

from engine.scenario import Scenario
from engine.world import WorldConfig
from ui import session
from ui.frontier_chart import frontier
from ui.frontier_points import Point, design_of, front, point_of, remember, shipped, table
from ui.frontier_sentence import frontier_sentence
from ui.live_figure import live_figure
from ui.names import describe, in_short
from ui.view import View
from ui.write_up.say import say

_TRIED = "designs_tried"
_MOST_TRIED = 40
_LOAD = "load_design"


def show_frontier(view: View, scenario: Scenario) -> None:
    """Quality against latency of all that was measured, and this design among it."""
    here = point_of(view)
    tried = _tried(here, scenario.world)
    grid, line = _grid(scenario.world)
    pinned = None if view.pinned is None else point_of(view.pinned.view)
    others = (*grid, *(point for point in tried if here is None or point.link != here.link))
    with st.container(key="frontier"):
        say(frontier_sentence(others, here))
        live_figure(
            frontier(others, here, pinned),
            key="frontier_chart",
            height=400,
            alt=f"NDCG@10 against p95 latency of {len(others) + 1} designs, the one shown among "
            f"them: {describe(view.design)}",
            filename="frontier",
            table=_table(others, here),
            caption=f"{line} · this visit: measured here · {in_short(view.design)}",
            on_point=load,
        )
        _chooser(grid, others, here)


def load(link: str) -> None:
    """In a widget's callback: go to the design of a point, in this world, for this user."""
    if link:
        design = design_of(link, session.scenario().world)
        session.change(lambda scenario: replace(scenario, design=design))
        st.rerun()  # the whole page: its controls show the design too


def _tried(here: Point | None, world: WorldConfig) -> tuple[Point, ...]:
    """What this viewer has seen measured in this world, the newest figures of each design."""
    tried: dict[tuple[WorldConfig, str], Point] = st.session_state.setdefault(_TRIED, {})
    if here is not None and here.source == "this visit":
        remember(tried, (world, here.link), here, _MOST_TRIED)
    return tuple(point for (of, _), point in tried.items() if of == world)


def _grid(world: WorldConfig) -> tuple[tuple[Point, ...], str]:
    """The shipped points where they hold, and what to tell of them."""
    if world != WorldConfig():
        return (), "NDCG simulated · the shipped grid holds for the shipped world, not for this one"
    try:
        points, origin = shipped()
    except ValueError as error:
        return (), f"NDCG simulated · the shipped grid cannot be read: {error}"
    return points, (
        f"NDCG simulated, {origin.users:,} users · shipped grid: p95 measured on "
        f"{origin.machine}, {origin.measured_on}, {origin.requests:,} requests each, up to "
        f"{origin.held_up:.0%} held up by other work"
    )


@lru_cache(maxsize=64)
def _table(others: tuple[Point, ...], here: Point | None) -> pd.DataFrame:
    return table(others if here is None else (*others, here))


def _chooser(grid: tuple[Point, ...], others: tuple[Point, ...], here: Point | None) -> None:
    """The same by keyboard: designs of the front, of the grid's own and of all shown."""
    choices = {
        point.link: f"{point.name} · NDCG {point.ndcg:.3f} · p95 {point.p95:.2f} ms"
        for point in sorted({*front(grid), *front(others)}, key=lambda point: point.p95)
        if point.link and (here is None or point.link != here.link)
    }

    def chosen() -> None:
        link = st.session_state[_LOAD]
        st.session_state[_LOAD] = None  # a choice is a step, not a state
        load(link or "")

    st.selectbox(
        "Load a design",
        list(choices),
        index=None,
        key=_LOAD,
        format_func=lambda link: choices.get(link, link),
        placeholder="Load a design of the front, or click on a point",
        label_visibility="collapsed",
        disabled=not choices,
        on_change=chosen,
    )
