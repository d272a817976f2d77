"""What tests of the app share: a small world's link, and one cache of fitted parts a run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from engine.scenario import Scenario

OVERVIEW_TITLE = "What happens to one request?"
PAGE_TITLE = "What does the whole cost, and where is quality lost?"
SMALL = {
    "seed": "3",
    "world.users": "120",
    "world.items": "300",
    "world.impressions": "20000",
    "index.M": "4",  # so few links that the width of the search shows in its recall
    "index.ef_construction": "4",
    "index.ef_search": "100",
    "candidates": "20",
    "ranker.trees": "20",
}
"""A design that is fitted and judged in two seconds."""


def small(**changes: str) -> dict[str, str]:
    """`SMALL` with other choices; `index__nlist` stands for `index.nlist`."""
    return SMALL | {name.replace("__", "."): value for name, value in changes.items()}


def small_scenario(**changes: str) -> Scenario:
    """What the link `small(**changes)` holds."""
    scenario, repairs = Scenario.from_query(small(**changes))
    assert repairs == []
    return scenario


def link(address: str, query: dict[str, str], path: str = "/two_stage") -> str:
    """An address with a query."""
    return f"{address}{path}?{urlencode(query)}"


@contextmanager
def parts_of_this_run(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where fitted parts are kept by all apps that this run of tests starts."""
    yield Path(os.environ["SHORTLIST_TEST_PARTS"])
