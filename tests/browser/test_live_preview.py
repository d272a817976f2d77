"""A slider in the hand: what follows it before the server answers, and what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.drawn import unlike_a_whole_drawing
from tests.browser.driver import thumb
from tests.browser.pagereader import APP, open_link, shown, wait_measured
from tests.small_app import link, parts_of_this_run, small
from ui.traces import axis_end

pytestmark = pytest.mark.browser
SEEN = """() => ({
    here: document.querySelector('.st-key-over_candidates .live-figure-plot').data
        .find(trace => trace.name === 'you are here').x[0],
    label: document.querySelector('.st-key-slide_Candidates input').value,
    kinds: [...document.querySelectorAll('.sl-kind')].map(kind => kind.textContent),
    source: document.querySelector('.sl-source')?.textContent ?? '',
    previewing: document.documentElement.classList.contains('sl-previewing'),
})"""

TIMES = """() => {
    const plot = document.querySelector('.st-key-time_by_stage .live-figure-plot');
    const totals = plot.data.find(trace => trace.name === 'of the whole').x;
    return [plot._fullLayout.xaxis.range[1], Math.max(...totals)];
}"""

# How faint what is out of date is drawn, each time that the page changes.
FADING = """() => {
    window.__opacities = [];
    new MutationObserver(() => {
        if (!document.documentElement.classList.contains('sl-previewing')) return;
        for (const stale of document.querySelectorAll('[data-stale="true"]'))
            window.__opacities.push(getComputedStyle(stale).opacity);
    }).observe(document, { subtree: true, childList: true, attributes: true });
}"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


@pytest.fixture
def sent(page: Page, address: str) -> list[str]:
    """What the page says to the server from here on; the page shows a small world."""
    messages: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: messages.append("sent")))
    open_link(page, link(address, small()))
    # Until then the page asks every second what the stopwatch read.
    page.get_by_text("timed over 1,000 requests").wait_for(timeout=240_000)
    page.wait_for_timeout(1_000)
    messages.clear()
    return messages


def drag(page: Page, pixels: int) -> tuple[float, float]:
    x, y = thumb(page, "slide_Candidates")
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + pixels * step / 5, y)
    page.wait_for_timeout(300)
    return x, y


def seen(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(SEEN)
    return found


def test_charts_and_figures_follow_a_drag_as_a_preview_without_the_server(
    page: Page, sent: list[str]
) -> None:
    before = seen(page)
    drag(page, 60)
    held = seen(page)
    assert held["here"] == int(held["label"]) != before["here"]
    assert held["previewing"]
    assert held["source"].startswith("preview")
    assert sum(kind.startswith("preview") for kind in held["kinds"]) >= 3
    assert sent == []
    page.mouse.up()
    wait_measured(page, candidates=held["label"])
    after = seen(page)
    assert after["here"] == held["here"]
    assert not after["previewing"]
    assert not any(kind.startswith("preview") for kind in after["kinds"])


@pytest.mark.usefixtures("sent")
def test_what_is_out_of_date_is_not_faded_under_a_preview(page: Page) -> None:
    drag(page, 60)
    held = seen(page)
    page.evaluate(FADING)
    page.mouse.up()
    wait_measured(page, candidates=held["label"])
    assert set(page.evaluate("window.__opacities")) == {"1"}


@pytest.mark.usefixtures("sent")
def test_a_drag_that_ends_where_it_began_shows_the_measured_figures_again(page: Page) -> None:
    before = shown(page), seen(page)["here"]
    x, y = drag(page, 60)
    assert seen(page)["previewing"]
    page.mouse.move(x, y)
    page.wait_for_timeout(300)
    page.mouse.up()
    page.wait_for_timeout(500)
    assert not seen(page)["previewing"]
    assert (shown(page), seen(page)["here"]) == before


@pytest.mark.usefixtures("sent")
def test_an_answer_for_a_value_that_the_slider_has_left_is_not_drawn(page: Page) -> None:
    x, y = drag(page, 30)
    page.mouse.up()  # the server answers this one while the next drag is under way
    page.mouse.move(*thumb(page, "slide_Candidates"))
    page.mouse.down()
    for step in range(30):
        page.mouse.move(x + 60 + step, y)
        page.wait_for_timeout(50)
        now = seen(page)
        # The line is away for a moment while the server writes it anew.
        assert now["source"].startswith("preview") or not now["source"]
        assert all(kind.startswith("preview") for kind in now["kinds"][:1])
    page.wait_for_timeout(300)
    now = seen(page)
    assert now["here"] == int(now["label"])
    page.mouse.up()
    wait_measured(page, candidates=now["label"])


@pytest.mark.usefixtures("sent")
def test_the_preview_of_a_value_is_what_the_server_would_draw_from_its_grid(page: Page) -> None:
    drag(page, 60)
    value = seen(page)["label"]
    previewed = page.evaluate(
        "() => document.querySelector('.st-key-over_candidates .live-figure-plot').data"
        ".find(trace => trace.name === 'this design').y"
    )
    page.mouse.up()
    wait_measured(page, candidates=value)
    measured = page.evaluate(
        "() => document.querySelector('.st-key-over_candidates .live-figure-plot').data"
        ".find(trace => trace.name === 'this design').y"
    )
    assert previewed == pytest.approx(measured, abs=1e-5)


@pytest.mark.usefixtures("sent")
def test_an_axis_stands_still_under_a_drag_but_for_a_few_steps_and_holds_the_bars(
    page: Page,
) -> None:
    x, y = thumb(page, "slide_Candidates")
    page.mouse.move(x, y)
    page.mouse.down()
    looks: list[list[float]] = []
    for step in range(1, 41):
        page.mouse.move(x + 3 * step, y)
        page.wait_for_timeout(40)
        looks.append(page.evaluate(TIMES))
    page.mouse.up()
    assert len({total for _, total in looks}) > 10
    ends = [end for end, _ in looks]
    assert len(set(ends)) <= 10
    assert {end: axis_end(0.999 * end) for end in ends} == {
        end: pytest.approx(end, rel=1e-5) for end in ends
    }
    assert all(total < end for end, total in looks)


@pytest.mark.usefixtures("sent")
@pytest.mark.parametrize("slider", ["slide_Candidates", "slide_ef_search"])
def test_what_is_drawn_under_a_drag_and_after_is_what_plotly_draws_as_a_whole(
    page: Page, slider: str
) -> None:
    x, y = thumb(page, slider)
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(1, 6):
        page.mouse.move(x + 12 * step, y)
    page.wait_for_timeout(300)
    for released in (False, True):
        if released:
            page.mouse.up()
            wait_measured(page)
        for key in ("over_candidates", "loss_by_stage", "time_by_stage"):
            unlike = unlike_a_whole_drawing(page, key)
            assert not unlike, f"{key}, released: {released}, {unlike[0]}"


def test_a_finger_drags_as_a_mouse_does(page: Page, sent: list[str]) -> None:
    before = seen(page)
    x, y = thumb(page, "slide_Candidates")
    finger = page.context.new_cdp_session(page)

    def touch(what: str, *at: float) -> None:
        points = [{"x": at[0], "y": y}] if at else []
        finger.send("Input.dispatchTouchEvent", {"type": what, "touchPoints": points})

    touch("touchStart", x)
    for step in range(1, 6):
        touch("touchMove", x + 12 * step)
    page.wait_for_timeout(300)
    held = seen(page)
    assert held["here"] == int(held["label"]) != before["here"]
    assert held["previewing"]
    assert sent == []
    touch("touchEnd")
    wait_measured(page, candidates=held["label"])
    assert seen(page)["here"] == held["here"]


@pytest.mark.usefixtures("sent")
def test_who_leaves_the_page_in_the_middle_of_a_preview_finds_none_on_the_next(page: Page) -> None:
    drag(page, 60)
    assert seen(page)["previewing"]
    # With the slider in the hand: by script, since a click would let go of it.
    for section in page.get_by_test_id("stTopNavSection").all():
        section.evaluate("button => button.click()")
        if page.locator("a[href*='/compare']").count():
            break
    page.locator("a[href*='/compare']").first.evaluate("link => link.click()")
    page.locator("h1", has_text="What did each choice change?").wait_for(timeout=60_000)
    page.wait_for_function("!document.documentElement.classList.contains('sl-previewing')")
    page.mouse.up()
