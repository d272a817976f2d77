"""The Python side of the live figure: what is sent, what is refused, what it costs."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from starlette.applications import Starlette
from streamlit.testing.v1 import AppTest

from tests.ui.appreader import figures, headers, tables
from ui import theme
from ui.live_figure import payload
from ui.plotly_js import plotly_route, plotly_script, plotly_url


def sent(figure: go.Figure, table: pd.DataFrame | None = None, **changes: Any) -> tuple[Any, Any]:
    about: dict[str, Any] = {
        "key": "k",
        "height": 300,
        "alt": "a line",
        "filename": "line",
        "caption": "",
    }
    header, drawn = payload(figure, table=table, **(about | changes)).split(b"\n")
    return json.loads(header), json.loads(drawn)


def page() -> None:
    import numpy as np
    import pandas as pd
    import plotly.graph_objects as go
    import streamlit as st

    from ui import theme
    from ui.live_figure import live_figure

    top = st.slider("top", 1, 9, 2)
    grid = np.arange(6.0).reshape(2, 3)
    line = go.Figure({"type": "scatter", "x": np.array([1, 2]), "y": np.array([0.5, top])})
    line.update_layout(title=theme.heading("A line", "ms"))
    table = pd.DataFrame({"ms": [0.5, np.nan]}, index=pd.Index(["p50", "p99"], name="at"))
    live_figure(line, key="line", height=200, alt="a line", filename="line", table=table)
    live_figure(
        go.Figure(go.Bar(y=[1, 2], customdata=grid)),
        key="grid",
        height=90,
        alt="a grid",
        filename="grid",
    )


def test_a_test_reads_figures_headers_and_tables_from_apptest() -> None:
    at = AppTest.from_function(page).run()
    assert not at.exception
    assert list(figures(at)) == ["line", "grid"]
    assert figures(at)["line"]["data"] == [{"type": "scatter", "x": [1, 2], "y": [0.5, 2.0]}]
    assert figures(at)["grid"]["data"][0]["customdata"] == [[0, 1, 2], [3, 4, 5]]
    assert headers(at)["line"]["title"] == "A line"
    assert headers(at)["line"]["units"] == "ms"
    assert list(tables(at)) == ["line"]
    assert tables(at)["line"].columns.tolist() == ["at", "ms"]

    at.slider[0].set_value(7).run()
    assert figures(at)["line"]["data"][0]["y"] == [0.5, 7.0]


def test_nothing_that_json_cannot_hold_is_sent() -> None:
    table = pd.DataFrame(
        {
            "number": [1.5, np.nan, np.inf],
            "name": pd.Series(["a,b", None, "ü"], dtype="string"),
            "day": pd.to_datetime(["2026-01-01", None, "2026-01-03"]),
            "count": pd.array([1, None, 3], dtype="Int64"),
        }
    )
    figure = go.Figure({"type": "scatter", "x": [1.0, float("nan")], "y": ["a", np.float32(2)]})
    header, drawn = sent(figure, table)
    assert drawn["data"][0]["x"] == [1.0, None]
    assert [column["values"] for column in header["table"]] == [
        [1.5, None, "inf"],
        ["a,b", None, "ü"],
        ["2026-01-01 00:00:00", None, "2026-01-03 00:00:00"],
        [1, None, 3],
    ]
    assert [column["numeric"] for column in header["table"]] == [True, False, False, True]


def test_a_line_feed_in_a_text_does_not_break_the_message_apart() -> None:
    figure = go.Figure(layout={"title": {"text": "one\ntwo"}})
    header, drawn = sent(figure, caption="three\nfour")
    assert (header["title"], header["caption"]) == ("one\ntwo", "three\nfour")
    assert drawn["layout"]["title"]["text"] == "one\ntwo"


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": ""},
        {"height": 79},
        {"height": 2001},
        {"height": 200.5},
        {"alt": " "},
        {"filename": "../line"},
        {"filename": "a line"},
        {"filename": ""},
    ],
    ids=str,
)
def test_a_wrong_argument_is_named_with_its_value(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"^{name}={value!r}: must "):
        sent(go.Figure(), **wrong)


def test_figures_carry_no_template_and_no_colour_of_text() -> None:
    _, drawn = sent(go.Figure({"type": "bar", "y": np.ones(3)}))
    assert drawn["layout"] == {}


def test_to_send_a_figure_takes_at_most_twice_as_long_as_plotly_takes_to_copy_it() -> None:
    x = np.linspace(0, 1, 60)
    line = theme.line("ranking")
    figure = go.Figure([{"type": "scatter", "x": x, "y": x**k, "line": line} for k in range(5)])
    table = pd.DataFrame({f"y{k}": x**k for k in range(5)})
    assert best_of(40, lambda: sent(figure, table)) < 2 * best_of(40, lambda: go.Figure(figure))


def best_of(repeats: int, call: Callable[[], object]) -> float:
    def once() -> float:
        started = time.perf_counter()
        call()
        return time.perf_counter() - started

    return min(once() for _ in range(repeats))


def asked(accept_encoding: str) -> tuple[dict[str, str], bytes]:
    """Headers and body with which the route answers a GET."""
    messages: list[Any] = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": plotly_url(),
        "headers": [(b"accept-encoding", accept_encoding.encode())],
    }

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: Any) -> None:
        messages.append(message)

    async def answer() -> None:
        await Starlette(routes=[plotly_route()])(scope, receive, send)

    with ThreadPoolExecutor(1) as outside:  # this thread may run a loop already
        outside.submit(asyncio.run, answer()).result()
    headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return headers, b"".join(message.get("body", b"") for message in messages[1:])


def test_the_script_is_served_compressed_to_be_kept_for_good() -> None:
    headers, body = asked("gzip, deflate, br")
    assert plotly_url() == f"/assets/{plotly_script().name}"
    assert headers["content-encoding"] == "gzip"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["content-type"].startswith("text/javascript")
    assert len(body) < 0.4 * len(plotly_script().plain)
    assert gzip.decompress(body) == plotly_script().plain


def test_a_kind_of_trace_that_browsers_here_do_not_draw_is_named() -> None:
    with pytest.raises(ValueError, match=r"^type='heatmap': must be one .*: bar, scatter$"):
        sent(go.Figure(go.Heatmap(z=[[1]])))


def test_browsers_draw_with_the_major_version_that_figures_are_checked_with() -> None:
    wheel = files("plotly").joinpath("package_data", "plotly.min.js").read_bytes()
    of_wheel, of_bundle = (
        re.search(rb"plotly\.js .*?v(\d+)\.", script[:200])
        for script in (wheel, plotly_script().plain)
    )
    assert of_wheel is not None
    assert of_bundle is not None
    assert of_wheel[1] == of_bundle[1]


@pytest.mark.parametrize("accepted", ["identity", "br, gzip;q=0", "xgzip"])
def test_a_client_that_does_not_take_gzip_gets_the_plain_script(accepted: str) -> None:
    headers, body = asked(accepted)
    assert "content-encoding" not in headers
    assert body == plotly_script().plain
