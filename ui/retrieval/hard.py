"""Easy and hard vectors for one graph: the cases and their figure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pandas as pd

from engine.generators import GENERATORS, MF, GeneratorConfig
from engine.index import HNSW
from engine.retrieval import IndexPoint, VectorData
from engine.scenario import Scenario
from ui import theme
from ui.live_figure import Figure
from ui.retrieval import logit

_ALPHA, _PENALTY = 40.0, 1.0  # of matrix factorisation whose vectors differ less in length


@dataclass(frozen=True, slots=True)
class Case:
    """Vectors and a graph. name: in the figure; mends: whether it is a way out of the hard case."""

    name: str
    generator: GeneratorConfig
    vectors: VectorData
    index: HNSW
    mends: bool = False

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario that shows it."""
        design = replace(scenario.design, generator=self.generator, index=self.index)
        return replace(scenario, design=design, vectors=self.vectors, pins=())


def cases_of(scenario: Scenario) -> list[Case]:
    """The same graph on easy and on hard vectors, and what mends the hard ones."""
    graph = scenario.design.index if isinstance(scenario.design.index, HNSW) else HNSW()
    raw, unit = VectorData(), VectorData(normalised=True)
    mf = scenario.design.generator if isinstance(scenario.design.generator, MF) else MF()
    cases = []
    if "two_tower" in GENERATORS:
        cases.append(Case("two-tower, unit length", GENERATORS["two_tower"](), unit, graph))
    drawn = {"clustered": "clouds, unit length", "isotropic": "no structure, unit length"}
    for kind, name in drawn.items():
        data = VectorData(kind=kind, normalised=True)
        cases.append(Case(name, mf, data, graph))
    cases.append(Case("MF, raw inner product", mf, raw, graph))
    wide = replace(graph, M=max(48, graph.M))
    long = replace(graph, ef_search=max(1_000, graph.ef_search))
    evener = replace(mf, alpha=_ALPHA, regularization=_PENALTY)
    return [
        *cases,
        Case(f"MF, M {wide.M}", mf, raw, wide, mends=True),
        Case(f"MF, ef_search {long.ef_search:,}", mf, raw, long, mends=True),
        Case(f"MF, alpha {_ALPHA:g}, regularization {_PENALTY:g}", evener, raw, graph, mends=True),
        Case("MF, unit length", mf, unit, graph, mends=True),
    ]


def hard_chart(cases: list[Case], points: dict[str, IndexPoint]) -> Figure:
    """The recall of one graph on each of the vectors, and of what mends the hard ones."""
    shown = [case for case in cases if case.name in points][::-1]
    found = [points[case.name] for case in shown]
    recalls = [point.recall.value for point in found]
    middle = logit.places(recalls)
    low = logit.places([point.recall.low for point in found])
    high = logit.places([min(1.0, point.recall.high) for point in found])
    marker = theme.marker("hnsw", size=12) | {
        "symbol": ["square-open" if case.mends else "square" for case in shown],
        "line": {"color": theme.colour("hnsw"), "width": 2},
    }
    axis = logit.axis(recalls)
    axis["range"] = [axis["range"][0], axis["range"][1] + 0.35]  # for the numbers
    trace = {
        "type": "scatter",
        "x": middle,
        "y": [case.name for case in shown],
        "mode": "markers+text",
        "text": [f"{recall:.3f}" for recall in recalls],
        "textposition": "middle right",
        "marker": marker,
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": high - middle,
            "arrayminus": middle - low,
            "color": theme.ink(60),
            "thickness": 1.2,
            "width": 4,
        },
        "hovertext": [_hover(point) for point in found],
        "hoverinfo": "text",
    }
    layout = {
        "title": theme.heading(
            "Easy and hard vectors, one graph",
            "ANN recall, logit scale; open squares: what mends raw inner products",
        ),
        "xaxis": axis | {"title": {"text": "ANN recall"}},
        "yaxis": {"range": [-0.6, max(0.6, len(shown) - 0.4)]},
        "showlegend": False,
        "hovermode": "closest",
        "uirevision": f"hard-{len(shown)}",
    }
    return {"data": [trace], "layout": layout}


def hard_table(cases: list[Case], points: dict[str, IndexPoint]) -> pd.DataFrame:
    """What stands behind `hard_chart`."""
    rows = []
    for case in cases:
        if case.name in points:
            point = points[case.name]
            top10 = None if point.top10 is None else round(point.top10.value, 4)
            rows.append(
                {
                    "vectors": case.name,
                    "M": case.index.M,
                    "ef_search": case.index.ef_search,
                    "k": point.k,
                    "ANN recall": round(point.recall.value, 5),
                    "± 95%": round(point.recall.half_width, 5),
                    "true top-10": top10,
                    "p50, ms": round(point.p50.value, 4),
                    "build, s": round(point.build_seconds, 3),
                    "vectors searched": point.n,
                }
            )
    return pd.DataFrame(rows)


def hard_words(points: dict[str, IndexPoint]) -> str:
    """Both recalls, and the reason in a line. Markdown."""
    hard = points.get("MF, raw inner product")
    easy_name = next((n for n in ("two-tower, unit length", "MF, unit length") if n in points), "")
    easy = points.get(easy_name)
    if hard is None or easy is None:
        return ""
    words = (
        f"The same graph finds **{easy.recall.value:.1%}** on *{easy_name}* and "
        f"**{hard.recall.value:.1%}** on *MF, raw inner product*. "
    )
    if hard.recall.high < easy.recall.low:
        words += (
            "An inner product is no distance: a few long vectors are the best answer for nearly "
            "everybody, links crowd around them, and what lies in other directions is cut off."
        )
    unit = points.get("MF, unit length")
    if unit is not None and unit.top10 is not None and hard.top10 is not None:
        change = unit.top10.value - hard.top10.value
        gain = "keeps" if abs(change) < 0.01 else ("gains" if change > 0 else "loses")
        amount = "" if gain == "keeps" else f" {100 * abs(change):.0f} points of"
        mended = unit.recall.low > hard.recall.high
        mends = "mends" if mended else "does not mend"
        words += (
            f" Unit length alone {mends} the search {'but' if mended else 'and'} {gain}{amount} "
            "the true top-10"
        )
        words += ": the lengths held how good an item is for all." if gain == "loses" else "."
    return words


def _hover(point: IndexPoint) -> str:
    top10 = "" if point.top10 is None else f"<br>true top-10 {point.top10.value:.3f}"
    return (
        f"ANN recall {point.recall.value:.4f} ± {point.recall.half_width:.4f}"
        f"<br>p50 {point.p50.value:.3f} ms{top10}"
    )
