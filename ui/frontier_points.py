"""Designs as points of quality against latency: the shipped ones, and those tried in this visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeVar
from urllib.parse import parse_qsl, urlencode

import pandas as pd

from engine.design import Design
from engine.frontier import load_frontier
from engine.measurement import WHOLE
from engine.pareto import pareto_front
from engine.scenario import Scenario
from engine.world import WorldConfig
from ui.controls import LABELS
from ui.view import View

Source = Literal["shipped", "this visit", "preview"]
_Key = TypeVar("_Key")
_NOT_THE_DESIGN = ("user", "seed")


@dataclass(frozen=True, slots=True)
class Point:
    """One design. link: the design as a query string, empty where no page can show it.

    low, high : of `ndcg`; NaN where there is no interval.
    ranker : its name, which chooses the shape of the point.
    p50, p95 : of the whole request, ms.
    """

    name: str
    link: str
    ranker: str
    ndcg: float
    low: float
    high: float
    p50: float
    p95: float
    memory_bytes: int
    source: Source
    stages: int = 2


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the shipped points come from, to be told beside them.

    held_up : the largest share of one design's requests that other work held up.
    """

    machine: str
    measured_on: str
    requests: int
    users: int
    held_up: float


def link_of(design: Design) -> str:
    """The design alone as a query string, by which a point is recognised."""
    query = Scenario(design=design).to_query()
    return urlencode({name: text for name, text in query.items() if name not in _NOT_THE_DESIGN})


def design_of(link: str, world: WorldConfig) -> Design:
    """The design of a query string in a world; what is wrong in it is repaired."""
    query = Scenario(world, user=0).to_query() | dict(parse_qsl(link))
    return Scenario.from_query(query)[0].design


def name_of(design: Design) -> str:
    """The design in short: its parts, and of their knobs those that are not at their default."""
    parts = [_part(design.generator)]
    if design.generator.has_vectors:  # or there is nothing to search
        parts.append(_part(design.index, always=design.index.query_knob))
    parts += [f"{design.candidates:,}", _part(design.ranker)]
    if design.rerank.looks_at(design.slate):
        parts.append(_part(design.rerank))
    return " → ".join(parts)


def _part(part: Any, always: str | None = None) -> str:
    label = LABELS.get(part.name, part.name)
    default = type(part)()
    told = [
        f"{knob} {getattr(part, knob):g}"
        for knob in part.knobs
        if knob != always and getattr(part, knob) != getattr(default, knob)
    ]
    if always is not None:
        label += f" {always.removesuffix('_search')} {getattr(part, always):g}"
    return f"{label} ({', '.join(told)})" if told else label


def point_of(view: View) -> Point | None:
    """The design that a page shows; None where it was not timed."""
    if view.latency is None:
        return None
    value, width = view.figures["ndcg@10"]
    return Point(
        name=name_of(view.design),
        link=link_of(view.design),
        ranker=view.design.ranker.name,
        ndcg=value,
        low=value - width,
        high=value + width,
        p50=view.latency.p50[WHOLE],
        p95=view.latency.p95[WHOLE],
        memory_bytes=view.memory_bytes,
        source="preview" if view.source == "grid" else "this visit",
    )


@cache
def shipped() -> tuple[tuple[Point, ...], Origin]:
    """The points that ship, and where they come from.

    Raises
    ------
    ValueError : the file cannot be read; the error names the remedy.
    """
    frame = load_frontier()
    origin = Origin(
        machine=str(frame["machine"].iloc[0]),
        measured_on=str(frame["measured_on"].iloc[0]),
        requests=int(frame["requests"].min()),
        users=int(frame["users"].min()),
        held_up=float(frame["held_up"].max()),
    )
    return tuple(_shipped_point(row) for row in frame.to_dict("records")), origin


def _shipped_point(row: Mapping[Any, Any]) -> Point:
    chosen = {
        name: str(value)
        for name, value in row.items()
        if name.split(".")[0] in ("generator", "index", "ranker", "candidates", "slate")
        and not pd.isna(value)
    }
    design = Scenario.from_query(chosen)[0].design
    two = row["stages"] == 2
    return Point(
        name=name_of(design) if two else f"{_part(design.ranker)} on the whole catalogue",
        link=link_of(design) if two else "",
        ranker=design.ranker.name,
        ndcg=row["ndcg@10"],
        low=row["ndcg@10_low"],
        high=row["ndcg@10_high"],
        p50=row["p50_ms"],
        p95=row["p95_ms"],
        memory_bytes=row["memory_bytes"],
        source="shipped",
        stages=row["stages"],
    )


def front(points: Iterable[Point]) -> list[Point]:
    """Those that no other beats in p95 and NDCG at once, fastest first."""
    points = list(points)
    best = pareto_front([p.p95 for p in points], [p.ndcg for p in points])
    kept = [point for point, on_it in zip(points, best, strict=True) if on_it]
    return sorted(kept, key=lambda point: point.p95)


def twin_of(here: Point, points: tuple[Point, ...]) -> Point | None:
    """The same design as it shipped, if it did."""
    same = (point for point in points if point.source == "shipped" and point.link == here.link)
    return next(same, None)


def remember(tried: dict[_Key, Point], key: _Key, point: Point, most: int) -> None:
    """Keep a point as the newest of its key; the oldest beyond `most` are forgotten."""
    tried.pop(key, None)
    tried[key] = point
    while len(tried) > most:
        del tried[next(iter(tried))]


def table(points: Iterable[Point]) -> pd.DataFrame:
    """What stands behind the frontier, best NDCG first."""
    rows = sorted(points, key=lambda point: -point.ndcg)
    return pd.DataFrame(
        {
            "design": [p.name for p in rows],
            "NDCG@10": [round(p.ndcg, 4) for p in rows],
            "low": [round(p.low, 4) for p in rows],
            "high": [round(p.high, 4) for p in rows],
            "p50, ms": [round(p.p50, 3) for p in rows],
            "p95, ms": [round(p.p95, 3) for p in rows],
            "index memory, MB": [round(p.memory_bytes / 1e6, 2) for p in rows],
            "source": [p.source for p in rows],
        }
    )
