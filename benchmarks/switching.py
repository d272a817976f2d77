"""How long until figures are measured after switching to a ranker or generator already fitted?

Run as ``python -m benchmarks.switching``. From the click to the page's measured figures, each
time at a number of candidates not seen before, so that no answer is remembered.
"""

from __future__ import annotations

import statistics
import sys
import time

from playwright.sync_api import Page

from benchmarks._browser import ROOT, chromium, served, wait_for_chart, wait_for_port

ALLOWED_S = 1.0
SWITCHES = (
    ("Ranker", "logistic", "logistic"),
    ("Ranker", "GBDT", "gbdt"),
    ("Ranker", "none", "none"),
    ("Ranker", "GBDT", "gbdt"),
    ("Generator", "popularity", "popularity"),
    ("Generator", "MF", "mf"),
)
_MEASURED = """name => document.querySelector('.sl-source.sl-measured') !== null
    && [...document.querySelectorAll('.live-figure-caption')]
        .some(caption => caption.textContent.includes(name))"""


def main() -> int:
    """Print the time of each switch; 1 if the median of one is over what is allowed."""
    with chromium() as browser, served(ROOT / "app.py") as url:
        wait_for_port(url)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{url}/two_stage")
        wait_for_chart(page)
        times: dict[str, list[float]] = {}
        for turn in range(4):
            page.get_by_role("slider", name="Candidates").press("ArrowRight")
            _await_measured(page, "")
            page.wait_for_timeout(2500)
            for control, label, name in SWITCHES:
                seconds = _switch(page, control, label, name)
                if turn:  # the first turn fits what is not fitted yet
                    times.setdefault(f"{control} {label}", []).append(seconds)
                page.wait_for_timeout(2500)
    for switch, seconds_each in times.items():
        print(
            f"{switch:22s} median {statistics.median(seconds_each):.2f} s, "
            f"worst {max(seconds_each):.2f} s (at most {ALLOWED_S:g})"
        )
    return int(any(statistics.median(each) > ALLOWED_S for each in times.values()))


def _switch(page: Page, control: str, label: str, name: str) -> float:
    """Seconds from the click to measured figures of the new design."""
    group = page.get_by_test_id("stButtonGroup").filter(has_text=control)
    started = time.monotonic()
    group.get_by_text(label, exact=True).click()
    _await_measured(page, name)
    return time.monotonic() - started


def _await_measured(page: Page, name: str) -> None:
    page.wait_for_timeout(30)
    page.wait_for_function(_MEASURED, arg=name, timeout=120_000)


if __name__ == "__main__":
    sys.exit(main())
