"""The one stopwatch: single requests, one at a time, warm, undisturbed, in turn."""

from __future__ import annotations

import fcntl
import gc
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from engine.measurement import InterleavedRun, measure, measure_interleaved, stopwatch, this_machine
from engine.measurement.stopwatch import WARM_UP, turns
from engine.pipeline import STAGES, System, request_time
from engine.rerankers import Rules
from tests.engine.conftest import SystemOf

HOLDER = """
import fcntl, sys
with open(sys.argv[1], "a") as handle:
    fcntl.flock(handle, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A turn that nobody else on the machine waits for."""
    monkeypatch.setattr(stopwatch, "_TURN", tmp_path / "turn.lock")
    return tmp_path / "turn.lock"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, int, float]]]:
    """Requests in the order in which they came: candidates of the system, user, time."""
    calls: list[tuple[int, int, float]] = []
    recommend = System.recommend

    def watched(self: System, user: int, at: float | None = None) -> Any:
        assert at is not None
        calls.append((self.design.candidates, user, at))
        return recommend(self, user, at)

    monkeypatch.setattr(System, "recommend", watched)
    return calls


class Trouble(Exception):
    """What a request runs into."""


@pytest.fixture
def troubled(system_of: SystemOf, monkeypatch: pytest.MonkeyPatch) -> System:
    """A system that fails a while after the warm-up."""
    recommend, count = System.recommend, iter(range(10_000))

    def failing(self: System, user: int, at: float | None = None) -> Any:
        if next(count) > WARM_UP + 5:
            raise Trouble
        return recommend(self, user, at)

    monkeypatch.setattr(System, "recommend", failing)
    return system_of()


def test_as_many_requests_are_timed_as_were_asked_for(system_of: SystemOf) -> None:
    started = time.time()
    timing = measure(system_of(), requests=37)
    assert timing.nanoseconds.shape == (37, len(STAGES) + 1)
    assert timing.processor.shape == (37,)
    assert (timing.nanoseconds[:, STAGES.index("reranking")] == 0).all()  # there is none
    assert (np.delete(timing.nanoseconds, STAGES.index("reranking"), axis=1) > 0).all()
    assert started <= timing.taken_at <= time.time()
    assert timing.machine == this_machine()


def test_stages_add_up_to_no_more_than_the_whole(system_of: SystemOf) -> None:
    timing = measure(system_of(), requests=50)
    for rows in (timing.nanoseconds, timing.first[None, :]):
        assert (rows[:, :-1].sum(axis=1) <= rows[:, -1]).all()


def test_re_ranking_is_timed_as_a_stage_of_its_own(system_of: SystemOf) -> None:
    system = system_of()
    third = system.tuned(replace(system.design, rerank=Rules()))
    timing = measure(third, requests=5)
    assert (timing.nanoseconds[:, STAGES.index("reranking")] > 0).all()


def slowed(system: System, seconds: float) -> System:
    """The system with a ranker that sleeps before it scores."""

    class Slow:
        def scores(self, table: Any) -> Any:
            time.sleep(seconds)
            return system.ranker.scores(table)

    learned = replace(system.learned, ranker=Slow())  # type: ignore[arg-type]
    return replace(system, learned=learned)


def test_slow_stage_is_seen_in_that_stage_alone(system_of: SystemOf) -> None:
    timing = measure(slowed(system_of(), 0.005), requests=15)
    assert timing.percentile(0, "ranking").value >= 5
    assert timing.percentile(0).value >= 5
    assert timing.held_up == 1.0  # a stage that sleeps needs no processor
    for stage in ("generation", "index", "features"):
        assert timing.percentile(50, stage).value < 5


def test_users_come_in_turn_at_their_own_request_time(
    system_of: SystemOf, served: list[tuple[int, int, float]]
) -> None:
    system = system_of()
    measure(system, requests=250)
    timed = served[1 + WARM_UP :]
    users = [user for _, user, _ in timed]
    assert users == [place % 200 for place in range(250)]  # the world has 200 users
    assert all(at == request_time(system.world, user) for _, user, at in timed)


def test_later_requests_go_on_from_where_earlier_ones_ended(
    system_of: SystemOf, served: list[tuple[int, int, float]]
) -> None:
    measure(system_of(), requests=5, start=197)
    assert [user for _, user, _ in served[-5:]] == [197, 198, 199, 0, 1]


def test_first_request_and_warm_up_come_before_all_that_counts(
    system_of: SystemOf, served: list[tuple[int, int, float]]
) -> None:
    measure(system_of(), requests=30)
    assert len(served) == 1 + WARM_UP + 30


def test_compared_systems_take_turns_with_the_same_users(
    system_of: SystemOf, served: list[tuple[int, int, float]]
) -> None:
    system = system_of()
    systems = [system.tuned(system.design.with_candidates(n)) for n in (20, 30, 40)]
    timings = measure_interleaved(systems, requests=12)
    assert [timing.requests for timing in timings] == [12, 12, 12]
    timed = served[3 * (1 + WARM_UP) :]
    orders = [[call[0] for call in timed[first : first + 3]] for first in range(0, 36, 3)]
    assert all(sorted(order) == [20, 30, 40] for order in orders)
    for request in range(12):
        assert len({call[1:] for call in timed[3 * request : 3 * request + 3]}) == 1


def test_bit_by_bit_the_same_requests_are_timed_and_the_next_is_served_once_before(
    system_of: SystemOf, served: list[tuple[int, int, float]]
) -> None:
    system = system_of()
    systems = [system.tuned(system.design.with_candidates(n)) for n in (20, 30)]
    measure_interleaved(systems, requests=4)
    at_once, warm = served.copy(), 2 * (1 + WARM_UP)
    served.clear()
    run, bits = InterleavedRun(systems, 4), 1
    while not run.go_on(seconds=0.0):
        bits += 1
        assert gc.isenabled(), "between bits everything is as before"
    assert bits == 2 + 2 * 4 + 1, "a step at a time: warm-ups, requests, and seeing that it is done"
    assert served[:warm] == at_once[:warm]
    assert served[warm::2] == served[warm + 1 :: 2] == at_once[warm:]
    assert [timing.requests for timing in run.timings()] == [4, 4]
    assert all((timing.nanoseconds[:, -1] > 0).all() for timing in run.timings())


@pytest.mark.parametrize("systems", [1, 2, 5])
def test_every_order_is_followed_by_its_reverse_wherever_a_timing_starts(systems: int) -> None:
    orders = turns(systems, 40, 0)
    assert [order[::-1] for order in orders[::2]] == orders[1::2]
    assert turns(systems, 7, 33) == orders[33:]
    if systems > 1:
        assert len({tuple(order) for order in orders[::2]}) > 1


def test_rows_of_compared_systems_are_their_own(system_of: SystemOf) -> None:
    system = system_of()
    timings = measure_interleaved([system, slowed(system, 0.003)], requests=10)
    assert (timings[1].nanoseconds[:, -1] >= 3_000_000).all()
    assert np.median(timings[0].nanoseconds[:, -1]) < 3_000_000


@pytest.mark.parametrize("requests", [0, -5])
def test_no_requests_are_refused(system_of: SystemOf, requests: int) -> None:
    with pytest.raises(ValueError, match=f"^requests={requests}: must be at least 1$"):
        measure(system_of(), requests)


@pytest.mark.parametrize("collecting", [True, False])
def test_garbage_is_not_collected_meanwhile_and_then_as_before(
    system_of: SystemOf, monkeypatch: pytest.MonkeyPatch, collecting: bool
) -> None:
    seen: list[bool] = []
    recommend = System.recommend

    def watched(self: System, user: int, at: float | None = None) -> Any:
        seen.append(gc.isenabled())
        return recommend(self, user, at)

    monkeypatch.setattr(System, "recommend", watched)
    try:
        (gc.enable if collecting else gc.disable)()
        measure(system_of(), requests=5)
        assert gc.isenabled() == collecting
    finally:
        gc.enable()
    assert seen == [False] * (1 + WARM_UP + 5)


def threads() -> dict[str, int]:
    return {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}


def test_libraries_have_one_thread_meanwhile_and_then_as_many_as_before(
    system_of: SystemOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[int]] = []
    recommend = System.recommend

    def watched(self: System, user: int, at: float | None = None) -> Any:
        seen.append(set(threads().values()))
        return recommend(self, user, at)

    monkeypatch.setattr(System, "recommend", watched)
    with threadpool_limits(limits=2):
        before = threads()
        measure(system_of(), requests=2)
        assert threads() == before
    assert max(before.values()) == 2
    assert all(at_once == {1} for at_once in seen)


def test_everything_is_restored_after_an_exception(troubled: System, own_turn: Path) -> None:
    with threadpool_limits(limits=2):
        before = threads()
        with pytest.raises(Trouble):
            measure(troubled, requests=50)
        assert threads() == before
    assert gc.isenabled()
    with own_turn.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises if the turn were still held


def test_every_request_holds_the_turn_and_gives_it_back(
    system_of: SystemOf, monkeypatch: pytest.MonkeyPatch, own_turn: Path
) -> None:
    held: list[bool] = []
    recommend = System.recommend

    def watched(self: System, user: int, at: float | None = None) -> Any:
        with own_turn.open("a") as handle:
            free = False
            with suppress(BlockingIOError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                free = True
        held.append(not free)
        return recommend(self, user, at)

    monkeypatch.setattr(System, "recommend", watched)
    measure(system_of(), requests=3)
    assert held == [True] * (1 + WARM_UP + 3)
    with own_turn.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_turn_of_another_process_is_waited_for(system_of: SystemOf, own_turn: Path) -> None:
    system = system_of()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(own_turn)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    done = threading.Event()

    def work() -> None:
        measure(system, requests=2)
        done.set()

    worker = threading.Thread(target=work)
    worker.start()
    assert not done.wait(0.3)
    holder.communicate("")
    assert done.wait(10)
    worker.join()
