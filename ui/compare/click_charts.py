"""Charts of pinned click models over each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from engine.clicks import ClickReport
from engine.figures import Estimate
from ui import theme
from ui.compare.charts import Differences, curve
from ui.compare.clicks import ClickColumn
from ui.ctr.probability_charts import diagonal, reliability_of
from ui.live_figure import Figure

PANELS = (("normalized_entropy", "normalised entropy", False), ("auc", "AUC", True))
"""Figures whose differences are drawn: name, label, and whether higher is better."""


def reliability_chart(reports: Mapping[str, ClickReport]) -> Figure:
    """True over predicted probability, in bins of equal count; only of what gives probabilities."""
    found = {letter: reliability_of(report) for letter, report in priced(reports).items()}
    ends = [float(max(one.predicted.max(), one.true.max())) for one in found.values()]
    top = 1.04 * max([*ends, 0.02])
    lines = [curve(letter, one.predicted, one.true, "%{y:.3f}") for letter, one in found.items()]
    axis = {"range": [0.0, top]}
    layout = {
        "title": theme.heading(
            "Do the probabilities hold?", "true against predicted probability, 20 bins"
        ),
        "xaxis": axis | {"title": {"text": "predicted probability of a click"}},
        "yaxis": axis | {"title": {"text": "true probability"}},
        "margin": {"t": 34},
        "uirevision": f"reliability-{top:.1f}",
    }
    return {"data": [diagonal(top), *lines], "layout": layout}


def reliability_table(reports: Mapping[str, ClickReport]) -> pd.DataFrame:
    """What stands behind `reliability_chart`."""
    rows = [
        (letter, float(x), float(y), int(n))
        for letter, report in priced(reports).items()
        for one in [reliability_of(report)]
        for x, y, n in zip(one.predicted, one.true, one.rows, strict=True)
    ]
    return pd.DataFrame(rows, columns=["design", "predicted", "true", "rows"]).round(5)


def priced(reports: Mapping[str, ClickReport]) -> dict[str, ClickReport]:
    """Those whose scores are probabilities."""
    return {letter: report for letter, report in reports.items() if len(report.p)}


def difference_panels(
    columns: Sequence[ClickColumn],
) -> list[tuple[str, bool | None, Differences]]:
    """What is drawn of the differences to A: normalised entropy, and AUC."""

    def of(name: str) -> dict[str, Estimate]:
        told = [(column.letter, column.less_a) for column in columns]
        return {letter: less[name] for letter, less in told if less is not None}

    return [(f"{label}, less A's", higher, of(name)) for name, label, higher in PANELS]
