"""Fitting while the app runs: a process of its own, and the works that it does."""

from engine.fitting_process.fits import Fits
from engine.fitting_process.process import FittingError, FittingProcess
from engine.fitting_process.work import (
    AHEAD,
    CLICK_AGES,
    CLICK_LADDER,
    CLICKS,
    FAMILY,
    GENERATORS_COMPARED,
    LADDER,
    LEARNING,
    RANKER,
    SYSTEM,
    VECTORS,
    WORKS,
    Work,
    generators_of,
)

__all__ = [
    "AHEAD",
    "CLICKS",
    "CLICK_AGES",
    "CLICK_LADDER",
    "FAMILY",
    "GENERATORS_COMPARED",
    "LADDER",
    "LEARNING",
    "RANKER",
    "SYSTEM",
    "VECTORS",
    "WORKS",
    "Fits",
    "FittingError",
    "FittingProcess",
    "Work",
    "generators_of",
]
