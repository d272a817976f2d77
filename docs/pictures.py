"""Take the README's pictures from the running app: ``python -m engine pictures``.

Starts the app on a free port with an empty cache, so that nothing stale is shown, waits until
the default design is measured over so many requests that its p99 is shown, and photographs
the page down to the breakdowns in both themes. Prints what the page says of its figures:
other work on the machine spoils the times. Needs Chromium, as the browser tests do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from engine.measurement import P99_FROM
from tests.browser.driver import ROOT, launch, served, wait_at_rest

PICTURES = Path(__file__).parent / "pictures"
PAGE = "two_stage"
WIDTH = 1440
LARGEST = 400_000
"""Bytes that a picture may hold."""
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_CHARTS = 3
_PATIENCE_MS = 300_000
_SETTLED_MS = 1_500
_MARGIN = 24
_PAGE_HEIGHT = """() => Math.ceil(
    document.querySelector('[data-testid="stMain"]').scrollHeight)"""


def picture_path(theme: str) -> Path:
    """Where the picture of a theme lies."""
    return PICTURES / f"{PAGE}-{theme}.png"


def take(themes: Iterable[Literal["light", "dark"]] = THEMES) -> Iterator[str]:
    """Write a picture a theme; yields what the page says of its figures, and what was written.

    Raises
    ------
    RuntimeError : a picture is larger than `LARGEST`.
    """
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as cache:
        os.environ["SHORTLIST_CACHE"] = cache
        with served(ROOT / "app.py") as address, sync_playwright() as playwright:
            browser = launch(playwright)
            for theme in themes:
                yield photograph(browser, f"{address}/{PAGE}", theme)
            browser.close()
    for path in map(picture_path, themes):
        size = path.stat().st_size
        yield f"{path.relative_to(ROOT)}  {size / 1e3:.0f} kB"
        if size > LARGEST:
            raise RuntimeError(f"{path.name} holds {size:,} bytes: must be at most {LARGEST:,}")


def photograph(browser: Browser, address: str, theme: Literal["light", "dark"]) -> str:
    """Write the picture of a page in a theme, from the top to the end of its breakdowns.

    Returns
    -------
    What the page says of where its figures come from.
    """
    context = browser.new_context(viewport={"width": WIDTH, "height": 1000}, color_scheme=theme)
    page = context.new_page()
    page.goto(address)
    source = page.get_by_text(f"timed over {P99_FROM:,} requests")
    source.wait_for(timeout=_PATIENCE_MS)
    # As tall as its contents, since the page scrolls inside of the window.
    page.set_viewport_size({"width": WIDTH, "height": page.evaluate(_PAGE_HEIGHT)})
    wait_at_rest(page, charts=_CHARTS)
    page.wait_for_timeout(_SETTLED_MS)
    last = page.locator(".st-key-breakdowns").bounding_box()
    assert last is not None
    height = last["y"] + last["height"] + _MARGIN
    page.screenshot(
        path=picture_path(theme),
        clip={"x": 0, "y": 0, "width": WIDTH, "height": height},
        animations="disabled",
    )
    told = source.inner_text()
    context.close()
    return told
