"""How long until figures are live: the first start ever, a later start, and a new tab.

Run as ``python -m benchmarks.start_up``. A new tab is compared with a bare Streamlit page
with one chart, in turn with it, in one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Browser

from benchmarks._browser import (
    BARE_PAGE,
    ROOT,
    chromium,
    served,
    wait_for_chart,
    wait_for_port,
    wait_until_idle,
)

TABS = 7
PAGES = ("/", "/two_stage")


def main() -> int:
    """Print the times; 1 if one is over what is allowed."""
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        cache = Path(scratch) / "parts"
        first, _ = _start(browser, cache)
        print(f"first start ever, process to live figures: {first:.1f} s (at most 30)")
        slowest = 0.0
        for path in PAGES:
            live, idle = zip(*(_start(browser, cache, path) for _ in range(3)), strict=True)
            slowest = max(slowest, *idle)
            print(
                f"later starts, process to {path} idle: median {statistics.median(idle):.1f} s, "
                f"worst {max(idle):.1f} s (at most 8); live after {statistics.median(live):.1f} s"
            )
        bare_script = Path(scratch) / "bare.py"
        bare_script.write_text(BARE_PAGE)
        ratio = _new_tabs(browser, cache, bare_script)
    return int(first > 30 or slowest > 8 or ratio > 1.5)


def _start(browser: Browser, cache: Path, path: str = "/two_stage") -> tuple[float, float]:
    """Seconds from starting the process to live figures, and to an idle page."""
    started = time.monotonic()
    with served(ROOT / "app.py", cache) as url:
        wait_for_port(url)
        page = browser.new_page()
        page.goto(f"{url}{path}")
        wait_for_chart(page)
        live = time.monotonic() - started
        wait_until_idle(page)
        idle = time.monotonic() - started
        page.close()
    return live, idle


def _new_tabs(browser: Browser, cache: Path, bare_script: Path) -> float:
    """Largest ratio of the medians of a new tab's time to its first chart."""
    with served(ROOT / "app.py", cache) as app, served(bare_script) as bare:
        addresses = {path: f"{app}{path}" for path in PAGES} | {"bare": bare}
        for url in (app, bare):
            wait_for_port(url)
        for url in addresses.values():
            _tab(browser, url)
        time.sleep(5)  # until what refines in the background is done
        times: dict[str, list[float]] = {name: [] for name in addresses}
        for _ in range(TABS):
            for name, url in addresses.items():
                times[name].append(_tab(browser, url))
    medians = {name: statistics.median(values) for name, values in times.items()}
    ratios = {path: medians[path] / medians["bare"] for path in PAGES}
    for path, ratio in ratios.items():
        print(
            f"new tab to first chart: {path} {medians[path]:.2f} s, "
            f"bare page {medians['bare']:.2f} s: ratio {ratio:.2f} (at most 1.5)"
        )
    return max(ratios.values())


def _tab(browser: Browser, url: str) -> float:
    """Seconds from opening a fresh tab, nothing cached, to its first chart."""
    context = browser.new_context()
    page = context.new_page()
    started = time.monotonic()
    page.goto(url)
    wait_for_chart(page)
    seconds = time.monotonic() - started
    context.close()
    return seconds


if __name__ == "__main__":
    sys.exit(main())
