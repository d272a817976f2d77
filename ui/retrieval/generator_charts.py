"""Generators side by side, in figures: a frame of `compare_generators` in. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ui import theme
from ui.controls import LABELS
from ui.live_figure import Figure

_GROUPS = {
    "all": ("all users", "generation", "circle", 12, -0.0),
    "warm": ("warm users", "generation", "triangle-up-open", 10, 0.22),
    "cold": ("cold users", "generation", "square-open", 9, -0.22),
}
_TITLES = {
    "ceiling": ("What a ranker could make of it", "true NDCG@10 of the best slate within"),
    "recall": ("What reaches the ranker", "share of a user's true top-10 within"),
}


def generator_chart(
    frame: pd.DataFrame, figure: str, off: Mapping[str, str], order: list[str]
) -> Figure:
    """One figure of each generator, for all, warm and cold users, with intervals.

    Parameters
    ----------
    figure : "ceiling" or "recall".
    off : generators that are off here, with the reason.
    order : all generators, the first at the top.
    """
    names = order[::-1]
    place = {name: at for at, name in enumerate(names)}
    data: list[dict[str, Any]] = []
    for group, (label, mark, symbol, size, shift) in _GROUPS.items():
        rows = frame[(frame["group"] == group) & frame[figure].notna()]
        if rows.empty:
            continue
        value, low, high = (rows[f"{figure}{end}"].to_numpy() for end in ("", "_low", "_high"))
        marker = theme.marker(mark, size=size, symbol=symbol)
        data.append(
            {
                "type": "scatter",
                "x": value,
                "y": np.array([place[name] + shift for name in rows["generator"]]),
                "name": label,
                "mode": "markers+text" if group == "all" else "markers",
                "text": [f"{one:.3f}" for one in value],
                "textposition": "middle right",
                "marker": marker,
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": high - value,
                    "arrayminus": value - low,
                    "color": theme.ink(60),
                    "thickness": 1.2,
                    "width": 4,
                },
                "customdata": [LABELS.get(name, name) for name in rows["generator"]],
                "hovertemplate": f"%{{customdata}}, {label}: %{{x:.3f}}<extra></extra>",
            }
        )
    title, units = _TITLES[figure]
    candidates = int(frame["candidates"].iloc[0]) if len(frame) else 0
    layout = {
        "title": theme.heading(title, f"{units} the generator's own top {candidates:,}"),
        "xaxis": {"range": [0, 1.06], "title": {"text": "NDCG@10" if figure == "ceiling" else ""}},
        "yaxis": {
            "tickvals": list(range(len(names))),
            "ticktext": [_label(name, off) for name in names],
            "range": [-0.6, len(names) - 0.4],
        },
        "margin": {"t": 38},
        "hovermode": "closest",
        "uirevision": f"generators-{figure}",
    }
    return {"data": data, "layout": layout}


def generator_table(frame: pd.DataFrame) -> pd.DataFrame:
    """What stands behind `generator_chart`: a row a generator and group of users."""
    figures = ("ceiling", "recall", "ndcg", "novelty", "coverage", "exposure_gini")
    rows = []
    for row in frame.to_dict("records"):
        told: dict[str, Any] = {
            "generator": LABELS.get(row["generator"], row["generator"]),
            "users": row["group"],
            "n": int(row["users"]),
        }
        for figure in figures:
            told[_NAMES[figure]] = _rounded(row[figure])
            told[f"{_NAMES[figure]} low"] = _rounded(row[f"{figure}_low"])
            told[f"{_NAMES[figure]} high"] = _rounded(row[f"{figure}_high"])
        rows.append(told | {"fit, s": row["fit_seconds"], "size, MB": row["memory_bytes"] / 1e6})
    return pd.DataFrame(rows)


def facts_rows(
    frame: pd.DataFrame, off: Mapping[str, str], order: list[str]
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of the table on the page: what means over users do not tell."""
    heads = ["generator", "own NDCG@10", "coverage", "novelty", "Gini", "fit", "size", "reach"]
    every = frame[frame["group"] == "all"].set_index("generator")
    rows = []
    for name in order:
        label = LABELS.get(name, name)
        if name not in every.index:
            rows.append([label, "off here" if name in off else "not judged", *[""] * 6])
            continue
        row = every.loc[name]
        half = (row["ndcg_high"] - row["ndcg_low"]) / 2
        rows.append(
            [
                label,
                f"{row['ndcg']:.3f} ± {half:.3f}",
                f"{row['coverage']:.1%}",
                f"{row['novelty']:.1f} bits",
                f"{row['exposure_gini']:.3f}",
                f"{row['fit_seconds']:.1f} s",
                f"{row['memory_bytes'] / 1e6:.1f} MB",
                f"{row['reach']:.0%}",
            ]
        )
    return heads, rows


def _label(name: str, off: Mapping[str, str]) -> str:
    label = LABELS.get(name, name)
    return f"<span style='opacity:.45'>{label} (off)</span>" if name in off else label


def _rounded(value: float) -> float | None:
    return None if value != value else round(float(value), 4)


_NAMES = {
    "ceiling": "ceiling NDCG@10",
    "recall": "true top-10",
    "ndcg": "own NDCG@10",
    "novelty": "novelty, bits",
    # Both hang on how many users there are: those of two groups do not compare.
    "coverage": "coverage by so many users",
    "exposure_gini": "Gini by so many users",
}
