"""What a stopwatch read: a row a request, and percentiles of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.figures import Measurement
from engine.measurement.machine import Machine, this_machine
from engine.pipeline import STAGES

WHOLE = "whole"
P99_FROM = 1_000
"""Requests from which a p99 is given: below, ten or fewer requests would decide it."""


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Time of single requests, one at a time, on one thread.

    nanoseconds : int64 (requests, 5): the stages in the order of `STAGES`, then the whole.
    first : int64 (5,): the very first request, before any warm-up; in none of the figures.
    taken_at : Unix seconds of the newest request.
    """

    nanoseconds: NDArray[np.int64]
    first: NDArray[np.int64]
    taken_at: float
    machine: Machine

    @property
    def requests(self) -> int:
        """How many requests the figures rest on."""
        return len(self.nanoseconds)

    def percentile(self, q: float, stage: str = WHOLE) -> Measurement:
        """The q-th percentile of a stage's time, or of the whole, in ms.

        Stages' percentiles do not add up to that of the whole. NaN for a percentile that
        too few requests stand behind (p99 needs `P99_FROM`).

        Raises
        ------
        ValueError : an unknown stage, or q outside 0 to 100.
        """
        if not 0 <= q <= 100:
            raise ValueError(f"q={q!r}: must be from 0 to 100")
        names = (*STAGES, WHOLE)
        if stage not in names:
            raise ValueError(f"stage={stage!r}: must be one of {', '.join(names)}")
        known = self.requests > 0 and (q < 99 or self.requests >= P99_FROM)
        column = self.nanoseconds[:, names.index(stage)]
        value = float(np.percentile(column, q)) / 1e6 if known else float("nan")
        return Measurement(value, "ms", self.requests, self.taken_at)

    @property
    def p50(self) -> Measurement:
        """Median of the whole request."""
        return self.percentile(50)

    @property
    def p95(self) -> Measurement:
        """95th percentile of the whole request."""
        return self.percentile(95)

    @property
    def p99(self) -> Measurement:
        """99th percentile of the whole request; NaN below `P99_FROM` requests."""
        return self.percentile(99)

    @property
    def first_request(self) -> Measurement:
        """The very first request, cold caches and all."""
        return Measurement(float(self.first[-1]) / 1e6, "ms", 1, self.taken_at)

    def joined(self, later: Timing) -> Timing:
        """These requests and later ones of the same design."""
        rows = np.concatenate([self.nanoseconds, later.nanoseconds])
        return replace(self, nanoseconds=rows, taken_at=later.taken_at)

    def save(self, directory: Path) -> None:
        """Write the requests, without pickle."""
        np.savez(
            directory / "timing.npz",
            nanoseconds=self.nanoseconds,
            first=self.first,
            taken_at=self.taken_at,
        )

    @classmethod
    def load(cls, directory: Path) -> Timing:
        """Read what `save` wrote on this machine."""
        with np.load(directory / "timing.npz", allow_pickle=False) as saved:
            return cls(
                saved["nanoseconds"], saved["first"], float(saved["taken_at"]), this_machine()
            )


def now() -> float:
    """Unix seconds."""
    return time.time()
