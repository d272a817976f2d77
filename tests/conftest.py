"""What many tests share: a library thread, a place for parts, seeded examples, a small world."""

import atexit
import gc
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before any library reads it

# What is fitted goes to one place for all processes of a run, the apps that it starts among them.
if "SHORTLIST_TEST_PARTS" not in os.environ:
    os.environ["SHORTLIST_TEST_PARTS"] = tempfile.mkdtemp(prefix="shortlist-parts-")
    atexit.register(shutil.rmtree, os.environ["SHORTLIST_TEST_PARTS"], ignore_errors=True)
os.environ["SHORTLIST_CACHE"] = os.environ["SHORTLIST_TEST_PARTS"]

# Measuring processes take turns by a file in this folder. Those of the two processes of a run would
# wait for each other, and no test holds against a limit how long a request takes beside them.
tempfile.gettempdir()  # the usual one, which this process keeps
os.environ["TMPDIR"] = tempfile.mkdtemp(prefix="shortlist-turns-")
atexit.register(shutil.rmtree, os.environ["TMPDIR"], ignore_errors=True)

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

from engine.world import World, WorldConfig, make_world  # noqa: E402

settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where those in a browser are asked for alone, files without any are not even imported."""
    if config.option.markexpr != "browser" or not collection_path.name.startswith("test_"):
        return None
    return "pytest.mark.browser" not in collection_path.read_text(encoding="utf-8") or None


def pytest_collection_finish() -> None:
    """What is loaded now stays: no collection of garbage, each stopwatch's least, need walk it."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def small_config() -> WorldConfig:
    """Made in half a second; all shares as in the default world."""
    return WorldConfig(users=400, items=800, impressions=60_000)


@pytest.fixture(scope="session")
def small_world(small_config: WorldConfig) -> World:
    """Shared by the whole run: never change it."""
    return make_world(small_config)


@pytest.fixture(scope="session")
def explored_world(small_config: WorldConfig) -> World:
    """The small world where half of the requests are answered by a uniform draw."""
    return make_world(replace(small_config, exploration=0.5, impressions=200_000))
