"""The log: what it may show, when, to whom, and what is clicked."""

import numpy as np
import pytest

from engine.world import World, WorldConfig, make_world

EXTREMES = [
    # Few items hold almost all popularity, so that a pool drawn by it knows less than a slate.
    {"seed": 2, "policy_popularity": 3.0, "late_items": 0.5},
    {"seed": 4, "policy_popularity": 3.0, "policy_skill": 2.0, "exploration": 0.5, "days": 7,
     "topics": 2, "dimensions": 2, "cold_users": 0.5},
]  # fmt: skip


@pytest.fixture(
    scope="module", params=[None, *EXTREMES], ids=["small", "few popular", "few dimensions"]
)
def world(request: pytest.FixtureRequest, small_world: World) -> World:
    if request.param is None:
        return small_world
    return make_world(WorldConfig(users=100, items=200, impressions=20_000, **request.param))


def test_slate_holds_ten_distinct_items(world: World) -> None:
    slates = np.sort(world.impressions.item.reshape(-1, 10), axis=1)
    assert np.all(slates[:, 1:] != slates[:, :-1])


def test_positions_run_from_one_to_ten(world: World) -> None:
    assert np.array_equal(
        np.unique(world.impressions.position.reshape(-1, 10), axis=0), [np.arange(1, 11)]
    )


def test_request_has_one_user_one_time_and_one_policy(world: World) -> None:
    log = world.impressions
    assert np.array_equal(log.request, np.repeat(np.arange(len(log) // 10), 10))
    for column in (log.user, log.at, log.explored):
        assert np.all(column.reshape(-1, 10) == column.reshape(-1, 10)[:, :1])


def test_log_has_the_wanted_length_within_its_days_in_the_order_of_time(world: World) -> None:
    log = world.impressions
    assert len(log) == world.config.impressions
    assert np.all(np.diff(log.at) >= 0)
    assert 0 <= log.at[0] < 0.1
    assert world.config.days - 0.1 < log.at[-1] < world.config.days


def test_nothing_is_shown_before_its_release(world: World) -> None:
    log = world.impressions
    assert np.all(world.items.released[log.item] <= log.at)
    late = world.items.released[log.item] > 0
    assert late.any()


def test_cold_users_come_on_the_last_day_alone(world: World) -> None:
    log, last = world.impressions, world.config.days - 1
    cold = (world.users.first_visit > 0)[log.user]
    assert cold.any()
    assert log.at[cold].min() >= last
    assert (~cold[log.at >= last]).any()


def test_exploration_share_is_near_the_knob(world: World) -> None:
    explored = world.impressions.explored[::10]
    share = world.config.exploration
    error = np.sqrt(share * (1 - share) / len(explored))
    assert abs(explored.mean() - share) < 4 * error


def test_clicks_come_as_often_as_their_true_probability(world: World) -> None:
    log = world.impressions
    p = world.click_probability(log.user, log.item, log.at, log.position)
    for which in np.array_split(np.argsort(p), 20):
        z = (log.clicked[which].sum() - p[which].sum()) / np.sqrt((p * (1 - p))[which].sum())
        assert abs(z) < 4


def test_clicks_within_a_position_come_as_often_as_their_true_probability(
    small_world: World,
) -> None:
    log = small_world.impressions
    p = small_world.click_probability(log.user, log.item, log.at, log.position)
    for position in range(1, 11):
        here = log.position == position
        z = (log.clicked[here].sum() - p[here].sum()) / np.sqrt((p * (1 - p))[here].sum())
        assert abs(z) < 4


def test_explored_slates_show_every_item_alike(explored_world: World) -> None:
    log = explored_world.impressions
    rows = log.rows(log.explored)
    # Items that were out from the start had the same chance in each request.
    always = np.flatnonzero(explored_world.items.released < 0)
    out = np.searchsorted(np.sort(explored_world.items.released), rows.at[::10], side="right")
    expected = (10 / out).sum()
    shown = np.bincount(rows.item, minlength=len(explored_world.items))[always]
    chi_square = ((shown - expected) ** 2 / expected).sum()
    freedom = len(always)
    assert abs(chi_square - freedom) < 4 * np.sqrt(2 * freedom)


def test_place_in_an_explored_slate_tells_nothing_of_the_item(explored_world: World) -> None:
    log = explored_world.impressions
    relevance = explored_world.relevance(log.user, log.item, log.at)
    here = log.explored
    n = here.sum()
    assert abs(np.corrcoef(log.position[here], relevance[here])[0, 1]) < 4 / np.sqrt(n)
    assert np.corrcoef(log.position[~here], relevance[~here])[0, 1] < -4 / np.sqrt(n)


def test_policy_shows_what_is_good_and_fits(explored_world: World) -> None:
    log = explored_world.impressions
    affinity = explored_world.parts(log.user, log.item, log.at)["affinity"]
    quality = explored_world.items.quality[log.item]  # standardised
    for name, value in (("affinity", affinity), ("quality", quality)):
        assert value[~log.explored].mean() > value[log.explored].mean() + 0.5, name


def test_policy_shows_the_same_items_less_as_they_age(explored_world: World) -> None:
    log = explored_world.impressions
    released = explored_world.items.released
    # Items whose first four days all lie in the log.
    watched = (released > 0) & (released < explored_world.config.days - 4)
    age = (log.at - released[log.item])[watched[log.item] & ~log.explored]
    first, fourth = np.count_nonzero(age < 1), np.count_nonzero((age >= 3) & (age < 4))
    assert first > 1.15 * fourth > 100


def test_active_users_ask_more_often(small_world: World) -> None:
    users = small_world.users
    warm = users.first_visit == 0
    requests = np.bincount(small_world.impressions.user[::10], minlength=len(users))
    expected = users.activity * requests[warm].sum() / users.activity[warm].sum()
    z = (requests - expected)[warm] / np.sqrt(expected[warm])
    assert abs((z**2).mean() - 1) < 4 * np.sqrt(2 / warm.sum())


def test_most_requests_come_in_the_evening(small_world: World) -> None:
    hour = (small_world.impressions.at[::10] % 1 * 24).astype(int)
    by_hour = np.bincount(hour, minlength=24)
    assert by_hour[18:23].min() > 2 * by_hour[6:11].max()


def test_cut_holds_the_rows_from_start_up_to_but_without_stop(small_world: World) -> None:
    log = small_world.impressions
    cut = log.between(3.0, 4.5)
    assert np.array_equal(cut.request, log.request[(log.at >= 3) & (log.at < 4.5)])
    at = log.at[10_000]
    assert not np.any(log.between(0, at).at == at)
    assert np.all(log.between(at, np.inf).at[:10] == at)
    assert len(log.between(-np.inf, np.inf)) == len(log)
