"""Links and entries that are wrong, in a real browser: a line each, and never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.driver import unfold
from tests.browser.pagereader import APP, open_link, query, shown, wait_measured, warnings
from tests.small_app import PAGE_TITLE, link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
WRONG = {
    "generator": "magic",
    "index": "<img src=x>",
    "candidates": "abc",
    "index.ef_search": "-5",
    "user": "1e300",
    "ranker.leaves": "nan",
    "slate": "10.4",
    "utm_source": "**x**",
}
WITHOUT_CLICKS = {
    "world.mean_relevance": "0.005",
    "world.position_bias": "2",
    "world.policy_skill": "0",
    "world.policy_popularity": "0",
    "world.days": "60",
    "world.impressions": "10000",
    "world.items": "20000",
}


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def assert_no_traceback(page: Page) -> None:
    text = page.locator("body").inner_text()
    for word in ("Traceback", "Error", "Exception", "site-packages"):
        assert word not in text
    assert page.get_by_test_id("stException").count() == 0


def test_a_wrong_link_gives_the_page_and_a_line_for_each_repair(page: Page, address: str) -> None:
    open_link(page, link(address, small() | WRONG))
    assert_no_traceback(page)
    assert shown(page)["title"] == PAGE_TITLE
    lines = warnings(page)
    for name in WRONG:
        whole = re.compile(rf"(?<![.\w]){re.escape(name)}(?![.\w])")
        assert len([line for line in lines if whole.search(line)]) == 1, name
    assert len(lines) == len(WRONG)
    assert page.locator("img[src=x]").count() == 0
    mended = small_scenario(candidates="300", index__ef_search="1", user="119")
    assert query(page) == mended.to_query()


def apply(page: Page, knob: str, value: int) -> None:
    """Set a number in the fold, which stands open, and apply it."""
    entry = page.get_by_role("spinbutton", name=knob, exact=True)
    entry.fill(str(value))
    entry.press("Tab")
    page.get_by_role("button", name="Apply").click()


def test_work_that_takes_too_long_can_be_cancelled(page: Page, address: str) -> None:
    open_link(page, link(address, small(ranker__trees="15")))
    unfold(page, "More settings")
    apply(page, "trees", 1000)
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled: ").wait_for()
    wait_measured(page, ranker__trees="15")
    assert page.get_by_role("spinbutton", name="trees", exact=True).input_value() == "15"
    assert_no_traceback(page)
    apply(page, "trees", 12)
    wait_measured(page, ranker__trees="12")


def test_on_a_narrow_screen_work_that_runs_is_seen_from_wherever_it_was_begun(
    page: Page, address: str
) -> None:
    page.set_viewport_size({"width": 375, "height": 740})
    open_link(page, link(address, small(ranker__trees="15")))
    unfold(page, "More settings")
    apply(page, "trees", 1000)
    page.get_by_text("Getting this design ready").wait_for()
    sheet = page.locator("[class*=st-key-getting_ready]").bounding_box()
    assert sheet is not None
    assert (sheet["x"], sheet["width"]) == (0, 375)
    assert sheet["y"] + sheet["height"] == 740
    cancel = page.get_by_role("button", name="Cancel").bounding_box()
    assert cancel is not None
    assert sheet["y"] < cancel["y"] < 740 - cancel["height"]
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("Cancelled: ").wait_for()


def test_entries_that_are_wrong_are_repaired_and_told(page: Page, address: str) -> None:
    open_link(page, link(address, small()))
    user = page.get_by_role("spinbutton", name="User")
    user.fill("99999")
    user.press("Enter")
    page.get_by_text("The slate of user 119,").wait_for()
    wait_measured(page, user="119")
    assert warnings(page)[0].endswith("Users go from 0 to 119: user is now 119.")
    assert user.input_value() == "119"

    unfold(page, "More settings")
    apply(page, "trees", 9)
    wait_measured(page, ranker__trees="9")
    assert_no_traceback(page)


def test_a_world_without_clicks_gives_one_line_and_a_way_out(page: Page, address: str) -> None:
    page.goto(link(address, small() | WITHOUT_CLICKS))
    page.get_by_text("cannot be built").wait_for()
    assert_no_traceback(page)
    assert len(warnings(page)) == 1
    page.get_by_role("button", name="Back to the default design").click()
    wait_measured(page)
    assert warnings(page) == []
    assert "world.items" not in query(page)
