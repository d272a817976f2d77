"""A real browser before a real server, for the benchmarks that time what a person sees."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
BARE_PAGE = """
import numpy as np, plotly.graph_objects as go, streamlit as st
st.set_page_config(layout="wide")
x = np.linspace(0, 1, 60)
st.plotly_chart(go.Figure(go.Scatter(x=x, y=np.sin(9 * x))), key="chart")
"""
CHARTS_CHANGED = """(changes => changes.some(({ target }) =>
    (target.nodeType === 1 ? target : target.parentElement)?.closest(".js-plotly-plot")))"""
"""JavaScript: whether one of the changes that a `MutationObserver` saw is one of a chart."""
_FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_OPTIONS = [
    "--server.headless=true",
    "--server.address=127.0.0.1",
    "--browser.gatherUsageStats=false",
]
_IDLE = """() => document.querySelector('[data-testid="stApp"]')
    ?.getAttribute('data-test-script-state') === 'notRunning'"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, headless."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise SystemExit("chromium is missing: sudo apt-get install -y chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        yield browser
        browser.close()


@contextmanager
def served(script: Path, cache: Path | None = None) -> Iterator[str]:
    """A Streamlit server of a script, from before its process starts; yields its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | ({"SHORTLIST_CACHE": str(cache)} if cache else {})
    command = [sys.executable, "-m", "streamlit", "run", str(script), *_OPTIONS]
    process = subprocess.Popen(
        [*command, "--server.port", str(port)],
        cwd=script.parent,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def p95(values: Sequence[float]) -> float:
    """The 95th percentile: one of the values."""
    return float(np.percentile(values, 95, method="nearest"))


def wait_for_port(url: str, patience_s: float = 60.0) -> None:
    """Wait until the server answers."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1)
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"{url} did not answer within {patience_s:.0f} s")


def wait_for_chart(page: Page) -> None:
    """Wait until a chart is drawn."""
    page.locator(".js-plotly-plot .main-svg").first.wait_for(timeout=120_000)


def wait_until_idle(page: Page) -> None:
    """Wait until no script runs for the page."""
    page.wait_for_function(_IDLE, timeout=120_000)
