"""Many designs judged and timed side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from engine.design import Design
from engine.evaluation import LOSS_STAGES, evaluator_for
from engine.measurement import measure_interleaved
from engine.pipeline import System, build
from engine.progress import Progress, silent, within
from engine.scenario import Scenario
from engine.store import PartStore, default_store
from engine.world import World


def sweep(
    world: World,
    designs: Iterable[Design],
    progress: Progress | None = None,
    users: int | Sequence[int] = 500,
    requests: int = 200,
    store: PartStore | None = None,
) -> pd.DataFrame:
    """Build, judge and time each design.

    All designs are judged on the same users, and timed interleaved, so that rows compare.

    Returns
    -------
    A row a design, in the order given: its choices, named as in a link; each figure of its report
    with ``_low`` and ``_high``; ``loss_generation``, ``loss_index``, ``loss_ranking``,
    ``loss_reranking``; ``p50_ms`` and ``p95_ms`` of the whole request; ``memory_bytes`` of the
    index.
    """
    progress, store = progress or silent, store or default_store()
    designs = list(designs)
    if not designs:
        return pd.DataFrame()
    evaluator = evaluator_for(world, users, store)
    rows, systems = [], []
    for place, design in enumerate(designs):
        part = within(progress, 0.9 * place / len(designs), 0.9 * (place + 1) / len(designs))
        system = build(world, design, within(part, 0.0, 0.5), store)
        evaluator.prepare(system, within(part, 0.5, 1.0))
        report = evaluator.report(system)
        row = _choices(Scenario(world.config, design))
        for name, estimate in report.items():
            row |= {
                name: estimate.value,
                f"{name}_low": estimate.low,
                f"{name}_high": estimate.high,
            }
        row |= {f"loss_{stage}": report.loss[stage].value for stage in LOSS_STAGES}
        row["memory_bytes"] = 0 if system.index is None else system.index.memory_bytes
        rows.append(row)
        systems.append(system)
    _add_times(rows, systems, requests, within(progress, 0.9, 1.0))
    return pd.DataFrame(rows)


def _choices(scenario: Scenario) -> dict[str, object]:
    """What a link would hold, numbers as numbers; no user, since a row is about many."""
    query = scenario.spelled_out() | {"rerank": scenario.design.rerank.name}
    del query["user"]
    return {name: _number_or_text(text) for name, text in query.items()}


def _number_or_text(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _add_times(
    rows: list[dict[str, object]], systems: list[System], requests: int, progress: Progress
) -> None:
    progress("timing the designs in turn", 0.0)
    for row, timing in zip(rows, measure_interleaved(systems, requests), strict=True):
        row |= {"p50_ms": timing.p50.value, "p95_ms": timing.p95.value}
    progress("timing the designs in turn", 1.0)
