"""How the log of a world compares with a real one: ``python -m engine.world.statistics``.

The real one is MovieLens-100K with ratings of 4 and above as clicks (943 users, 1,682 items).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.metrics import gini, log_log_slope
from engine.seeding import stream
from engine.world.config import WorldConfig
from engine.world.impressions import SLATE, examination
from engine.world.world import World, make_world

MOVIELENS_SIZE = {"users": 943, "items": 1_682, "impressions": 380_000}
_PAIRS = 200_000


@dataclass(frozen=True, slots=True)
class Statistic:
    """A figure of a log: what it means, how it is written, MovieLens' value where known."""

    meaning: str
    style: str
    movielens: float | None = None


STATISTICS: dict[str, Statistic] = {
    "requests": Statistic("requests", ",.0f"),
    "clicks": Statistic("clicks", ",.0f"),
    "clicked_items": Statistic("items with a click", ",.0f"),
    "item_gini": Statistic("Gini of clicks over items with a click", ".3f", 0.665),
    "item_gini_all": Statistic("Gini of clicks over all items", ".3f"),
    "user_gini": Statistic("Gini of clicks over users with a click", ".3f", 0.47),
    "user_gini_all": Statistic("Gini of clicks over all users", ".3f"),
    "slope_head": Statistic("log-log popularity slope, ranks 1 to 100", ".2f", -0.29),
    "slope_half": Statistic("log-log popularity slope, upper half of clicked items", ".2f", -0.77),
    "density": Statistic("density: share of user-item pairs with a click", ".2%", 0.041),
    "sd_log_clicks": Statistic("sd of the log of an item's clicks", ".2f", 1.60),
    "click_rate": Statistic("click rate in the log", ".3f"),
    "click_rate_explored": Statistic("click rate of slates drawn uniformly, as logged", ".3f"),
    "click_rate_uniform": Statistic("the same, expected from the truth", ".3f"),
    "relevance_explored": Statistic("relevance of a uniform draw, from explored slates", ".3f"),
    "relevance_uniform": Statistic("the same, true", ".3f"),
    "explored": Statistic("share of requests answered uniformly", ".1%"),
    "late_items": Statistic("share of items released during the log", ".1%"),
    "cold_users": Statistic("share of users who first come on the last day", ".1%"),
    "missing_duration": Statistic("share of items without a duration", ".1%"),
    "missing_declared": Statistic("share of users without a declared topic", ".1%"),
}


def describe(world: World) -> dict[str, float]:
    """The figures named in `STATISTICS`."""
    log, users, items = world.impressions, world.users, world.items
    item, user = log.item[log.clicked], log.user[log.clicked]
    of_item = np.bincount(item, minlength=len(items))
    of_user = np.bincount(user, minlength=len(users))
    clicked = of_item[of_item > 0]
    pairs = np.unique(user.astype(np.int64) * len(items) + item)
    return {
        "requests": len(log) / SLATE,
        "clicks": len(item),
        "clicked_items": len(clicked),
        "item_gini": gini(clicked),
        "item_gini_all": gini(of_item),
        "user_gini": gini(of_user[of_user > 0]),
        "user_gini_all": gini(of_user),
        "slope_head": log_log_slope(clicked, 1, min(100, len(clicked))),
        "slope_half": log_log_slope(clicked, 1, len(clicked) // 2),
        "density": len(pairs) / (len(users) * len(items)),
        "sd_log_clicks": float(np.log(clicked).std()),
        **_exposure(world),
        "explored": float(log.explored.mean()),
        "late_items": float((items.released > 0).mean()),
        "cold_users": float((users.first_visit > 0).mean()),
        "missing_duration": float(np.isnan(items.duration).mean()),
        "missing_declared": float((users.declared_topic < 0).mean()),
    }


def _exposure(world: World) -> dict[str, float]:
    """What the policy's choice does to the click rate: the log against uniform draws.

    In slates drawn uniformly position says nothing of the item, so that the click rate over
    the mean examination estimates relevance. NaN without such slates.
    """
    log, config = world.impressions, world.config
    seen = float(examination(np.arange(1, SLATE + 1), config.position_bias).mean())
    explored = float(log.clicked[log.explored].mean()) if log.explored.any() else np.nan
    relevance = float(_uniform_relevance(world).mean())
    return {
        "click_rate": float(log.clicked.mean()),
        "click_rate_explored": explored,
        "click_rate_uniform": relevance * seen,
        "relevance_explored": explored / seen,
        "relevance_uniform": relevance,
    }


def _uniform_relevance(world: World) -> NDArray[np.float64]:
    """True relevance of items drawn uniformly, among those out, for requests of the log."""
    rng = stream(world.config.seed, "world/statistics")
    row = rng.integers(len(world.impressions), size=_PAIRS)
    user, at = world.impressions.user[row], world.impressions.at[row]
    item = rng.integers(len(world.items), size=_PAIRS)
    out = world.items.released[item] <= at
    return world.relevance(user[out], item[out], at[out])


def table(worlds: Mapping[str, World]) -> list[list[str]]:
    """Rows of cells: meaning, a column a world, MovieLens-100K; the first row is the head."""
    described = [describe(world) for world in worlds.values()]
    rows = [["figure", *worlds, "MovieLens-100K"]]
    for name, statistic in STATISTICS.items():
        figures = [format(figures[name], statistic.style) for figures in described]
        known = statistic.movielens
        rows.append(
            [statistic.meaning, *figures, "" if known is None else format(known, statistic.style)]
        )
    return rows


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the default world beside MovieLens-100K, and beside a world of MovieLens' size."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--seed", type=int, default=WorldConfig().seed, help="of both worlds")
    seed = parser.parse_args(arguments).seed
    try:
        default, small = WorldConfig(seed=seed), WorldConfig(seed=seed, **MOVIELENS_SIZE)
    except ValueError as error:
        parser.error(str(error))
    worlds = {
        f"{config.users:,} x {config.items:,}": make_world(config) for config in (default, small)
    }
    rows = table(worlds)
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([first.strip().ljust(widths[0]), *others]))
    print(
        "\nDensity and the sd of counts hang on size: the default world has "
        f"{default.users * default.items / (small.users * small.items):.0f} times the cells of "
        "MovieLens-100K for a similar number of clicks, so compare them in the second column."
    )


if __name__ == "__main__":
    main()
