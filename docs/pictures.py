"""Take the README's pictures from the running app: ``python -m docs.pictures``.

Starts the app on a free port, waits until the default design is measured over so many
requests that its p99 is shown, and photographs the whole page in both themes. Needs
Chromium, as the browser tests do.
"""

from __future__ import annotations

from pathlib import Path
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
_PAGE_HEIGHT = """() => Math.ceil(
    document.querySelector('[data-testid="stMain"]').scrollHeight)"""


def picture_path(theme: str) -> Path:
    """Where the picture of a theme lies."""
    return PICTURES / f"{PAGE}-{theme}.png"


def main() -> None:
    """Write a picture a theme; exits with a line if one is larger than `LARGEST`."""
    PICTURES.mkdir(exist_ok=True)
    with served(ROOT / "app.py") as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for theme in THEMES:
            photograph(browser, f"{address}/{PAGE}", theme)
        browser.close()
    for path in map(picture_path, THEMES):
        size = path.stat().st_size
        print(f"{path.relative_to(ROOT)}  {size / 1e3:.0f} kB")
        if size > LARGEST:
            raise SystemExit(f"{path.name} holds {size:,} bytes; at most {LARGEST:,} may.")


def photograph(browser: Browser, address: str, theme: Literal["light", "dark"]) -> None:
    """Write the picture of a page, whole, in a theme."""
    context = browser.new_context(viewport={"width": WIDTH, "height": 1000}, color_scheme=theme)
    page = context.new_page()
    page.goto(address)
    page.get_by_text(f"timed over {P99_FROM:,} requests").wait_for(timeout=_PATIENCE_MS)
    # As tall as its contents, since the page scrolls inside of the window.
    page.set_viewport_size({"width": WIDTH, "height": page.evaluate(_PAGE_HEIGHT)})
    wait_at_rest(page, charts=_CHARTS)
    page.wait_for_timeout(_SETTLED_MS)
    page.screenshot(path=picture_path(theme), animations="disabled")
    context.close()


if __name__ == "__main__":
    main()
