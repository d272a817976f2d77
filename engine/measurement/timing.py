"""What a stopwatch read: a row a request, and percentiles of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.figures import Measurement
from engine.measurement.machine import Machine
from engine.pipeline import STAGES

WHOLE = "whole"
P99_FROM = 1_000
"""Requests from which a p99 is given: below, ten or fewer requests would decide it."""


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Time of single requests, one at a time, on one thread.

    nanoseconds : int64 (requests, 6): the stages in the order of `STAGES`, then the whole.
    processor : int64 (requests,), nanoseconds of the whole in which a processor was at work.
    first : int64 (6,): the very first request, before any warm-up; in none of the figures.
    taken_at : Unix seconds of the newest request.
    """

    nanoseconds: NDArray[np.int64]
    processor: NDArray[np.int64]
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

    def split(self, q: float) -> dict[str, float]:
        """The whole's q-th percentile in ms, shared out to the stages; see `split_percentile`.

        NaN for a percentile that too few requests stand behind.
        """
        whole = self.percentile(q).value
        parts = split_percentile(self.nanoseconds, q) if self.requests else np.zeros(len(STAGES))
        shares = dict(zip(STAGES, (parts + 0.0 * whole).tolist(), strict=True))
        return shares | {WHOLE: whole}

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

    @property
    def held_up(self) -> float:
        """Share of requests that other work on the machine held up by a tenth or more.

        Their time on the clock exceeds their time on a processor.
        """
        whole = self.nanoseconds[:, -1]
        return float(np.mean(whole > 1.1 * self.processor)) if self.requests else 0.0

    def joined(self, later: Timing) -> Timing:
        """These requests and later ones of the same design."""
        rows = np.concatenate([self.nanoseconds, later.nanoseconds])
        processor = np.concatenate([self.processor, later.processor])
        return replace(self, nanoseconds=rows, processor=processor, taken_at=later.taken_at)


def split_percentile(nanoseconds: NDArray[np.int64], q: float) -> NDArray[np.float64]:
    """A percentile of the whole, shared out as the stages share the requests around it.

    Percentiles of the stages do not add up to that of the whole; these parts do.

    Parameters
    ----------
    nanoseconds : (requests, stages + 1), the stages and the whole.
    q : from 0 to 100; the requests within 2.5 of it decide the shares, at least five.

    Returns
    -------
    (stages,) in ms.
    """
    whole = nanoseconds[:, -1]
    order = np.argsort(whole, kind="stable")
    n = len(order)
    half = max(2, round(0.025 * n))
    middle = round(q / 100 * (n - 1))
    first = max(0, min(middle - half, n - 1 - 2 * half))
    last = max(middle + half, 2 * half)
    around = nanoseconds[order[first : last + 1], :-1].mean(axis=0)
    parts: NDArray[np.float64] = around / around.sum() * np.percentile(whole, q) / 1e6
    return parts


def now() -> float:
    """Unix seconds."""
    return time.time()
