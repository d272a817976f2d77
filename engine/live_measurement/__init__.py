"""Measuring while the app runs: a process of its own, and the ledger of its results."""

from engine.live_measurement.ledger import FIRST_LOOK, Ledger
from engine.live_measurement.process import MeasuringError, MeasuringProcess

__all__ = ["FIRST_LOOK", "Ledger", "MeasuringError", "MeasuringProcess"]
