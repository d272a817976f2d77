"""The live figure in a real browser, on the demonstration app beside this file."""

from __future__ import annotations

import gzip
import io
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from playwright.sync_api import Locator, Page

from tests.browser.drawn import unlike_a_whole_drawing
from tests.browser.driver import step_slider, wait_at_rest
from tests.browser.taken import origin_and_rows
from ui.plotly_js import plotly_script
from ui.write_up.served import downloads_url

pytestmark = pytest.mark.browser
APP = Path(__file__).parent / "apps" / "figures_app.py"
CHARTS = 4
CORNER = """async bytes => {
    const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    return [...context.getImageData(2, 2, 1, 1).data];
}"""


COUNTED = """{ plot.n = 0;
    for (const end of ['plotly_afterplot', 'plotly_animated']) plot.on(end, () => plot.n++) }"""
# Runs the component once more for the chart, as Streamlit does, and gives what cleans up that run.
KEEP_SCRIPTS = """(() => {
    const make = URL.createObjectURL;
    URL.createObjectURL = blob => {
        const url = make.call(URL, blob);
        blob.text().then(text => {
            if (text.includes('window.__liveFigures ??=')) window.script = url;
        });
        return url;
    };
    window.runAgain = async key => {
        const live = window.__liveFigures.get(key);
        const html = live.plot.closest('.live-figure').parentElement;
        const { parentElement } = html.parentElement;
        const data = new TextEncoder().encode(`${live.header}\\n${live.figure}`);
        const script = await import(window.script);
        return script.default({ data, parentElement, setTriggerValue: live.tell });
    };
})()"""
# Two previews of a chart, with numbers as lists: how often Plotly draws for the second.
SKETCHED = """async key => {
    const live = window.__liveFigures.get(key);
    const lists = value => ArrayBuffer.isView(value) ? [...value] : value;
    const data = live.plot._fullData.map((trace, i) => ({
        ...live.plot.data[i], x: lists(trace.x), y: lists(trace.y),
        ...(live.plot.data[i].error_y && { error_y: {
            ...live.plot.data[i].error_y, array: lists(trace.error_y.array) } }) }));
    const layout = { ...live.plot.layout, title: undefined, template: undefined,
        yaxis: { ...live.plot.layout.yaxis, range: live.plot._fullLayout.yaxis.range } };
    const json = JSON.stringify({ data, layout });
    await live.show({ name: 'lists', json, caption: '', patch: () => {} });
    await new Promise(go => setTimeout(go, 200));
    let drawings = 0;
    const { react, animate } = Plotly;
    Object.assign(Plotly, { react: (...all) => { drawings++; return react(...all); },
        animate: (...all) => { drawings++; return animate(...all); } });
    await live.show({ name: 'lower', json, caption: '', patch: figure => {
        for (const trace of figure.data) {
            trace.y = trace.y.map(y => typeof y === 'number' ? 0.9 * y : y);
            if (trace.error_y) trace.error_y.array = trace.error_y.array.map(half => 2 * half);
        }
        figure.layout.yaxis.range = figure.layout.yaxis.range.map(end => 1.05 * end);
    } });
    Object.assign(Plotly, { react, animate });
    return drawings;
}"""


@pytest.fixture
def address(serve: Callable[..., str]) -> str:
    return serve(APP)


@pytest.fixture
def demo(page: Page, address: str) -> Page:
    page.goto(address)
    wait_at_rest(page, charts=CHARTS)
    return page


def chart(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .live-figure")


def plot(page: Page, key: str, expression: str) -> Any:
    """Evaluate an expression in `plot`, the node that Plotly draws the chart in."""
    return chart(page, key).locator(".live-figure-plot").evaluate(f"plot => {expression}")


def move_to(page: Page, candidates: int) -> None:
    """Step the slider once and wait until "you are here" has arrived at that value."""
    step_slider(page, "Candidates")
    page.wait_for_function(
        """value => document.querySelector('.st-key-curve .live-figure-plot')
            .data.at(-1).x[0] == value""",
        arg=candidates,
    )


def zoom(page: Page, key: str) -> list[float]:
    area = chart(page, key).locator(".nsewdrag").bounding_box()
    assert area is not None
    x, y = area["x"] + area["width"] / 4, area["y"] + area["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 150, y, steps=4)
    page.mouse.move(x + 300, y, steps=4)
    page.mouse.up()
    chart(page, key).get_by_role("button", name="Reset zoom").wait_for()
    shown: list[float] = plot(page, key, "[...plot._fullLayout.xaxis.range]")
    return shown


def downloaded(page: Page, key: str, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as download:
        chart(page, key).get_by_role("button", name=f"{kind}: download").click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def test_twenty_updates_keep_the_node_and_the_zoom_until_it_is_reset(demo: Page) -> None:
    zoomed = zoom(demo, "curve")
    plot(demo, "curve", "{ plot.mark = plot.querySelector('.main-svg').mark = 'the first' }")
    for value in range(310, 510, 10):
        move_to(demo, value)
    assert plot(demo, "curve", "[plot.mark, plot.querySelector('.main-svg').mark]") == [
        "the first",
        "the first",
    ]
    assert plot(demo, "curve", "plot._fullLayout.xaxis.range") == zoomed
    reset = chart(demo, "curve").get_by_role("button", name="Reset zoom")
    reset.press("Enter")
    assert plot(demo, "curve", "plot._fullLayout.xaxis.range") == [1, 3] != zoomed
    assert not reset.is_visible()


def test_a_figure_that_was_moved_is_the_one_that_a_whole_drawing_gives(demo: Page) -> None:
    drawn = "{ window.whole = 0; const react = Plotly.react; "
    drawn += "Plotly.react = (...all) => { window.whole += 1; return react(...all); } }"
    plot(demo, "curve", drawn)
    for value in range(310, 360, 10):
        move_to(demo, value)
    demo.wait_for_timeout(300)
    assert demo.evaluate("window.whole") == 0
    assert plot(demo, "losses", "plot._fullLayout.yaxis.range") == [0.6, pytest.approx(1.0635)]
    assert not chart(demo, "losses").get_by_role("button", name="Reset zoom").is_visible()
    for key in ("curve", "losses"):
        unlike = unlike_a_whole_drawing(demo, key)
        assert not unlike, f"{key}: {unlike[0]}"


def test_a_sketch_under_a_slider_is_the_figure_that_a_whole_drawing_gives(demo: Page) -> None:
    for key in ("curve", "losses", "stages"):
        drawings = demo.evaluate(SKETCHED, key)
        assert drawings == 0
        unlike = unlike_a_whole_drawing(demo, key)
        assert not unlike, f"{key}: {unlike[0]}"


def test_a_move_of_one_trace_leaves_the_others_as_they_are(demo: Page) -> None:
    fills = "[...plot.querySelectorAll('.barlayer .point > path')].map(bar => bar.style.fill)"
    before = plot(demo, "losses", fills)
    plot(demo, "losses", "{ window.whole = 0; const react = Plotly.react; Plotly.react = "
        "(...all) => { window.whole += 1; return react(...all); } }")  # fmt: skip
    bars = plot(demo, "losses", "plot.data.flatMap((one, i) => one.type === 'bar' ? [i] : [])")
    assert len(bars) > 1
    for one in bars:
        demo.evaluate(
            """one => {
                const live = window.__liveFigures.get("losses");
                const lower = Array.from(live.plot._fullData[one].y, (y) => 0.9 * y);
                const patch = ({ data }) => (data[one].y = lower);
                return live.show({ name: `bar ${one}`, json: live.figure, caption: "", patch });
            }""",
            one,
        )
        demo.wait_for_timeout(150)
        assert plot(demo, "losses", fills) == before
    assert demo.evaluate("window.whole") == 0
    assert all(before)


def test_an_unchanged_figure_is_not_drawn_again_under_a_new_caption(demo: Page) -> None:
    for key in ("constant", "curve"):
        plot(demo, key, COUNTED)
    move_to(demo, 310)
    chart(demo, "constant").get_by_text("measured in run 2").wait_for()
    demo.wait_for_timeout(300)
    assert plot(demo, "constant", "plot.n") == 0
    assert plot(demo, "curve", "plot.n") > 0


def test_the_theme_is_switched_without_a_run_on_the_server(demo: Page) -> None:
    read = """[getComputedStyle(plot.querySelector('.xtick text')).fill,
        getComputedStyle(plot.querySelector('.point')).fill, plot._fullLayout.font.family]"""
    light = plot(demo, "curve", read)
    runs = demo.get_by_test_id("stCaptionContainer").inner_text()
    demo.emulate_media(color_scheme="dark")
    demo.wait_for_function(
        """before => getComputedStyle(document.querySelector('.st-key-curve .xtick text')).fill
            != before""",
        arg=light[0],
    )
    dark = plot(demo, "curve", read)
    assert light[1] != dark[1]
    assert light[2] == dark[2]
    assert "Source Sans" in dark[2]
    assert demo.get_by_test_id("stCaptionContainer").inner_text() == runs


def test_a_narrower_window_narrows_the_chart_and_not_its_height(demo: Page) -> None:
    wide = plot(demo, "curve", "plot._fullLayout.width")
    demo.set_viewport_size({"width": 375, "height": 1000})
    demo.wait_for_function(
        "() => document.querySelector('.st-key-curve .live-figure-plot')._fullLayout.width < 375"
    )
    assert wide > 1000
    assert plot(demo, "curve", "plot._fullLayout.height") == 300
    assert demo.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_chart_that_left_the_page_comes_back_whole(demo: Page) -> None:
    toggle = demo.get_by_text("All charts")
    toggle.click()
    demo.wait_for_function("() => document.querySelectorAll('.live-figure').length == 1")
    toggle.click()
    demo.wait_for_function(
        f"() => document.querySelectorAll('.live-figure .main-svg').length >= {CHARTS}"
        f" && document.querySelectorAll('.live-figure').length == {CHARTS}"
    )
    assert plot(demo, "stages", "plot.data.length") == 4
    assert plot(demo, "curve", "plot.data.length") == 7


@pytest.fixture
def run_again(page: Page, address: str) -> Page:
    """The demonstration with `runAgain(key)`."""
    page.add_init_script(KEEP_SCRIPTS)
    page.goto(address)
    wait_at_rest(page, charts=CHARTS)
    return page


def test_a_run_that_is_cleaned_up_before_the_next_one_comes_leaves_the_chart(
    run_again: Page,
) -> None:
    kept = run_again.evaluate(
        """async () => {
            const live = window.__liveFigures.get('curve');
            (await runAgain('curve'))();
            return window.__liveFigures.get('curve') === live && Boolean(live.plot.data);
        }"""
    )
    assert kept
    move_to(run_again, 310)


def test_a_chart_that_leaves_in_the_middle_of_a_move_keeps_nobody_waiting(run_again: Page) -> None:
    ended = run_again.evaluate(
        """async () => {
            const live = window.__liveFigures.get('curve');
            const clean = await runAgain('curve');
            const figure = JSON.parse(live.figure);
            figure.layout.yaxis.range = [0, 2];
            const json = JSON.stringify(figure);
            const ended = live.show({ name: 'x', json, caption: '', patch: () => {} })
                .then(() => 'ended');
            live.plot.closest('.st-key-curve').remove();
            clean();
            return Promise.race([ended, new Promise(go => setTimeout(go, 3000))]);
        }"""
    )
    assert ended == "ended"


def test_the_table_takes_the_charts_place_by_keyboard_and_follows_its_data(demo: Page) -> None:
    figure = chart(demo, "curve")
    height = figure.bounding_box()
    figure.get_by_role("button", name="Table").press("Enter")
    reached = []
    for _ in range(4):
        reached.append(demo.evaluate("document.activeElement.textContent"))
        demo.keyboard.press("Tab")
    assert reached == ["Table", "CSV", "SVG", "PNG"]
    table = figure.get_by_role("table")
    assert table.get_by_role("columnheader").all_inner_texts() == [
        "candidates",
        "this design",
        "best possible",
    ]
    before = table.get_by_role("cell").first.inner_text()
    for value in (310, 320, 330):
        move_to(demo, value)
    assert table.is_visible()
    assert table.get_by_role("cell").first.inner_text() != before
    assert figure.bounding_box() == height
    figure.get_by_role("button", name="Table").press("Enter")
    assert not table.is_visible()
    assert figure.get_by_role("img", name="True NDCG@10").is_visible()


def test_the_csv_holds_what_is_drawn_each_trace_and_point(demo: Page) -> None:
    name, content = downloaded(demo, "curve", "CSV")
    origin, rows = origin_and_rows(content)
    assert name == "quality-by-candidates.csv"
    assert origin["title"] == "Quality against candidates, true NDCG@10"
    assert origin["link"] == demo.url
    line = [row for row in rows if row["series"] == "this design"]
    for column, axis in (("candidates", "x"), ("true NDCG@10", "y")):
        drawn = plot(demo, "curve", f"Array.from(plot._fullData[4].{axis})")
        assert [float(row[column]) for row in line] == drawn
    assert [row["label"] for row in rows if row["label"]] == ["you are here"]

    _, rows = origin_and_rows(downloaded(demo, "losses", "CSV")[1])
    assert [row["stage"] for row in rows] == [
        "perfect", "this slate", "generation", "index", "ranking",
    ]  # fmt: skip
    assert rows[3]["NDCG@10 by stage"] == "0.002"
    assert float(rows[3]["NDCG@10 by stage from"]) == pytest.approx(0.871333, abs=1e-6)
    assert rows[2]["label"] == "−0.127"


def test_a_csv_made_in_a_preview_holds_the_previews_points_and_says_so(demo: Page) -> None:
    demo.evaluate("""() => {
        const live = window.__liveFigures.get('curve');
        live.show({name: 'p', json: live.figure, caption: 'a preview at 42', patch: (figure) => {
            figure.data.at(-1).x = [42];
            figure.layout.title.text = 'Previewed';
        }});
    }""")
    demo.wait_for_function(
        "() => document.querySelector('.st-key-curve .live-figure-plot').data.at(-1).x[0] === 42"
    )
    origin, rows = origin_and_rows(downloaded(demo, "curve", "CSV")[1])
    assert [row["candidates"] for row in rows if row["label"]] == ["42"]
    assert origin["title"] == "Previewed, true NDCG@10"
    assert origin["about"] == "a preview at 42"
    assert "a preview between points" in origin["design"]


def test_a_bar_without_places_is_numbered_and_what_is_hidden_is_no_point(demo: Page) -> None:
    columns = demo.evaluate(
        """async (path) => (await import(path)).pointsOf({
            layout: {xaxis: {title: {text: 'k'}}}, _fullLayout: {},
            _fullData: [
                {type: 'bar', visible: true, y: [1, 2], textposition: 'none',
                 _input: {name: 'bars'}},
                {type: 'scatter', visible: 'legendonly', x: [9], y: [9], _input: {}},
                {type: 'scatter', visible: true, mode: 'markers', x: [5, null], y: [6, 7],
                 text: ['unseen', ''], _input: {}},
            ],
        }, {units: 'n', table: null})""",
        downloads_url(),
    )
    assert {column["name"]: column["values"] for column in columns} == {
        "series": ["bars", "bars", "series 3"],
        "k": [0, 1, 5],
        "n": [1, 2, 6],
    }


def test_texts_of_a_csv_are_no_formulas_and_numbers_stay_numbers(demo: Page) -> None:
    cells = ["=1+1", "+x", "-y", "@z", "\t=a", 'say "a, b"', "#c", "a\nb", -2.5, None]
    text = demo.evaluate(
        """async ([path, cells]) => (await import(path)).csv(
            [{name: '=head', values: cells}, {name: 'n', values: cells.map((_, i) => -i)}],
            [['title', 'a title']])""",
        [downloads_url(), cells],
    )
    frame = pd.read_csv(io.StringIO(text), comment="#")
    assert frame.columns.tolist() == ["'=head", "n"]
    neutral = ["'=1+1", "'+x", "'-y", "'@z", "'\t=a", 'say "a, b"', "#c", "a\nb", "-2.5"]
    assert frame["'=head"].tolist()[:-1] == neutral
    assert frame["n"].tolist() == [-i for i in range(10)]


def test_pictures_carry_heading_caption_font_and_the_themes_background(demo: Page) -> None:
    name, svg = downloaded(demo, "curve", "SVG")
    assert name == "quality-by-candidates.svg"
    for part in (b"Quality against candidates", b"GBDT 150", b"@font-face", b"rgb(255,255,255)"):
        assert part in svg
    read = "text => new DOMParser().parseFromString(text, 'image/svg+xml').documentElement.tagName"
    assert demo.evaluate(read, svg.decode()) == "svg"

    demo.emulate_media(color_scheme="dark")
    demo.wait_for_timeout(300)
    name, png = downloaded(demo, "constant", "PNG")
    width = plot(demo, "constant", "plot.clientWidth")
    assert name == "milliseconds.png"
    assert int.from_bytes(png[16:20], "big") == 2 * (width + 32)
    chunks = dict(text_chunks(png))
    assert chunks["link"] == demo.url
    assert chunks["title"].startswith("Where the milliseconds go")
    red, green, blue, alpha = demo.evaluate(CORNER, list(png))
    assert max(red, green, blue) < 64
    assert alpha == 255


def text_chunks(png: bytes) -> Iterator[tuple[str, str]]:
    """Keyword and text of each iTXt chunk; every chunk's checksum is right."""
    at = 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4], "big")
        kind, body = png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        assert zlib.crc32(kind + body) == int.from_bytes(png[at + 8 + length : at + 12 + length])
        if kind == b"iTXt":
            keyword, _, rest = body.partition(b"\0")
            yield keyword.decode(), rest[4:].decode()
        at += 12 + length


def test_twenty_charts_are_all_drawn_also_below_the_fold(page: Page, address: str) -> None:
    page.goto(f"{address}/?charts=20")
    page.wait_for_function(
        """() => [...document.querySelectorAll('.live-figure-plot')]
            .filter(plot => plot.querySelector('.main-svg')).length == 20""",
        timeout=240_000,
    )
    assert page.evaluate("document.documentElement.outerHTML.split('<script src').length") == 2


def test_the_script_is_served_compressed_and_for_good(address: str) -> None:
    script = plotly_script()
    request = urllib.request.Request(
        f"{address}/assets/{script.name}", headers={"Accept-Encoding": "gzip"}
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert gzip.decompress(answer.read()) == script.plain
    with urllib.request.urlopen(f"{address}/assets/{script.name}") as answer:
        assert answer.headers["Content-Encoding"] is None
        assert answer.read() == script.plain


def test_a_click_tells_the_points_text_once_and_keeps_the_node(demo: Page) -> None:
    plot(demo, "losses", "plot.mark = 'the first'")
    click_bar(demo, "losses", 0)  # its text is empty
    click_bar(demo, "losses", 1)
    chart(demo, "losses").get_by_text("told: ['slate=10']").wait_for()
    click_bar(demo, "losses", 1)
    chart(demo, "losses").get_by_text("told: ['slate=10', 'slate=10']").wait_for()
    assert plot(demo, "losses", "plot.mark") == "the first"


def test_a_chart_that_nobody_listens_to_takes_no_clicks(demo: Page) -> None:
    runs = demo.get_by_test_id("stCaptionContainer").inner_text()
    click_bar(demo, "constant", 0)
    demo.wait_for_timeout(500)
    assert demo.get_by_test_id("stCaptionContainer").inner_text() == runs


def click_bar(page: Page, key: str, place: int) -> None:
    bar = chart(page, key).locator(".point path").nth(place)
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + 5  # its foot may lie below the axis
    page.mouse.move(x, y, steps=3)
    page.wait_for_timeout(200)  # Plotly looks for the point under the pointer now and then
    page.mouse.click(x, y)
