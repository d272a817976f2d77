"""Through the index in a real browser: codes reach a plateau, refining lifts it, a search walks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.driver import thumb, unfold
from tests.browser.pagereader import APP, query, warnings
from tests.small_app import link, parts_of_this_run, small

pytestmark = pytest.mark.browser
START = {"world__items": "600", "index__ef_search": "20", "candidates": "40"}
RECALL = "ANN recall@40"
# At rest, with the address, figures and charts all of one search, around which all is measured.
SETTLED = """wanted => {
    const app = document.querySelector('[data-testid="stApp"]');
    const address = new URL(location).searchParams;
    const kinds = [...document.querySelectorAll('.sl-kind')].map(kind => kind.textContent);
    const source = document.querySelector('.sl-source')?.textContent ?? '';
    const plot = key => document.querySelector(`.st-key-${key} .live-figure-plot`);
    const curve = plot('two_recalls')?.data?.find(trace => trace.name === 'ANN recall');
    return app?.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        && Object.entries(wanted).every(([name, value]) => address.get(name) === value)
        && source.includes('single searches timed') && curve?.x.length > 1
        && kinds.length === 5 && !kinds.some(kind => kind.startsWith('preview'))
        && Object.entries(wanted).every(([name, value]) => !name.startsWith('index.')
            || plot('tradeoff').getAttribute('aria-label')
                .includes(`${name.slice(6)} ${value}`));
}"""
SHOWN = """() => {
    const plot = key => document.querySelector(`.st-key-${key} .live-figure-plot`);
    const trace = (key, name) => plot(key).data.find(trace => trace.name === name);
    return {
        figures: Object.fromEntries([...document.querySelectorAll('.sl-figure')].map(figure => [
            figure.querySelector('dt').textContent,
            figure.querySelector('dd').textContent])),
        curve: [...trace('two_recalls', 'ANN recall').y],
        knob: trace('two_recalls', 'you are here').x[0],
        here: trace('tradeoff', 'you are here').y[0],
        previewing: document.documentElement.classList.contains('sl-previewing'),
        source: document.querySelector('.sl-source')?.textContent ?? '',
    };
}"""
LIVE = """() => Object.fromEntries([...document.querySelectorAll('[data-live]')]
    .map(text => [text.dataset.live, text.textContent]))"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def settled(page: Page, **wanted: str) -> dict[str, Any]:
    """Wait until the page shows the search that its address holds; what it shows."""
    names = {name.replace("__", "."): value for name, value in wanted.items()}
    page.wait_for_function(SETTLED, arg=names, timeout=240_000)
    return seen(page)


def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SHOWN)
    return found


def recall(shown: dict[str, Any]) -> float:
    return float(shown["figures"][RECALL])


def as_recall(place: float) -> float:
    """Of a place on the logit axis."""
    return 1.0 / (1.0 + 10.0**-place)


def test_each_large_figure_follows_the_candidates_and_is_near_what_is_measured_then(
    page: Page, address: str
) -> None:
    page.goto(link(address, small(**START), "/retrieval"))
    before = settled(page, candidates="40")
    x, y = thumb(page, "slide_Candidates")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 700, y, steps=5)  # to the end, beyond the last of the usual grid
    page.wait_for_function("document.documentElement.classList.contains('sl-previewing')")
    page.wait_for_timeout(500)
    held = page.evaluate(LIVE)
    assert seen(page)["here"] != before["here"]  # the mark follows, at any number
    assert held["ANN recall.label"] == "ANN recall@600"
    assert held["True top-10 retrieved.kind"] == held["One search, p50.kind"] == "preview"
    page.mouse.up()
    after = settled(page, candidates="600")
    figures = after["figures"]
    assert float(held["ANN recall.value"]) == pytest.approx(
        float(figures["ANN recall@600"]), abs=0.05
    )
    top10 = [
        float(one.rstrip("%"))
        for one in (
            held["True top-10 retrieved.value"],
            figures["True top-10 retrieved"],
            before["figures"]["True top-10 retrieved"],
        )
    ]
    assert top10[0] == pytest.approx(top10[1], abs=10)
    assert top10[0] > top10[2] + 20


def test_codes_reach_a_plateau_that_refining_lifts_and_the_search_is_played(
    page: Page, address: str
) -> None:
    coded = small(**START, index="ivfpq", index__nlist="16", index__nprobe="8", index__m="4")
    page.goto(link(address, coded | {"index.refine": "0"}, "/retrieval"))
    plain = settled(page, index="ivfpq", index__refine="0", index__nprobe="8")
    assert page.locator("h1").inner_text() == "Which few hundred?"
    assert plain["curve"][-1] < 0.95  # with all lists searched: a plateau
    assert plain["curve"][-1] - plain["curve"][-2] < 0.1

    unfold(page, "More settings")
    slider = page.get_by_role("slider", name="refine")
    for _ in range(4):
        slider.press("ArrowRight")
    refined = settled(page, index="ivfpq", index__refine="8")
    assert recall(refined) > recall(plain)
    assert refined["curve"][-1] > plain["curve"][-1] + 0.03
    assert refined["here"] > plain["here"]

    x, y = thumb(page, "slide_nprobe")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 40, y, steps=5)
    page.wait_for_function("document.documentElement.classList.contains('sl-previewing')")
    page.wait_for_timeout(500)  # one chart is drawn after the other
    held = seen(page)
    assert held["knob"] != 8
    assert held["source"].startswith("preview from searches measured around it")
    page.mouse.up()
    stepped = settled(page, index="ivfpq", index__nprobe=str(round(held["knob"])))
    assert stepped["knob"] == held["knob"]
    assert as_recall(stepped["here"]) == pytest.approx(as_recall(held["here"]), abs=0.08)
    assert query(page)["index.refine"] == "8"

    play = page.get_by_role("button", name="Play the search")
    play.scroll_into_view_if_needed()
    before = page.locator(".st-key-walk").inner_text()
    play.click()
    page.wait_for_function(
        "text => document.querySelector('.st-key-walk').innerText !== text", arg=before
    )
    assert warnings(page) == []
