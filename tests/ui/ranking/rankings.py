"""Hand-made rankings: what the page shows of a ranker, without a world behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np
import pandas as pd

from engine.comparison import Comparison
from engine.design import Design
from engine.evaluation import Report
from engine.figures import Estimate
from engine.fitting import FittedRanker
from engine.importance import Importance
from engine.ladder import FIGURES, TIMED_ROWS
from engine.measurement import ROWS, RankingTiming, this_machine
from engine.rankers import Course, Ranker
from tests.ui.views import NAN, a_curve
from ui.ranking.rungs import Origin, Rung
from ui.ranking.view import PinnedRanking, RankingView

ORACLES = {
    "ndcg@10": 1.0,
    "auc": 0.86,
    "log_loss": 0.29,
    "normalized_entropy": 0.72,
    "calibration_ratio": NAN,
    "ece": 0.008,
}
SHIPPED = Origin(2_000, 300, "a quiet machine", "2026-11-01")
NONE = Origin(0)


class Model:
    """What is asked of a fitted ranker beside its scores."""

    parameters = 1_234
    size_bytes = 56_000


def a_timing(rows: tuple[int, ...] = ROWS, factor: float = 1.0) -> RankingTiming:
    """Twelve requests: 0.1 ms and 2 µs a candidate, a quarter of it for features; some slower."""
    whole = factor * (1e5 + 2e3 * np.array(rows))
    slower = np.linspace(1.0, 1.5, 12)
    parts = whole[:, None, None] * slower[:, None] * np.array([0.25, 0.75])
    return RankingTiming(rows, parts.astype(np.int64), 1_000.0, this_machine())


def learned(**changes: Any) -> FittedRanker:
    """By GBDT, which kept 3 of 5 rounds."""
    course = Course((0.5, 0.4, 0.35, 0.36, 0.37), 3, "log loss")
    whole = FittedRanker(cast(Ranker, Model()), 1.25, 90_000, 9_500, 20_000, 0.41, course)
    return replace(whole, **changes)


def a_ranking(**changes: Any) -> RankingView:
    """A ranker that reaches 0.800 of the 0.900 that the candidates allow, judged and timed."""
    view = RankingView(
        design=Design(),
        source="judged",
        figures={
            "ndcg@10": (0.8, 0.012),
            "auc": (0.82, 0.006),
            "log_loss": (0.322, 0.005),
            "normalized_entropy": (0.8, 0.012),
            "calibration_ratio": (1.03, 0.02),
            "ece": (0.012, NAN),
        },
        ceiling={name: value for name, value in ORACLES.items() if value == value},
        best_slate=0.9,
        users=500,
        learned=learned(),
        report=cast(Report, None),
        timing=a_timing(),
        curve=a_curve(),
        importances=importances(),
    )
    return replace(view, **changes)


def without_probabilities() -> RankingView:
    """A ranker whose scores are no probabilities."""
    figures = a_ranking().figures
    only = {n: figures[n] if n in ("ndcg@10", "auc") else (NAN, NAN) for n in figures}
    return a_ranking(design=Design(ranker="lambdarank"), figures=only)  # type: ignore[arg-type]


def without_clicks() -> RankingView:
    """The last day lacks clicks."""
    figures = dict.fromkeys(a_ranking().figures, (NAN, NAN)) | {"ndcg@10": (0.8, 0.012)}
    ceiling = dict.fromkeys(a_ranking().ceiling, NAN) | {"ndcg@10": 1.0}
    return a_ranking(figures=figures, ceiling=ceiling, importances=[])


def nothing_to_judge() -> RankingView:
    """No item is left for any user."""
    figures = without_clicks().figures | {"ndcg@10": (NAN, NAN)}
    return replace(without_clicks(), figures=figures, best_slate=NAN)


def against_a(**differences: tuple[float, float]) -> RankingView:
    """Pinned to a logistic regression of 0.75; value and half-width of what B has more.

    Names have "_at_" for the "@" of "ndcg@10"; without any there is no comparison.
    """
    figures = a_ranking().figures | {"ndcg@10": (0.75, 0.013)}
    logistic = Design(ranker="logistic")  # type: ignore[arg-type]
    a = a_ranking(design=logistic, figures=figures, timing=a_timing(factor=0.5))
    estimates = {
        name.replace("_at_", "@"): Estimate(value, value - width, value + width, 500)
        for name, (value, width) in differences.items()
    }
    comparison = Comparison(estimates, {}) if estimates else None
    return a_ranking(pinned=PinnedRanking(a, comparison))


def importances() -> list[Importance]:
    """Of three features, the last of which happens to gain."""
    return [
        Importance(name, group, Estimate(drop, drop - 0.002, drop + 0.002, 8_000), gain)
        for name, group, drop, gain in (
            ("generator_score", "generator", 0.05, 0.6),
            ("topic_taste", "history", 0.01, 0.4),
            ("hour", "moment", -0.0004, 0.0),
        )
    ]


def a_rung(ranker: str, ndcg: float, **changes: Any) -> Rung:
    """A shipped rung; its intervals are 0.02 wide, and its time 1 ms at 500 candidates."""
    figures = {
        name: (value, value - 0.01, value + 0.01, ORACLES[name])
        for name, value in {
            "ndcg@10": ndcg,
            "auc": 0.8,
            "log_loss": 0.33,
            "normalized_entropy": 0.81,
            "calibration_ratio": 1.02,
            "ece": 0.01,
        }.items()
    }
    whole = Rung(
        ranker=ranker,
        figures=figures,
        best_slate=0.9,
        times={1: (0.1, 0.2), 100: (0.25, 0.4), 500: (0.7, 1.0)},
        fit_seconds=2.0,
        rows=90_000,
        parameters=1_000,
        size_bytes=50_000,
        validation_ndcg=0.4,
    )
    return replace(whole, **changes)


def with_auc(rung: Rung, auc: float) -> Rung:
    """The rung with another AUC."""
    return replace(rung, figures=rung.figures | {"auc": (auc, auc - 0.01, auc + 0.01, 0.86)})


def a_ladder() -> tuple[Rung, ...]:
    """Four rungs: LambdaRank has the best slates, GBDT the best AUC."""
    return (
        with_auc(a_rung("none", 0.6), 0.7),
        with_auc(a_rung("logistic", 0.7), 0.75),
        with_auc(a_rung("gbdt", 0.78), 0.82),
        with_auc(a_rung("lambdarank", 0.81, times={500: (2.0, 3.0)}), 0.79),
    )


def a_curve_of_rows() -> tuple[Rung, ...]:
    """One ranker over more and more rows."""
    return tuple(
        with_auc(a_rung("gbdt", 0.6 + place / 20, rows=rows, times={}), 0.7 + place / 50)
        for place, rows in enumerate((2_000, 10_000, 50_000, 90_000))
    )


def a_frame(worlds: tuple[str, ...] = ("default", "additive")) -> pd.DataFrame:
    """As `make ladder` writes it, made up: every rung and every learning curve."""
    rows = []
    for world in worlds:
        rows += [_row(world, "ladder", rung) for rung in a_ladder()]
    rows += [_row("default", "learning", rung) for rung in a_curve_of_rows()]
    return pd.DataFrame(rows)


def _row(world: str, study: str, rung: Rung) -> dict[str, Any]:
    row: dict[str, Any] = {
        name: getattr(rung, name)
        for name in ("ranker", "best_slate", "fit_seconds", "rows", "parameters", "size_bytes")
    }
    for name in FIGURES:
        ends = zip(("", "_low", "_high", "_oracle"), rung.figures[name], strict=True)
        row |= {f"{name}{end}": value for end, value in ends}
    for n in TIMED_ROWS:
        p50, p95 = rung.times.get(n, (NAN, NAN))
        row |= {f"p50_ms_{n}": p50, f"p95_ms_{n}": p95}
    return row | {
        "world": world,
        "study": study,
        "validation_ndcg": rung.validation_ndcg,
        "users": SHIPPED.users,
        "candidates": SHIPPED.candidates,
        "machine": SHIPPED.machine,
        "measured_on": SHIPPED.measured_on,
    }
