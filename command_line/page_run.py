"""A page run without a browser, until what it shows is measured and done."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest
from threadpoolctl import threadpool_limits

from command_line.awaited import awaited, is_time, long_job
from engine.progress import Progress, within
from engine.scenario import Scenario
from ui.warm_up import end
from ui.write_up.collect import document_of
from ui.write_up.document import Document

SHELL = Path(__file__).parent.parent / "ui" / "shell.py"
ADDRESS = "http://localhost:8501"
"""Of the app as `make run` starts it."""
WIDEST = 1_104
"""px that the widest chart of a page takes: as wide as a write-up is."""
_BESIDE_RAIL = 0.8  # of the page, which the rail of controls leaves
_LOOK_EVERY_S = 0.25
_COMPLAINS = "streamlit.runtime.scriptrunner_utils.script_run_context"
_MOST_RUNS = 12  # of a page, each of which may find something more to wait for


@dataclass(frozen=True, slots=True)
class PageRun:
    """What a page shows, and how.

    scenario : as the page holds it. widths : key of a chart -> px that it takes. repairs : what
    of the scenario was repaired. awaited : what was not yet known when patience ended.
    """

    document: Document
    scenario: Scenario
    widths: dict[str, int]
    repairs: tuple[str, ...]
    awaited: tuple[str, ...]


@contextmanager
def app() -> Iterator[None]:
    """The app's workshops, closed at the end: a thread in a library's C++ would take the process
    down with it."""
    logging.getLogger(_COMPLAINS).disabled = True  # of a page asked outside of its run
    # Measuring has a process of its own: what is judged here leaves it a processor.
    with threadpool_limits(limits=1, user_api="blas"):
        try:
            yield
        finally:
            end()


def run_page(
    page: str,
    scenario: Scenario,
    patience_s: float,
    progress: Progress,
    address: str = ADDRESS,
    with_times: bool = True,
) -> PageRun:
    """Run a page of the app within `app`, until nothing more is to come or patience ends.

    address : of the app that the document's link leads to. with_times : whether to wait for what
    is only timed.

    Raises
    ------
    ValueError : a design that cannot be built.
    RuntimeError : the page failed, or its long work did not end in time.
    """
    started = time.monotonic()
    deadline = started + patience_s
    _await_job(page, scenario, deadline, within(progress, 0.0, 0.5))
    at = AppTest.from_file(str(SHELL), default_timeout=patience_s)
    if page != "overview":  # which is what the bare address shows
        at.switch_page(f"../pages/{page}.py")
    for name, text in scenario.to_query().items():
        at.query_params[name] = text
    waits: tuple[str, ...] = ()
    for _ in range(_MOST_RUNS):
        at.run()
        if at.exception:
            raise RuntimeError(f"page {page}: {at.exception[0].message}")
        held: Scenario = at.session_state["scenario"]
        before = waits = _awaited(page, held, with_times)
        while waits and time.monotonic() < deadline:
            share = (time.monotonic() - started) / patience_s
            progress(f"waiting: {waits[0]}", 0.5 + 0.5 * min(1.0, share))
            time.sleep(_LOOK_EVERY_S)
            waits = _awaited(page, held, with_times)
        if not before or time.monotonic() >= deadline:
            break
    progress("ready", 1.0)
    place = address if page == "overview" else f"{address}/{page}"
    return PageRun(
        document=document_of(at.session_state, place, datetime.now().astimezone()),
        scenario=held,
        widths=_widths(at),
        repairs=tuple(at.session_state["repairs"]),
        awaited=waits,
    )


def _awaited(page: str, scenario: Scenario, with_times: bool) -> tuple[str, ...]:
    return tuple(what for what in awaited(page, scenario) if with_times or not is_time(what))


def _await_job(page: str, scenario: Scenario, deadline: float, progress: Progress) -> None:
    job = long_job(page, scenario)
    while job is not None and not job.wait(_LOOK_EVERY_S):
        progress(job.what, job.done)
        if time.monotonic() > deadline:
            job.cancel()
            raise RuntimeError(f"page {page}: {job.what} did not end in time; see --patience")
    if job is not None and job.error is not None:
        raise job.error


def _widths(at: AppTest) -> dict[str, int]:
    """Key of a chart -> px, by the shares of the columns that it stands in."""
    shares = _shares(at.main, 1.0)
    return {key: round(WIDEST * min(1.0, share / _BESIDE_RAIL)) for key, share in shares}


def _shares(block: Any, share: float) -> Iterator[tuple[str, float]]:
    for child in block.children.values():
        if child.type == "bidi_component" and child.proto.component_name == "live_figure":
            yield _key_of(child), share
        elif hasattr(child, "children"):
            yield from _shares(child, share * getattr(child, "weight", 1.0))


def _key_of(element: Any) -> str:
    header = json.loads(element.proto.bytes.partition(b"\n")[0])
    return str(header["key"])
