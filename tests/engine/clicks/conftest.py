"""A small click log and a store that the tests of the click study share."""

import pytest

from engine.clicks import (
    ClickDesign,
    ClickLog,
    ClickLogConfig,
    ClickReport,
    make_clicks,
    run_clicks,
)
from engine.rankers import GBDT
from engine.store import PartStore


@pytest.fixture(scope="session")
def small_clicks_config() -> ClickLogConfig:
    """Made in a tenth of a second; all shares and weights as in the default log."""
    return ClickLogConfig(rows=40_000, seed=8, users=800, sites=60, ads=200)


@pytest.fixture(scope="session")
def small_clicks(small_clicks_config: ClickLogConfig) -> ClickLog:
    """Shared by the whole run: never change it."""
    return make_clicks(small_clicks_config)


@pytest.fixture(scope="session")
def clicks_store() -> PartStore:
    """What was fitted to the small log, in memory alone."""
    return PartStore(None, max_parts=1_000)


@pytest.fixture(scope="session")
def quick() -> ClickDesign:
    """The default design with few trees."""
    return ClickDesign(model=GBDT(trees=30))


@pytest.fixture(scope="session")
def quick_report(
    small_clicks: ClickLog, quick: ClickDesign, clicks_store: PartStore
) -> ClickReport:
    return run_clicks(small_clicks, quick, clicks_store)
