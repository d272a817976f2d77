"""Judging designs against the truth: intervals, ceilings, and the loss of each stage."""

from __future__ import annotations

from collections.abc import Sequence

from engine.evaluation.ahead import AHEAD_STEP, TOGETHER, can_find_ahead, find_ahead
from engine.evaluation.curve import GRID, Curve, candidates_up_to, quality_curve
from engine.evaluation.evaluator import Evaluator
from engine.evaluation.further import Further, further, kept_further
from engine.evaluation.impressions import ClickFigures, ClickRows, entropy
from engine.evaluation.judged import Judged
from engine.evaluation.panel import PANEL_USERS, K, Panel, make_panel, panel_users
from engine.evaluation.report import (
    LOSS_STAGES,
    PER_USER,
    Evidence,
    Loss,
    PerUser,
    Report,
    coverage_difference,
)
from engine.evaluation.slates import exposure_gini_difference
from engine.pipeline import System
from engine.progress import Progress, silent, within
from engine.store import PartStore, Recipe, default_store, part_key
from engine.world import World

__all__ = [
    "AHEAD_STEP",
    "GRID",
    "LOSS_STAGES",
    "PANEL_USERS",
    "PER_USER",
    "TOGETHER",
    "ClickFigures",
    "ClickRows",
    "Curve",
    "Evaluator",
    "Evidence",
    "Further",
    "Judged",
    "K",
    "Loss",
    "Panel",
    "PerUser",
    "Report",
    "can_find_ahead",
    "candidates_up_to",
    "coverage_difference",
    "entropy",
    "evaluate",
    "evaluator_for",
    "exposure_gini_difference",
    "find_ahead",
    "further",
    "kept_further",
    "make_panel",
    "panel_users",
    "quality_curve",
]


def evaluator_for(
    world: World,
    users: int | Sequence[int] = 500,
    store: PartStore | None = None,
    progress: Progress = silent,
    draw: int = 0,
) -> Evaluator:
    """The evaluator of a panel, one for all who ask for the same users.

    draw : which of the users' independent request times; see `make_panel`.
    """
    store = store or default_store()
    panel = make_panel(world, users, store, progress, draw)
    return store.part(
        part_key("evaluator", panel.key), Recipe(make=lambda _: Evaluator(panel, store))
    )


def evaluate(
    system: System,
    users: int | Sequence[int] = 500,
    progress: Progress | None = None,
    store: PartStore | None = None,
) -> Report:
    """Judge a system on a seeded panel of users, or on the users named.

    Raises
    ------
    ValueError : a panel that the world does not have.
    """
    progress = progress or silent
    evaluator = evaluator_for(system.world, users, store, within(progress, 0.0, 0.2))
    evaluator.prepare(system, within(progress, 0.2, 1.0))
    return evaluator.report(system)
