"""A browser and apps for the whole run; a fresh page per test that must end without an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlparse

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Playwright,
    Request,
    Response,
    expect,
    sync_playwright,
)

from tests.browser.driver import launch, launch_with_profile, served

PATIENCE_MS = 240_000  # it costs nothing where all goes well, and a busy machine is no failure
PATIENCE_S = 900  # with a whole journey
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """For viewers of whom the others' browser knows nothing."""
    chromium = launch(playwright)
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def context(
    playwright: Playwright, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BrowserContext]:
    """One profile on disk, so that pages share what is compiled of scripts, as a viewer's tabs do.

    A private window, which a context is otherwise, compiles all of it for each page.
    """
    shared = launch_with_profile(
        playwright,
        tmp_path_factory.mktemp("profile"),
        viewport={"width": 1440, "height": 5000},
        color_scheme="light",
    )
    shared.set_default_timeout(PATIENCE_MS)
    yield shared
    shared.close()


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[..., str]]:
    """`serve(script, *flags)` -> address; each script is started once and stopped at the end."""
    with ExitStack() as running:
        addresses: dict[tuple[Path | str, ...], str] = {}

        def start(script: Path, *flags: str) -> str:
            if (script, *flags) not in addresses:
                addresses[script, *flags] = running.enter_context(served(script, *flags))
            return addresses[script, *flags]

        yield start


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page at 1440 x 1000 that fails its test on a console error or a request to another host."""
    opened = context.new_page()
    faults: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        # A page asks /page/_stcore/... before the root and is refused: no fault of the app.
        if message.type == "error" and "Failed to load resource" not in message.text:
            faults.append(message.text)

    def answered(response: Response) -> None:
        if response.status >= 400 and "/_stcore/" not in response.url:
            faults.append(f"{response.status} {response.url}")

    def asked(request: Request) -> None:
        address = urlparse(request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.hostname != "127.0.0.1":
            faults.append(f"request to {request.url}")

    opened.on("console", heard)
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("response", answered)
    opened.on("request", asked)
    yield opened
    opened.close()
    assert faults == []
