"""A whole visit to the main page in a real browser, from the bare address to a shared link."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from engine.scenario import Scenario
from tests.browser.driver import step_slider
from tests.browser.pagereader import APP, CHARTS, open_link, query, shown, wait_measured
from tests.small_app import PAGE_TITLE, link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


@pytest.fixture(scope="module")
def shared(address: str, browser: Browser) -> Iterator[tuple[str, dict[str, object]]]:
    """A link as one viewer leaves it after moving two sliders, and what it shows to that viewer."""
    viewer = browser.new_context()
    page = viewer.new_page()
    open_link(page, link(address, small()))
    for step in range(2):
        step_slider(page, "Candidates")
        wait_measured(page, candidates=str(30 + 10 * step))
    step_slider(page, "ef_search", "ArrowLeft")
    wait_measured(page, candidates="40", index__ef_search="90")
    yield page.url, shown(page)
    viewer.close()


def test_the_bare_address_leads_to_the_shipped_world(page: Page, address: str) -> None:
    open_link(page, address, timeout_s=90)
    assert page.url.startswith(f"{address}/two_stage?")
    assert query(page) == Scenario().to_query()
    seen = shown(page)
    assert seen["title"] == PAGE_TITLE
    assert len(seen["figures"]) == 5
    assert len([card for card in seen["slate"] if "truly" in card]) >= 10
    assert page.locator(".live-figure .main-svg").count() >= CHARTS


def test_a_link_on_the_bare_address_is_kept_on_the_way_to_the_page(
    page: Page, address: str
) -> None:
    open_link(page, link(address, small(user="64")))
    assert page.url.startswith(f"{address}/two_stage?")
    assert query(page) == small_scenario(user="64").to_query()


def test_moving_two_sliders_changes_the_address_and_the_figures(
    page: Page, address: str, shared: tuple[str, dict[str, object]]
) -> None:
    url, seen = shared
    open_link(page, link(address, small(), "/two_stage"))
    assert shown(page)["figures"] != seen["figures"]
    assert query(page) == small_scenario().to_query()
    page.goto(url)
    wait_measured(page, candidates="40", index__ef_search="90")
    scenario = small_scenario(candidates="40", index__ef_search="90")
    assert query(page) == scenario.to_query()


def test_a_copied_link_shows_a_stranger_the_same_simulated_figures(
    page: Page, shared: tuple[str, dict[str, object]]
) -> None:
    url, seen = shared
    open_link(page, url)
    assert shown(page) == seen
    assert page.get_by_test_id("stAlert").count() == 0


def test_a_reload_keeps_everything(page: Page, shared: tuple[str, dict[str, object]]) -> None:
    url, seen = shared
    open_link(page, url)
    page.reload()
    wait_measured(page, candidates="40", index__ef_search="90")
    assert page.url == url
    assert shown(page) == seen


def test_a_fresh_server_shows_the_same_simulated_figures_for_the_link(
    page: Page,
    address: str,
    serve: Callable[..., str],
    shared: tuple[str, dict[str, object]],
) -> None:
    url, seen = shared
    other = serve(APP, "--server.runOnSave=false")
    assert other != address
    open_link(page, url.replace(address, other))
    assert shown(page) == seen


def test_the_button_copies_the_address_of_the_page(
    page: Page, context: BrowserContext, address: str
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    open_link(page, link(address, small()))
    step_slider(page, "Candidates")
    wait_measured(page, candidates="30")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    assert query(page)["candidates"] == "30"


def test_five_quick_steps_end_in_the_figures_of_the_last(
    page: Page, address: str, shared: tuple[str, dict[str, object]]
) -> None:
    open_link(page, link(address, small()))
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft"):
        step_slider(page, "Candidates", key)
    wait_measured(page, candidates="50")
    seen = shown(page)
    page.goto(link(address, small(candidates="50")))
    wait_measured(page, candidates="50")
    assert shown(page) == seen


def test_the_stopwatch_goes_on_to_a_p99_and_then_the_page_rests(page: Page, address: str) -> None:
    open_link(page, link(address, small()))
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=20_000)
    note = page.locator(".sl-figure", has_text="p95 latency").locator(".sl-note")
    assert re.search(r"p99 \d+\.\d\d$", note.inner_text())
    runs = page.evaluate(
        """() => new Promise(resolve => {
            let runs = 0;
            const app = document.querySelector('[data-testid="stApp"]');
            new MutationObserver(() => runs++).observe(
                app, {attributes: true, attributeFilter: ['data-test-script-state']});
            setTimeout(() => resolve(runs), 2500);
        })"""
    )
    assert runs <= 2, "the page must not go on running itself"


def test_the_tab_key_reaches_the_sliders_and_the_buttons_of_every_chart(
    page: Page, address: str
) -> None:
    open_link(page, link(address, small()))
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                """() => { const e = document.activeElement;
                    return e.getAttribute('aria-label') || e.textContent; }"""
            )
        )
    for label in ("ef_search", "Candidates", "Copy link", "User"):
        assert any(label in name for name in reached), label
    for chart in ("What more candidates buy", "Where quality is lost", "Where the milliseconds go"):
        for button in ("Table: show", "CSV: download", "SVG: download", "PNG: download"):
            assert any(button in name and chart in name for name in reached), (button, chart)
