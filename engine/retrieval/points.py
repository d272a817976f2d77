"""One configuration of an index as it was measured: how much it finds, how fast, at what cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.figures import Estimate, Measurement
from engine.index import INDEXES, IndexConfig
from engine.measurement import P99_FROM


@dataclass(frozen=True, slots=True)
class IndexPoint:
    """A configuration, asked for k by single requests, one at a time, on one thread.

    n : vectors in the index. k : that are asked for.
    recall : of the exact search's k, ties counted, over queries.
    top10 : share of a user's true top-10 among the k left after exclusions, over users; None for
        vectors without users.
    p50, p95, p99 : ms of a search; p99 is NaN from too few requests.
    build_seconds : that the build took, where and when it was done.
    memory_bytes : as the library counts them.
    held_up : share of requests that other work on the machine held up.
    taken_at : Unix seconds.
    """

    config: IndexConfig
    n: int
    k: int
    recall: Estimate
    top10: Estimate | None
    p50: Measurement
    p95: Measurement
    p99: Measurement
    build_seconds: float
    memory_bytes: int
    held_up: float

    @property
    def taken_at(self) -> float:
        """Unix seconds of the newest request."""
        return self.p50.taken_at

    @property
    def requests(self) -> int:
        """How many the times rest on."""
        return self.p50.n

    def plain(self) -> dict[str, Any]:
        """As JSON can hold it; see `from_plain`."""
        times = {name: _number(getattr(self, name).value) for name in ("p50", "p95", "p99")}
        return {
            "config": plain_config(self.config),
            "n": self.n,
            "k": self.k,
            "recall": _plain_estimate(self.recall),
            "top10": None if self.top10 is None else _plain_estimate(self.top10),
            **times,
            "requests": self.requests,
            "taken_at": self.taken_at,
            "build_seconds": self.build_seconds,
            "memory_bytes": self.memory_bytes,
            "held_up": self.held_up,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> IndexPoint:
        """The point that `plain` wrote."""

        def time(name: str) -> Measurement:
            value = plain[name]
            ms = math.nan if value is None else value
            return Measurement(ms, "ms", plain["requests"], plain["taken_at"])

        return cls(
            config=config_from_plain(plain["config"]),
            n=plain["n"],
            k=plain["k"],
            recall=_estimate(plain["recall"]),
            top10=None if plain["top10"] is None else _estimate(plain["top10"]),
            p50=time("p50"),
            p95=time("p95"),
            p99=time("p99"),
            build_seconds=plain["build_seconds"],
            memory_bytes=plain["memory_bytes"],
            held_up=plain["held_up"],
        )


def plain_config(config: IndexConfig) -> dict[str, Any]:
    """A configuration as JSON can hold it; see `config_from_plain`."""
    return {"index": config.name, **asdict(config)}


def config_from_plain(plain: Mapping[str, Any]) -> IndexConfig:
    """The configuration that `plain_config` wrote."""
    knobs = {name: value for name, value in plain.items() if name != "index"}
    return INDEXES[plain["index"]](**knobs)


def search_times(
    nanoseconds: NDArray[np.int64], taken_at: float
) -> tuple[Measurement, Measurement, Measurement]:
    """The p50, p95 and p99 of single searches in ms; the p99 is NaN below `P99_FROM` of them."""
    values = (np.percentile(nanoseconds, [50, 95, 99]) / 1e6).tolist()
    if len(nanoseconds) < P99_FROM:
        values[2] = math.nan
    p50, p95, p99 = (Measurement(value, "ms", len(nanoseconds), taken_at) for value in values)
    return p50, p95, p99


def _plain_estimate(estimate: Estimate) -> list[float | None]:
    bounds = (_number(value) for value in (estimate.value, estimate.low, estimate.high))
    return [*bounds, estimate.n]


def _estimate(plain: list[Any]) -> Estimate:
    value, low, high = (math.nan if number is None else number for number in plain[:3])
    return Estimate(value, low, high, plain[3])


def _number(value: float) -> float | None:
    """JSON knows no NaN."""
    return None if math.isnan(value) else value
