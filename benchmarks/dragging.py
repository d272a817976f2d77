"""How smoothly do charts follow a slider in the hand, and when are figures measured after?

Run as ``python -m benchmarks.dragging``. A pointer drags for two seconds at 125 events a
second. What is drawn is read in each frame of the page: how many pictures of each chart it has
shown, each different from the one before. Meanwhile no word may go to the server; a page asks it
every second until its design is timed over 1,000 requests, so each drag waits until that is over.
Then the time from letting go to the measured figures, over drags that end where the slider has
not been.
"""

from __future__ import annotations

import statistics
import sys
from dataclasses import dataclass

from playwright.sync_api import Browser, Page

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
DRAGS = 16
SILENCE_S = 3


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
    Dragged("retrieval", "slide_Candidates", ("tradeoff", "two_recalls"), 25),
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
# Those that are due while the page is busy come when it is free, one by one.
_DRAG = """([left, width, to, y, seconds, every]) => new Promise(done => {
    const began = performance.now();
    const events = Math.round(seconds / every);
    let sent = 0;
    const send = time => {
        // Along the whole slider, to and fro once a second, and then to where it is let go.
        const x = time < seconds ? left + width * (1 - Math.abs(1 - (time % 1) * 2)) : to;
        const event = { clientX: x, clientY: y, pointerId: 1, pointerType: "mouse", buttons: 1 };
        document.elementFromPoint(x, y)
            .dispatchEvent(new PointerEvent("pointermove", { ...event, bubbles: true }));
    };
    const step = () => {
        const due = Math.min(events, Math.floor((performance.now() - began) / (1000 * every)));
        while (sent < due) send(every * ++sent);
        if (sent === events) done([sent, (performance.now() - began) / 1000]);
        else setTimeout(step, began + 1000 * every * (sent + 1) - performance.now());
    };
    step();
})"""
# Milliseconds from letting go to the first moment at which all is measured. Looked at when the page
# changes: to look in each frame would have it draw frames that nobody asked for.
_MEASURED_AFTER = """() => window.__measured = new Promise((done, fail) => {
    const settled = () => !document.documentElement.classList.contains('sl-previewing')
        && !document.querySelector('.sl-source.sl-grid')
        && document.querySelector('[data-testid="stApp"]')
            .getAttribute('data-test-script-state') === 'notRunning';
    document.addEventListener('pointerup', () => {
        const let_go = performance.now();
        setTimeout(() => fail(new Error('nothing measured in 60 s after letting go')), 60_000);
        const watch = new MutationObserver(() => {
            if (!settled()) return;
            watch.disconnect();
            done(performance.now() - let_go);
        });
        watch.observe(document, {
            subtree: true, childList: true, attributes: true,
            attributeFilter: ['class', 'data-test-script-state'] });
    }, { once: true, capture: true });
})"""


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
    page.wait_for_timeout(10_000)
    rates: dict[str, list[float]] = {key: [] for key in dragged.charts}
    released, events, said = [], [], 0
    for turn in range(DRAGS + 1):
        _wait_for_silence(page, sent)
        x, y, left, width = page.evaluate(_THUMB, f"st-key-{dragged.slider}")
        to = left + width * (0.32 + 0.45 * ((turn * 0.618) % 1.0))  # no page begins there
        page.mouse.move(x, y)
        page.mouse.down()
        page.evaluate(_WATCH, list(dragged.charts))
        sent.clear()
        moved, seconds = page.evaluate(_DRAG, [left, width, to, y, DRAG_S, EVENT_S])
        page.wait_for_timeout(100)
        said += len(sent)
        for key, pictures in page.evaluate(_COUNTS):
            rates[key].append(pictures / seconds)
        events.append(moved / seconds)
        page.mouse.move(to, y)
        page.evaluate(f"void ({_MEASURED_AFTER})()")
        page.mouse.up()
        released.append(page.evaluate("window.__measured"))
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


def _wait_for_silence(page: Page, sent: list[str]) -> None:
    """Wait until the page has not spoken to the server for some seconds."""
    words = -1
    while words != len(sent):
        words = len(sent)
        page.wait_for_timeout(1_000 * SILENCE_S)


if __name__ == "__main__":
    sys.exit(main())
