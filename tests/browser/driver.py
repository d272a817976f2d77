"""What every browser test needs: an app on a free port, and a page that has come to rest."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Playwright

ROOT = Path(__file__).parents[2]
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
CHROMIUM_ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_THUMB = """slider => {
    const box = document.querySelector(`.st-key-${slider} input`).parentElement
        .getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
}"""
AT_REST = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute('data-test-script-state') === 'notRunning'
    && !document.querySelector('[data-testid="stSkeleton"]')"""


def launch(playwright: Playwright) -> Browser:
    """Debian's Chromium; its absence is a failure with the remedy, never a skipped test."""
    return playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_ARGS)


def launch_with_profile(playwright: Playwright, profile: Path, **options: Any) -> BrowserContext:
    """The same Chromium, which keeps in a folder what it has loaded and compiled."""
    return playwright.chromium.launch_persistent_context(
        profile, executable_path=chromium(), args=CHROMIUM_ARGS, **options
    )


def chromium() -> str:
    """Where it is."""
    if not CHROMIUM.exists():
        raise RuntimeError(f"{CHROMIUM} is missing: apt-get install chromium")
    return str(CHROMIUM)


@contextmanager
def served(script: Path, *flags: str) -> Iterator[str]:
    """`streamlit run` of a script on a free port of 127.0.0.1; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [part for name, value in options.items() for part in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [*command, *flags],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_until_healthy(process, f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait_until_healthy(process: subprocess.Popen[bytes], address: str) -> None:
    for _ in range(240):
        if process.poll() is not None:
            raise RuntimeError(f"the app did not start:\n{process.communicate()[0].decode()}")
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError("the app did not answer within 60 s")


def wait_at_rest(page: Page, *, charts: int = 0) -> None:
    """Wait until the script has run and that many live figures are drawn."""
    page.wait_for_function(AT_REST, timeout=240_000)
    page.wait_for_function(
        "charts => document.querySelectorAll('.live-figure .main-svg').length >= charts",
        arg=charts,
        timeout=240_000,
    )


def unfold(page: Page, label: str) -> None:
    """Open what is folded away, and wait until it stands.

    What is in it is scrolled into view meanwhile, and moves on: a click then is pressed on it, and
    let go beside it.
    """
    page.get_by_text(label, exact=True).click()
    folded = page.locator("details", has=page.get_by_text(label, exact=True)).element_handle()
    page.wait_for_function("one => one.open && !one.getAnimations().length", arg=folded)


def step_slider(page: Page, label: str, key: str = "ArrowRight") -> None:
    """Move a slider one step by keyboard, without waiting for what follows."""
    page.get_by_role("slider", name=label).press(key)


def thumb(page: Page, slider: str) -> tuple[float, float]:
    """The middle of a slider's thumb, by the slider's key."""
    x, y = page.evaluate(_THUMB, slider)
    return x, y
