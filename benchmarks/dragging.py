"""How smoothly do charts follow a slider in the hand, and when are figures measured after?

Run as ``python -m benchmarks.dragging``. A pointer drags for two seconds at 125 events a
second. What is drawn is read in each frame of the page: how many pictures of each chart it has
shown, each different from the one before. Meanwhile no word may go to the server. Then the time
from letting go to the measured figures, over drags that end where the slider has not been.
"""

from __future__ import annotations

import statistics
import sys
import time
from dataclasses import dataclass

from playwright.sync_api import Browser

from benchmarks._browser import (
    ROOT,
    chromium,
    p95,
    served,
    wait_for_chart,
    wait_for_port,
    wait_until_idle,
)

DRAG_S, EVENT_S = 2.0, 1 / 125
RELEASED_MS = 600
DRAGS = 8


@dataclass(frozen=True)
class Dragged:
    """A slider, the charts that follow it, and how often each must be drawn in a second."""

    link: str
    slider: str
    charts: tuple[str, ...]
    each_second: int


_TWO_STAGE = ("over_candidates", "loss_by_stage", "time_by_stage")
SLIDERS = (
    Dragged("two_stage", "slide_Candidates", _TWO_STAGE, 25),
    Dragged("two_stage", "slide_ef_search", _TWO_STAGE, 25),
    Dragged("retrieval", "slide_ef_search", ("tradeoff", "two_recalls"), 25),
    Dragged("retrieval?index=ivfflat", "slide_nprobe", ("tradeoff", "two_recalls"), 25),
    Dragged("ctr?ads.auction.stretch=1.2", "slide_Stretch_log_odds_by", ("auction",), 50),
)
_WATCH = """charts => {
    const all = window.__pictures = Object.fromEntries(charts.map(key => [key, []]));
    const read = key => {
        const drawn = document.querySelectorAll(`.st-key-${key} .main-svg :is(path, text, use)`);
        let text = "";
        for (const mark of drawn)
            text += (mark.getAttribute("d") ?? mark.textContent) + mark.getAttribute("transform")
                + mark.getAttribute("x") + mark.getAttribute("y");
        return text;
    };
    const look = () => {
        if (window.__pictures !== all) return;
        for (const key of charts) {
            const now = read(key);
            if (all[key].at(-1) !== now) all[key].push(now);
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
_COUNTS = """() => {
    const counts = Object.entries(window.__pictures).map(
        ([key, seen]) => [key, seen.length - 1]);
    window.__pictures = null;
    return counts;
}"""
_THUMB = """slider => {
    const slide = document.querySelector(`.${slider}`);
    slide.scrollIntoView({ block: "center" });
    const thumb = slide.querySelector("input[type=range]").parentElement.getBoundingClientRect();
    const track = slide.querySelector("[data-testid=stSlider]").getBoundingClientRect();
    return [thumb.x + thumb.width / 2, thumb.y + thumb.height / 2, track.x, track.width];
}"""
# Events as they come from a quick mouse: the browser would keep its own to the rate of its frames.
_DRAG = """([from, to, y, seconds, every]) => new Promise(done => {
    const began = performance.now();
    let events = 0;
    const step = () => {
        const now = (performance.now() - began) / 1000;
        // To and fro once a second, and a little further each time: no place twice.
        const share = now < seconds ? 1 - Math.abs(1 - (now % 1) * 2) : 1;
        const x = from + (to - from) * share * Math.min(1, 0.8 + 0.1 * now);
        const event = { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", buttons: 1 };
        document.elementFromPoint(x, y)
            .dispatchEvent(new PointerEvent("pointermove", { ...event, bubbles: true }));
        events += 1;
        if (now >= seconds) done([events, now]);
        else setTimeout(step, began + events * every * 1000 - performance.now());
    };
    step();
})"""
_SETTLED = """() => !document.documentElement.classList.contains('sl-previewing')
    && !document.querySelector('.sl-source.sl-grid')
    && document.querySelector('[data-testid="stApp"]')
        .getAttribute('data-test-script-state') === 'notRunning'"""


def main() -> int:
    """Print a line a slider; 1 if one is below what is asked."""
    worst = 0
    with chromium() as browser, served(ROOT / "app.py") as url:
        wait_for_port(url)
        for dragged in SLIDERS:
            worst |= _judge(browser, url, dragged)
    return worst


def _judge(browser: Browser, url: str, dragged: Dragged) -> int:
    page = browser.new_page(viewport={"width": 1440, "height": 1600})
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append("frame")))
    page.on("request", lambda _: sent.append("request"))
    page.goto(f"{url}/{dragged.link}")
    wait_for_chart(page)
    wait_until_idle(page)
    page.wait_for_timeout(12_000)
    rates: dict[str, list[float]] = {key: [] for key in dragged.charts}
    released, events, said = [], [], 0
    for turn in range(DRAGS + 1):
        x, y, left, width = page.evaluate(_THUMB, f"st-key-{dragged.slider}")
        to = left + width * (0.3 + 0.45 * ((turn * 0.618) % 1.0))
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(_WATCH, list(dragged.charts))
        sent.clear()
        moved, seconds = page.evaluate(_DRAG, [x, to, y, DRAG_S, EVENT_S])
        page.wait_for_timeout(100)
        said += len(sent)
        for key, pictures in page.evaluate(_COUNTS):
            rates[key].append(pictures / seconds)
        events.append(moved / seconds)
        page.mouse.move(to, y)
        let_go = time.monotonic()
        page.mouse.up()
        page.wait_for_function(_SETTLED, timeout=60_000, polling="raf")
        released.append(1000 * (time.monotonic() - let_go))
        page.wait_for_timeout(2_500)
    slowest = min(statistics.median(each[1:]) for each in rates.values())
    times = released[1:]
    late = p95(times)
    shown = ", ".join(f"{key} {statistics.median(each[1:]):.0f}" for key, each in rates.items())
    print(
        f"{dragged.link} {dragged.slider}: {shown} pictures a second (at least "
        f"{dragged.each_second}) at {statistics.median(events[1:]):.0f} events; {said} words to "
        f"the server; measured {statistics.median(times):.0f} ms after letting go, p95 {late:.0f} "
        f"(at most {RELEASED_MS})",
        flush=True,
    )
    page.close()
    return int(slowest < dragged.each_second or said > 0 or late > RELEASED_MS)


if __name__ == "__main__":
    sys.exit(main())
