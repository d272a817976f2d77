"""Links and entries that are wrong, in a real browser: a line each, and never a traceback."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page

from tests.browser.pagereader import APP, open_link, query, shown, wait_measured, warnings
from tests.small_app import PAGE_TITLE, link, parts_of_this_run, small

pytestmark = pytest.mark.browser
WRONG = {
    "unknown names": ({"generator": "magic", "index": "<b>x", "utm_source": "x"}, 3),
    "numbers": ({"candidates": "abc", "index.ef_search": "-5", "user": "nan"}, 3),
    "huge": ({"candidates": "1e300", "index.M": "inf", "ranker.trees": "9" * 400}, 4),
    "beyond the world": ({"candidates": "301", "user": "120"}, 2),
    "m": ({"index": "ivfpq", "index.m": "7", "index.nbits": "5", "index.nlist": "16"}, 1),
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


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_link_gives_the_page_and_a_line_for_each_repair(
    page: Page, address: str, name: str
) -> None:
    wrong, repairs = WRONG[name]
    open_link(page, link(address, small() | wrong))
    assert_no_traceback(page)
    assert len(warnings(page)) == repairs
    assert shown(page)["title"] == PAGE_TITLE
    mended = query(page)
    assert not {"utm_source", "index.width"} & set(mended)
    open_link(page, link(address, mended))
    assert warnings(page) == []
    assert query(page) == mended


def test_a_world_without_clicks_gives_one_line_and_a_way_out(page: Page, address: str) -> None:
    silent = {
        "world.mean_relevance": "0.005",
        "world.position_bias": "2",
        "world.policy_skill": "0",
        "world.policy_popularity": "0",
        "world.days": "60",
        "world.impressions": "10000",
        "world.items": "20000",
    }
    page.goto(link(address, small() | silent))
    page.get_by_text("cannot be built").wait_for()
    assert_no_traceback(page)
    assert len(warnings(page)) == 1
    page.get_by_role("button", name="Back to the default design").click()
    wait_measured(page, timeout_s=60)
    assert warnings(page) == []


def test_a_user_typed_beyond_the_world_is_repaired_and_told(page: Page, address: str) -> None:
    open_link(page, link(address, small()))
    entry = page.get_by_role("spinbutton", name="User")
    entry.fill("99999")
    entry.press("Enter")
    page.get_by_text("Users go from 0 to 119: user is now 119.").wait_for()
    page.get_by_text("The slate of user 119,").wait_for()
    wait_measured(page, user="119")
    assert entry.input_value() == "119"
    assert_no_traceback(page)


def test_settings_in_the_fold_are_applied(page: Page, address: str) -> None:
    open_link(page, link(address, small()))
    page.get_by_text("More settings").click()
    trees = page.get_by_role("spinbutton", name="trees")
    trees.fill("12")
    trees.press("Tab")
    page.get_by_role("button", name="Apply").click()
    wait_measured(page, ranker__trees="12")
    assert trees.input_value() == "12"


def test_an_unknown_page_leads_to_the_main_one(page: Page, address: str) -> None:
    page.goto(link(address, small(), "/no_such_page"))
    page.get_by_text("Page not found").wait_for()
    assert_no_traceback(page)
