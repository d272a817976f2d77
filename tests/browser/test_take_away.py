"""Pages are taken away in a real browser: what leaves is what is drawn, and runs nothing."""

from __future__ import annotations

import base64
import io
import json
import re
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Browser, BrowserContext, Download, Page, expect

from engine.as_python import as_python
from engine.scenario import Scenario
from tests.browser.driver import AT_REST, ROOT
from tests.browser.pagereader import APP
from tests.browser.taken import origin_and_rows
from tests.browser.test_ctr_journey import QUERY as ADS
from tests.small_app import link, parts_of_this_run, small

pytestmark = pytest.mark.browser
NAMES = ("overview", "two_stage", "retrieval", "ranking", "ctr", "compare")
PAGES = {name: "/" if name == "overview" else f"/{name}" for name in NAMES}
PINS = {"pin": "generator-popularity~index-exact~ranker-none~candidates-20"}
MOST_S = 5.0  # for a zip of the two-stage page
# A page with figures that no run is about to change, each of them drawn.
RESTS = f"""() => ({AT_REST})() && document.querySelector('.live-figure')
    && !document.querySelector('.sl-grid') && [...document.querySelectorAll('.live-figure-plot')]
        .every(plot => plot.clientWidth === 0 || plot.querySelector('.main-svg'))"""
PLAIN = "(_, value) => ArrayBuffer.isView(value) ? Array.from(value) : value"
DATA = f"plot => JSON.stringify(plot.data, {PLAIN})"
VALUES = "() => [...document.querySelectorAll('.sl-value, .sl-fact-value')].map(v => v.textContent)"
WRITTEN = "() => [...document.querySelectorAll('.figures .value')].map(v => v.textContent)"
LOWEST = """async ([address, rows]) => {
    const image = await createImageBitmap(await (await fetch(address)).blob());
    const context = new OffscreenCanvas(image.width, rows).getContext('2d');
    context.drawImage(image, 0, rows - image.height);
    const {data} = context.getImageData(0, 0, image.width, rows);
    let dark = 0;
    for (let at = 0; at < data.length; at += 4) if (data[at] < 128) dark += 1;
    return dark;
}"""


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        yield serve(APP)


def opened(page: Page, address: str, name: str, **more: str) -> None:
    page.set_viewport_size({"width": 1440, "height": 3000})
    page.goto(link(address, small() | ADS | PINS | more, PAGES[name]))
    page.wait_for_function(RESTS, timeout=240_000)


def taken(page: Page, label: str, within_s: float = 30) -> Download:
    if not page.locator(".take-away-panel").is_visible():
        page.get_by_role("button", name="Take this page away").click()
    with page.expect_download(timeout=1000 * within_s) as download:
        page.get_by_role("button", name=label).click()
    return download.value


def contents(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def values_of(array: Any) -> list[Any]:
    """An array of Plotly's, whether a list or typed."""
    if isinstance(array, dict):
        return np.frombuffer(base64.b64decode(array["bdata"]), array["dtype"]).tolist()
    return list(array)


def is_drawn(value: Any) -> bool:
    return value is not None and value == value


def drawn_points(data: list[dict[str, Any]]) -> list[set[Any]]:
    """The coordinates of each point that is drawn, as they would be written."""
    points = []
    for trace in data:
        assert trace["type"] in ("scatter", "bar"), trace["type"]
        if trace.get("visible", True) is True:
            pairs = zip(values_of(trace["x"]), values_of(trace["y"]), strict=True)
            points += [{as_read(x), as_read(y)} for x, y in pairs if is_drawn(x) and is_drawn(y)]
    return points


def as_read(cell: Any) -> Any:
    """A cell as a number where it is one."""
    try:
        return float(cell)
    except ValueError:
        return cell.removeprefix("'") if cell[1:2] and cell[1] in "=+-@" else cell


def coordinates(row: dict[str, str]) -> set[Any]:
    """A row of a CSV without what is no place on an axis."""
    beside = re.compile(r"series|label|.* (from|error up|error down)|.*, as read")
    return {as_read(cell) for name, cell in row.items() if cell and not beside.fullmatch(name)}


@pytest.mark.parametrize("name", PAGES)
def test_every_chart_offers_png_svg_and_a_csv_of_the_points_that_are_drawn(
    page: Page, address: str, name: str
) -> None:
    opened(page, address, name)
    figures = page.locator(".live-figure:visible, .search-walk:visible")
    assert figures.count() >= (1 if name in ("overview", "compare") else 3)
    for figure in figures.all():
        for kind in ("PNG", "SVG", "CSV"):
            expect(figure.get_by_role("button", name=f"{kind}: download")).to_be_visible()
    for figure in page.locator(".live-figure:visible").all():
        assert_csv_is_what_is_drawn(page, figure)


def assert_csv_is_what_is_drawn(page: Page, figure: Any) -> None:
    plot = figure.locator(".live-figure-plot")
    for _ in range(3):  # a figure that is drawn anew between the two is read once more
        before = plot.evaluate(DATA)
        with page.expect_download() as download:
            figure.get_by_role("button", name="CSV: download").click()
        if plot.evaluate(DATA) == before:
            break
    origin, rows = origin_and_rows(contents(download.value))
    assert [coordinates(row) for row in rows] == drawn_points(json.loads(before))
    assert {"title", "design", "seed", "about", "machine", "taken", "made with"} <= set(origin)
    assert origin["link"] == page.url
    frame = pd.read_csv(io.BytesIO(contents(download.value)), comment="#")
    assert len(frame) == len(rows)


SCRIPT = "<script>window.hit=1</script><img src=x onerror=window.hit=2>"
STRANGE = {SCRIPT: "1", "user": f"17{SCRIPT}", "slate": f"[x](//y){SCRIPT}"}
CURRENCY = "<b>*|`"


@pytest.fixture(scope="module")
def main(context: BrowserContext, address: str) -> Iterator[Page]:
    """The main page of a link and an entry that a stranger wrote, once its stopwatch rests."""
    page = context.new_page()
    opened(page, address, "two_stage", **STRANGE)
    assert page.get_by_test_id("stAlert").count() >= 2
    page.get_by_text("The machine and its price").click()
    box = page.get_by_role("textbox", name="Currency")
    box.fill(CURRENCY)
    box.press("Enter")
    page.locator(".st-key-machines", has_text=f"{CURRENCY} a month").first.wait_for()
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for(timeout=60_000)
    page.wait_for_function(RESTS)
    yield page
    page.close()


def test_a_page_leaves_as_html_markdown_and_picture_with_the_figures_of_the_screen(
    main: Page, browser: Browser, tmp_path: Path
) -> None:
    page, shown = main, main.evaluate(VALUES)
    packed, seconds = zipped(page)
    assert seconds <= MOST_S
    page.evaluate("() => { window.__liveFigures.get('loss_by_stage').late = true }")
    for _ in range(3):  # a minute later the page tells another age, maybe on more lines
        told = page.get_by_test_id("stMain").inner_text()
        html = taken(page, "Page as HTML")
        png = taken(page, "Page as one PNG")
        if page.get_by_test_id("stMain").inner_text() == told:
            break
    assert html.suggested_filename == "shortlist-two-stage.html"
    html.save_as(tmp_path / "page.html")
    png.save_as(tmp_path / "page.png")
    assert page.evaluate(VALUES) == shown

    text = packed.read("page.md").decode()
    assert all(value in text for value in shown)
    for stem in ("candidates", "loss-by-stage", "time-by-stage", "frontier", "why-true"):
        assert f"(<pictures/{stem}.png>)" in text
        assert packed.read(f"pictures/{stem}.png").startswith(b"\x89PNG")
        assert b"<metadata>" in packed.read(f"pictures/{stem}.svg")
        assert packed.read(f"data/{stem}.csv").startswith(b"# title: ")
    origin, rows = origin_and_rows(packed.read("data/loss-by-stage.csv"))
    assert origin["link"] == page.url
    plot = page.locator(".st-key-loss_by_stage .live-figure-plot")
    assert [coordinates(r) for r in rows] == drawn_points(json.loads(plot.evaluate(DATA)))
    assert_opens_alone(browser, tmp_path, shown, page.url)


def test_the_lines_of_python_are_copied_and_shown(main: Page) -> None:
    page = main
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as Python").click()
    wait_for_line(page, "Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert page.locator(".take-away-code").inner_text().strip() == copied.strip()
    assert copied == as_python(
        Scenario.from_query(dict(parse_qsl(urlsplit(page.url).query)))[0], "two_stage"
    )


def test_a_long_wait_is_told_and_can_be_given_up(main: Page) -> None:
    page = main
    page.evaluate("""() => {
        const draw = Plotly.toImage;
        Plotly.toImage = async (...all) => {
            await new Promise(resolve => setTimeout(resolve, 700));
            return draw(...all);
        };
        window.drawAtOnce = () => { Plotly.toImage = draw };
    }""")
    page.get_by_role("button", name="Page as HTML").click()
    wait_for_line(page, "[2-6] of 6 charts, as they were when you asked …")
    assert page.get_by_role("button", name="Page as one PNG").is_disabled()
    page.locator(".take-away-cancel").click()
    wait_for_line(page, "Given up.")
    assert page.get_by_role("button", name="Page as one PNG").is_enabled()
    page.evaluate("window.drawAtOnce()")


def wait_for_line(page: Page, pattern: str) -> None:
    page.wait_for_function(
        """pattern => new RegExp(`^${pattern}$`)
            .test(document.querySelector('.take-away-line').textContent)""",
        arg=pattern,
    )


def zipped(page: Page) -> tuple[zipfile.ZipFile, float]:
    begun = time.perf_counter()
    download = taken(page, "Markdown and pictures")
    seconds = time.perf_counter() - begun
    return zipfile.ZipFile(io.BytesIO(contents(download))), seconds


def assert_opens_alone(browser: Browser, folder: Path, shown: list[str], address: str) -> None:
    """The file in a browser without a network, and the tall picture beside it."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, offline=True)
    alone = context.new_page()
    faults: list[str] = []
    alone.on("console", lambda message: faults.append(message.text))
    alone.on("requestfailed", lambda request: faults.append(request.url[:100]))
    alone.goto((folder / "page.html").as_uri())
    assert alone.evaluate(WRITTEN) == shown
    assert alone.locator("figure svg.main-svg").count() >= 6
    assert alone.locator("figure", has=alone.locator("#loss_by_stage")).count() == 0
    assert "perfect" in alone.locator("#loss_by_stage .picture").inner_text()
    assert alone.locator("footer a").get_attribute("href") == address
    assert alone.locator("script").count() == 0
    assert faults == []
    height = alone.evaluate("document.documentElement.scrollHeight")
    png = (folder / "page.png").read_bytes()
    width, high = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    assert width == 2880
    assert abs(high - 2 * height) <= 4
    picture = f"data:image/png;base64,{base64.b64encode(png).decode()}"
    alone.goto("about:blank")
    assert alone.evaluate(LOWEST, [picture, 400]) > 500  # the foot stands there
    assert b"iTXtlink\0" in png
    context.close()


def test_nothing_that_a_link_or_an_entry_says_runs_here_or_in_what_is_taken_away(
    main: Page, browser: Browser, tmp_path: Path
) -> None:
    taken(main, "Page as HTML").save_as(tmp_path / "page.html")
    packed, _ = zipped(main)
    assert main.evaluate("window.hit") is None
    assert r"\<b\>\*\|\`" in packed.read("page.md").decode()

    alone = browser.new_page()
    alone.goto((tmp_path / "page.html").as_uri())
    assert alone.evaluate("window.hit") is None
    assert f"{CURRENCY} a month" in alone.locator("main").inner_text()
    assert alone.locator("main b, main script, main img").count() == 0
    alone.close()


def test_pages_in_the_list_are_all_there_are() -> None:
    assert set(PAGES) == {path.stem for path in (ROOT / "pages").glob("*.py")}
