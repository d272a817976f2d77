"""The users and requests on which every design is judged."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from engine.evaluation import Panel, evaluator_for, make_panel, panel_users
from engine.pipeline import build, request_time
from engine.store import PartStore
from engine.world import World, WorldConfig, make_world
from tests.engine.conftest import quick_design

CROWDED = WorldConfig(
    users=100,
    items=200,
    impressions=400_000,
    mean_relevance=0.5,
    position_bias=0.0,
    exploration=0.5,
    activity_spread=2.0,
    late_items=0.0,
    dimensions=4,
)


@pytest.fixture(scope="module")
def panel(tiny_world: World) -> Panel:
    return make_panel(tiny_world, 40, PartStore(None))


def test_larger_panel_contains_the_smaller(tiny_world: World) -> None:
    sizes = (1, 10, 50, 199, 200)
    panels = [set(panel_users(tiny_world, n).tolist()) for n in sizes]
    assert [len(users) for users in panels] == list(sizes)
    assert all(small < large for small, large in pairwise(panels))


def test_row_of_a_user_is_the_same_in_every_panel(tiny_world: World, panel: Panel) -> None:
    whole = make_panel(tiny_world, 200, PartStore(None))
    for row, user in enumerate(panel.users.tolist()):
        at = whole.users.tolist().index(user)
        for name in ("at", "ideal_items", "ideal_dcg"):
            np.testing.assert_array_equal(getattr(panel, name)[row], getattr(whole, name)[at])


def test_panel_follows_the_seed_of_the_world(tiny_world: World) -> None:
    other = make_world(WorldConfig(users=200, items=400, impressions=10_000, seed=8))
    assert panel_users(tiny_world, 50).tolist() != panel_users(other, 50).tolist()


def test_requests_come_at_the_users_own_time(tiny_world: World, panel: Panel) -> None:
    assert panel.at.tolist() == [request_time(tiny_world, int(user)) for user in panel.users]


def test_ideal_slate_is_the_best_of_all_that_may_be_shown(tiny_world: World, panel: Panel) -> None:
    everything = np.arange(len(tiny_world.items))
    discount = 1 / np.log2(np.arange(2, 12))
    for row, (user, at) in enumerate(zip(panel.users.tolist(), panel.at.tolist(), strict=True)):
        relevance = tiny_world.relevance(user, everything, at)
        banned = set(panel.excluded[row].tolist())
        plain = sorted(set(everything.tolist()) - banned, key=lambda item: -relevance[item])[:10]
        assert panel.ideal_items[row].tolist() == plain
        assert panel.ideal_dcg[row] == pytest.approx(relevance[plain] @ discount, abs=1e-12)


def test_held_out_clicks_are_those_of_the_last_day_that_a_slate_might_hold(
    tiny_world: World, panel: Panel
) -> None:
    log = tiny_world.impressions
    for row, user in enumerate(panel.users.tolist()):
        mine = (log.user == user) & log.clicked & (log.at >= 13)
        plain = set(log.item[mine].tolist()) - set(panel.excluded[row].tolist())
        assert panel.held_out[row].tolist() == sorted(plain)
    assert sum(map(len, panel.held_out)) > 0


def test_relevance_is_that_of_the_world_at_the_time_of_the_row(
    tiny_world: World, panel: Panel
) -> None:
    rows, items = np.array([0, 5, 5]), np.array([3, 3, 399])
    plain = [
        float(tiny_world.relevance(int(panel.users[row]), item, float(panel.at[row])))
        for row, item in zip(rows.tolist(), items.tolist(), strict=True)
    ]
    np.testing.assert_allclose(panel.relevance(rows, items), plain, rtol=1e-12)


def test_panel_is_made_once_for_all_who_ask_for_its_users(tiny_world: World) -> None:
    store = PartStore(None)
    assert make_panel(tiny_world, 40, store) is make_panel(tiny_world, 40, store)
    named = panel_users(tiny_world, 40).tolist()
    assert make_panel(tiny_world, named, store) is make_panel(tiny_world, 40, store)
    assert evaluator_for(tiny_world, 40, store) is evaluator_for(tiny_world, named, store)
    assert make_panel(tiny_world, 41, store).key != make_panel(tiny_world, 40, store).key


def test_a_later_start_reads_the_same_ideal_slates_from_disk(
    tiny_world: World, panel: Panel, tmp_path: Path
) -> None:
    made, read = (make_panel(tiny_world, 40, PartStore(tmp_path)) for _ in range(2))
    assert list(tmp_path.glob("ideal-slates-*"))
    for slates in (made, read):
        np.testing.assert_array_equal(slates.ideal_items, panel.ideal_items)
        np.testing.assert_array_equal(slates.ideal_dcg, panel.ideal_dcg)


def test_another_draw_asks_the_same_users_at_other_times(tiny_world: World, panel: Panel) -> None:
    store = PartStore(None)
    first, second, third = (make_panel(tiny_world, 40, store, draw=draw) for draw in range(3))
    np.testing.assert_array_equal(first.at, panel.at)
    assert len({first.key, second.key, third.key}) == 3
    for one, other in ((first, second), (second, third), (first, third)):
        np.testing.assert_array_equal(one.users, other.users)
        assert (one.at != other.at).all()
    assert ((third.at >= 13) & (third.at < 14)).all()


@pytest.mark.slow
def test_user_who_has_clicked_almost_everything_has_a_short_ideal_slate() -> None:
    world, store = make_world(CROWDED), PartStore(None)
    panel = make_panel(world, 100, store)
    left = 200 - np.array([len(out) for out in panel.excluded])
    assert left.min() < 10
    for row, items in enumerate(panel.ideal_items.tolist()):
        shown = [item for item in items if item >= 0]
        assert len(shown) == min(10, left[row])
        assert set(shown).isdisjoint(panel.excluded[row].tolist())

    system = build(world, quick_design("popularity", "exact", "none", 200), store=store)
    report = evaluator_for(world, 100, store).report(system)
    judged, known = report.per_user, left > 0
    np.testing.assert_allclose(judged.recall[known], 1.0)
    np.testing.assert_allclose(judged.loss.generation[known], 0.0, atol=1e-9)
    assert np.isnan(judged.recall[~known]).all()
    total = judged.loss.generation + judged.loss.index + judged.loss.ranking
    np.testing.assert_allclose(total, 1 - judged.ndcg, atol=1e-9)
