"""What ships with the app for the retrieval page, where it holds."""

from __future__ import annotations

from engine.scenario import Scenario
from ui.retrieval.tradeoff import Sweep


def shipped_sweep(scenario: Scenario) -> Sweep | None:
    """The shipped points that hold for a scenario's vectors; None where none do."""
    return None
