"""The stopwatch, and a process of its own in which it runs."""

from engine.measurement.machine import Machine, this_machine
from engine.measurement.stopwatch import measure, measure_interleaved
from engine.measurement.timing import P99_FROM, WHOLE, Timing, split_percentile

__all__ = [
    "P99_FROM",
    "WHOLE",
    "Machine",
    "Timing",
    "measure",
    "measure_interleaved",
    "split_percentile",
    "this_machine",
]
