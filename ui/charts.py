"""Charts: a view in, a figure out. Pure functions; colours come from `ui.theme`."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from engine.design import MAX_CANDIDATES
from engine.evaluation import LOSS_STAGES
from engine.measurement import WHOLE
from engine.pipeline import STAGES
from ui import theme
from ui.view import BUDGET_MS, View

STAGE_CONCEPT = {
    "generation": "generation",
    "index": "index",
    "features": "features",
    "ranking": "ranking",
}
_TICKS = (10, 20, 50, 100, 200, 500, 1000)


def over_candidates(view: View) -> go.Figure:
    """Quality and latency over the number of candidates, on one shared axis."""
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.58, 0.42], vertical_spacing=0.07
    )
    _quality(figure, view)
    _latency(figure, view)
    here = view.design.candidates
    for row in (1, 2):
        figure.add_vline(x=here, row=row, col=1, line=theme.line("here", width=1.6))
    figure.update_xaxes(
        type="log",
        range=[1.0, math.log10(MAX_CANDIDATES) + 0.012],
        tickvals=list(_TICKS),
        ticktext=[f"{n:,}" for n in _TICKS],
    )
    figure.update_xaxes(title_text="candidates", row=2, col=1)
    figure.update_layout(
        title=theme.heading(
            "What more candidates buy, and cost", "true NDCG@10 above, p95 in ms below"
        ),
        hovermode="x unified",
        margin={"t": 34},
        uirevision="candidates",
    )
    return figure


def _quality(figure: go.Figure, view: View) -> None:
    curve = view.curve
    x = np.array(curve.candidates)
    low, high = curve.ndcg - curve.half_width, curve.ndcg + curve.half_width
    figure.add_trace(
        go.Scatter(
            x=np.concatenate([x, x[::-1]]),
            y=np.concatenate([high, low[::-1]]),
            fill="toself",
            fillcolor=theme.band("ranking"),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
        ),
        row=1,
        col=1,
    )
    for name, y, concept in (
        ("best slate possible from these candidates", curve.best_returned, "truth"),
        ("this design", curve.ndcg, "ranking"),
    ):
        figure.add_trace(
            go.Scatter(
                x=x,
                y=y,
                name=name,
                mode="lines",
                line=theme.line(concept),
                hovertemplate="%{y:.3f}",
            ),
            row=1,
            col=1,
        )
    ndcg, _ = view.figures["ndcg@10"]
    figure.add_trace(
        go.Scatter(
            x=[view.design.candidates],
            y=[ndcg],
            name="you are here",
            mode="markers+text",
            text=["you are here"],
            textposition="bottom left" if view.design.candidates > 500 else "bottom right",
            marker=theme.marker("here"),
            hovertemplate="%{y:.3f}",
        ),
        row=1,
        col=1,
    )
    floor = min(float(low.min()), 0.6)
    figure.update_yaxes(
        title_text="NDCG@10", range=[math.floor(floor * 10) / 10, 1.02], row=1, col=1
    )


def _latency(figure: go.Figure, view: View) -> None:
    grid = view.latency_curve
    if grid is None or view.latency is None:
        figure.update_yaxes(title_text="ms", row=2, col=1)
        return
    columns = grid.over_candidates(view.design, 95)
    for place, stage in enumerate(STAGES):
        figure.add_trace(
            go.Scatter(
                x=grid.candidates,
                y=columns[:, place],
                name=stage,
                stackgroup="stages",
                hovertemplate="%{y:.3f} ms",
                **theme.area(STAGE_CONCEPT[stage]),
            ),
            row=2,
            col=1,
        )
    figure.add_trace(
        go.Scatter(
            x=[view.design.candidates],
            y=[view.latency.p95[WHOLE]],
            name="p95 of this design",
            mode="markers",
            marker=theme.marker("here"),
            showlegend=False,
            hovertemplate="%{y:.2f} ms",
        ),
        row=2,
        col=1,
    )
    top = 1.08 * float(max(columns[:, : len(STAGES)].sum(axis=1).max(), view.latency.p95[WHOLE]))
    figure.update_yaxes(title_text="p95, ms", range=[0, top], row=2, col=1)


def over_candidates_table(view: View) -> pd.DataFrame:
    """What stands behind `over_candidates`."""
    curve = view.curve
    frame = pd.DataFrame(
        {
            "candidates": curve.candidates,
            "NDCG@10": curve.ndcg.round(4),
            "± 95%": curve.half_width.round(4),
            "best slate possible": curve.best_returned.round(4),
            "best with an exact search": curve.best_exact.round(4),
            "ANN recall": curve.ann_recall.round(4),
        }
    )
    grid = view.latency_curve
    if grid is not None:
        columns = grid.over_candidates(view.design, 95)
        places = np.log(grid.candidates)
        here = np.log(frame["candidates"].to_numpy(dtype=np.float64))
        for place, name in enumerate((*STAGES, WHOLE)):
            frame[f"p95 {name}, ms"] = np.interp(here, places, columns[:, place]).round(4)
    return frame


def loss_by_stage(view: View) -> go.Figure:
    """A waterfall from the perfect slate to the one shown."""
    ndcg, _ = view.figures["ndcg@10"]
    names = ["perfect", *LOSS_STAGES, "this slate"]
    tops = [1.0]
    for stage in LOSS_STAGES:
        tops.append(tops[-1] - view.loss[stage][0])
    figure = go.Figure()
    floor = max(0.0, math.floor((min(tops) - 0.05) * 10) / 10)
    figure.add_trace(
        go.Bar(
            x=[names[0], names[-1]],
            y=[1.0 - floor, ndcg - floor],
            base=floor,
            marker=theme.bar("ranking"),
            text=[f"{1:.3f}", f"{ndcg:.3f}"],
            textposition="outside",
            hovertemplate="%{x}: %{text}<extra></extra>",
            showlegend=False,
        )
    )
    lost = [view.loss[stage][0] for stage in LOSS_STAGES]
    figure.add_trace(
        go.Bar(
            x=list(LOSS_STAGES),
            y=[abs(x) for x in lost],
            base=[min(before, after) for before, after in pairwise(tops)],
            marker=theme.bar("loss"),
            text=[signed(-x) for x in lost],
            textposition="outside",
            error_y={
                "type": "data",
                "array": [0.0 if math.isnan(w) else w for _, w in view.loss.values()],
                "color": theme.ink(60),
                "thickness": 1.2,
                "width": 5,
            },
            hovertemplate="%{x} loses %{y:.4f}<extra></extra>",
            showlegend=False,
        )
    )
    for place, level in enumerate(tops):
        figure.add_shape(
            type="line",
            x0=place + 0.36,
            x1=place + 0.64,
            y0=level,
            y1=level,
            line={"color": theme.ink(50), "width": 1},
        )
    figure.update_xaxes(categoryorder="array", categoryarray=names)
    figure.update_yaxes(title_text="NDCG@10", range=[floor, 1.05])
    figure.update_layout(
        title=theme.heading("Where quality is lost", "true NDCG@10 by stage"),
        barmode="overlay",
        uirevision="loss",
    )
    return figure


def loss_table(view: View) -> pd.DataFrame:
    """What stands behind `loss_by_stage`."""
    ndcg, width = view.figures["ndcg@10"]
    rows = [("perfect slate", 1.0, float("nan"))]
    rows += [(f"lost in {stage}", *view.loss[stage]) for stage in LOSS_STAGES]
    rows.append(("this slate", ndcg, width))
    return pd.DataFrame(rows, columns=["stage", "NDCG@10", "± 95%"]).round(5)


def time_by_stage(view: View) -> go.Figure:
    """Stacked bars of p50 and p95, stage by stage."""
    figure = go.Figure()
    title = theme.heading("Where the milliseconds go", f"one request, of {BUDGET_MS:.0f} ms")
    if view.latency is None:
        return figure.update_layout(title=title)
    latency = view.latency
    widest = sum(latency.p95[stage] for stage in STAGES)
    for stage in STAGES:
        values = [latency.p95[stage], latency.p50[stage]]
        figure.add_trace(
            go.Bar(
                y=["p95", "p50"],
                x=values,
                name=stage,
                orientation="h",
                marker=theme.bar(STAGE_CONCEPT[stage]),
                text=[f"{v:.2f}" if v > 0.09 * widest else "" for v in values],
                textposition="inside",
                insidetextanchor="end",
                insidetextfont={"color": "#1B1F24"},
                hovertemplate=f"{stage}, %{{y}}: %{{x:.3f}} ms<extra></extra>",
            )
        )
    figure.update_xaxes(title_text="ms, each stage's own percentile", range=[0, 1.04 * widest])
    figure.update_layout(
        title=title, barmode="stack", margin={"t": 34}, bargap=0.35, uirevision="time"
    )
    return figure


def time_table(view: View) -> pd.DataFrame:
    """What stands behind `time_by_stage`."""
    if view.latency is None:
        return pd.DataFrame({"stage": [], "p50, ms": [], "p95, ms": []})
    names = (*STAGES, WHOLE)
    return pd.DataFrame(
        {
            "stage": names,
            "p50, ms": [round(view.latency.p50[name], 4) for name in names],
            "p95, ms": [round(view.latency.p95[name], 4) for name in names],
        }
    )


def signed(value: float, digits: int = 3) -> str:
    """A number with its sign, a true minus, and no sign on what rounds to zero."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else '−'}{text}"
