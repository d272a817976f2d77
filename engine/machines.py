"""From measured latency to machines and money: modelled, each figure with its formula."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from engine.figures import Modelled
from engine.knobs import Knob, check_knobs
from engine.measurement import P99_FROM, Timing

HOURS_A_MONTH = 365 * 24 / 12
_SAMPLES = 2_000  # of an assumed service time: enough for a p99


@dataclass(frozen=True, slots=True)
class Traffic:
    """What must be served, and how safely.

    peak : requests a second at the busiest time.
    mean_share : the day's mean over the peak.
    utilisation : how busy a core may be at the peak, as a share of its time; what is left is
        for bursts, for machines that fail, and for all that was not measured.
    replicas : copies of the whole service at least, so that one may fail.
    slo_ms : what the p99 of a request must keep to, waiting included.

    Raises
    ------
    ValueError : a number out of range.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "peak": Knob(0.01, 10_000_000.0, "requests at the busiest time", "requests/s"),
        "mean_share": Knob(0.01, 1.0, "the day's mean over the peak", "share"),
        "utilisation": Knob(0.05, 0.95, "how busy a core may be at the peak", "share"),
        "replicas": Knob(1, 100, "copies of the service at least", "copies"),
        "slo_ms": Knob(1.0, 10_000.0, "what the p99 must keep to", "ms"),
    }
    peak: float = 10_000.0
    mean_share: float = 0.5
    utilisation: float = 0.6
    replicas: int = 2
    slo_ms: float = 150.0

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)


@dataclass(frozen=True, slots=True)
class Prices:
    """A machine and what it costs. The defaults are an example, nobody's price list: edit them.

    cores : of one machine, each taken to be as fast as the one that measured.
    memory_gb : of one machine for the service's own use, GB of 10^9 bytes.
    per_hour : price of a machine for an hour.
    currency : shown with prices.

    Raises
    ------
    ValueError : a number out of range, or a currency that is no short text.
    """

    knobs: ClassVar[dict[str, Knob]] = {
        "cores": Knob(1, 512, "of one machine", "cores"),
        "memory_gb": Knob(0.1, 50_000.0, "of one machine", "GB"),
        "per_hour": Knob(0.0, 10_000.0, "price of a machine for an hour"),
    }
    cores: int = 16
    memory_gb: float = 64.0
    per_hour: float = 0.80
    currency: str = "USD"

    def __post_init__(self) -> None:
        check_knobs(self, self.knobs)
        text = self.currency if isinstance(self.currency, str) else ""
        if not text.isprintable() or text != text.strip() or not 1 <= len(text) <= 8:
            raise ValueError(f"currency={self.currency!r}: must be a text of 1 to 8 characters")


@dataclass(frozen=True, slots=True)
class Machines:
    """How many machines, why as many, what they cost, and whether they keep to the SLO.

    All figures are modelled from one thread's time on one machine: no network, no work beside
    the request, cores that do not slow each other down, every machine on all day. Against simulated
    queues p95 and p99 are within a tenth for machines of four cores or more; before a single core
    they are up to a third too low where service times vary more than exponential ones.

    cpu : processor time of a request, ms.
    per_core : requests a second that a core takes at the stated utilisation.
    cores : that the peak keeps busy at that utilisation; not rounded.
    machines : whole machines.
    limited_by : what asks for as many: the peak's cores, the memory of the copies, or the least
        number of copies.
    load : how busy a core really is at the peak, all machines up; at most the utilisation.
    hourly, monthly, per_million : cost, the last of a million requests at the day's mean traffic.
    p95, p99 : of a request at the peak, waiting included, ms. p99 is NaN from fewer than
        `P99_FROM` measured requests.
    keeps_slo : whether p99 is within the SLO; None where p99 is not known.
    """

    cpu: Modelled
    per_core: Modelled
    cores: Modelled
    machines: Modelled
    limited_by: Literal["cores", "memory", "replicas"]
    load: Modelled
    hourly: Modelled
    monthly: Modelled
    per_million: Modelled
    p95: Modelled
    p99: Modelled
    keeps_slo: bool | None


@dataclass(frozen=True, slots=True, eq=False)
class _Service:
    """The time that a request keeps a core busy, in ms."""

    mean: float
    samples: NDArray[np.float64]
    source: str
    measured: int | None  # requests, None where the mean was given

    @property
    def variation(self) -> float:
        """The squared coefficient of variation."""
        return float(self.samples.var()) / self.mean**2 if self.measured is not None else 1.0


def machines(
    service: Timing | float,
    memory_bytes: int,
    traffic: Traffic | None = None,
    prices: Prices | None = None,
) -> Machines:
    """Size a fleet for a design.

    Cores: the peak over what a core takes at the utilisation. Memory: each copy of the service
    holds all of `memory_bytes`, spread over as many machines as that needs; the cores of a machine
    share it. Splitting a copy is taken to be free: a request costs the same processor time.

    Parameters
    ----------
    service : what was measured of the design, whose processor time counts; or a mean in ms
        alone, which is then taken to vary as an exponential time does.
    memory_bytes : what one copy of the service holds, from 0.

    Raises
    ------
    ValueError : nothing timed, a mean that is not above 0, or a negative memory.
    """
    traffic, prices = traffic or Traffic(), prices or Prices()
    whole = isinstance(memory_bytes, int | np.integer) and not isinstance(memory_bytes, bool)
    if not whole or memory_bytes < 0:
        raise ValueError(f"memory_bytes={memory_bytes!r}: must be a whole number from 0")
    time = _service(service)
    share = f"{traffic.utilisation:g}"
    per_core = traffic.utilisation / (time.mean / 1e3)
    cores = traffic.peak / per_core
    by_cores = _whole(cores / prices.cores)
    a_copy = max(1, _whole(memory_bytes / (prices.memory_gb * 1e9)))
    copies = max(traffic.replicas, math.ceil(by_cores / a_copy))
    count = copies * a_copy
    load = traffic.peak * time.mean / 1e3 / (count * prices.cores)
    hourly = count * prices.per_hour
    mean_traffic = traffic.peak * traffic.mean_share
    p95, p99 = (_under_load(time, prices.cores, load, q) for q in (95.0, 99.0))
    return Machines(
        cpu=Modelled(time.mean, "ms", time.source),
        per_core=Modelled(
            per_core, "requests/s", f"utilisation {share} / processor seconds of a request"
        ),
        cores=Modelled(cores, "cores", "peak requests/s / requests/s of a core"),
        machines=Modelled(
            count,
            "machines",
            f"whole copies of {a_copy:,} (memory of a copy / memory of a machine, rounded up), at "
            f"least {traffic.replicas:,} copies and {by_cores:,} machines (cores / "
            f"{prices.cores:,} a machine, rounded up)",
        ),
        limited_by=_limit(by_cores, traffic.replicas, a_copy),
        load=Modelled(
            load,
            "share",
            "peak requests/s × processor seconds of a request / cores of all machines",
        ),
        hourly=Modelled(
            hourly,
            f"{prices.currency}/hour",
            f"machines × {prices.per_hour:g} {prices.currency} an hour",
        ),
        monthly=Modelled(
            hourly * HOURS_A_MONTH, f"{prices.currency}/month", "cost an hour × 730 hours"
        ),
        per_million=Modelled(
            hourly / (mean_traffic * 3600) * 1e6,
            f"{prices.currency}/million requests",
            f"cost an hour / requests an hour at {traffic.mean_share:g} of the peak × 1,000,000",
        ),
        p95=p95,
        p99=p99,
        keeps_slo=None if math.isnan(p99.value) else p99.value <= traffic.slo_ms,
    )


def erlang_c(servers: int, load: float) -> float:
    """The share of requests that find all servers busy, for random arrivals and times (M/M/c).

    Parameters
    ----------
    servers : from 1.
    load : of each server, from 0 to below 1.

    Raises
    ------
    ValueError : servers or load out of range.

    Source: Erlang (1917), by the recursion of Erlang B, which stays finite for any size.
    """
    if servers < 1:
        raise ValueError(f"servers={servers!r}: must be at least 1")
    if not 0 <= load < 1:
        raise ValueError(f"load={load!r}: must be from 0 to below 1")
    offered, blocked = servers * load, 1.0
    for server in range(1, servers + 1):
        blocked = offered * blocked / (server + offered * blocked)
    return blocked / (1 - load * (1 - blocked))


def wait_of_waiting(servers: int, load: float, mean: float, variation: float) -> float:
    """Mean wait of those requests that wait, random arrivals before several servers (M/G/c).

    Times `erlang_c` it is the mean wait of all, exact for one server (Pollaczek and Khinchine) and
    for exponential service times (Erlang).

    Parameters
    ----------
    servers, load : as in `erlang_c`.
    mean, variation : of the service time, and its squared coefficient of variation.

    Returns
    -------
    In the unit of the mean.

    Source: the Allen-Cunneen approximation, Allen (1990), "Probability, Statistics, and Queueing
    Theory with Computer Science Applications", with the arrivals' variation at 1.
    """
    return mean / (servers * (1 - load)) * (1 + variation) / 2


def _under_load(time: _Service, servers: int, load: float, q: float) -> Modelled:
    """The q-th percentile of waiting and service together, ms.

    Who waits is taken to wait an exponential time, which is exact for exponential service.
    """
    formula = (
        f"p{q:g} of waiting + processor time, where each machine is a queue of {servers:,} cores "
        f"at load {load:.3g} with random arrivals: P(wait > t) = C × exp(-t / w), C by Erlang C, "
        "w = mean time / (cores × (1 - load)) × (1 + squared coefficient of variation) / 2 "
        "(Allen-Cunneen)"
    )
    if q >= 99 and time.measured is not None and time.measured < P99_FROM:
        return Modelled(math.nan, "ms", formula)
    waits = erlang_c(servers, load)
    wait = wait_of_waiting(servers, load, time.mean, time.variation)

    def beyond(t: float) -> float:
        """The share of requests that take longer than t."""
        spare = t - time.samples
        return float(np.where(spare < 0, 1.0, waits * np.exp(-np.maximum(spare, 0) / wait)).mean())

    tail = 1 - q / 100
    low, high = 0.0, float(time.samples.max())
    high += wait * math.log(max(1.0, waits / tail))
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > tail else (low, middle)
    return Modelled(high, "ms", formula)


def _service(service: Timing | float) -> _Service:
    if isinstance(service, Timing):
        if not service.requests:
            raise ValueError("service: must hold at least one timed request, holds none")
        samples = service.processor.astype(np.float64) / 1e6
        source = f"mean processor time of {service.requests:,} measured requests"
        found = _Service(float(samples.mean()), samples, source, service.requests)
    else:
        if isinstance(service, bool) or not isinstance(service, int | float):
            raise ValueError(f"service={service!r}: must be a Timing, or a mean time in ms")
        levels = (np.arange(_SAMPLES) + 0.5) / _SAMPLES
        source = "mean time as given, its spread taken to be that of an exponential time"
        found = _Service(float(service), -float(service) * np.log1p(-levels), source, None)
    if not 0 < found.mean < math.inf:
        raise ValueError(f"service={found.mean!r}: must be a mean time in ms above 0")
    return found


def _whole(amount: float) -> int:
    """Rounded up, but for an excess that only rounding errors can have made."""
    return math.ceil(amount * (1 - 1e-12))


def _limit(by_cores: int, replicas: int, a_copy: int) -> Literal["cores", "memory", "replicas"]:
    if by_cores >= replicas * a_copy:
        return "cores"
    return "memory" if a_copy > 1 else "replicas"
