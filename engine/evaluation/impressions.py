"""How well a ranker predicts the clicks of the last day, position as logged.

Items that the user had clicked before are left out, as they are in training and serving.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.figures import Estimate
from engine.intervals import Placements, auc_estimate, mean_estimate, placements
from engine.log import clicks_before, split_days
from engine.metrics import expected_auc, expected_log_loss
from engine.metrics.classification import pointwise_log_loss
from engine.pipeline import System

_FILE, _ROWS = "clicks.json", "rows.npz"
_UNDEFINED = Estimate(float("nan"), float("nan"), float("nan"), 0)
_NO_ROWS = np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class ClickRows:
    """What is known of each impression, in the order of the log, for paired comparisons.

    placements : of clicked and other impressions, see `Placements`.
    log_loss : float64 (n,) nats. Empty where the figure is undefined, as the placements are.
    """

    placements: Placements = Placements(_NO_ROWS, _NO_ROWS)
    log_loss: NDArray[np.float64] = field(default_factory=lambda: _NO_ROWS)


@dataclass(frozen=True, slots=True)
class ClickFigures:
    """AUC and LogLoss over the impressions of the last day, and what an oracle would get.

    NaN where undefined: log_loss (n = 0) for a ranker whose scores are not probabilities, and
    what needs clicks and other rows on a last day that lacks them.

    rows : the impressions behind the first two.
    """

    auc: Estimate
    log_loss: Estimate
    oracle_auc: float
    oracle_log_loss: float
    rows: ClickRows = field(default_factory=ClickRows, compare=False)


def save_click_figures(figures: ClickFigures, directory: Path) -> None:
    """Write the figures as JSON, and their rows as arrays."""
    saved = {
        "auc": asdict(figures.auc),
        "log_loss": asdict(figures.log_loss),
        "oracle_auc": figures.oracle_auc,
        "oracle_log_loss": figures.oracle_log_loss,
    }
    (directory / _FILE).write_text(json.dumps(saved), encoding="utf-8")
    rows = figures.rows
    np.savez(directory / _ROWS, **rows.placements._asdict(), log_loss=rows.log_loss)


def load_click_figures(directory: Path) -> ClickFigures:
    """Read what `save_click_figures` wrote."""
    saved = json.loads((directory / _FILE).read_text(encoding="utf-8"))
    with np.load(directory / _ROWS, allow_pickle=False) as arrays:
        rows = ClickRows(
            Placements(*(arrays[name] for name in Placements._fields)), arrays["log_loss"]
        )
    return ClickFigures(
        auc=Estimate(**saved["auc"]),
        log_loss=Estimate(**saved["log_loss"]),
        oracle_auc=saved["oracle_auc"],
        oracle_log_loss=saved["oracle_log_loss"],
        rows=rows,
    )


def judge_clicks(system: System) -> ClickFigures:
    """Judge the system's ranker on held-out impressions."""
    world = system.world
    shown = world.impressions.between(*split_days(world.config.days).test)
    known = clicks_before(world, system.serving_from)[shown.user, shown.item]
    shown = shown.rows(np.asarray(known).ravel() == 0)
    if shown.clicked.all() or not shown.clicked.any():
        return ClickFigures(_UNDEFINED, _UNDEFINED, float("nan"), float("nan"))
    table = system.features.table(shown.user, shown.item, shown.at, shown.position)
    scores = system.ranker.scores(table).astype(np.float64)
    gives_probabilities = system.ranker.gives_probabilities
    true_p = world.click_probability(shown.user, shown.item, shown.at, shown.position)
    losses = pointwise_log_loss(shown.clicked, scores) if gives_probabilities else _NO_ROWS
    return ClickFigures(
        auc=auc_estimate(shown.clicked, scores),
        log_loss=mean_estimate(losses),
        oracle_auc=expected_auc(true_p, true_p),
        oracle_log_loss=expected_log_loss(true_p, true_p),
        rows=ClickRows(placements(shown.clicked, scores), losses),
    )
