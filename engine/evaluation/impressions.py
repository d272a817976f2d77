"""How well a ranker predicts the clicks of the last day, position as logged.

Items that the user had clicked before are left out, as they are in training and serving.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.figures import Estimate
from engine.intervals import Placements, auc_estimate, mean_estimate, placements
from engine.log import clicks_before, split_days
from engine.metrics import (
    calibration_ratio,
    expected_auc,
    expected_calibration_error,
    expected_log_loss,
)
from engine.metrics.classification import pointwise_log_loss
from engine.pipeline import System
from engine.world import Impressions

_FILE, _ROWS = "clicks.json", "rows.npz"
_UNDEFINED = Estimate(float("nan"), float("nan"), float("nan"), 0)
_NO_ROWS = np.empty(0)
ESTIMATES = ("auc", "log_loss", "normalized_entropy", "calibration_ratio", "ece")
"""Figures over impressions, as in a report."""
_ORACLES = tuple(f"oracle_{name}" for name in ESTIMATES)


@dataclass(frozen=True, slots=True, eq=False)
class ClickRows:
    """What is known of each impression, in the order of the log, for paired comparisons.

    placements : of clicked and other impressions, see `Placements`.
    log_loss, p : float64 (n,), nats and the probability of a click. Empty where there are no
        probabilities, as the placements are where they are undefined.
    click_rate : of the impressions; NaN where the figures are undefined.
    """

    placements: Placements = Placements(_NO_ROWS, _NO_ROWS)
    log_loss: NDArray[np.float64] = field(default_factory=lambda: _NO_ROWS)
    p: NDArray[np.float64] = field(default_factory=lambda: _NO_ROWS)
    click_rate: float = math.nan


@dataclass(frozen=True, slots=True)
class ClickFigures:
    """Figures over the impressions of the last day, and what an oracle would get.

    The oracle's AUC, log loss and entropy are what it gets on average over clicks; its
    calibration is that on these very clicks, whose luck it has as well.

    NaN where undefined: all but AUC (n = 0) for a ranker whose scores are not probabilities, and
    what needs clicks and other rows on a last day that lacks them.

    calibration_ratio : clicks predicted over clicks seen. ece : see
        `metrics.expected_calibration_error`; it has no interval.
    rows : the impressions behind them.
    """

    auc: Estimate
    log_loss: Estimate
    normalized_entropy: Estimate
    calibration_ratio: Estimate
    ece: Estimate
    oracle_auc: float
    oracle_log_loss: float
    oracle_normalized_entropy: float
    oracle_calibration_ratio: float
    oracle_ece: float
    rows: ClickRows = field(default_factory=ClickRows, compare=False)


def save_click_figures(figures: ClickFigures, directory: Path) -> None:
    """Write the figures as JSON, and their rows as arrays."""
    saved = {name: asdict(getattr(figures, name)) for name in ESTIMATES}
    oracle = {name: getattr(figures, name) for name in _ORACLES}
    (directory / _FILE).write_text(json.dumps(saved | oracle), encoding="utf-8")
    rows = figures.rows
    np.savez(
        directory / _ROWS,
        **rows.placements._asdict(),
        log_loss=rows.log_loss,
        p=rows.p,
        click_rate=rows.click_rate,
    )


def load_click_figures(directory: Path) -> ClickFigures:
    """Read what `save_click_figures` wrote."""
    saved = json.loads((directory / _FILE).read_text(encoding="utf-8"))
    with np.load(directory / _ROWS, allow_pickle=False) as arrays:
        rows = ClickRows(
            Placements(*(arrays[name] for name in Placements._fields)),
            arrays["log_loss"],
            arrays["p"],
            float(arrays["click_rate"]),
        )
    figures: dict[str, Any] = {name: Estimate(**saved[name]) for name in ESTIMATES}
    figures |= {name: saved[name] for name in _ORACLES}
    return ClickFigures(**figures, rows=rows)


def held_out_impressions(system: System) -> Impressions:
    """The impressions of the last day, without items that the user had clicked before."""
    world = system.world
    shown = world.impressions.between(*split_days(world.config.days).test)
    known = clicks_before(world, system.serving_from)[shown.user, shown.item]
    return shown.rows(np.asarray(known).ravel() == 0)


def judge_clicks(system: System) -> ClickFigures:
    """Judge the system's ranker on held-out impressions."""
    world, shown = system.world, held_out_impressions(system)
    if shown.clicked.all() or not shown.clicked.any():
        nothing: dict[str, Any] = dict.fromkeys(ESTIMATES, _UNDEFINED)
        return ClickFigures(**nothing | dict.fromkeys(_ORACLES, math.nan))
    table = system.features.table(shown.user, shown.item, shown.at, shown.position)
    scores = system.calibrated.scores(table).astype(np.float64)
    gives_probabilities = system.ranker.gives_probabilities
    true_p = world.click_probability(shown.user, shown.item, shown.at, shown.position)
    p = scores if gives_probabilities else _NO_ROWS
    losses = pointwise_log_loss(shown.clicked, scores) if gives_probabilities else _NO_ROWS
    rate = float(shown.clicked.mean())
    return ClickFigures(
        auc=auc_estimate(shown.clicked, scores),
        log_loss=mean_estimate(losses),
        normalized_entropy=mean_estimate(losses / entropy(rate)),
        calibration_ratio=_calibration(shown.clicked, p),
        ece=_ece(shown.clicked, p),
        oracle_auc=expected_auc(true_p, true_p),
        oracle_log_loss=expected_log_loss(true_p, true_p),
        oracle_normalized_entropy=expected_log_loss(true_p, true_p) / entropy(rate),
        oracle_calibration_ratio=calibration_ratio(shown.clicked, true_p),
        oracle_ece=expected_calibration_error(shown.clicked, true_p),
        rows=ClickRows(placements(shown.clicked, scores), losses, p, rate),
    )


def entropy(rate: float) -> float:
    """Entropy of a click in nats, the log loss of always predicting the click rate."""
    return -(rate * math.log(rate) + (1.0 - rate) * math.log1p(-rate))


def _calibration(clicked: NDArray[np.bool_], p: NDArray[np.float64]) -> Estimate:
    """The ratio of two means, with the interval of its linear part (the delta method)."""
    if not len(p):
        return _UNDEFINED
    ratio, rate = calibration_ratio(clicked, p), float(clicked.mean())
    spread = mean_estimate((p - ratio * clicked) / rate).half_width
    return Estimate(ratio, ratio - spread, ratio + spread, len(p))


def _ece(clicked: NDArray[np.bool_], p: NDArray[np.float64]) -> Estimate:
    if not len(p):
        return _UNDEFINED
    return Estimate(expected_calibration_error(clicked, p), math.nan, math.nan, len(p))
