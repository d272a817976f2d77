"""How well a ranker predicts the clicks of the last day, position as logged.

Items that the user had clicked before are left out, as they are in training and serving.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from engine.figures import Estimate
from engine.intervals import auc_estimate, log_loss_estimate
from engine.log import clicks_before, split_days
from engine.metrics import expected_auc, expected_log_loss
from engine.pipeline import System

_FILE = "clicks.json"
_UNDEFINED = Estimate(float("nan"), float("nan"), float("nan"), 0)


@dataclass(frozen=True, slots=True)
class ClickFigures:
    """AUC and LogLoss over the impressions of the last day, and what an oracle would get.

    NaN where undefined: log_loss (n = 0) for a ranker whose scores are not probabilities, and
    what needs clicks and other rows on a last day that lacks them.
    """

    auc: Estimate
    log_loss: Estimate
    oracle_auc: float
    oracle_log_loss: float


def save_click_figures(figures: ClickFigures, directory: Path) -> None:
    """Write the figures as JSON."""
    (directory / _FILE).write_text(json.dumps(asdict(figures)), encoding="utf-8")


def load_click_figures(directory: Path) -> ClickFigures:
    """Read what `save_click_figures` wrote."""
    saved = json.loads((directory / _FILE).read_text(encoding="utf-8"))
    return ClickFigures(
        auc=Estimate(**saved["auc"]),
        log_loss=Estimate(**saved["log_loss"]),
        oracle_auc=saved["oracle_auc"],
        oracle_log_loss=saved["oracle_log_loss"],
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
    true_p = world.click_probability(shown.user, shown.item, shown.at, shown.position)
    return ClickFigures(
        auc=auc_estimate(shown.clicked, scores),
        log_loss=(
            log_loss_estimate(shown.clicked, scores)
            if system.ranker.gives_probabilities
            else _UNDEFINED
        ),
        oracle_auc=expected_auc(true_p, true_p),
        oracle_log_loss=expected_log_loss(true_p, true_p),
    )
