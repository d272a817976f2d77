"""The rungs of the ladder as points: shipped for the preset worlds, or fitted here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import nan
from typing import Any

import numpy as np
import pandas as pd

from engine.design import Design
from engine.ladder import TIMED_ROWS, load_ladder
from engine.presets import PRESETS
from engine.rankers import RANKERS
from engine.world import WorldConfig
from ui.controls import LABELS
from ui.ranking.view import RankingView

NAMES = {name: LABELS.get(name, name) for name in RANKERS} | {"none": "no ranker"}
"""Name of a ranker -> as the page calls it."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One ranker, fitted and judged.

    figures : name -> (value, low, high, oracle). times : candidates -> (p50, p95) in ms.
    rows : impressions that it learned from.
    here : whether it is the design that is shown.
    """

    ranker: str
    figures: dict[str, tuple[float, float, float, float]]
    best_slate: float
    times: dict[int, tuple[float, float]]
    fit_seconds: float
    rows: int
    parameters: int
    size_bytes: int
    validation_ndcg: float
    here: bool = False

    @property
    def name(self) -> str:
        """As the page calls it."""
        return NAMES.get(self.ranker, self.ranker)

    def value(self, figure: str) -> float:
        """The value of a figure."""
        return self.figures[figure][0]

    def p95_ms(self, candidates: int) -> float:
        """Of features and scores for so many candidates, between those timed; NaN untimed."""
        known = [(n, pair[1]) for n, pair in sorted(self.times.items()) if pair[1] == pair[1]]
        if not known:
            return nan
        sizes, times = zip(*known, strict=True)
        if candidates <= sizes[-1]:
            return float(np.interp(candidates, sizes, times))
        slope = (times[-1] - times[-2]) / (sizes[-1] - sizes[-2]) if len(sizes) > 1 else 0.0
        return float(times[-1] + slope * (candidates - sizes[-1]))


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rungs come from: judged on so many users, with so many candidates.

    fitted_here : in this app; a learning curve is then without times.
    """

    users: int
    candidates: int = 0
    machine: str = ""
    measured_on: str = ""
    fitted_here: bool = False


def preset_of(world: WorldConfig) -> str | None:
    """The name of the preset that a world is."""
    return next((name for name, config in PRESETS.items() if config == world), None)


def shipped(world: WorldConfig, design: Design, study: str) -> tuple[tuple[Rung, ...], Origin]:
    """The shipped rungs that hold for a world and a design; none where none do.

    They hold for the default generator, index and training, without re-ranking; the curve of
    learning for any number of rows, and for the ranker at its defaults. They were judged with
    the default number of candidates, which their origin tells.

    Raises
    ------
    ValueError : the shipped file cannot be read.
    """
    preset = preset_of(world)
    usual = Design(ranker=design.ranker)
    alike = usual == replace(
        design, slate=usual.slate, candidates=usual.candidates, training=usual.training
    )
    training = design.training
    if study == "learning":
        alike = alike and design.ranker == type(design.ranker)()
        alike = alike and training.fitted_part == usual.training.__class__(rows=training.rows)
    else:
        alike = alike and training.fitted_part == usual.training
    if preset is None or not alike:
        return (), Origin(0)
    frame = _frame()
    mine = frame[(frame["world"] == preset) & (frame["study"] == study)]
    if study == "learning":
        mine = mine[mine["ranker"] == design.ranker.name]
    if mine.empty:
        return (), Origin(0)
    first = mine.iloc[0]
    origin = Origin(
        users=int(first["users"]),
        candidates=int(first["candidates"]),
        machine=str(first["machine"]),
        measured_on=str(first["measured_on"]),
    )
    return rungs_of(mine), origin


def rungs_of(frame: pd.DataFrame) -> tuple[Rung, ...]:
    """Rungs from a frame of `judge_rankers`."""
    return tuple(_rung(row) for row in frame.to_dict("records"))


def rung_here(view: RankingView) -> Rung:
    """The design that is shown, as a rung."""
    figures = {}
    for name, (value, width) in view.figures.items():
        figures[name] = value, value - width, value + width, view.ceiling.get(name, nan)
    timing, learned = view.timing, view.learned
    times = {}
    if timing is not None:
        times = {
            n: (float(timing.percentile(n, 50)), float(timing.percentile(n, 95)))
            for n in timing.rows
        }
    return Rung(
        ranker=view.design.ranker.name,
        figures=figures,
        best_slate=view.best_slate,
        times=times,
        fit_seconds=learned.seconds,
        rows=learned.rows,
        parameters=learned.ranker.parameters,
        size_bytes=learned.ranker.size_bytes,
        validation_ndcg=learned.validation_ndcg,
        here=True,
    )


def _rung(row: dict[Any, Any]) -> Rung:
    names = [name.removesuffix("_oracle") for name in row if str(name).endswith("_oracle")]
    return Rung(
        ranker=str(row["ranker"]),
        figures={
            name: tuple(  # type: ignore[misc]
                float(row[f"{name}{end}"]) for end in ("", "_low", "_high", "_oracle")
            )
            for name in names
        },
        best_slate=float(row["best_slate"]),
        times={
            n: (float(row[f"p50_ms_{n}"]), float(row[f"p95_ms_{n}"]))
            for n in TIMED_ROWS
            if f"p50_ms_{n}" in row
        },
        fit_seconds=float(row["fit_seconds"]),
        rows=int(row["rows"]),
        parameters=int(row["parameters"]),
        size_bytes=int(row["size_bytes"]),
        validation_ndcg=float(row["validation_ndcg"]),
    )


@lru_cache(maxsize=1)
def _frame() -> pd.DataFrame:
    return load_ladder()
