"""The app's entry: `streamlit run app.py` serves it, after a warm-up in the background."""

import os

for _library in ("OMP", "OPENBLAS", "MKL"):  # before any of them is loaded
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from collections.abc import AsyncIterator  # noqa: E402
from contextlib import asynccontextmanager  # noqa: E402
from pathlib import Path  # noqa: E402

import streamlit as st  # noqa: E402
from starlette.middleware import Middleware  # noqa: E402

from ui.lifespan import begin, end  # noqa: E402
from ui.plotly_js import plotly_route, plotly_url  # noqa: E402
from ui.preloading import PreloadScripts  # noqa: E402
from ui.prompt_answers import answer_promptly  # noqa: E402
from ui.write_up.served import downloads_route  # noqa: E402


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Warm up beside serving: the port opens at once, and pages show how far it is."""
    answer_promptly()
    begin()
    yield
    end()


app = st.App(
    Path(__file__).parent / "ui" / "shell.py",
    lifespan=lifespan,
    routes=[plotly_route(), downloads_route()],
    middleware=[Middleware(PreloadScripts, scripts=[plotly_url()])],
)
