"""Two viewers of one graph at once: neither is ever shown the other's width of the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

import engine
from engine.store import PartStore
from tests.browser.driver import step_slider
from tests.browser.pagereader import APP, shown, wait_measured
from tests.small_app import link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
NARROW, WIDE = [10, 20, 30], [150, 140, 130]


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


@pytest.fixture(scope="module")
def ann_recall() -> dict[int, str]:
    """What the engine says of each width, as the page writes it."""
    store = PartStore(None, max_parts=1_000)
    world = engine.make_world(small_scenario().world)
    recalls = {}
    for width in NARROW + WIDE:
        scenario = small_scenario(index__ef_search=str(width))
        system = engine.build(world, scenario.design, store=store)
        report = engine.evaluate(system, users=len(world.users), store=store)
        recalls[width] = f"{report['ann_recall'].value:.3f}"
    return recalls


def shown_recall(page: Page) -> str:
    value: str = shown(page)["figures"]["ANN recall"][0]
    return value


def test_each_viewer_sees_the_recall_of_the_own_width_in_every_round(
    page: Page, context: BrowserContext, address: str, ann_recall: dict[int, str]
) -> None:
    assert not {ann_recall[n] for n in NARROW} & {ann_recall[n] for n in WIDE}
    other = context.new_page()
    viewers = (page, NARROW), (other, WIDE)
    for viewer, widths in viewers:
        viewer.goto(link(address, small(index__ef_search=str(widths[0]))))
    for place in range(len(NARROW)):
        for viewer, widths in viewers:
            wait_measured(viewer, index__ef_search=str(widths[place]))
        for viewer, widths in viewers:
            assert shown_recall(viewer) == ann_recall[widths[place]]
        if place + 1 < len(NARROW):
            step_slider(page, "ef_search", "ArrowRight")
            step_slider(other, "ef_search", "ArrowLeft")
    other.close()
