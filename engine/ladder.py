"""The ladder of rankers side by side, and each of them over more and more training rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from engine.design import Design
from engine.evaluation import Evaluator, evaluator_for
from engine.measurement import RankingTiming, measure_ranking
from engine.pipeline import System, build
from engine.progress import Progress, silent, within
from engine.rankers import RANKERS
from engine.sample import SAMPLE
from engine.store import PartStore, default_store
from engine.training import Training
from engine.world import World

LADDER = SAMPLE / "ladder.csv"
LEARNING_ROWS = (2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Training rows of the learning curve; the last point has all that there are."""
FIGURES = ("ndcg@10", "auc", "log_loss", "normalized_entropy", "calibration_ratio", "ece")
TIMED_ROWS = (1, 100, 500)


def ladder_designs(design: Design) -> list[Design]:
    """The design with each ranker in turn: its own as it is, the others at their defaults."""
    own = design.ranker
    rankers = (own if name == own.name else kind() for name, kind in RANKERS.items())
    return [replace(design, ranker=ranker) for ranker in rankers]


def learning_designs(design: Design) -> list[Design]:
    """The design trained on more and more rows; the last on as many as it asks for."""
    asked = design.training
    fewer = [rows for rows in LEARNING_ROWS if rows < asked.rows]
    return [replace(design, training=replace(asked, rows=rows)) for rows in (*fewer, asked.rows)]


def study_designs(design: Design, what: str) -> list[Design]:
    """What a study fits, "ladder" or "learning": the same whichever of its points the design is."""
    if what == "ladder":
        return ladder_designs(design)
    return learning_designs(
        replace(design, training=replace(design.training, rows=Training().rows))
    )


def judge_rankers(
    world: World,
    designs: Sequence[Design],
    users: int = 500,
    store: PartStore | None = None,
    progress: Progress = silent,
    timed: bool = True,
) -> pd.DataFrame:
    """Fit and judge each design, and time the second stage of all in turn.

    Returns
    -------
    A row a design, in the order given: ``ranker``; ``candidates``; ``rows``, ``clicks`` and
    ``validation_rows`` that it learned from, ``validation_ndcg`` to choose a ranker by;
    each of `FIGURES` (simulated) with ``_low``, ``_high`` and ``_oracle``, NaN where undefined;
    ``best_slate``, the NDCG@10 of the best slate among the candidates; ``users``;
    ``fit_seconds`` (measured when it was fitted); ``rounds`` kept; ``parameters``;
    ``size_bytes``; and if ``timed``: ``p50_ms_100`` and the like for each of `TIMED_ROWS`
    (measured), features and scores.
    """
    store = store or default_store()
    evaluator = evaluator_for(world, users, store)
    systems, rows = [], []
    for place, design in enumerate(designs):
        share = within(progress, place / len(designs), (place + 0.9) / len(designs))
        system = build(world, design, share, store)
        rows.append(_judged(evaluator, system))
        systems.append(system)
    frame = pd.DataFrame(rows)
    if timed:
        progress("timing the rankers in turn", 0.97)
        times = measure_ranking(systems, TIMED_ROWS)
        frame = pd.concat([frame, pd.DataFrame([_times(timing) for timing in times])], axis=1)
    return frame


def _judged(evaluator: Evaluator, system: System) -> dict[str, object]:
    report, learned = evaluator.kept_report(system), system.learned
    row: dict[str, object] = {
        "ranker": system.design.ranker.name,
        "candidates": system.design.candidates,
        "rows": learned.rows,
        "clicks": learned.clicks,
        "validation_rows": learned.validation_rows,
        "validation_ndcg": learned.validation_ndcg,
    }
    for name in FIGURES:
        figure = report[name]
        row |= {name: figure.value, f"{name}_low": figure.low, f"{name}_high": figure.high}
        row[f"{name}_oracle"] = report.ceiling[name]
    lost = report.loss["generation"].value + report.loss["index"].value
    return row | {
        "best_slate": 1.0 - lost,
        "users": report["ndcg@10"].n,
        "fit_seconds": learned.seconds,
        "rounds": learned.course.kept,
        "parameters": learned.ranker.parameters,
        "size_bytes": learned.ranker.size_bytes,
    }


def _times(timing: RankingTiming) -> dict[str, float]:
    return {f"p{q}_ms_{rows}": timing.percentile(rows, q) for rows in timing.rows for q in (50, 95)}


def load_ladder() -> pd.DataFrame:
    """The ladder and the learning curves of the preset worlds, measured by `make ladder`.

    Columns: ``world``, a name of `PRESETS`; ``study``, "ladder" or "learning"; those of
    `judge_rankers`; ``machine`` and ``measured_on``, a date.

    Raises
    ------
    ValueError : the file is missing or cannot be read; the error names the remedy.
    """
    try:
        return pd.read_csv(LADDER)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{LADDER.name}: {type(error).__name__}; make it again with `make ladder`"
        ) from error
