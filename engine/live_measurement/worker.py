"""The measuring process: it reads what to time from standard input, a JSON line each.

Run as ``python -m engine.live_measurement.worker``. It holds the same fitted parts as the app,
read from the cache on disk, and nothing else runs in it: another Python thread beside a
stopwatch would be measured too.
"""

from __future__ import annotations

import gc
import json
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from engine.child_process import serve
from engine.clicks import InferenceTiming, measure_clicks, open_clicks
from engine.design import Design
from engine.grid import LatencyGridRun, family
from engine.lightgbm_alone import load_lightgbm_alone
from engine.measurement import RankingRun, Timing, measure, measure_interleaved
from engine.pipeline import System, build
from engine.retrieval import config_from_plain, measure_group, open_vectors
from engine.retrieval.sizes import measure_size
from engine.sample import open_world
from engine.scenario import Scenario
from engine.store import default_store

_MOST_SYSTEMS = 12
_BIT_S = 0.1  # as long as a first look, which may be waited for meanwhile


class Bench:
    """Systems that were asked for lately, one a family of designs."""

    def __init__(self) -> None:
        self._systems: OrderedDict[tuple[str, Design], System] = OrderedDict()
        # Begun, and gone on with until done.
        self._runs: dict[str, LatencyGridRun | RankingRun] = {}

    def system(self, query: Mapping[str, str]) -> System:
        """The system of a scenario; its family comes from memory or the cache on disk."""
        scenario, _ = Scenario.from_query(query)
        key = (repr(scenario.world), family(scenario.design))
        if key not in self._systems:
            world = open_world(scenario.world, default_store())
            self._systems[key] = build(world, scenario.design)
            while len(self._systems) > _MOST_SYSTEMS:
                self._systems.popitem(last=False)
                gc.unfreeze()
            # What was loaded stays: each measurement begins with a collection.
            gc.collect()
            gc.freeze()
        self._systems.move_to_end(key)
        return self._systems[key].tuned(scenario.design)

    def answer(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one task.

        It is one of ``requests``, ``pair``, ``grid``, ``ranking``, ``indexes``, ``size`` and
        ``clicks``. A grid and a ranking take long: of these a bit is carried out, and the answer
        is ``unfinished`` until all is done.
        """
        if task["what"] == "clicks":
            return _timed_clicks(task)
        if task["what"] == "indexes":
            return _timed_indexes(task)
        if task["what"] == "size":
            return _timed_size(task)
        system = self.system(task["scenario"])
        if task["what"] in ("grid", "ranking"):
            return self._bit(system, task)
        if task["what"] == "pair":
            both = [system, self.system(task["other"])]
            timings = measure_interleaved(both, task["requests"], task["start"])
            return {"timings": [_as_text(timing) for timing in timings]}
        return _as_text(measure(system, task["requests"], task["start"]))

    def _bit(self, system: System, task: Mapping[str, Any]) -> dict[str, Any]:
        """Begin, or go on for a bit with what was begun."""
        key = json.dumps(task, sort_keys=True)
        run = self._runs.pop(key, None)
        if run is None:
            run = LatencyGridRun(system) if task["what"] == "grid" else RankingRun([system])
        elif run.go_on(_BIT_S):
            return run.plain()
        self._runs[key] = run
        return {"unfinished": True}


def _timed_indexes(task: Mapping[str, Any]) -> dict[str, Any]:
    """Measure configurations that share one built index, which comes from the cache on disk."""
    scenario, _ = Scenario.from_query(task["scenario"])
    store = default_store()
    world = open_world(scenario.world, store)
    vectors = open_vectors(scenario.vectors, world, scenario.design.generator, store)
    configs = [config_from_plain(plain) for plain in task["configs"]]
    points = measure_group(vectors.first(task["queries"]), configs, task["k"], world, store)
    return {"points": [point.plain() for point in points]}


def _timed_size(task: Mapping[str, Any]) -> dict[str, Any]:
    """Measure each type of index on a catalogue of another size."""
    scenario, _ = Scenario.from_query(task["scenario"])
    store = default_store()
    world = open_world(scenario.world, store)
    vectors = open_vectors(scenario.vectors, world, scenario.design.generator, store)
    frame = measure_size(vectors, task["n"], task["k"])
    return {"rows": frame.astype(object).where(frame.notna(), None).to_dict("records")}


def _timed_clicks(task: Mapping[str, Any]) -> dict[str, Any]:
    """Time a click model, which comes from the cache on disk as a system does."""
    ads = Scenario.from_query(task["scenario"])[0].ads
    store = default_store()
    log = open_clicks(ads.log, store)
    timing = measure_clicks(log, ads.design, ads.auction.ads, task["requests"], store)
    return _as_text(timing) | {"ads": timing.ads}


def _as_text(timing: Timing | InferenceTiming) -> dict[str, Any]:
    return {
        "nanoseconds": timing.nanoseconds.tolist(),
        "processor": timing.processor.tolist(),
        "first": timing.first.tolist(),
        "taken_at": timing.taken_at,
    }


if __name__ == "__main__":
    load_lightgbm_alone()
    bench = Bench()
    serve(lambda task, _: bench.answer(task))
