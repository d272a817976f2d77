"""A visit to the page of ad clicks in a real browser: probabilities break, and are mended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page

from tests.browser.driver import step_slider
from tests.browser.pagereader import APP
from tests.small_app import link, parts_of_this_run

pytestmark = pytest.mark.browser
QUERY = {
    "ads.log.rows": "60000",
    "ads.log.users": "1500",
    "ads.log.sites": "60",
    "ads.log.ads": "200",
    "ads.model.trees": "40",
}
# At rest, with the address as wanted and figures of the same design.
SETTLED = """wanted => {
    const app = document.querySelector('[data-testid="stApp"]');
    const address = new URL(location).searchParams;
    const caption = document.querySelector('.st-key-reliability .live-figure-caption');
    return app?.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        && Object.entries(wanted.address).every(([name, value]) => address.get(name) === value)
        && document.querySelectorAll('.sl-figure').length === 6
        && caption?.textContent.includes(wanted.told);
}"""
SEEN = """() => ({
    drawn: Object.fromEntries([...window.__liveFigures].map(([key, live]) => [key,
        document.querySelector(`.st-key-${key} .live-figure-plot`).data.map(({ x, y }) =>
            [x, y].map(values => Array.from(values, value => Number(value).toPrecision(4))))])),
    figures: [...document.querySelectorAll('.sl-figure')].map(one => one.innerText),
    facts: document.querySelector('.st-key-auction_facts').innerText,
    captions: ['reliability', 'auction'].map(key =>
        document.querySelector(`.st-key-${key} .live-figure-caption`).textContent),
    source: document.querySelector('.sl-source').textContent,
    previewing: document.documentElement.classList.contains('sl-previewing'),
})"""
HOLD_BACK = """() => {
    const send = WebSocket.prototype.send, held = [];
    WebSocket.prototype.send = function (...said) { held.push(() => send.apply(this, said)); };
    window.__letGo = () => {
        WebSocket.prototype.send = send;
        held.forEach(say => say());
    };
}"""
SWITCH = b'"slider": "st-key-click_correct"'
FOLLOWED = "reliability", "auction", "roc", "precision", "by_age", "by_views"
TOO_WIDE = "() => document.documentElement.scrollWidth > window.innerWidth + 4"


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def settle(page: Page, told: str, **wanted: str) -> None:
    """Wait until the page shows a design that its address and its captions tell."""
    expected = {f"ads.{name}": value for name, value in wanted.items()}
    page.wait_for_function(SETTLED, arg={"address": expected, "told": told}, timeout=240_000)


def ratio(page: Page) -> float:
    figure = page.locator(".sl-figure", has_text="Calibration ratio")
    return float(figure.locator(".sl-value").inner_text())


def sentence(page: Page) -> str:
    return page.locator(".st-key-sentence").inner_text()


def query(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def test_sampling_breaks_the_probabilities_and_undoing_it_mends_them(
    page: Page, address: str
) -> None:
    page.goto(link(address, QUERY, "/ctr"))
    settle(page, "GBDT")
    page.get_by_role("radio", name="logistic", exact=True).click()
    settle(page, "logistic", model="logistic")
    honest = ratio(page)
    for _ in range(4):  # 100%, 50%, 20%, 10%, 5%
        step_slider(page, "Negatives kept", "ArrowLeft")
    settle(page, "5% of the negatives, undone", negatives="0.05")
    assert ratio(page) == pytest.approx(honest, abs=0.08)
    page.get_by_text("Undo the sampling", exact=True).click()
    settle(page, "5% of the negatives, not undone", correct="0")
    assert ratio(page) > 2
    assert "no price can rest on them" in sentence(page)
    shared = page.url
    page.get_by_text("Undo the sampling", exact=True).click()
    settle(page, "5% of the negatives, undone", negatives="0.05")
    assert "ads.correct" not in query(page)
    assert ratio(page) == pytest.approx(1.0, abs=0.08)
    assert "no price can rest" not in sentence(page)
    page.goto(shared)
    settle(page, "not undone", correct="0")
    assert ratio(page) > 2


def test_a_switch_and_a_choice_are_followed_before_the_server_hears_of_them(
    page: Page, address: str
) -> None:
    heard: list[str | bytes] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame))
    )
    page.goto(link(address, QUERY | {"ads.negatives": "0.2"}, "/ctr"))
    settle(page, "undone")
    deadline = time.monotonic() + 240
    while not any(SWITCH in frame for frame in heard if isinstance(frame, bytes)):
        assert time.monotonic() < deadline, "the switch is never followed"
        page.wait_for_timeout(200)
    page.wait_for_timeout(1_000)
    before = page.evaluate(SEEN)
    for name, told in (("Undo the sampling", "not undone"), ("Platt", "platt")):
        page.evaluate(HOLD_BACK)
        page.get_by_text(name, exact=True).click()
        page.wait_for_timeout(500)
        held = page.evaluate(SEEN)
        assert held["previewing"], name
        assert held["source"].startswith("judged beforehand")
        assert told in held["captions"][0]
        assert held["drawn"]["reliability"] != before["drawn"]["reliability"]
        page.evaluate("window.__letGo()")
        page.wait_for_function("() => !document.querySelector('.sl-previewing')")
        settle(page, told)
        before = page.evaluate(SEEN)
        assert held["figures"][:-1] == before["figures"][:-1], name
        assert (held["facts"], held["captions"]) == (before["facts"], before["captions"])
        for key in FOLLOWED:
            assert held["drawn"][key] == before["drawn"][key], (name, key)


def test_auction_follows_a_slider_without_a_fit_and_the_budget_is_measured(
    page: Page, address: str
) -> None:
    page.goto(link(address, QUERY, "/ctr"))
    settle(page, "GBDT")
    before = sentence(page)
    page.get_by_text("The auction", exact=True).click()
    for _ in range(3):
        step_slider(page, "Stretch log-odds by")
    page.wait_for_function("() => new URL(location).searchParams.get('ads.auction.stretch')")
    settle(page, "GBDT", **{"auction.stretch": "1.15"})
    page.wait_for_function(
        "before => document.querySelector('.st-key-sentence').innerText !== before", arg=before
    )
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=240_000)
    p99 = page.locator(".sl-figure", has_text="p99 of 20 ads")
    assert p99.locator(".sl-value").inner_text().endswith(" ms")
    assert "of 30 ms" in p99.locator(".sl-kind").inner_text()
    page.locator(".st-key-over_ads .main-svg").first.wait_for()


def test_on_a_small_screen_nothing_runs_wider_than_the_window(page: Page, address: str) -> None:
    page.set_viewport_size({"width": 375, "height": 900})
    page.goto(link(address, QUERY, "/ctr"))
    settle(page, "GBDT")
    assert not page.evaluate(TOO_WIDE)
