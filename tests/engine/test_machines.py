"""From milliseconds to machines: worked by hand, by properties, and against simulated queues."""

from __future__ import annotations

import heapq
import math
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.figures import Kind, Modelled
from engine.machines import Prices, Traffic, erlang_c, machines, wait_of_waiting
from engine.measurement import P99_FROM, Timing, this_machine
from engine.pipeline import STAGES

GB = 10**9
PRICES = Prices(cores=16, memory_gb=64.0, per_hour=0.8)
ONE_CORE = Prices(cores=1)


def timing(processor_ms: np.ndarray) -> Timing:
    """The clock shows thrice what a processor was at work."""
    processor = (processor_ms * 1e6).astype(np.int64)
    rows = np.repeat(3 * processor[:, None], len(STAGES) + 1, axis=1)
    return Timing(rows, processor, rows[0], 1_000.0, this_machine())


def test_fleet_worked_by_hand() -> None:
    # 6 ms at 60% busy: 100 requests/s a core, 100 cores, 6.25 machines of 16.
    found = machines(6.0, 5 * GB, Traffic(peak=10_000, mean_share=0.5), PRICES)
    assert found.cpu.value == 6.0
    assert found.per_core.value == pytest.approx(100)
    assert found.cores.value == pytest.approx(100)
    assert found.machines.value == 7
    assert found.limited_by == "cores"
    assert found.load.value == pytest.approx(60 / 112)
    assert found.hourly.value == pytest.approx(5.6)
    assert found.monthly.value == pytest.approx(5.6 * 730)
    assert found.per_million.value == pytest.approx(5.6 / 18)  # 18 million requests an hour


@pytest.mark.parametrize(
    ("peak", "memory_gb", "count", "limited_by"),
    [
        (10_000, 64, 7, "cores"),  # a copy just fits
        (10_000, 65, 8, "cores"),  # whole copies of two machines
        (10_000, 1_000, 32, "memory"),  # two copies of sixteen
        (100_000, 1_000, 64, "cores"),  # 63 machines' worth of cores, in copies of sixteen
        (1, 0, 2, "replicas"),
        (1, 65, 4, "memory"),
        (9_600, 0, 6, "cores"),
    ],
)
def test_memory_and_replicas_ask_for_machines_of_their_own(
    peak: float, memory_gb: int, count: int, limited_by: str
) -> None:
    found = machines(6.0, memory_gb * GB, Traffic(peak=peak), PRICES)
    assert found.machines.value == count
    assert found.limited_by == limited_by


def test_rounding_errors_add_no_machine() -> None:
    # Exactly 7 machines' worth of cores, which floats make 7.000000000000001.
    assert machines(7.0, 0, Traffic(peak=9_600), PRICES).machines.value == 7


def test_service_time_is_the_mean_of_processor_time_not_of_the_clock_nor_its_median() -> None:
    read = timing(np.array([1.0] * 900 + [51.0] * 100))
    found = machines(read, 0)
    assert found.cpu.value == pytest.approx(6.0)
    assert "1,000 measured requests" in found.cpu.formula
    assert found.machines == machines(6.0, 0).machines


def test_every_figure_is_modelled_and_says_its_formula() -> None:
    found = machines(timing(np.full(P99_FROM, 6.0)), GB, Traffic(), Prices(currency="EUR"))
    figures = {f.name: getattr(found, f.name) for f in fields(found)}
    modelled = {name: one for name, one in figures.items() if isinstance(one, Modelled)}
    assert set(figures) - set(modelled) == {"limited_by", "keeps_slo"}
    assert {one.kind for one in modelled.values()} == {Kind.MODELLED}
    units = {name: one.unit for name, one in modelled.items()}
    assert units == {
        "cpu": "ms",
        "per_core": "requests/s",
        "cores": "cores",
        "machines": "machines",
        "load": "share",
        "hourly": "EUR/hour",
        "monthly": "EUR/month",
        "per_million": "EUR/million requests",
        "p95": "ms",
        "p99": "ms",
    }
    assert "Allen-Cunneen" in found.p99.formula


# Waiting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "load", "waits"),
    [
        (1, 0.3, 0.3),
        (2, 0.5, 1 / 3),
        (2, 0.8, 2 * 0.64 / 1.8),  # of two servers: 2 load^2 / (1 + load)
        (3, 2 / 3, 4 / 9),
        (5, 0.0, 0.0),
    ],
)
def test_erlang_c_is_that_of_the_tables(servers: int, load: float, waits: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(waits, rel=1e-12)


@given(st.integers(1, 60), st.floats(0.0, 0.99))
def test_erlang_c_is_the_plain_sum(servers: int, load: float) -> None:
    offered = servers * load
    last = offered**servers / math.factorial(servers) / (1 - load)
    plain = last / (sum(offered**n / math.factorial(n) for n in range(servers)) + last)
    assert erlang_c(servers, load) == pytest.approx(plain, rel=1e-9)


def test_erlang_c_stays_finite_for_many_servers() -> None:
    assert 0 < erlang_c(100_000, 0.999) < 1


@pytest.mark.parametrize("variation", [0.0, 1.0, 4.0])
def test_wait_before_one_server_is_that_of_pollaczek_and_khinchine(variation: float) -> None:
    arrivals, mean = 0.07, 10.0
    second_moment = mean**2 * (1 + variation)
    exact = arrivals * second_moment / (2 * (1 - arrivals * mean))
    waits = erlang_c(1, 0.7) * wait_of_waiting(1, 0.7, mean, variation)
    assert waits == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.9])
def test_exponential_times_before_one_core_give_the_exact_percentiles(load: float) -> None:
    # The whole of such a request is exponential with a mean of 10 ms / (1 - load).
    traffic = Traffic(peak=100 * load, utilisation=load, replicas=1)
    found = machines(10.0, 0, traffic, ONE_CORE)
    assert found.machines.value == 1
    assert found.load.value == pytest.approx(load)
    for figure, tail in ((found.p95, 0.05), (found.p99, 0.01)):
        assert figure.value == pytest.approx(-math.log(tail) * 10 / (1 - load), rel=0.01)


def simulated(times: np.ndarray, servers: int, load: float, rng: np.random.Generator) -> np.ndarray:
    """Waiting and service of requests that come at random and are served in turn."""
    n = 300_000
    service = rng.choice(times, size=n)
    arrived = np.cumsum(rng.exponential(times.mean() / (servers * load), size=n))
    free = [0.0] * servers
    whole = np.empty(n)
    for request, (at, takes) in enumerate(zip(arrived.tolist(), service.tolist(), strict=True)):
        begins = max(at, heapq.heappop(free))
        heapq.heappush(free, begins + takes)
        whole[request] = begins + takes - at
    return whole[n // 10 :]


def modelled_and_simulated(servers: int, load: float, spread: float) -> list[tuple[float, float]]:
    """p95 and p99 under load, as modelled and as simulated, of log-normal service times."""
    rng = np.random.default_rng(servers)
    read = timing(6.0 * rng.lognormal(sigma=spread, size=P99_FROM))
    times = read.processor / 1e6
    peak = servers * load / (times.mean() / 1e3)
    traffic = Traffic(peak=peak, utilisation=load, replicas=1)
    found = machines(read, 0, traffic, Prices(cores=servers))
    assert found.machines.value == 1
    whole = simulated(times, servers, load, rng)
    told = (found.p95.value, found.p99.value)
    return list(zip(told, np.percentile(whole, [95, 99]).tolist(), strict=True))


@pytest.mark.parametrize("servers", [4, 16])
@pytest.mark.parametrize("load", [0.3, 0.6, 0.85])
@pytest.mark.parametrize("spread", [0.0, 0.3, 1.0])
def test_percentiles_under_load_are_within_a_tenth_of_a_simulated_queue_of_several_cores(
    servers: int, load: float, spread: float
) -> None:
    for told, simulated_one in modelled_and_simulated(servers, load, spread):
        assert told == pytest.approx(simulated_one, rel=0.1)


@pytest.mark.parametrize("load", [0.3, 0.6, 0.85])
@pytest.mark.parametrize("spread", [0.0, 0.3, 0.6])
def test_percentiles_before_one_core_are_within_a_fifth_for_times_that_vary_little(
    load: float, spread: float
) -> None:
    for told, simulated_one in modelled_and_simulated(1, load, spread):
        assert told == pytest.approx(simulated_one, rel=0.2)


def test_p99_before_one_core_is_told_too_low_where_times_vary_much() -> None:
    """The limit that the docstring names: long requests make others wait longer than modelled."""
    _, (told, simulated_one) = modelled_and_simulated(1, 0.6, 1.0)
    assert 0.6 * simulated_one < told < 0.8 * simulated_one


def test_slo_is_held_against_waiting_too() -> None:
    read = timing(np.random.default_rng(0).lognormal(1.5, 0.2, size=P99_FROM))
    alone = float(np.percentile(read.processor / 1e6, 99))
    traffic = Traffic(peak=190.0, utilisation=0.95, replicas=1, slo_ms=1.5 * alone)
    crowded = machines(read, 0, traffic, ONE_CORE)
    idle = machines(read, 0, replace(traffic, utilisation=0.05), ONE_CORE)
    assert crowded.p99.value > traffic.slo_ms > idle.p99.value > alone
    assert (crowded.keeps_slo, idle.keeps_slo) == (False, True)


def test_p99_from_too_few_requests_is_not_told_and_gives_no_verdict() -> None:
    found = machines(timing(np.full(P99_FROM - 1, 6.0)), 0)
    assert math.isnan(found.p99.value)
    assert found.keeps_slo is None
    assert found.p95.value >= 6.0
    assert machines(timing(np.full(P99_FROM, 6.0)), 0).keeps_slo is True


# Properties -------------------------------------------------------------------------------------

FLEETS = {
    "mean": st.floats(0.01, 500.0),
    "memory": st.integers(0, 10**13),
    "traffic": st.builds(
        Traffic,
        peak=st.floats(0.01, 1e6),
        mean_share=st.floats(0.01, 1.0),
        utilisation=st.floats(0.05, 0.95),
        replicas=st.integers(1, 9),
    ),
    "prices": st.builds(
        Prices,
        cores=st.integers(1, 64),
        memory_gb=st.floats(0.5, 500.0),
        per_hour=st.floats(0.0, 50.0),
    ),
}


@given(**FLEETS, more=st.floats(1.0, 10.0))
def test_more_of_anything_never_needs_fewer_machines(
    mean: float, memory: int, traffic: Traffic, prices: Prices, more: float
) -> None:
    count = machines(mean, memory, traffic, prices).machines.value
    busier = replace(traffic, peak=traffic.peak * more)
    emptier = replace(traffic, utilisation=max(0.05, traffic.utilisation / more))
    safer = replace(traffic, replicas=traffic.replicas + 1)
    for dearer in (
        machines(mean, memory, busier, prices),
        machines(mean, memory, emptier, prices),
        machines(mean, memory, safer, prices),
        machines(mean * more, memory, traffic, prices),
        machines(mean, int(memory * more), traffic, prices),
    ):
        assert dearer.machines.value >= count


@given(**FLEETS)
def test_fleet_is_large_enough_and_a_whole_number_of_copies(
    mean: float, memory: int, traffic: Traffic, prices: Prices
) -> None:
    found = machines(mean, memory, traffic, prices)
    assert found.machines.value == int(found.machines.value) >= traffic.replicas
    assert found.load.value <= traffic.utilisation * (1 + 1e-9)
    assert found.machines.value * prices.memory_gb >= traffic.replicas * memory / GB * (1 - 1e-9)
    busy = traffic.peak * mean / 1e3
    assert found.cores.value == pytest.approx(busy / traffic.utilisation)
    assert found.p99.value >= found.p95.value >= 2.9 * mean  # ln 20 of an exponential time


@given(**FLEETS, scale=st.sampled_from([2.0, 4.0, 8.0]))
def test_units_cancel(
    mean: float, memory: int, traffic: Traffic, prices: Prices, scale: float
) -> None:
    found = machines(mean, memory, traffic, prices)
    slower = replace(traffic, peak=max(0.01, traffic.peak / scale))
    if traffic.peak / scale >= 0.01:
        rarer = machines(mean * scale, memory, slower, prices)
        assert rarer.machines.value == found.machines.value
        assert rarer.p99.value == pytest.approx(found.p99.value * scale, rel=1e-6)
        assert rarer.per_million.value == pytest.approx(found.per_million.value * scale)
    dearer = machines(mean, memory, traffic, replace(prices, per_hour=prices.per_hour * scale))
    for figure in ("hourly", "monthly", "per_million"):
        cost = getattr(found, figure).value
        assert getattr(dearer, figure).value == pytest.approx(cost * scale)


# Bad input --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Traffic, Prices])
def test_every_knob_is_a_field_and_its_bounds_hold(kind: Any) -> None:
    for name, knob in kind.knobs.items():
        assert getattr(kind(**{name: knob.high}), name) == knob.high
        for wrong in (knob.high * 2, knob.low - 1, "many", None, True):
            with pytest.raises(ValueError, match=f"^{name}={wrong!r}: must be"):
                kind(**{name: wrong})


@pytest.mark.parametrize("currency", ["", " ", "US dollars", "a\n", None, 3])
def test_currency_is_a_short_text(currency: Any) -> None:
    with pytest.raises(ValueError, match=r"^currency=.*: must be a text of 1 to 8 characters$"):
        Prices(currency=currency)


@pytest.mark.parametrize(
    ("service", "memory", "told"),
    [
        (0.0, 0, "^service=0.0: must be a mean time in ms above 0$"),
        (-1.0, 0, "^service=-1.0: must be a mean"),
        (math.nan, 0, "^service=nan: must be a mean"),
        (math.inf, 0, "^service=inf: must be a mean"),
        ("6", 0, "^service='6': must be a Timing, or a mean time in ms$"),
        (True, 0, "^service=True: must be a Timing"),
        (None, 0, "^service=None: must be a Timing"),
        (6.0, -1, "^memory_bytes=-1: must be a whole number from 0$"),
        (6.0, 0.5, "^memory_bytes=0.5: must be a whole"),
        (6.0, True, "^memory_bytes=True: must be a whole"),
    ],
)
def test_bad_input_is_named_with_what_is_allowed(service: Any, memory: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        machines(service, memory)


def test_nothing_timed_is_refused() -> None:
    nothing = np.empty((0, len(STAGES) + 1), dtype=np.int64)
    empty = Timing(nothing, nothing[:, 0], np.zeros(len(STAGES) + 1, np.int64), 1.0, this_machine())
    with pytest.raises(ValueError, match=r"^service: must hold at least one timed request"):
        machines(empty, 0)


@pytest.mark.parametrize(("servers", "load"), [(0, 0.5), (1, 1.0), (1, -0.1), (1, math.nan)])
def test_queue_that_never_empties_is_refused(servers: int, load: float) -> None:
    with pytest.raises(ValueError, match=r"^(servers|load)=.*: must be"):
        erlang_c(servers, load)
