"""Does a fit that runs for one viewer slow down another one's slider?

Run as ``python -m benchmarks.fit_beside``. One viewer steps the candidates of the main page by
keyboard, to values not seen before; another opens designs that nobody has fitted, one after the
other, for every second block of steps. In one run, on the same server.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

from benchmarks._browser import (
    CHARTS_CHANGED,
    ROOT,
    chromium,
    p95,
    served,
    wait_for_chart,
    wait_for_port,
    wait_until_idle,
)

ALLOWED = 2.0
BLOCKS, STEPS = 6, 6
UNFITTED = (
    "ranker=dcn&ranker.width=63",
    "ranker=gbdt&ranker.trees=299",
    "ranker=fm&ranker.factors=9",
)
"""A design a block; those that stand behind were fitted by the time their block is over."""

_STEP = """slider => new Promise(done => {
    const began = performance.now();
    let first = 0, last = 0;
    const seen = new MutationObserver(changes => {
        if (!charts_changed(changes)) return;
        last = performance.now() - began;
        first ||= last;
    });
    seen.observe(document.body,
        { subtree: true, childList: true, attributes: true, characterData: true });
    const settled = () => !document.documentElement.classList.contains("sl-previewing")
        && document.querySelector(".sl-source.sl-measured")
        && document.querySelector('[data-testid="stApp"]')
            .getAttribute("data-test-script-state") === "notRunning";
    const look = () => {
        const now = performance.now() - began;
        if (first && settled() && now - last > 300) {
            seen.disconnect();
            done([first, last]);
        } else setTimeout(look, 20);
    };
    look();
})""".replace("charts_changed", CHARTS_CHANGED)
_FITTING = """() => document.querySelector('[data-testid="stProgress"]') !== null"""


def main() -> int:
    """Print both p95s and their ratio; 1 if it is over what is allowed."""
    times: dict[str, list[tuple[float, float]]] = {"alone": [], "beside a fit": []}
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium() as browser,
        served(ROOT / "app.py", Path(scratch)) as url,
    ):
        wait_for_port(url)
        page = _open(browser, f"{url}/two_stage?candidates=60")
        page.wait_for_timeout(60_000)  # until all that is made ready after a start is ready
        _steps(page, 2)
        for block in range(BLOCKS):
            times["alone"] += _steps(page, STEPS)
            other = browser.new_page()
            other.goto(
                f"{url}/two_stage?{UNFITTED[block % len(UNFITTED)]}&training.days={3 + block // 3}"
            )
            other.wait_for_function(_FITTING, timeout=30_000, polling=20)
            while other.evaluate(_FITTING) and len(times["beside a fit"]) < (block + 1) * STEPS:
                found = _steps(page, 1)
                if other.evaluate(_FITTING):
                    times["beside a fit"] += found
            other.wait_for_function(f"() => !({_FITTING})()", timeout=120_000)
            other.close()
            page.wait_for_timeout(4_000)
    ratios = []
    for place, what in enumerate(("first chart", "measured")):
        alone, beside = (p95([pair[place] for pair in each]) for each in times.values())
        ratios.append(beside / alone)
        n = len(times["beside a fit"])
        print(
            f"{what}: p95 {alone:.0f} ms alone, {beside:.0f} ms beside a fit ({n} steps): "
            f"ratio {beside / alone:.2f} (at most {ALLOWED:g})"
        )
        medians = [statistics.median([pair[place] for pair in each]) for each in times.values()]
        print(f"    medians {medians[0]:.0f} and {medians[1]:.0f} ms")
    return int(max(ratios) > ALLOWED)


def _open(browser: Browser, address: str) -> Page:
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    page.goto(address)
    wait_for_chart(page)
    wait_until_idle(page)
    return page


def _steps(page: Page, n: int) -> list[tuple[float, float]]:
    """Milliseconds to the first change of a chart and to the last, of each step."""
    slider = page.get_by_role("slider", name="Candidates")
    found = []
    for _ in range(n):
        slider.focus()
        page.evaluate(f"() => {{ window.__step = ({_STEP})(); }}")
        page.keyboard.press("ArrowRight")
        first, last = page.evaluate("() => window.__step")
        found.append((first, last))
        page.wait_for_timeout(300)
    return found


if __name__ == "__main__":
    sys.exit(main())
