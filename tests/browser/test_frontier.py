"""The frontier in a browser: a design is loaded by a click on its point, or by keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from engine.design import Design
from tests.browser.pagereader import APP, open_link, query, wait_measured
from tests.small_app import link, parts_of_this_run
from ui.frontier_points import link_of

pytestmark = pytest.mark.browser
PLOT = ".st-key-frontier_chart .live-figure-plot"
PLACE = """(plot, link) => {
    for (const trace of plot.data) {
        const point = trace.customdata?.indexOf(link) ?? -1;
        if (point < 0) continue;
        const {xaxis, yaxis} = plot._fullLayout, box = plot.getBoundingClientRect();
        return [box.x + xaxis._offset + xaxis.d2p(trace.x[point]),
                box.y + yaxis._offset + yaxis.d2p(trace.y[point])];
    }
}"""
MORE, FEWER = Design(candidates=1_000), Design(candidates=500)


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def test_a_click_and_the_keyboard_load_designs_and_the_back_button_returns(
    page: Page, address: str
) -> None:
    open_link(page, link(address, {"candidates": "300"}), timeout_s=90)
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=30_000)
    plot = page.locator(PLOT)
    plot.scroll_into_view_if_needed()
    plot.evaluate("plot => plot.mark = 'the first'")
    x, y = plot.evaluate(PLACE, link_of(MORE))
    page.mouse.move(x, y)
    page.locator(f"{PLOT}[data-on-point]").wait_for()
    page.mouse.click(x, y)
    wait_measured(page, candidates="1000")
    assert link_of(MORE) in page.url
    assert page.get_by_role("slider", name="Candidates").input_value() == "1000"
    assert page.locator(PLOT).evaluate("plot => plot.mark") == "the first"

    chooser = page.get_by_role("combobox", name="Load a design")
    chooser.press("ArrowDown")
    page.keyboard.type("→ 500 → GBDT")
    page.get_by_role("option").filter(has_text="MF → HNSW ef 400 → 500 → GBDT").wait_for()
    chooser.press("Enter")
    wait_measured(page, candidates="500")
    assert link_of(FEWER) in page.url

    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=30_000)
    page.go_back()
    wait_measured(page, candidates="1000")
    assert query(page)["ranker"] == "gbdt"
