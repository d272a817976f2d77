"""Charts to try the live figure on; their numbers are invented. `?charts=20` shows twenty."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from ui import theme
from ui.live_figure import live_figure

CANDIDATES = np.unique(np.geomspace(10, 1000, 60).round())


def curve(candidates: int) -> tuple[go.Figure, pd.DataFrame]:
    x = CANDIDATES
    best = 1 - 0.29 * np.exp(-x / 90)
    quality = 0.85 - 0.4 * np.exp(-x / 45) + candidates / 20_000
    pinned = quality - 0.04
    at = float(np.interp(candidates, x, quality))
    figure = go.Figure(
        data=[
            {"type": "scatter", "x": x, "y": quality + 0.012, "line": {"width": 0},
             "showlegend": False, "hoverinfo": "skip"},
            {"type": "scatter", "x": x, "y": quality - 0.012, "line": {"width": 0},
             "fill": "tonexty", "fillcolor": theme.band("ranking"), "showlegend": False,
             "hoverinfo": "skip"},
            {"type": "scatter", "x": x, "y": best, "line": theme.line("truth"),
             "name": "best slate possible from these candidates"},
            {"type": "scatter", "x": x, "y": pinned, "line": theme.line("pinned"),
             "name": "pinned A"},
            {"type": "scatter", "x": x, "y": quality, "line": theme.line("ranking"),
             "name": "this design"},
            {"type": "scatter", "x": [candidates, candidates], "y": [0.4, 1],
             "line": theme.line("here", width=1.5), "mode": "lines", "showlegend": False,
             "hoverinfo": "skip"},
            {"type": "scatter", "x": [candidates], "y": [at], "mode": "markers+text",
             "marker": theme.marker("here"), "text": ["you are here"],
             "textposition": "bottom right", "name": "you are here", "showlegend": False},
        ],
        layout={
            "title": theme.heading("Quality against candidates", "true NDCG@10"),
            "xaxis": {"type": "log", "range": [1, 3], "tickvals": [10, 30, 100, 300, 1000],
                      "title": {"text": "candidates"}},
            "yaxis": {"range": [0.4, 1.02]},
        },
    )  # fmt: skip
    table = pd.DataFrame({"candidates": x, "this design": quality, "best possible": best})
    return figure, table


def stages(candidates: int) -> go.Figure:
    x = CANDIDATES
    parts = {"generation": 0.08 + 0 * x, "index": 0.1 + x / 4000, "ranking": 0.3 + x / 130}
    names = {"generation": "generator", "index": "index", "ranking": "ranker"}
    data = [
        {"type": "scatter", "x": x, "y": y, "stackgroup": "ms", "name": names[c], **theme.area(c)}
        for c, y in parts.items()
    ]
    data.append(
        {"type": "scatter", "x": [10, 1000], "y": [7, 7], "mode": "lines+text", "name": "budget",
         "line": theme.line("budget"), "text": ["budget 7 ms"], "textposition": "top right",
         "showlegend": False}
    )  # fmt: skip
    return go.Figure(
        data=data,
        layout={
            "title": theme.heading("Latency by stage", "p95, ms"),
            "xaxis": {"type": "log", "range": [1, 3], "tickvals": [10, 30, 100, 300, 1000],
                      "title": {"text": "candidates"}},
            "yaxis": {"rangemode": "tozero"},
        },
    )  # fmt: skip


def losses(candidates: int) -> go.Figure:
    lost = np.array([0.1 + 8 / candidates, 0.002, 0.082])
    left = 1 - np.cumsum(lost)
    steps = ["perfect", "generation", "index", "ranking", "this slate"]
    loss = theme.bar("loss")
    return go.Figure(
        data=[
            {"type": "bar", "x": [steps[0], steps[-1]], "y": [1, left[-1]],
             "marker": {"color": [theme.colour("truth"), theme.colour("ranking")]},
             "customdata": ["", "slate=10"],
             "text": ["1.000", f"{left[-1]:.3f}"], "textposition": "outside"},
            {"type": "bar", "x": steps[1:-1], "y": lost, "base": left, "marker": loss,
             "text": [f"−{v:.3f}" for v in lost], "textposition": "outside"},
        ],
        layout={
            "title": theme.heading("Where quality is lost", "NDCG@10 by stage"),
            "showlegend": False, "barmode": "overlay",
            "xaxis": {"showgrid": False, "categoryarray": steps, "categoryorder": "array"},
            "yaxis": {"range": [0.6, 1.06 + candidates / 1e5]},
        },
    )  # fmt: skip


def milliseconds(candidates: int) -> go.Figure:
    parts = {"generation": (0.1, 0.12), "index": (0.15, 0.2), "features": (0.41, 0.55),
             "ranking": (candidates / 130, candidates / 80)}  # fmt: skip
    data = [
        {"type": "bar", "orientation": "h", "y": ["p50", "p95"], "x": np.array(v), "name": c,
         "marker": theme.bar(c), "customdata": ["p50", "p95"]}
        for c, v in parts.items()
    ]  # fmt: skip
    return go.Figure(
        data=data,
        layout={
            "title": theme.heading("Where the milliseconds go", "of a budget of 150 ms"),
            "barmode": "stack",
            "xaxis": {"title": {"text": "ms"}},
            "yaxis": {"autorange": "reversed", "showgrid": False},
        },
    )


def tell(point: str) -> None:
    st.session_state["told"] = [*st.session_state.get("told", []), point]


def one(many: int, index: int, candidates: int) -> None:
    figure, table = curve(candidates + index)
    live_figure(figure, key=f"many_{index}", height=180, alt=f"Chart {index} of {many}",
                filename=f"chart-{index}", table=table)  # fmt: skip


st.set_page_config(layout="wide", page_title="Figures")
DESIGN = "MF 64 · HNSW M 16, ef 300 · GBDT 150 × 31 · seed 7 · simulated, 500 users, 95 % interval"
many = int(st.query_params.get("charts", 0))
with st.container(horizontal=True):
    candidates = st.slider("Candidates", 10, 1000, 300, step=10)
    second = st.checkbox("All charts", value=True)
    runs = st.session_state["runs"] = st.session_state.get("runs", 0) + 1
    st.caption(f"run {runs}")

if many:
    for index in range(many):
        one(many, index, candidates)
else:
    figure, table = curve(candidates)
    live_figure(
        figure, key="curve", height=300, filename="quality-by-candidates", table=table,
        alt="True NDCG@10 rises with the number of candidates and flattens beyond 200.",
        caption=DESIGN,
    )  # fmt: skip
    if second:
        live_figure(
            stages(candidates), key="stages", height=240, filename="latency-by-stage",
            alt="The ranker takes most of the latency beyond 100 candidates.",
            caption="measured · 1,000 requests, 1 thread", table=table,
        )  # fmt: skip
        left, right = st.columns(2, gap="large")
        with left:
            live_figure(
                losses(candidates), key="losses", height=260, filename="loss-by-stage",
                alt="Generation loses most of the quality.",
                caption=f"told: {st.session_state.get('told', [])}", on_point=tell,
                table=pd.DataFrame({"stage": ["generation", "index"], "lost": [0.1, None]}),
            )  # fmt: skip
        with right:
            live_figure(
                milliseconds(300), key="constant", height=260, filename="milliseconds",
                alt="Ranking takes most of the milliseconds.", caption=f"measured in run {runs}",
            )  # fmt: skip
