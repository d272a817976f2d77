"""A terminal for tests: commands run in this process, on a cache of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from command_line.commands import commands
from engine.store import default_store
from tests.small_app import SMALL, parts_of_this_run

SMALL_CHOICES = tuple(f"{name}={value}" for name, value in SMALL.items())
SMALL_LINK = "&".join(SMALL_CHOICES)
SMALL_LOG = ("log.rows=20000", "log.users=800", "log.sites=40", "log.ads=120", "model.trees=20")


@pytest.fixture(scope="session")
def cache_of_commands(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One cache for all of them: what one has fitted the next reads back."""
    with parts_of_this_run(tmp_path_factory):
        default_store.cache_clear()
        yield
        default_store.cache_clear()


@pytest.fixture
def call(cache_of_commands: None) -> Callable[..., Result]:
    """`call("run", "candidates=50")` -> status and what was said on both streams."""
    return lambda *arguments: CliRunner().invoke(commands, arguments)
