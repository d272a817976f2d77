"""Up the ladder in a real browser: other rankers, one pinned as A, and a slider in the hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.pagereader import APP, query, warnings
from tests.small_app import link, parts_of_this_run, small, small_scenario

pytestmark = pytest.mark.browser
START = {"ranker": "logistic", "candidates": "40", "world__items": "600"}
NDCG, TIME = "NDCG@10, true", "500 candidates, p95"
# At rest, and address, charts, figures and the line of their source are all of one design, of
# which all is known.
SETTLED = """wanted => {
    const app = document.querySelector('[data-testid="stApp"]');
    const address = new URL(location).searchParams;
    const kinds = [...document.querySelectorAll('.sl-kind')].map(kind => kind.textContent);
    const source = document.querySelector('.sl-source')?.textContent ?? '';
    const plot = key => document.querySelector(`.st-key-${key} .live-figure-plot`);
    const times = plot('over_rows');
    const here = times?.data?.find(trace => trace.name === 'you are here');
    const drawn = ['ladder', 'to_the_oracle', 'learning', 'importance'].every(
        key => plot(key)?.data?.length > 0 && plot(key).getAttribute('aria-label')
            .includes(`→ ${address.get('ranker')}`));
    return app?.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        && Object.entries(wanted).every(([name, value]) => address.get(name) === value)
        && source.startsWith('judged on') && source.includes('timed over')
        && kinds.length === 6 && !kinds.some(kind => kind.startsWith('preview'))
        && drawn && times?.getAttribute('aria-label')?.includes(`→ ${address.get('ranker')}`)
        && String(here?.x[0]) === address.get('candidates');
}"""
SHOWN = """() => {
    const here = key => document.querySelector(`.st-key-${key} .live-figure-plot`).data
        .find(trace => trace.name === 'you are here');
    return {
        figures: Object.fromEntries([...document.querySelectorAll('.sl-figure')].map(figure => [
            figure.querySelector('dt').textContent,
            figure.querySelector('dd').textContent])),
        kinds: [...document.querySelectorAll('.sl-kind')].map(kind => kind.textContent),
        source: document.querySelector('.sl-source')?.textContent ?? '',
        sentence: document.querySelector('.st-key-sentence').textContent,
        ladder: [here('ladder').x[0], here('ladder').y[0]],
        candidates: here('over_rows').x[0],
        label: document.querySelector('.st-key-slide_Candidates input').value,
        previewing: document.documentElement.classList.contains('sl-previewing'),
    };
}"""
CENTRE = """() => {
    const box = document.querySelector('.st-key-slide_Candidates input').parentElement
        .getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def settled(page: Page, **wanted: str) -> dict[str, Any]:
    """Wait until the page shows all of the design that its address holds; what it shows."""
    page.wait_for_function(SETTLED, arg=wanted, timeout=240_000)
    return seen(page)


def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SHOWN)
    return found


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name, exact=True).click()


def drag_until_it_previews(page: Page, pixels: int) -> dict[str, Any]:
    """Hold the slider of candidates, which can be previewed once its points were judged."""
    for _ in range(60):
        x, y = page.evaluate(CENTRE)
        page.mouse.move(x, y)
        page.mouse.down()
        for step in range(1, 6):
            page.mouse.move(x + pixels * step / 5, y)
        page.wait_for_timeout(200)
        held = seen(page)
        if held["previewing"]:
            return held
        page.mouse.move(x, y)
        page.mouse.up()
        page.wait_for_timeout(300)
    raise AssertionError("the slider was never previewed")


def test_rankers_are_tried_pinned_and_compared_and_the_slider_is_followed(
    page: Page, address: str
) -> None:
    page.goto(link(address, small(**START), "/ranking"))
    logistic = settled(page, ranker="logistic")
    assert page.locator("h1").inner_text() == "In which order?"
    assert logistic["sentence"].startswith(f"Logistic reaches {logistic['figures'][NDCG]} NDCG")

    choose(page, "GBDT")
    gbdt = settled(page, ranker="gbdt")
    for label in (NDCG, TIME):
        assert gbdt["figures"][label] != logistic["figures"][label], label
    assert gbdt["ladder"] != logistic["ladder"]

    page.get_by_role("button", name="Pin this design as A").click()
    page.get_by_text("This is the pinned design A itself.").wait_for()

    choose(page, "DCN-v2")
    dcn = settled(page, ranker="dcn")
    page.get_by_text("Against A:").wait_for()
    dcn = seen(page)
    assert dcn["figures"][NDCG] != gbdt["figures"][NDCG]
    assert f"DCN-v2 reaches {dcn['figures'][NDCG]} NDCG" in dcn["sentence"]
    assert "p95 of the second stage" in dcn["sentence"]
    assert page.locator(".sl-versus").count() == 6
    assert page.locator(".sl-versus", has_text="to A").count() >= 1

    held = drag_until_it_previews(page, 60)
    assert int(held["label"]) != 40
    assert held["candidates"] == int(held["label"])
    assert held["ladder"] != dcn["ladder"]
    assert held["kinds"][:4] == ["preview"] * 4
    assert held["source"].startswith("preview between numbers of candidates")
    page.mouse.up()
    judged = settled(page, ranker="dcn", candidates=held["label"])
    assert not judged["previewing"]
    assert judged["candidates"] == held["candidates"]
    assert judged["ladder"][1] == pytest.approx(held["ladder"][1], abs=0.02)
    there = small_scenario(ranker="dcn", candidates=held["label"], world__items="600")
    assert {k: v for k, v in query(page).items() if k != "pin"} == {
        k: v for k, v in there.to_query().items() if k != "pin"
    }
    assert warnings(page) == []
