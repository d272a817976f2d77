"""No figure carries a label or an age that is not its own, however slow the engine is.

What the page says while a slider is dragged, let go and left alone, against the engine's own
record of what it had found by then.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.driver import ROOT, step_slider, thumb
from tests.browser.pagereader import open_link, wait_measured
from tests.small_app import link, parts_of_this_run, small

pytestmark = pytest.mark.browser
SLOW_S = 1.2
SAID = """() => {
    const parts = name => {
        const figure = [...document.querySelectorAll('.sl-figure')]
            .find(one => one.querySelector('dt').textContent === name);
        return [...(figure?.querySelectorAll('dd') ?? [])].map(part => part.textContent);
    };
    return {
        candidates: Number(document.querySelector('.st-key-slide_Candidates input').value),
        ndcg: parts('NDCG@10, true'), p95: parts('p95 latency'),
        source: document.querySelector('.sl-source')?.textContent ?? '',
    };
}"""
ALL_PREVIEWS = """() => [...document.querySelectorAll('.live-figure-caption')].slice(0, 3)
    .every(line => /preview between|quality: grid/.test(line.textContent))"""


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("record") / "found.jsonl"


@pytest.fixture(scope="module")
def address(
    serve: Callable[..., str], tmp_path_factory: pytest.TempPathFactory, record: Path
) -> Iterator[str]:
    with parts_of_this_run(tmp_path_factory):
        os.environ |= {"SHORTLIST_SLOW_S": str(SLOW_S), "SHORTLIST_RECORD": str(record)}
        yield serve(ROOT / "tests" / "browser" / "apps" / "slow_app.py")
        del os.environ["SHORTLIST_SLOW_S"], os.environ["SHORTLIST_RECORD"]


class Engine:
    """What the engine had found, by the number of candidates."""

    def __init__(self, record: Path) -> None:
        self.found = [json.loads(line) for line in record.read_text("utf-8").splitlines()]

    def all_of(self, candidates: int, name: str) -> list[Any]:
        return [f[name] for f in self.found if f["candidates"] == candidates and name in f]

    def taken_at(self, candidates: int, requests: int, p95: str) -> list[float]:
        """When so many requests had been timed of which that was the p95."""
        wanted = {"candidates": candidates, "requests": requests, "p95": p95}
        return [f["taken_at"] for f in self.found if wanted.items() <= f.items()]


def said(page: Page) -> dict[str, Any]:
    seen: dict[str, Any] = page.evaluate(SAID)
    return seen


def check(page: Page, record: Path) -> str:
    """Hold what is said now against the record; "preview", "measured", or "" between two texts."""
    seen = said(page)
    engine = Engine(record)  # read after the page: what is said had been found before
    here = seen["candidates"]
    if not seen["ndcg"] or not seen["source"]:
        return ""
    if seen["ndcg"][1].startswith("preview"):
        assert seen["p95"][1].startswith("preview"), seen
        return "preview"
    assert seen["ndcg"][1].startswith("simulated"), seen
    assert seen["ndcg"][0] in engine.all_of(here, "ndcg"), seen
    told = re.search(r"timed over ([\d,]+) requests, (just now|(\d+) s ago)", seen["source"])
    assert told, seen["source"]
    requests = int(told[1].replace(",", ""))
    ages = [time.time() - at for at in engine.taken_at(here, requests, seen["p95"][0])]
    assert ages, seen
    # The line is written each second while requests are added, each half a minute later.
    shown_s = float(told[3] or 0)
    assert any(age - 31 <= shown_s <= age + 1 or (shown_s == 0 and age < 41) for age in ages)
    return "measured"


def watched(page: Page, record: Path, seconds: float) -> list[str]:
    """Each thing said over a while, in turn."""
    states: list[str] = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = check(page, record)
        if state and states[-1:] != [state]:
            states.append(state)
        page.wait_for_timeout(40)
    return states


def drag(page: Page, pixels: int) -> None:
    x, y = thumb(page, "slide_Candidates")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + pixels, y, steps=5)
    page.wait_for_timeout(200)


def test_each_label_is_the_engines_own_while_dragging_on_release_and_after(
    page: Page, address: str, record: Path
) -> None:
    open_link(page, link(address, small()))
    assert watched(page, record, 0.3) == ["measured"]
    drag(page, 60)
    there = said(page)["candidates"]
    assert Engine(record).all_of(there, "ndcg") == []  # nobody has asked for it yet
    assert watched(page, record, 0.5) == ["preview"]
    assert said(page)["source"].startswith("preview from the measured grid")
    page.wait_for_function(ALL_PREVIEWS)  # drawn one after the other
    page.mouse.up()
    assert watched(page, record, 0.7 * SLOW_S)[0] == "preview"
    wait_measured(page, candidates=str(there))
    assert watched(page, record, 1.5) == ["measured"]


def test_a_late_answer_never_labels_the_value_that_the_slider_has_gone_on_to(
    page: Page, address: str, record: Path
) -> None:
    open_link(page, link(address, small(candidates="30")))
    for _ in range(3):  # each asked for before the one before has come
        step_slider(page, "Candidates")
        assert watched(page, record, 0.5 * SLOW_S)[0] == "preview"
    last = said(page)["candidates"]
    wait_measured(page, candidates=str(last))
    assert watched(page, record, 0.5) == ["measured"]


def test_a_design_that_was_measured_before_comes_back_at_once_with_its_age(
    page: Page, address: str, record: Path
) -> None:
    open_link(page, link(address, small(candidates="40")))
    page.locator(".sl-source", has_text="timed over 1,000 requests").wait_for()  # no more follow
    taken_at = max(Engine(record).all_of(40, "taken_at"))
    step_slider(page, "Candidates")
    wait_measured(page, candidates=str(said(page)["candidates"]))
    page.wait_for_timeout(max(0.0, 1_000 * (taken_at + 11 - time.time())))
    step_slider(page, "Candidates", "ArrowLeft")
    wait_measured(page, candidates="40")
    assert check(page, record) == "measured"
    line = said(page)["source"]
    assert re.search(r"\d+ s ago", line), line
