"""What no slate may hold: items clicked in training, and items not yet out."""

from __future__ import annotations

import numpy as np
import pytest

from engine.pipeline import exclusions
from engine.store import PartStore
from engine.world import World
from tests.engine.conftest import TRIPLES, SystemOf

SERVING = 13.0
USERS = (0, 1, 17, 60, 111, 199)
TIMES = (SERVING, 13.2, 13.5, 13.999, 13.9999999, 20.0)


def left_out(world: World, user: int, at: float) -> set[int]:
    """What no slate may hold, read off the raw log row by row."""
    log = world.impressions
    clicked = {
        int(item)
        for who, item, when, click in zip(log.user, log.item, log.at, log.clicked, strict=True)
        if click and who == user and when < SERVING
    }
    released = world.items.released
    return clicked | {item for item in range(len(released)) if float(released[item]) > at}


@pytest.fixture(scope="module")
def banned(tiny_world: World) -> dict[tuple[int, float], set[int]]:
    return {(user, at): left_out(tiny_world, user, at) for user in USERS for at in TIMES}


Banned = dict[tuple[int, float], set[int]]


def test_exclusions_are_the_items_clicked_in_training_and_those_not_yet_out(
    tiny_world: World, tiny_store: PartStore, banned: Banned
) -> None:
    rules = exclusions(tiny_world, tiny_store)
    for (user, at), plain in banned.items():
        found = rules.of(user, at).tolist()
        assert set(found) == plain
        assert len(found) == len(plain)
    assert len({len(plain) for plain in banned.values()}) > len(USERS)  # releases come in between


def test_item_comes_out_at_its_release_and_not_the_least_bit_earlier(
    tiny_world: World, tiny_store: PartStore
) -> None:
    rules = exclusions(tiny_world, tiny_store)
    released = tiny_world.items.released
    for item in np.flatnonzero(released > SERVING)[:20].tolist():
        at = float(released[item])
        assert item not in rules.of(0, at)
        assert item in rules.of(0, float(np.nextafter(at, 0.0)))


@pytest.mark.parametrize("triple", TRIPLES, ids="-".join)
def test_no_slate_holds_what_is_left_out_at_any_time_of_the_last_day(
    system_of: SystemOf, triple: tuple[str, str, str], banned: Banned
) -> None:
    system = system_of(*triple)
    for (user, at), plain in banned.items():
        assert plain.isdisjoint(system.recommend(user, at).items.tolist())
        assert plain.isdisjoint(system.retrieve(user, at, 300)[0].tolist())
        assert plain.isdisjoint(system.exact_candidates(user, at, 300).tolist())


@pytest.mark.parametrize("parts", [("mf", "exact"), ("mf", "hnsw"), ("popularity", "exact")])
def test_as_many_candidates_come_back_as_were_asked_for(
    system_of: SystemOf, parts: tuple[str, str], banned: Banned
) -> None:
    # A search for the candidates alone would lose those that are then left out.
    system = system_of(*parts, "none")
    known = set(system.generator.top(0, 10_000).tolist())
    lost = 0
    for (user, at), plain in banned.items():
        eligible = len(known - plain)
        for n in (10, 40, 100):
            assert len(system.retrieve(user, at, n)[0]) == min(n, eligible)
            assert len(system.exact_candidates(user, at, n)) == min(n, eligible)
        lost += len(plain & set(system.generator.top(user, 100).tolist()))
    assert lost > 0
