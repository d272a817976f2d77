"""A newcomer's visit in a real browser: the bare address, each step, another user, a way in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from engine.scenario import Scenario
from tests.browser.driver import wait_at_rest
from tests.browser.pagereader import APP, query, wait_measured, warnings
from tests.small_app import OVERVIEW_TITLE, PAGE_TITLE, link, parts_of_this_run, small
from ui.overview import another_user

pytestmark = pytest.mark.browser
HERE = """() => document.querySelector('.st-key-funnel .live-figure-plot').layout.annotations
    .map(note => note.text).filter(text => text.includes('◆')).map(text => text.split('<br>')[0])"""
LINES = {
    "Candidates": "searches the item vectors",
    "Scored": "scores each candidate",
    "Slate": "The user sees these",
    "Catalogue": "guesses how well each item fits",
}


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def title(page: Page) -> str:
    return page.locator("h1").inner_text()


def assert_at(page: Page, step: str) -> None:
    """The table and the funnel are of this step."""
    page.get_by_text(LINES[step]).wait_for()
    page.wait_for_function(f"() => ({HERE})().join() === '◆ {step}'")


def open_small(page: Page, address: str) -> None:
    page.goto(link(address, small(), "/"))
    wait_at_rest(page, charts=1)


def test_the_bare_address_shows_what_happens_to_a_request_before_any_click(
    page: Page, address: str
) -> None:
    page.goto(address)
    page.get_by_text("reach the ranker within").wait_for(timeout=240_000)
    wait_at_rest(page, charts=1)
    assert title(page) == OVERVIEW_TITLE
    assert query(page) == Scenario().to_query()
    assert warnings(page) == []
    assert page.locator(".sl-card").count() == 10
    assert page.locator(".st-key-funnel .main-svg").first.bounding_box()["y"] < 1000  # type: ignore[index]


def test_steps_are_walked_through_by_click(page: Page, address: str) -> None:
    open_small(page, address)
    for step in LINES:
        page.get_by_role("radio", name=step).click()
        assert_at(page, step)


def test_steps_are_walked_through_by_keyboard(page: Page, address: str) -> None:
    open_small(page, address)
    page.get_by_role("radio", name="Catalogue").focus()
    for step in ("Candidates", "Scored", "Slate"):
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        assert_at(page, step)


def test_another_user_goes_into_the_address_and_back_again(page: Page, address: str) -> None:
    open_small(page, address)
    scenario, _ = Scenario.from_query(query(page))
    page.get_by_role("button", name="Another user").click()
    user = another_user(scenario)
    page.get_by_text(f"A request of user {user}").wait_for()
    assert query(page)["user"] == str(user)
    expect(page.get_by_role("spinbutton", name="User")).to_have_value(str(user))
    page.go_back()
    page.get_by_text("A request of user 17").wait_for()
    assert query(page)["user"] == "17"


def test_a_way_in_keeps_the_user_and_the_back_button_returns(page: Page, address: str) -> None:
    open_small(page, address)
    user = page.get_by_role("spinbutton", name="User")
    user.fill("64")
    user.press("Enter")
    page.get_by_text("A request of user 64").wait_for()
    page.get_by_role("link", name="Explore alone").click()
    wait_measured(page, user="64", candidates="20")
    assert title(page) == PAGE_TITLE
    page.go_back()
    page.get_by_text("A request of user 64").wait_for()
    wait_at_rest(page, charts=1)
    assert title(page) == OVERVIEW_TITLE


def test_the_funnel_waits_for_no_measurement_and_takes_it_over_when_it_comes(
    page: Page, address: str
) -> None:
    page.goto(link(address, small(candidates="30"), "/"))
    caption = page.locator(".st-key-funnel .live-figure-caption")
    expect(caption).to_contain_text("measured")
    expect(caption).to_contain_text("median (p50) of 1,000 requests", timeout=240_000)
