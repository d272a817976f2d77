"""Two viewers of one graph at once: neither is ever shown the other's width of the search."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest
from playwright.sync_api import BrowserContext, Page

import engine
from engine.store import PartStore
from tests.browser.driver import step_slider, thumb
from tests.browser.pagereader import APP, open_link, shown, wait_measured
from tests.small_app import link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
NARROW, WIDE = [10, 20, 30], [150, 140, 130]
HELD = """() => {
    const figure = [...document.querySelectorAll('.sl-figure')]
        .find(one => one.querySelector('dt').textContent === 'ANN recall');
    const [recall, kind] = [...figure.querySelectorAll('dd')].map(part => part.textContent);
    const input = document.querySelector('.st-key-slide_ef_search input');
    return { width: Number(input.value), recall, kind };
}"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


@cache
def recall_of(width: int) -> float:
    """What the engine says of a width of the search."""
    scenario = small_scenario(index__ef_search=str(width))
    world = engine.make_world(scenario.world)
    store = PartStore(None, max_parts=1_000)
    system = engine.build(world, scenario.design, store=store)
    report = engine.evaluate(system, users=len(world.users), store=store)
    return report["ann_recall"].value


@pytest.fixture(scope="module")
def ann_recall() -> dict[int, str]:
    """The recall of each width, as the page writes it."""
    return {width: f"{recall_of(width):.3f}" for width in NARROW + WIDE}


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


def test_two_who_drag_at_once_see_their_own_figures(
    page: Page, context: BrowserContext, address: str
) -> None:
    other = context.new_page()
    viewers = (page, WIDE[0], -30), (other, NARROW[0], 30)
    for viewer, width, _ in viewers:
        open_link(viewer, link(address, small(index__ef_search=str(width))))
    for share in (0.4, 0.7, 1.0):
        for viewer, _, pixels in viewers:
            viewer.bring_to_front()
            if share == 0.4:
                viewer.mouse.move(*thumb(viewer, "slide_ef_search"))
                viewer.mouse.down()
            x, y = thumb(viewer, "slide_ef_search")
            viewer.mouse.move(x + share * pixels, y)
            viewer.wait_for_timeout(200)
        for viewer, *_ in viewers:
            held = viewer.evaluate(HELD)
            assert held["kind"].startswith("preview")
            assert float(held["recall"]) == pytest.approx(recall_of(held["width"]), abs=0.03)
    for viewer, *_ in viewers:
        viewer.mouse.up()
    ends = []
    for viewer, *_ in viewers:
        ends.append(viewer.evaluate(HELD)["width"])
        viewer.bring_to_front()
        wait_measured(viewer, index__ef_search=str(ends[-1]))
        assert shown_recall(viewer) == f"{recall_of(ends[-1]):.3f}"
    assert abs(recall_of(ends[0]) - recall_of(ends[1])) > 0.1  # what the other sees is far off
    other.close()
