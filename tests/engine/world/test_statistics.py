"""The figures of a log, held against counts taken by hand."""

import numpy as np
import pytest

from engine.world import World, WorldConfig, make_world
from engine.world.statistics import STATISTICS, describe, main, table


@pytest.fixture(scope="module")
def figures(small_world: World) -> dict[str, float]:
    return describe(small_world)


def test_every_named_figure_is_given_in_order(figures: dict[str, float]) -> None:
    assert list(figures) == list(STATISTICS)
    assert all(np.isfinite(value) for value in figures.values())


def test_counts_equal_those_taken_one_by_one(small_world: World, figures: dict[str, float]) -> None:
    log = small_world.impressions
    clicks: dict[int, int] = {}
    pairs = set()
    for user, item in zip(log.user[log.clicked].tolist(), log.item[log.clicked].tolist(),
                          strict=True):  # fmt: skip
        clicks[item] = clicks.get(item, 0) + 1
        pairs.add((user, item))
    assert figures["requests"] == 6_000
    assert figures["clicks"] == sum(clicks.values())
    assert figures["clicked_items"] == len(clicks)
    assert figures["density"] == len(pairs) / (400 * 800)
    assert figures["sd_log_clicks"] == pytest.approx(np.log(list(clicks.values())).std())


def test_items_and_users_without_clicks_make_the_gini_larger(figures: dict[str, float]) -> None:
    assert 0 < figures["item_gini"] < figures["item_gini_all"] < 1
    assert 0 < figures["user_gini"] < figures["user_gini_all"] < 1


def test_log_clicks_far_more_than_uniform_exposure(figures: dict[str, float]) -> None:
    assert figures["click_rate"] > 2 * figures["click_rate_explored"]


def test_explored_slates_estimate_the_true_relevance(explored_world: World) -> None:
    figures = describe(explored_world)
    assert figures["relevance_explored"] == pytest.approx(figures["relevance_uniform"], rel=0.05)
    assert figures["click_rate_explored"] == pytest.approx(figures["click_rate_uniform"], rel=0.05)


def test_without_explored_slates_nothing_is_estimated() -> None:
    world = make_world(WorldConfig(users=100, items=300, impressions=10_000, exploration=0.0))
    assert np.isnan(describe(world)["relevance_explored"])


def test_default_recipe_is_as_unequal_as_movielens_at_its_size() -> None:
    world = make_world(WorldConfig(users=943, items=1_682, impressions=380_000))
    figures = describe(world)
    for name, tolerance in {
        "item_gini": 0.1, "user_gini": 0.05, "slope_head": 0.2, "slope_half": 0.1,
        "density": 0.025, "sd_log_clicks": 0.3,
    }.items():  # fmt: skip
        assert figures[name] == pytest.approx(STATISTICS[name].movielens, abs=tolerance), name


def test_table_sets_worlds_beside_movielens(small_world: World) -> None:
    head, *rows = table({"small": small_world})
    assert head == ["figure", "small", "MovieLens-100K"]
    assert len(rows) == len(STATISTICS)
    [density] = [row for row in rows if row[0].startswith("density")]
    assert density[2] == "4.10%"


def test_command_refuses_a_seed_that_cannot_be(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--seed", "-3"])
    assert "seed=-3: must be" in capsys.readouterr().err
