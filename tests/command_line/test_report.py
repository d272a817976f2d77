"""A page as a file: run without a browser, measured to the end, drawn by Chromium."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from command_line.chromium import chromium
from command_line.page_run import WIDEST, PageRun, app, run_page
from command_line.rendering import FORMS, PAGE_WIDTH, POINTS, chosen, photograph, written
from engine.as_python import PAGES
from engine.progress import silent
from engine.scenario import Scenario
from tests.command_line.conftest import SMALL_LINK
from tests.small_app import small, small_scenario
from tests.ui.conftest import SHARED
from tests.ui.ctr.studies import QUERY
from ui.studio import studio
from ui.write_up.document import Chart, Figures, Table, Words

PATIENCE_S = 120.0


@pytest.fixture(scope="module")
def running(cache_of_commands: None) -> Iterator[None]:
    """The app's workshops, on the cache of these tests."""
    for shared in SHARED:
        shared.cache_clear()
    with app():
        yield
    for shared in SHARED:
        shared.cache_clear()


@pytest.fixture(scope="module")
def seen(running: None) -> PageRun:
    """The two-stage page of the small design."""
    return run_page("two_stage", small_scenario(), PATIENCE_S, silent)


def told(seen: PageRun) -> str:
    return " ".join(part.text for part in seen.document.parts if isinstance(part, Words))


@pytest.mark.slow
def test_page_is_run_until_all_of_it_is_measured(seen: PageRun) -> None:
    assert seen.awaited == ()
    assert seen.repairs == ()
    assert seen.scenario == small_scenario()
    assert "timed over 1,000 requests" in told(seen)
    large = next(part for part in seen.document.parts if isinstance(part, Figures))
    assert {figure.kind for figure in large.rows} == {"simulated", "measured"}
    assert "preview" not in told(seen)


@pytest.mark.slow
def test_document_leads_back_to_its_view(seen: PageRun) -> None:
    address, _, query = seen.document.link.partition("?")
    assert address == "http://localhost:8501/two_stage"
    pairs = dict(pair.split("=") for pair in query.split("&"))
    assert Scenario.from_query(pairs) == (small_scenario(), [])


@pytest.mark.slow
def test_charts_are_as_wide_as_on_the_page(seen: PageRun) -> None:
    assert seen.widths["over_candidates"] == WIDEST
    assert seen.widths["loss_by_stage"] == seen.widths["time_by_stage"] == WIDEST // 2


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page != "two_stage"])
def test_every_page_can_be_run(page: str, running: None) -> None:
    query = small() | QUERY
    if page == "compare":
        beside = "index.M-4~index.ef_construction-4~ranker.trees-20"  # fitted for all pages
        query |= {"pin": f"{beside}~candidates-10", "pin.b": f"{beside}~candidates-40"}
        trees = "model.trees-20"
        query |= {"ads.pin": trees, "ads.pin.b": f"{trees}~calibration-platt"}
    scenario, repairs = Scenario.from_query(query)
    assert repairs == []
    found = run_page(page, scenario, PATIENCE_S, silent, with_times=False)
    assert found.awaited == ()
    assert found.document.title
    place = "" if page == "overview" else page
    assert found.document.link.startswith(f"http://localhost:8501/{place}?seed=3&")
    assert found.document.charts
    shown = {chart.key for chart in found.document.charts if chart.figure_json}
    assert shown <= found.widths.keys()


def test_work_that_does_not_end_in_time_is_said(running: None) -> None:
    with pytest.raises(RuntimeError, match=r"page two_stage: .* did not end in time"):
        run_page("two_stage", small_scenario(seed="4"), 0.0, silent)


def test_design_that_cannot_be_built_is_said(
    running: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ValueError("table: must hold numbers")

    monkeypatch.setattr(studio().fits, "result", refuse)
    with pytest.raises(ValueError, match=r"^table: must hold numbers$"):
        run_page("ranking", small_scenario(seed="5"), PATIENCE_S, silent)


@pytest.mark.browser
def test_html_needs_nothing_beside_it_and_shows_what_the_page_does(
    seen: PageRun, tmp_path: Path
) -> None:
    [file] = written(seen.document, seen.widths, "light", tmp_path / "page.html")
    text = file.read_text("utf-8")
    assert "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#)([^"]+)"', text) == [
        seen.document.link.replace("&", "&amp;")
    ]
    drawn = [chart for chart in seen.document.charts if chart.figure_json]
    assert len(re.findall(r'<div class="picture"[^>]*><svg', text)) == len(drawn)
    assert text.count("<svg data-narrow") == sum(seen.widths[chart.key] < 800 for chart in drawn)
    plain = unescape(re.sub(r"<[^>]+>", " ", text))
    for part in seen.document.parts:
        if isinstance(part, Figures):
            assert all(figure.value in plain for figure in part.rows)
        if isinstance(part, Table):
            assert all(cell in plain for row in part.rows for cell in row)
    assert seen.document.provenance.machine in plain


@pytest.mark.browser
def test_what_plotly_does_not_draw_is_told_in_words_and_its_table_is_folded(
    seen: PageRun, tmp_path: Path
) -> None:
    chart = next(part for part in seen.document.parts if isinstance(part, Chart))
    walk = replace(chart, key="walk", figure_json="", alt="Nine steps to the answer.")
    alone = replace(seen.document, parts=(walk,))
    [file] = written(alone, seen.widths, "light", tmp_path / "page.html")
    text = file.read_text("utf-8")
    assert "Nine steps to the answer." in re.sub(r"<[^>]+>", "", text)
    assert "<details><summary>" in text


@pytest.mark.browser
def test_markdown_has_its_pictures_beside_it_and_a_zip_holds_both(
    seen: PageRun, tmp_path: Path
) -> None:
    document = chosen(seen.document, ("over_candidates", "time_by_stage"))
    files = written(document, seen.widths, "light", tmp_path / "page.md")
    assert [file.name for file in files] == ["page.md", "candidates.png", "time-by-stage.png"]
    text = files[0].read_text("utf-8")
    assert all(f"page/{file.name}" in text for file in files[1:])
    width, height = struct.unpack(">II", files[1].read_bytes()[16:24])
    assert (width, height) == (POINTS * WIDEST, POINTS * 430)
    [archive] = written(document, seen.widths, "dark", tmp_path / "page.zip")
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as held:
        assert held.testzip() is None
        assert held.read("page.md").decode() == text
        assert sorted(held.namelist()) == [
            "page.md", "page/candidates.png", "page/time-by-stage.png",
        ]  # fmt: skip
        assert held.read("page/candidates.png") != files[1].read_bytes()  # the other theme's


@pytest.mark.browser
@pytest.mark.parametrize("height", [700, 9_000])
def test_picture_shows_the_whole_page(height: int, tmp_path: Path) -> None:
    page = f'<!doctype html><body style="margin: 0"><div style="height: {height}px"></div></body>'
    photograph(page, tmp_path / "page.png")
    points = POINTS if POINTS * height <= 16_000 else 1  # Chromium takes no more
    size = struct.unpack(">II", (tmp_path / "page.png").read_bytes()[16:24])
    assert size == (points * PAGE_WIDTH, points * height)


@pytest.fixture
def begun_anew(running: None) -> Iterator[None]:
    """Workshops for a command that closes them at its end."""
    yield
    for shared in SHARED:
        shared.cache_clear()


@pytest.mark.browser
def test_command_writes_a_page_and_says_what_it_wrote(
    call: Callable[..., Result], begun_anew: None, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "overview.html"
    done = call(
        "report", "--link", f"/overview?{SMALL_LINK}&nonsense=1", "--out", str(out), "--dark",
        "--chart", "funnel",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert done.stdout == f"{out}\n"
    assert done.stderr.splitlines() == [
        "link: The link's nonsense means nothing here and is left out."
    ]
    text = out.read_text("utf-8")
    assert 'data-theme="dark"' in text
    assert "<h1>What happens to one request?</h1>" in text


def test_without_chromium_one_line_says_what_to_install(
    call: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CHROMIUM", raising=False)
    done = call("report", "--out", str(tmp_path / "page.html"))
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "error: Chromium is missing: sudo apt-get install chromium\n"
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    with pytest.raises(RuntimeError, match=r"^CHROMIUM='/nowhere/chromium' is not there: sudo apt"):
        chromium()


@pytest.mark.slow
def test_chart_and_form_that_there_are_not_are_named(seen: PageRun, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^chart='nothing': must be one of over_candidates"):
        chosen(seen.document, ("nothing",))
    with pytest.raises(ValueError, match=r"^out='page.pdf': must end in one of \.html, \.md"):
        written(seen.document, seen.widths, "light", tmp_path / "page.pdf")
    assert FORMS == (".html", ".md", ".zip", ".png")
