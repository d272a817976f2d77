"""Figures of indexes that were measured beforehand and ship with the app."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from engine.figures import Estimate, Measurement
from engine.index import INDEXES
from engine.retrieval.points import IndexPoint
from engine.sample import SAMPLE

INDEX_FIGURES = SAMPLE / "indexes.csv"
SIZE_FIGURES = SAMPLE / "index_sizes.csv"
_TIMES = ("p50", "p95", "p99")


def load_indexes() -> pd.DataFrame:
    """The grid of indexes on the shipped world's own vectors, by `make retrieval`.

    Columns: ``generator``, whose vectors are searched; those of `index_frame`; ``machine`` and
    ``versions``; ``measured_on``, a date. `index_points` gives the points of its rows.

    Raises
    ------
    ValueError : the file is missing or cannot be read; the error names the remedy.
    """
    return _read(INDEX_FIGURES)


def load_index_sizes() -> pd.DataFrame:
    """Each type of index over sizes of the catalogue at one recall, by `make retrieval`.

    Columns: ``generator``, like whose vectors they are; those of `measure_size`; ``machine`` and
    ``versions``; ``measured_on``, a date. `crossings` reads from the rows of one generator where
    an index begins to pay.

    Raises
    ------
    ValueError : the file is missing or cannot be read; the error names the remedy.
    """
    return _read(SIZE_FIGURES)


def index_frame(points: Sequence[IndexPoint]) -> pd.DataFrame:
    """A row a point: ``index`` and its knobs as in a link; ``n``; ``k``; ``recall`` with ``_low``
    and ``_high`` over so many ``queries``; ``top10`` alike over ``users``; ``p50_ms``, ``p95_ms``
    and ``p99_ms`` over so many ``requests``; ``held_up``; ``build_seconds``; ``memory_bytes``;
    ``taken_at``, Unix seconds."""
    return pd.DataFrame([_row(point) for point in points])


def index_points(frame: pd.DataFrame) -> list[IndexPoint]:
    """The points that `index_frame` wrote, in the order of the rows."""
    return [_point(row) for row in frame.to_dict("records")]


def _row(point: IndexPoint) -> dict[str, Any]:
    row: dict[str, Any] = {"index": point.config.name}
    row |= {f"index.{knob}": value for knob, value in asdict(point.config).items()}
    row |= {"n": point.n, "k": point.k} | _estimate_columns("recall", "queries", point.recall)
    row |= _estimate_columns("top10", "users", point.top10)
    row |= {f"{name}_ms": getattr(point, name).value for name in _TIMES}
    return row | {
        "requests": point.requests,
        "held_up": point.held_up,
        "build_seconds": point.build_seconds,
        "memory_bytes": point.memory_bytes,
        "taken_at": point.taken_at,
    }


def _point(row: dict[Any, Any]) -> IndexPoint:
    kind = INDEXES[row["index"]]
    requests, taken_at = int(row["requests"]), float(row["taken_at"])
    times = {
        name: Measurement(float(row[f"{name}_ms"]), "ms", requests, taken_at) for name in _TIMES
    }
    recall = _estimate(row, "recall", "queries")
    assert recall is not None
    return IndexPoint(
        config=kind(**{knob: int(row[f"index.{knob}"]) for knob in kind.knobs}),
        n=int(row["n"]),
        k=int(row["k"]),
        recall=recall,
        top10=_estimate(row, "top10", "users"),
        **times,
        build_seconds=float(row["build_seconds"]),
        memory_bytes=int(row["memory_bytes"]),
        held_up=float(row["held_up"]),
    )


def _estimate_columns(name: str, count: str, estimate: Estimate | None) -> dict[str, Any]:
    known = estimate or Estimate(math.nan, math.nan, math.nan, 0)
    columns = {name: known.value, f"{name}_low": known.low, f"{name}_high": known.high}
    return columns | {count: known.n}


def _estimate(row: dict[Any, Any], name: str, count: str) -> Estimate | None:
    n = int(row[count])
    if n == 0:
        return None
    return Estimate(float(row[name]), float(row[f"{name}_low"]), float(row[f"{name}_high"]), n)


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path.name}: {type(error).__name__}; make it again with `make retrieval`"
        ) from error
