"""The search that the page's own is compared with."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.scenario import Scenario
from ui.retrieval.bench import VectorBench, benches
from ui.retrieval.controls import searchable
from ui.retrieval.view import RetrievalView
from ui.studio import failed


@dataclass(frozen=True, slots=True)
class PinnedSearch:
    """What is known of it. awaited : whether it, or more of its queries, are still to come."""

    view: RetrievalView | None = None
    awaited: bool = False


def pinned_search(scenario: Scenario) -> PinnedSearch:
    """The pinned search, once it is measured, and by all queries later on; begun by asking.

    Where there is nothing to search, or measuring failed, it never comes.
    """
    if scenario.pinned is None:
        return PinnedSearch()
    a = replace(scenario, design=scenario.pinned, pins=())
    if not searchable(a):
        return PinnedSearch()
    job = benches().open(a)
    if not job.at_hand:
        return PinnedSearch(awaited=not job.ended)
    bench: VectorBench = job.result
    config, _ = a.design.index.repaired(*bench.vectors.items.shape)
    a = replace(a, design=replace(a.design, index=config))
    future = benches().point(a, again=False)
    if not future.done() or failed(future):
        return PinnedSearch(awaited=not future.done())
    d = bench.vectors.items.shape[1]
    view = RetrievalView.measured(a.design, a.vectors, d, future.result())
    return PinnedSearch(view, awaited=not benches().refined(a))
