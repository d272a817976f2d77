"""How soon do charts answer a calibration or "Undo the sampling", which need no fit?

Run as ``python -m benchmarks.choosing``. From the click to the first change of a chart and to the
last, on the page of ad clicks, in turn with a step of the slider of a bare Streamlit page with one
chart; in one run.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

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

MEDIAN_RATIO, P95_RATIO, TURNS = 1.5, 2.0, 6
WARM_S = 100
_BARE_SLIDER = """
import numpy as np, plotly.graph_objects as go, streamlit as st
st.set_page_config(layout="wide")
value = st.slider("Value", 0, 100, 50)
x = np.linspace(0, 1, 60)
st.plotly_chart(go.Figure(go.Scatter(x=x, y=np.sin(value * x))), key="chart")
"""
_WATCH = """of => {
    let began = 0, first = 0, last = 0;
    document.addEventListener(of, () => { began ||= performance.now(); }, true);
    new MutationObserver(changes => {
        if (!began || !charts_changed(changes)) return;
        last = performance.now() - began;
        first ||= last;
    }).observe(document.body,
        { subtree: true, childList: true, attributes: true, characterData: true });
    window.__begin = () => { began = first = last = 0; };
    window.__seen = () => [first, last, began ? performance.now() - began - last : 0];
}""".replace("charts_changed", CHARTS_CHANGED)

Times = tuple[float, float]


def main() -> int:
    """Print the ratios; 1 if one is over what is allowed."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        chromium() as browser,
        served(ROOT / "app.py") as app,
    ):
        script = Path(scratch) / "bare.py"
        script.write_text(_BARE_SLIDER)
        with served(script) as bare:
            floor = browser.new_page()
            page = browser.new_page(viewport={"width": 1440, "height": 1000})
            for one, url, of in (
                (floor, bare, "keydown"),
                (page, f"{app}/ctr?ads.negatives=0.1", "click"),
            ):
                wait_for_port(url.partition("/ctr")[0])
                one.goto(url)
                wait_for_chart(one)
                wait_until_idle(one)
                one.evaluate(_WATCH, of)
            page.wait_for_timeout(1_000 * WARM_S)
            times = _in_turn(floor, page)
    return int(max(_told(times[what], times["bare page"], what) for what in times) > 0)


def _in_turn(floor: Page, page: Page) -> dict[str, list[Times]]:
    group = page.get_by_test_id("stButtonGroup").filter(has_text="Calibration")
    times: dict[str, list[Times]] = {"bare page": [], "calibration": [], "undo the sampling": []}
    for turn in range(TURNS + 1):
        for name in ("Platt", "isotonic", "none"):
            found = _change(page, group.get_by_text(name, exact=True).click)
            bare = _change(floor, lambda: floor.get_by_role("slider").press("ArrowRight"))
            if turn:  # the first warms up
                times["calibration"].append(found)
                times["bare page"].append(bare)
        for _ in range(2):
            found = _change(page, page.get_by_text("Undo the sampling", exact=True).click)
            if turn:
                times["undo the sampling"].append(found)
    return times


def _change(page: Page, act: Callable[[], None]) -> Times:
    """Milliseconds to the first change of a chart and to the last, once all is quiet again."""
    page.bring_to_front()
    page.wait_for_timeout(400)
    page.evaluate("window.__begin()")
    act()
    page.wait_for_function("() => window.__seen()[0] && window.__seen()[2] > 400", timeout=60_000)
    wait_until_idle(page)
    first, last, _ = page.evaluate("window.__seen()")
    return first, last


def _told(found: list[Times], bare: list[Times], what: str) -> int:
    """Print one line; 1 if a ratio of the first change is over what is allowed."""
    (first, last), (floor, _) = (list(zip(*each, strict=True)) for each in (found, bare))
    half, high = statistics.median(first), p95(first)
    ratios = half / statistics.median(floor), high / p95(floor)
    print(
        f"{what:18s} first change of a chart p50 {half:.0f} ms, p95 {high:.0f} ms: {ratios[0]:.2f} "
        f"and {ratios[1]:.2f} of the bare page (at most {MEDIAN_RATIO:g} and {P95_RATIO:g}); "
        f"last p95 {p95(last):.0f} ms ({len(found)} clicks)"
    )
    return int(ratios[0] > MEDIAN_RATIO or ratios[1] > P95_RATIO)


if __name__ == "__main__":
    sys.exit(main())
