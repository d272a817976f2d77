"""One search, step by step, on the page."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from engine.fitting import fit_generator
from engine.log import split_days
from engine.sample import open_world
from engine.scenario import Scenario
from engine.search_walk import walk_through
from engine.world import WorldConfig
from ui import session
from ui.retrieval.bench import Film, VectorBench
from ui.retrieval.tradeoff import with_knobs
from ui.search_walk import payload, show_sent
from ui.search_walk.words import summary
from ui.studio import studio
from ui.write_up.provenance import source
from ui.write_up.say import heading, say

_DEPTHS = (10, 50)
_DEPTH, _WALK = "walk_depth", "walk"


def show_walk(bench: VectorBench, scenario: Scenario) -> None:
    """The search of one user, walking through the real index."""
    with st.container(key="walk_part"):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        depth = _depth(right)
        with left:
            heading("The search, walking")
            _choose_query(bench, scenario)
        film = _film(bench, scenario, depth)
        say(film.summary)
        show_sent(film.sent, key=_WALK)


def work_out_walk(bench: VectorBench, scenario: Scenario) -> None:
    """Have at hand what `show_walk` will send."""
    _film(bench, scenario, _chosen_depth())


def _film(bench: VectorBench, scenario: Scenario, depth: int) -> Film:
    """What is told and played of a search, worked out once."""
    config, told = scenario.design.index, source()
    key = config, scenario.user, depth, *told.items()

    def made() -> Film:
        query, who = query_of(bench, scenario)
        walk = walk_through(bench.index.tuned(config), query, depth)
        sent = payload(
            walk,
            bench.projection(),
            key=_WALK,
            title=f"A search by {with_knobs(config)}",
            caption=f"{who} · {depth} asked for · {with_knobs(config)} · drawn in the plane of "
            "most variance",
            names=_names(scenario, bench),
            source=told,
        )
        return Film(summary(walk), sent)

    return bench.films.of(key, made)


def query_of(bench: VectorBench, scenario: Scenario) -> tuple[NDArray[np.float32], str]:
    """The vector that asks, float32 (d,), and who that is."""
    vectors = bench.vectors
    if vectors.users is None:
        place = scenario.user % len(vectors.queries)
        return vectors.queries[place], f"query {place:,}"
    user = scenario.user
    places = np.flatnonzero(vectors.users == user)
    if len(places):
        return vectors.queries[places[0]], f"user {user:,}"
    assert vectors.generator is not None
    store = studio().store
    world = open_world(scenario.world, store)
    until = split_days(world.config.days).serving[1]
    query = fit_generator(world, vectors.generator, until, store).query(user)
    length = float(np.linalg.norm(query))
    if scenario.vectors.normalised and length > 0:
        query = query / np.float32(length)
    return query, f"user {user:,}"


def _chosen_depth() -> int:
    chosen = st.session_state.get(_DEPTH, _DEPTHS[0])
    depth: int = chosen if chosen in _DEPTHS else _DEPTHS[0]
    return depth


def _depth(place: Any) -> int:
    depth = _chosen_depth()
    place.segmented_control(
        "Asked for",
        list(_DEPTHS),
        default=depth,
        key=session.hold(_DEPTH, depth),
        required=True,
        help="Few, so that the walk can be followed; the page's own k is that of the slider",
    )
    return depth


def _choose_query(bench: VectorBench, scenario: Scenario) -> None:
    key = session.hold("choose_user", scenario.user)

    def changed() -> None:
        session.serve(st.session_state[key])

    # Without bounds: the browser would keep a number beyond them to itself, and say nothing.
    label = "Query" if bench.vectors.users is None else "User who asks"
    st.number_input(
        label, value=st.session_state[key], step=1, key=key, on_change=changed, width=200
    )


def _names(scenario: Scenario, bench: VectorBench) -> list[str] | None:
    if bench.vectors.users is None:
        return None
    return _titles(scenario.world, bench.vectors.ids.tobytes())


@lru_cache(maxsize=4)
def _titles(config: WorldConfig, ids: bytes) -> list[str]:
    world = open_world(config, studio().store)
    return [str(title) for title in world.items.title[np.frombuffer(ids, dtype=np.int64)]]
