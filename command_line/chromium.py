"""Chromium as a subprocess: what a page has become, and what it looks like. No network is used."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path

_FLAGS = (
    "--headless=new",
    "--no-sandbox",  # refused to the root of a container; the pages are this program's own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--hide-scrollbars",
    "--proxy-server=127.0.0.1:9",  # nothing that a page might ask for leaves the machine
    "--allow-file-access-from-files",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_PATIENCE_S = 120.0
_SETTLING_MS = 60_000  # of the page's own clock, which runs ahead while nothing is to be done


def chromium() -> str:
    """Where it is: as the variable CHROMIUM says, else on the path.

    Raises
    ------
    RuntimeError : there is none; the message says what to install.
    """
    named = os.environ.get("CHROMIUM", "")
    found = [named] if named else [shutil.which(name) for name in _NAMES]
    for path in found:
        if path and shutil.which(path):
            return path
    where = f"CHROMIUM={named!r} is not there" if named else "Chromium is missing"
    raise RuntimeError(f"{where}: sudo apt-get install chromium")


def dumped(page: Path, width: int = 1_200) -> str:
    """The document that a page, so many px wide, has become once its script has nothing more to
    do, as HTML."""
    size = f"--window-size={width},1000"
    return _run(page, "--dump-dom", size, f"--virtual-time-budget={_SETTLING_MS}")


def photographed(page: Path, picture: Path, width: int, height: int, scale: float) -> None:
    """A PNG of a page, so many px wide and high, each px so many points."""
    _run(
        page,
        f"--screenshot={picture}",
        f"--window-size={width},{height}",
        f"--force-device-scale-factor={scale:g}",
        f"--virtual-time-budget={_SETTLING_MS}",
    )
    if not picture.is_file():
        raise RuntimeError("Chromium took no picture of the page")


def _run(page: Path, *options: str) -> str:
    with tempfile.TemporaryDirectory(prefix="shortlist-chromium-") as profile:
        command = [chromium(), *_FLAGS, f"--user-data-dir={profile}", *options, page.as_uri()]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True,
        )  # fmt: skip
        try:
            out, err = process.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"Chromium did not end within {_PATIENCE_S:.0f} s") from None
        finally:
            _end(process)
    if process.returncode != 0:
        last = (err.strip().splitlines() or ["no message"])[-1]
        raise RuntimeError(f"Chromium failed ({process.returncode}): {last[:200]}")
    return out


def _end(process: subprocess.Popen[str]) -> None:
    """End it with all of its own processes, which outlive one that is killed alone."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
