"""From one request to two designs compared: step through, pin, change, re-rank, go back to A."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from engine.scenario import Scenario
from tests.browser.driver import step_slider, unfold, wait_at_rest
from tests.browser.pagereader import APP, query, wait_measured
from tests.small_app import link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
DRAWN_IN_ALL = """() => ['over_candidates', 'loss_by_stage', 'time_by_stage', 'frontier_chart']
    .every(key => document.querySelector(`.st-key-${key} .live-figure-plot`)?.data
        ?.some(trace => trace.name === 'pinned A'))"""
FOUR_LOSSES = """() => document.querySelector('.st-key-loss_by_stage .live-figure-plot')
    .data[1].x.length === 4"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def versus(page: Page) -> list[str]:
    return page.locator(".sl-versus").all_inner_texts()


def test_a_design_is_pinned_changed_reranked_and_returned_to(page: Page, address: str) -> None:
    page.goto(link(address, small(candidates="40"), "/"))
    wait_at_rest(page, charts=1)
    page.get_by_role("radio", name="Scored").click()
    page.get_by_text("scores each candidate").wait_for()
    page.get_by_role("link", name="Explore alone").first.click()
    wait_measured(page, candidates="40")

    page.get_by_role("button", name="Pin this design as A").click()
    page.get_by_text("This is the pinned design A itself.").wait_for()
    assert Scenario.from_query(query(page))[0].pinned == small_scenario(candidates="40").design

    step_slider(page, "Candidates")
    wait_measured(page, candidates="50")
    page.get_by_text("Against A:").wait_for()
    assert len(versus(page)) == 6
    assert any("to A" in line for line in versus(page))
    page.wait_for_function(DRAWN_IN_ALL, timeout=60_000)  # charts follow after a moment
    # Left alone, both are timed in turn.
    page.get_by_text("p95", exact=False).filter(has_text="for ").first.wait_for(timeout=240_000)
    assert versus(page)[1].endswith(("to A", "inside the noise", "as A"))

    unfold(page, "Re-ranking")
    page.get_by_text("Re-rank the slate").click()
    wait_measured(page, candidates="50", rerank="rules")
    page.wait_for_function(FOUR_LOSSES, timeout=60_000)

    shared = page.url
    page.get_by_role("button", name="Go to A").click()
    wait_measured(page, candidates="40")
    page.get_by_text("This is the pinned design A itself.").wait_for()

    page.goto(shared)
    wait_measured(page, candidates="50", rerank="rules")
    assert len(versus(page)) == 6
    page.get_by_role("button", name="Unpin A").click()
    page.locator(".sl-versus").first.wait_for(state="detached")
    assert "pin=" not in page.url
