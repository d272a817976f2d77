"""Behind the fold of the two-stage page: another item, other traffic, and nothing else moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pagereader import APP, CHARTS, open_link, shown, wait_measured
from tests.small_app import link, parts_of_this_run, small

pytestmark = pytest.mark.browser
MARK = "() => document.querySelectorAll('.live-figure-plot').forEach(plot => plot.marked = true)"
KEPT = "() => [...document.querySelectorAll('.live-figure-plot')].map(plot => !!plot.marked)"
RAW = """() => document.querySelector('.st-key-why_believed .live-figure-plot').data
    .find(trace => trace.mode === 'markers+text').x[1]"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def test_another_item_and_other_traffic_change_their_sections_alone(
    page: Page, address: str
) -> None:
    open_link(page, link(address, small()))
    chain = page.locator(".st-key-machines p", has_text="The chain:")
    expect(chain).to_be_visible()
    # At 1,000 timed requests the page draws itself once more.
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=240_000)
    wait_measured(page)
    before, first = shown(page), page.evaluate(RAW)
    page.evaluate(MARK)

    box = page.get_by_role("combobox", name="Item")
    box.scroll_into_view_if_needed()
    box.click()
    page.get_by_role("option").nth(6).click()
    page.wait_for_function(f"first => ({RAW})() !== first", arg=first)
    assert "**" not in page.locator(".st-key-why").inner_text()

    peak = page.get_by_role("spinbutton", name="Peak, requests/s")
    peak.fill("10000000")
    peak.press("Enter")
    expect(page.get_by_text("for 10,000,000 requests/s:")).to_be_visible()
    assert "→ 2 machines →" not in chain.inner_text()

    assert page.evaluate(KEPT) == [True] * CHARTS
    assert shown(page) == before


def test_a_choice_made_while_a_design_is_measured_does_not_stop_the_measuring(
    page: Page, address: str
) -> None:
    open_link(page, link(address, small()))
    page.get_by_role("slider", name="Candidates").press("ArrowRight")
    replicas = page.get_by_role("spinbutton", name="Replicas")
    replicas.fill("9")
    replicas.press("Enter")
    wait_measured(page, candidates="30")
    chain = page.locator(".st-key-machines p", has_text="The chain:")
    expect(chain).to_contain_text("9 machines")
