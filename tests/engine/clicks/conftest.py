"""A small click log and a store that the tests of the click study share."""

import pytest

from engine.clicks import ClickLog, ClickLogConfig, make_clicks
from engine.store import PartStore


@pytest.fixture(scope="session")
def small_clicks_config() -> ClickLogConfig:
    """Made in a tenth of a second; all shares and weights as in the default log."""
    return ClickLogConfig(rows=40_000, users=800, sites=60, ads=200)


@pytest.fixture(scope="session")
def small_clicks(small_clicks_config: ClickLogConfig) -> ClickLog:
    """Shared by the whole run: never change it."""
    return make_clicks(small_clicks_config)


@pytest.fixture(scope="session")
def clicks_store() -> PartStore:
    """What was fitted to the small log, in memory alone."""
    return PartStore(None, max_parts=1_000)
