"""What commands begin and end with: a design that can be built in its world, and its figures."""

from __future__ import annotations

from dataclasses import replace

import click

from engine.comparison import Comparison
from engine.evaluation import PANEL_USERS, Report
from engine.figures import Estimate, Measurement
from engine.measurement import Timing
from engine.pipeline import repaired_for
from engine.progress import Progress, within
from engine.sample import open_world
from engine.scenario import Scenario
from engine.store import default_store
from engine.world import World
from ui.names import describe

TIMES = ("p50", "p95", "p99")


def opened(scenario: Scenario, progress: Progress) -> tuple[World, Scenario]:
    """The world, and the scenario with its index repaired to the vectors that there are; each
    repair is told on standard error."""
    world = open_world(scenario.world, progress=within(progress, 0.0, 0.5))
    share = within(progress, 0.5, 1.0)
    design, repairs = repaired_for(world, scenario.design, default_store(), share)
    for line in repairs:
        click.echo(f"design: {line}", err=True)
    return world, replace(scenario, design=design)


def panel(scenario: Scenario, users: int | None) -> int:
    """How many users judge: those asked for, or those of the pages."""
    return min(PANEL_USERS, scenario.world.users) if users is None else users


def figures_of(report: Report, timing: Timing | None) -> dict[str, Estimate | Measurement]:
    """Every figure of a design by name, times in ms."""
    times = {} if timing is None else {name: getattr(timing, name) for name in TIMES}
    return {**report, **_losses(report.loss), **times}


def differences_of(compared: Comparison) -> dict[str, Estimate]:
    """Every paired difference by the name of its figure."""
    return {**compared, **_losses(compared.loss)}


def told_design(scenario: Scenario) -> dict[str, object]:
    """What was judged: in words, and as the choices of a link."""
    return {"design": describe(scenario.design), "choices": scenario.spelled_out()}


def _losses(loss: dict[str, Estimate]) -> dict[str, Estimate]:
    return {f"lost in {stage}": lost for stage, lost in loss.items()}
