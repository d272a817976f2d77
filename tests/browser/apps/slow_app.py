"""The app with an engine that takes its time over each design, and writes down what it found.

`SHORTLIST_SLOW_S` says how long, `SHORTLIST_RECORD` is the file: a line of JSON for whatever
the engine told the page of a design.
"""

import json
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

from engine.design import Design
from engine.live_measurement import Ledger
from engine.measurement import Timing
from engine.scenario import Scenario
from ui.plotly_js import plotly_route
from ui.studio import Studio
from ui.view import View
from ui.warm_up import end
from ui.write_up.served import downloads_route

_SLOW_S = float(os.environ["SHORTLIST_SLOW_S"])
_RECORD = Path(os.environ["SHORTLIST_RECORD"])
_WRITING = threading.Lock()
_judge, _joined, _timing = Studio._judge, Studio._joined, Ledger.timing


def _write(design: Design, **found: Any) -> None:
    line = json.dumps({"candidates": design.candidates, "at": time.time(), **found})
    with _WRITING, _RECORD.open("a", encoding="utf-8") as record:
        record.write(line + "\n")


def _note(design: Design, timing: Timing | None) -> None:
    if timing is not None:
        p95 = f"{timing.p95.value:.2f} ms"
        _write(design, p95=p95, requests=timing.requests, taken_at=timing.taken_at)


def slowly(self: Studio, *given: Any) -> Any:
    """Judge a design, `_SLOW_S` late."""
    time.sleep(_SLOW_S)
    return _judge(self, *given)


def joined(self: Studio, prepared: Any, judged: Any, timing: Timing | None) -> View:
    """What a page is told of a design, before it is told."""
    view = _joined(self, prepared, judged, timing)
    _write(view.design, ndcg=f"{view.figures['ndcg@10'][0]:.3f}")
    _note(view.design, timing)
    return view


def noted(self: Ledger, scenario: Scenario) -> Timing | None:
    """What is known of a design's time."""
    timing = _timing(self, scenario)
    _note(scenario.design, timing)
    return timing


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """No warm-up: the tests look at a small world only."""
    yield
    end()


Studio._judge, Studio._joined = slowly, joined  # type: ignore[method-assign]
Ledger.timing = noted  # type: ignore[method-assign]
app = st.App(
    Path(__file__).parents[3] / "ui" / "shell.py",
    lifespan=lifespan,
    routes=[plotly_route(), downloads_route()],
)
