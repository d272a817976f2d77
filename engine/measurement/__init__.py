"""The stopwatch, and a process of its own in which it runs."""

from engine.measurement.machine import Machine, this_machine
from engine.measurement.ranking import PARTS, ROWS, RankingRun, RankingTiming, measure_ranking
from engine.measurement.stopwatch import InterleavedRun, measure, measure_interleaved
from engine.measurement.timing import P99_FROM, WHOLE, Timing, split_percentile

__all__ = [
    "P99_FROM",
    "PARTS",
    "ROWS",
    "WHOLE",
    "InterleavedRun",
    "Machine",
    "RankingRun",
    "RankingTiming",
    "Timing",
    "measure",
    "measure_interleaved",
    "measure_ranking",
    "split_percentile",
    "this_machine",
]
