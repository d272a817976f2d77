"""How long one request takes: the features of its ads, then the model."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter_ns, thread_time_ns

import numpy as np
from numpy.typing import NDArray

from engine.clicks.days import days_of
from engine.clicks.design import ClickDesign
from engine.clicks.log import ClickLog, shown
from engine.clicks.rows import AdRows
from engine.clicks.study import ClickModel, click_model
from engine.figures import Measurement
from engine.measurement.machine import Machine, this_machine
from engine.measurement.stopwatch import WARM_UP, turn, undisturbed
from engine.measurement.timing import P99_FROM, WHOLE, now
from engine.progress import Progress
from engine.store import PartStore

PARTS = ("features", "model")
BUDGET_MS = 30.0
"""What an ad auction leaves for inference, of the published 5 to 30 ms."""
_DISTINCT = 40  # requests that come in turn


@dataclass(frozen=True, slots=True, eq=False)
class InferenceTiming:
    """Time of single requests, one at a time, on one thread.

    ads : rows of one request.
    nanoseconds : int64 (requests, 3): features, model, whole.
    processor : int64 (requests,), nanoseconds of the whole in which a processor was at work.
    first : int64 (3,): the very first request, before any warm-up; in none of the figures.
    taken_at : Unix seconds.
    """

    ads: int
    nanoseconds: NDArray[np.int64]
    processor: NDArray[np.int64]
    first: NDArray[np.int64]
    taken_at: float
    machine: Machine

    @property
    def requests(self) -> int:
        """How many requests the figures rest on."""
        return len(self.nanoseconds)

    def percentile(self, q: float, part: str = WHOLE) -> Measurement:
        """The q-th percentile of a part's time, or of the whole, in ms.

        Parts' percentiles do not add up to that of the whole. NaN for a percentile that too few
        requests stand behind (p99 needs `P99_FROM`).

        Raises
        ------
        ValueError : an unknown part, or q outside 0 to 100.
        """
        if not 0 <= q <= 100:
            raise ValueError(f"q={q!r}: must be from 0 to 100")
        names = (*PARTS, WHOLE)
        if part not in names:
            raise ValueError(f"part={part!r}: must be one of {', '.join(names)}")
        known = q < 99 or self.requests >= P99_FROM
        column = self.nanoseconds[:, names.index(part)]
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
    def held_up(self) -> float:
        """Share of requests that other work on the machine held up by a tenth or more."""
        return float(np.mean(self.nanoseconds[:, -1] > 1.1 * self.processor))


def measure_clicks(
    log: ClickLog,
    design: ClickDesign | None = None,
    ads: int = 500,
    requests: int = 1_000,
    store: PartStore | None = None,
    progress: Progress | None = None,
) -> InferenceTiming:
    """Time single requests of the test days, each of so many ads.

    A request comes as ids, moment and counts. Features join what is known of user, site and
    ads to them; the model prepares, scores, corrects and calibrates.

    Raises
    ------
    ValueError : a number of requests below 1, or more ads than run at one time; else as
        `run_clicks`.
    """
    if requests < 1:
        raise ValueError(f"requests={requests!r}: must be at least 1")
    if not 1 <= ads <= log.config.ads:
        raise ValueError(f"ads={ads!r}: must be from 1 to the {log.config.ads:,} that run")
    model = click_model(log, design or ClickDesign(), store, progress)
    asked = _requests(log, ads, min(requests, _DISTINCT))
    rows = np.empty((requests, len(PARTS) + 1), dtype=np.int64)
    processor = np.empty(requests, dtype=np.int64)
    with undisturbed():
        with turn():
            first, _ = _time(model, asked[0])
            for warm in range(WARM_UP):
                _time(model, asked[-1 - warm % len(asked)])
        for request in range(requests):
            with turn():
                rows[request], processor[request] = _time(model, asked[request % len(asked)])
    return InferenceTiming(
        ads, rows, processor, np.array(first, dtype=np.int64), now(), this_machine()
    )


def _requests(log: ClickLog, ads: int, requests: int) -> list[AdRows]:
    first, last = days_of(log.config, ClickDesign()).test
    rows = shown(log.truth, requests, ads, (float(first), float(last)), "clicks/inference")
    return [rows.rows(slice(place * ads, (place + 1) * ads)) for place in range(requests)]


def _time(model: ClickModel, rows: AdRows) -> tuple[list[int], int]:
    """Nanoseconds of features, model and whole, and of the processor's work."""
    at_work = thread_time_ns()
    started = perf_counter_ns()
    table = model.features.table(rows)
    joined = perf_counter_ns()
    model.finished(model.ranker.scores(table))
    done = perf_counter_ns()
    at_work = thread_time_ns() - at_work
    return [joined - started, done - joined, done - started], at_work
