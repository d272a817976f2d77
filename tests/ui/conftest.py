"""The app for tests: one studio on a cache of its own, pages in `AppTest`, and small systems."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from engine.pipeline import System, build
from engine.store import PartStore, default_store
from engine.world import World, make_world
from tests.small_app import parts_of_this_run, small_scenario
from tests.ui.askers import result_of
from ui import charts_first
from ui.ctr.benches import benches as click_benches
from ui.ranking.bench import benches
from ui.retrieval.bench import benches as search_benches
from ui.retrieval.comparisons import comparisons
from ui.retrieval.hard_studies import hard_studies
from ui.retrieval.size_studies import size_studies
from ui.retrieval.sweep_studies import sweep_studies
from ui.studio import Prepared, Studio, studio

SHELL = Path(__file__).parents[2] / "ui" / "shell.py"


SHARED = (
    default_store, studio, benches, click_benches, search_benches, comparisons, hard_studies,
    size_studies, sweep_studies,
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_head_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no browser that charts could be ahead in."""
    monkeypatch.setattr(charts_first, "_AHEAD_S", 0.0)


@pytest.fixture(scope="session")
def app_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    """The studio that the pages of this run share."""
    with parts_of_this_run(tmp_path_factory):
        for shared in SHARED:
            shared.cache_clear()
        yield studio()
        for running in (benches(), click_benches(), search_benches()):
            running.close()
        for studies in (comparisons(), hard_studies(), size_studies(), sweep_studies()):
            studies.close()
        studio().close()
        for shared in SHARED:
            shared.cache_clear()


@pytest.fixture(scope="session")
def ready(app_studio: Studio) -> Prepared:
    """The family of the small design, prepared in the app's studio."""
    return result_of(app_studio.prepare(small_scenario()))


@pytest.fixture
def open_page(app_studio: Studio) -> Callable[..., AppTest]:
    """`open_page(query, page)` -> a page as it stands once that link has come to rest."""

    def open_link(
        query: dict[str, str | list[str]] | None = None, page: str = "two_stage"
    ) -> AppTest:
        at = AppTest.from_file(str(SHELL), default_timeout=90)
        if page != "overview":  # which is what the bare address shows
            at.switch_page(f"../pages/{page}.py")
        for name, value in (query or {}).items():
            at.query_params[name] = value
        return at.run()

    return open_link


@pytest.fixture(scope="session")
def own_store() -> PartStore:
    """Parts that a test computes by itself, apart from the app's."""
    return PartStore(None, max_parts=1_000)


@pytest.fixture(scope="session")
def own_world() -> World:
    """The small world, made apart from the app's. Never change it."""
    return make_world(small_scenario().world)


@pytest.fixture(scope="session")
def own_system(own_world: World, own_store: PartStore) -> Callable[..., System]:
    """`own_system(index="exact")` -> the system of a link, built apart from the app's."""

    def built(**changes: str) -> System:
        return build(own_world, small_scenario(**changes).design, store=own_store)

    return built
