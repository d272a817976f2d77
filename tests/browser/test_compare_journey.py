"""Designs pinned on three pages stand side by side; their link restores them on another server."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from engine.scenario import Scenario
from tests.browser.driver import wait_at_rest
from tests.browser.pagereader import APP, query, wait_measured
from tests.small_app import link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
TITLE = "What did each choice change?"
# At rest, and every design is judged and timed.
SETTLED = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    const told = [...document.querySelectorAll('.sl-pins .sl-quiet')].map(one => one.textContent);
    return app?.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        && told.length === 4 && told.every(line => line.startsWith('timed over'));
}"""
TABLE = """label => Object.fromEntries(
    [...document.querySelectorAll(`.sl-compare[aria-label="${label}"] tbody tr`)].map(row => [
        row.querySelector('th').firstChild.textContent,
        [...row.querySelectorAll('td')].map(cell => cell.textContent)]))"""
MARKED = """() => Object.fromEntries(
    [...document.querySelectorAll('.sl-compare[aria-label="Choices"] tbody tr')].map(row => [
        row.querySelector('th').firstChild.textContent,
        [...row.querySelectorAll('td')].map(cell => cell.querySelector('.sl-mark') !== null)]))"""
LINES = """key => document.querySelector(`.st-key-${key} .live-figure-plot`).data
    .filter(trace => trace.mode === 'lines+markers')
    .map(trace => [trace.name, trace.line.dash, trace.marker.symbol, trace.line.color])"""
TOO_WIDE = "() => document.documentElement.scrollWidth > window.innerWidth + 4"


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


@pytest.fixture(scope="module")
def fresh(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Another server, which has measured nothing yet."""
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP, "--server.runOnSave=false")


def simulated(page: Page) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = page.evaluate(TABLE, "Figures side by side")
    return {name: cells for name, cells in rows.items() if "Latency" not in name}


def pin(page: Page, letter: str) -> None:
    page.get_by_role("button", name=f"Pin this design as {letter}").click()
    page.get_by_role("button", name=f"Unpin {letter}").wait_for()


def test_four_designs_of_three_pages_stand_side_by_side_and_their_link_restores_them(
    page: Page, address: str, fresh: str
) -> None:
    page.goto(link(address, small()))
    wait_measured(page)
    pin(page, "A")
    page.goto(link(address, query(page) | {"candidates": "60"}))
    wait_measured(page, candidates="60")
    pin(page, "B")
    page.goto(link(address, query(page) | {"ranker": "logistic"}, "/ranking"))
    pin(page, "C")
    page.goto(link(address, query(page) | {"index.ef_search": "20"}, "/retrieval"))
    pin(page, "D")
    page.get_by_role("button", name="Pin this design").wait_for(state="detached")

    page.get_by_role("link", name="Compare side by side").click()
    page.get_by_role("heading", name=TITLE).wait_for()
    page.wait_for_function(SETTLED, timeout=90_000)
    wait_at_rest(page, charts=3)
    assert page.evaluate(MARKED) == {
        "index.ef_search": [False, False, False, True],
        "candidates": [False, True, True, True],
        "ranker": [False, False, True, True],
    }
    lines = page.evaluate(LINES, "compare_percentiles")
    assert [name for name, *_ in lines] == ["A", "B", "C", "D"]
    for looks in zip(*(look for _, *look in lines), strict=True):
        assert len(set(looks)) == 4  # no two share a dash, a shape or a colour
    seen, shared = simulated(page), query(page)
    assert len(page.url.partition("?")[2]) < 1_900
    there = small_scenario().design
    assert Scenario.from_query(shared)[0].pinned == there

    page.goto(link(fresh, shared, "/compare"))
    page.wait_for_function(SETTLED, timeout=90_000)
    wait_at_rest(page, charts=3)
    assert simulated(page) == seen
    assert query(page) == shared
    page.get_by_text("Measured ones were taken here").wait_for()

    page.set_viewport_size({"width": 375, "height": 5000})
    wait_at_rest(page, charts=3)
    assert not page.evaluate(TOO_WIDE)
    page.get_by_role("button", name="Unpin B").click()
    page.wait_for_url(lambda url: "pin.d" not in url)
    assert page.evaluate(MARKED).keys() == {"index.ef_search", "candidates", "ranker"}
