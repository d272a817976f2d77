"""The search walk in a real browser, on 20,000 items, beside the engine's own record of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from engine.search_walk import HNSWWalk, IVFWalk
from tests.browser.apps.searches import ITEMS, shown
from tests.browser.driver import wait_at_rest
from tests.browser.taken import origin_and_rows
from ui.search_walk import words

pytestmark = pytest.mark.browser
APP = Path(__file__).parent / "apps" / "searches_app.py"
FLOOR = 25  # pictures a second; a quiet machine of two cores draws 60, one in CI is shared
READY = "() => document.querySelector('.search-walk')?.searchWalk?.scene"


@pytest.fixture(scope="module")
def walk() -> HNSWWalk:
    """What the app shows at first, worked out here."""
    found = shown("hnsw", 100, 50, 3)
    assert isinstance(found, HNSWWalk)
    return found


@pytest.fixture
def demo(page: Page, serve: Callable[..., str]) -> Page:
    return opened(page, serve(APP))


def opened(page: Page, address: str) -> Page:
    page.set_viewport_size({"width": 1440, "height": 1000})
    page.goto(address)
    wait_at_rest(page)
    page.wait_for_function(READY, timeout=240_000)
    return page


def called(item: int) -> str:
    return f"“Title {item}”"


def live(page: Page, expression: str) -> Any:
    """Evaluate an expression in `live`, the component's own state."""
    return page.locator(".search-walk").evaluate(
        f"root => {{ const live = root.searchWalk; return {expression} }}"
    )


def text(page: Page) -> str:
    return page.locator(".search-walk-text").inner_text()


def scrubber(page: Page) -> Locator:
    return page.get_by_role("slider", name="Step of the search")


def button(page: Page, name: str, exact: bool = True) -> Locator:
    return page.locator(".search-walk").get_by_role("button", name=name, exact=exact)


def downloaded(page: Page, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        button(page, f"{kind}: download", exact=False).click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_it_shows_the_end_first_and_never_starts_by_itself(demo: Page, walk: HNSWWalk) -> None:
    assert text(demo) == words.end(walk)
    demo.wait_for_timeout(400)
    assert live(demo, "[live.playing, live.step, live.film.last]") == [
        False,
        len(walk.hops) + 1,
        len(walk.hops) + 1,
    ]
    shares = demo.locator(".search-walk-counts dd").all_inner_texts()
    assert shares[0].startswith(f"{len(walk.touched):,}")
    assert shares[1].startswith(f"{walk.computed:,}")
    assert shares[3] == f"{walk.recall:.1%}"


def test_every_step_by_the_scrubber_says_what_the_engine_recorded(
    demo: Page, walk: HNSWWalk
) -> None:
    told = demo.locator(".search-walk").evaluate(
        """root => { const range = root.querySelector('input[type=range]');
            return Array.from({length: Number(range.max) + 1}, (_, step) => {
                range.value = step;
                range.dispatchEvent(new Event('input'));
                const { film } = root.searchWalk;
                return [root.querySelector('.search-walk-text').textContent, [...film.kept].length];
            }) }"""
    )
    sentences = [words.hop(walk, place, called) for place in range(len(walk.hops))]
    assert [said for said, _ in told] == [words.start(walk, called), *sentences, words.end(walk)]
    assert [kept for _, kept in told[1:-1]] == [hop.kept for hop in walk.hops]


def test_play_advances_and_pause_stops(demo: Page) -> None:
    button(demo, "Play the search").click()
    demo.wait_for_function("() => document.querySelector('.search-walk').searchWalk.step >= 2")
    button(demo, "Pause").click()
    demo.wait_for_timeout(100)  # a picture that was on its way is drawn yet
    stopped = live(demo, "[live.step, live.part, live.drawn]")
    demo.wait_for_timeout(400)
    assert live(demo, "[live.step, live.part, live.drawn]") == stopped
    assert 2 <= stopped[0] < 20
    assert stopped[1] == 0
    assert scrubber(demo).input_value() == str(stopped[0])
    button(demo, "Play").click()
    demo.wait_for_function(
        "step => document.querySelector('.search-walk').searchWalk.step > step", arg=stopped[0]
    )


def test_keyboard_plays_steps_and_jumps(demo: Page, walk: HNSWWalk) -> None:
    stage = demo.get_by_role("img", name="A search of hnsw")
    stage.press("Home")
    assert text(demo) == words.start(walk, called)
    stage.press("ArrowRight")
    demo.wait_for_function("() => document.querySelector('.search-walk').searchWalk.step == 1")
    assert text(demo) == words.hop(walk, 0, called)
    stage.press("Shift+ArrowRight")
    assert text(demo) == words.hop(walk, 10, called)
    scrubber(demo).press("ArrowLeft")
    assert text(demo) == words.hop(walk, 9, called)
    assert scrubber(demo).get_attribute("aria-valuetext") == (
        f"Step 10 of {len(walk.hops) + 1}: {words.hop(walk, 9, called)}"
    )
    scrubber(demo).press(" ")
    assert live(demo, "live.playing")
    scrubber(demo).press(" ")
    assert not live(demo, "live.playing")
    stage.press("End")
    assert text(demo) == words.end(walk)


def test_it_plays_smoothly_on_twenty_thousand_items(demo: Page) -> None:
    positions = demo.locator(".search-walk").evaluate(
        """root => new Promise(done => {
            const live = root.searchWalk, seen = [];
            live.go.play.click();
            const begun = performance.now();
            const look = now => {
                seen.push([live.drawn, live.step + live.part]);
                if (now - begun < 4000) requestAnimationFrame(look); else done(seen);
            };
            requestAnimationFrame(look);
        })"""
    )
    distinct = len({position for _, position in positions}) / 4
    drawn = (positions[-1][0] - positions[0][0]) / 4
    print(f"{distinct:.0f} distinct pictures a second, {drawn:.0f} drawn, on {ITEMS:,} items")
    assert distinct >= FLOOR


def test_who_wants_no_motion_gets_jumps(demo: Page) -> None:
    demo.emulate_media(reduced_motion="reduce")
    button(demo, "Play the search").click()
    demo.wait_for_function("() => document.querySelector('.search-walk').searchWalk.step == 1")
    said = demo.evaluate(
        """() => new Promise(done => { const seen = new Set();
            const live = document.querySelector('.search-walk').searchWalk;
            const { sheets: [,,, top] } = live;
            const look = () => {
                const { data } = top.getContext('2d').getImageData(0, 0, top.width, top.height);
                const sum = data.reduce((all, value, at) => all + value * (at % 9973), 0);
                seen.add(`${live.step}/${sum}`);
                live.step < 3 ? requestAnimationFrame(look) : done([...seen]) };
            look(); })"""
    )
    assert len(said) <= 3  # one picture a step
    demo.emulate_media(reduced_motion="no-preference")


def test_the_theme_is_switched_and_the_node_kept(demo: Page) -> None:
    demo.locator(".search-walk").evaluate("root => { root.mark = 'the first' }")
    query = "live.scene.query.map(value => Math.round(value * live.scene.ratio))"
    diamond = f"[...live.sheets[2].getContext('2d').getImageData(...{query}, 1, 1).data]"
    light = live(demo, diamond)
    demo.emulate_media(color_scheme="dark")
    demo.wait_for_function(
        "() => document.querySelector('.search-walk').searchWalk.palette.ink.startsWith('rgb(2')"
    )
    assert light == [27, 31, 36, 255]
    demo.wait_for_timeout(200)
    assert live(demo, diamond) == [232, 236, 241, 255]
    assert demo.locator(".search-walk").evaluate("root => root.mark") == "the first"
    demo.emulate_media(color_scheme="light")


def test_another_search_takes_the_place_of_this_one_in_the_same_node(demo: Page) -> None:
    demo.locator(".search-walk").evaluate("root => { root.mark = 'the first' }")
    before = text(demo)
    demo.get_by_role("slider", name="ef").press("ArrowRight")
    demo.wait_for_function(
        "before => document.querySelector('.search-walk-text').textContent != before", arg=before
    )
    assert text(demo) == words.end(shown("hnsw", 110, 50, 3))
    assert demo.locator(".search-walk").evaluate("root => root.mark") == "the first"


def test_a_search_that_changes_off_screen_is_painted_before_it_comes_into_view(demo: Page) -> None:
    demo.add_style_tag(content=".search-walk { margin-top: 3000px !important; }")
    demo.wait_for_function(
        "() => document.querySelector('.search-walk').searchWalk.near === false", timeout=5_000
    )
    before = live(demo, "live.film.last")
    demo.get_by_role("slider", name="ef").press("End")
    demo.wait_for_function(
        """before => {
            const live = document.querySelector('.search-walk').searchWalk;
            return live.film.last !== before && live.scene?.film === live.film;
        }""",
        arg=before,
        timeout=10_000,
    )
    assert live(demo, "live.near") is False


def test_cells_are_played_and_refinement_is_told(page: Page, serve: Callable[..., str]) -> None:
    opened(page, serve(APP) + "/?kind=ivfpq")
    walk = shown("ivfpq", 100, 50, 3)
    assert isinstance(walk, IVFWalk)
    assert text(page) == words.end(walk)
    button(page, "One step back").click()
    assert text(page) == words.refinement(walk)
    button(page, "One step back").click()
    assert text(page) == words.probe(walk, walk.nprobe - 1)
    button(page, "As a map").click()
    page.get_by_text("two axes hold").wait_for()
    assert button(page, "As a map").get_attribute("aria-pressed") == "true"


def test_a_narrow_window_puts_the_side_below_the_stage(demo: Page) -> None:
    demo.set_viewport_size({"width": 375, "height": 900})
    demo.wait_for_function(
        "() => document.querySelector('.search-walk').hasAttribute('data-narrow')"
    )
    stage, side = (
        demo.locator(f".search-walk-{name}").bounding_box() for name in ("stage", "side")
    )
    assert stage is not None
    assert side is not None
    assert side["y"] >= stage["y"] + stage["height"]
    assert demo.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_table_and_downloads_hold_every_step(demo: Page, walk: HNSWWalk) -> None:
    button(demo, "Table", exact=False).click()
    table = demo.locator(".search-walk").get_by_role("table")
    assert table.get_by_role("row").count() == len(walk.hops) + 3  # with the heading
    name, content = downloaded(demo, "CSV")
    origin, rows = origin_and_rows(content)
    assert name == "search-walk.csv"
    assert origin["link"] == demo.url
    assert origin["machine"]
    assert [int(row["distances so far"]) for row in rows[1:-1]] == [h.computed for h in walk.hops]
    assert [int(row["item"]) for row in rows[1:-1]] == [hop.node for hop in walk.hops]
    svg = downloaded(demo, "SVG")[1].decode()
    parse = """text => { const made = new DOMParser().parseFromString(text, 'image/svg+xml');
        return [made.documentElement.tagName, made.querySelectorAll('parsererror').length] }"""
    assert demo.evaluate(parse, svg) == ["svg", 0]
    assert "so the search ends" in svg
    assert "@font-face" in svg
    name, png = downloaded(demo, "PNG")
    assert name == "search-walk.png"
    assert int.from_bytes(png[16:20], "big") > 2 * live(demo, "live.scene.w")
