"""A whole visit to the main page in a real browser, from its bare address to a shared link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from engine.scenario import Scenario
from tests.browser.driver import step_slider
from tests.browser.pagereader import APP, CHARTS, open_link, query, shown, wait_measured, warnings
from tests.small_app import PAGE_TITLE, link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
BUTTONS = ("Table: show", "CSV: download", "SVG: download", "PNG: download")
HEADINGS = (
    "What more candidates buy",
    "Where quality is lost",
    "Where the milliseconds go",
    "What quality costs",
)
FOCUSED = """() => {
    const focused = document.activeElement;
    return focused.getAttribute('aria-label') || focused.textContent;
}"""
RUNS = """() => new Promise(resolve => {
    let changes = 0;
    const watched = {attributes: true, attributeFilter: ['data-test-script-state']};
    new MutationObserver(() => changes++).observe(
        document.querySelector('[data-testid="stApp"]'), watched);
    setTimeout(() => resolve(changes / 2), 2000);
})"""


@dataclass(slots=True)
class Shared:
    """What one viewer leaves to others: the link that was copied, and what it showed."""

    link: str = ""
    shown: dict[str, Any] = field(default_factory=dict)


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


@pytest.fixture(scope="module")
def shared(address: str, browser: Browser) -> Shared:
    """Of a viewer who opened a small world, and moved two sliders."""
    viewer = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = viewer.new_page()
    open_link(page, link(address, small()))
    before = shown(page)
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):  # faster than it measures
        step_slider(page, "Candidates", key)
    wait_measured(page, candidates="40")
    step_slider(page, "ef_search", "ArrowLeft")
    wait_measured(page, candidates="40", index__ef_search="90")
    assert shown(page)["figures"] != before["figures"]
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied").wait_for()
    left = Shared(page.evaluate("navigator.clipboard.readText()"), shown(page))
    assert left.link == page.url
    viewer.close()
    return left


def test_the_main_page_without_a_link_shows_the_shipped_world(page: Page, address: str) -> None:
    open_link(page, f"{address}/two_stage")
    assert query(page) == Scenario().to_query()
    assert shown(page)["title"] == PAGE_TITLE
    assert page.locator(".sl-card").count() == 10
    assert page.locator(".live-figure").count() == CHARTS


def test_moved_sliders_stand_in_the_copied_link(shared: Shared, address: str) -> None:
    moved = small_scenario(candidates="40", index__ef_search="90")
    assert shared.link == link(address, moved.to_query())


def test_a_copied_link_shows_a_stranger_the_same_simulated_figures(
    page: Page, context: BrowserContext, shared: Shared
) -> None:
    context.clear_cookies()
    open_link(page, shared.link)
    assert shown(page) == shared.shown
    assert warnings(page) == []
    page.reload()
    wait_measured(page)
    assert page.url == shared.link
    assert shown(page) == shared.shown


def test_the_back_button_goes_back_to_the_design_before(page: Page, address: str) -> None:
    open_link(page, link(address, small(candidates="40")))
    step_slider(page, "Candidates")
    wait_measured(page, candidates="50")
    page.go_back()
    wait_measured(page, candidates="40")


def test_a_fresh_server_shows_the_same_simulated_figures_for_the_link(
    page: Page, address: str, serve: Callable[..., str], shared: Shared
) -> None:
    other = serve(APP, "--server.runOnSave=false")  # any flag makes it another process
    assert other != address
    open_link(page, shared.link.replace(address, other))
    assert shown(page) == shared.shown


def test_the_stopwatch_goes_on_to_a_p99_and_then_the_page_rests(page: Page, shared: Shared) -> None:
    open_link(page, shared.link)
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=240_000)
    note = page.locator(".sl-figure", has_text="p95 latency").locator(".sl-note")
    assert re.search(r"p99 \d+\.\d\d$", note.inner_text())
    wait_measured(page)
    assert page.evaluate(RUNS) <= 1, "the page must not go on running itself"


def test_the_tab_key_reaches_the_controls_and_the_buttons_of_every_chart(
    page: Page, shared: Shared
) -> None:
    open_link(page, shared.link)
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(page.evaluate(FOCUSED))
    for label in (
        "ef_search",
        "Candidates",
        "GBDT",
        "Copy link",
        "Measure again",
        "Load a design",
        "User",
    ):
        assert any(label in name for name in reached), label
    for heading in HEADINGS:
        for button in BUTTONS:
            assert any(button in name and heading in name for name in reached), (button, heading)
