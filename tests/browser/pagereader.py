"""The two-stage page in a browser: open a link, wait until it is measured, read what it shows."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Page

from tests.browser.driver import ROOT

APP = ROOT / "app.py"
CHARTS = 6
# At rest, and address, chart, figures and the line of their source are all of one design.
SETTLED = """wanted => {
    const app = document.querySelector('[data-testid="stApp"]');
    const address = new URL(location).searchParams;
    const lines = [...document.querySelectorAll('.sl-source')];
    const kinds = [...document.querySelectorAll('.sl-kind')].map(kind => kind.textContent);
    const plot = document.querySelector('.st-key-over_candidates .live-figure-plot');
    const here = plot?.data?.find(trace => trace.name === 'you are here');
    const alt = plot?.getAttribute('aria-label') ?? '';
    const width = address.get('index.ef_search');
    return app?.getAttribute('data-test-script-state') === 'notRunning'
        && !document.querySelector('[data-testid="stSkeleton"]')
        && Object.entries(wanted).every(([name, value]) => address.get(name) === value)
        && lines.length === 1 && lines[0].classList.contains('sl-measured')
        && kinds.length === 6 && !kinds.some(kind => kind.startsWith('preview'))
        && String(here?.x[0]) === address.get('candidates')
        && document.querySelector('.st-key-loss_by_stage .live-figure-plot')?.data
        && (!width || alt.includes(`ef_search ${width})`));
}"""
SHOWN = """() => ({
    figures: Object.fromEntries([...document.querySelectorAll('.sl-figure')].map(figure => [
        figure.querySelector('dt').textContent,
        [...figure.querySelectorAll('dd')].map(part => part.textContent)])),
    losses: document.querySelector('.st-key-loss_by_stage .live-figure-plot').data
        .filter(trace => trace.text).map(trace => trace.text),
    slate: [...document.querySelectorAll('.sl-card, .sl-missed')].map(card => card.textContent),
    title: document.querySelector('h1').textContent,
})"""


def open_link(page: Page, address: str, timeout_s: float = 240) -> None:
    """Go to a link and wait until its page shows measured figures."""
    page.goto(address)
    wait_measured(page, timeout_s)


def wait_measured(page: Page, timeout_s: float = 240, **wanted: str) -> None:
    """Wait until the page shows the measured figures of the design that its address holds.

    wanted : what must stand in the address, with "__" for the dot of "index.ef_search".
    """
    expected = {name.replace("__", "."): value for name, value in wanted.items()}
    page.wait_for_function(SETTLED, arg=expected, timeout=1_000 * timeout_s)


def shown(page: Page) -> dict[str, Any]:
    """The simulated figures, the losses and the slate; not what a stopwatch said."""
    seen: dict[str, Any] = page.evaluate(SHOWN)
    del seen["figures"]["p95 latency"]
    return seen


def query(page: Page) -> dict[str, str]:
    """What stands in the address."""
    return dict(parse_qsl(urlsplit(page.url).query, strict_parsing=True))


def warnings(page: Page) -> list[str]:
    """The lines that tell of repairs and failures."""
    return page.get_by_test_id("stAlert").all_inner_texts()
