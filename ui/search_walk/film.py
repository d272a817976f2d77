"""A walk as a film: frames that are all alike, whatever the index, and the table behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.search_walk import ExactWalk, HNSWWalk, Hop, IVFWalk
from ui.search_walk import words
from ui.search_walk.words import Called, Walk

MOST_FRAMES = 1_500
"""A longer walk on layer 0 is told several hops a frame: nobody watches more."""

Ids = NDArray[np.int64]
_NONE = np.empty(0, np.int64)
# Key -> heading of a column, in the table's order. Each kind of index fills some of them.
COLUMNS = {
    "step": "step",
    "what": "what",
    "layer": "layer",
    "node": "item",
    "cell": "cell",
    "score": "centroid's score",
    "first": "first item",
    "last": "last item",
    "looked": "looked at",
    "new": "new",
    "entered": "came in",
    "kept": "kept",
    "waiting": "waiting",
    "distance": "item's distance",
    "best": "best distance kept",
    "worst": "worst distance kept",
    "computed": "distances so far",
    "scanned": "scanned so far",
}


_AT_THE_END = ("best", "computed", "scanned")


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One step as it is shown.

    text : the step in words.
    row : its figures, by the keys of `COLUMNS`.
    node : the item, or the cell, that is at the centre of it; -1 for none.
    layer : on which layer it happens; 0 where there are none.
    expanded : int64, the items whose neighbours are looked at.
    touched : int64, items looked at now.
    parents : int64, for each of ``touched`` the item whose link led to it; empty without links.
    entered, evicted : int64, who is among the best kept after it and was not before, and who no
        longer is.
    """

    text: str
    row: dict[str, Any]
    node: int = -1
    layer: int = 0
    expanded: Ids = field(default_factory=lambda: _NONE)
    touched: Ids = field(default_factory=lambda: _NONE)
    parents: Ids = field(default_factory=lambda: _NONE)
    entered: Ids = field(default_factory=lambda: _NONE)
    evicted: Ids = field(default_factory=lambda: _NONE)


def frames(walk: Walk, called: Called = words.item) -> list[Frame]:
    """Every step of ``walk`` from where it begins to its answer, two at least."""
    if isinstance(walk, HNSWWalk):
        told = [*_of_graph(walk, called)]
    else:
        told = [*(_of_cells(walk) if isinstance(walk, IVFWalk) else _of_scan(walk))]
    last = told[-1]
    end = {name: last.row[name] for name in _AT_THE_END if name in last.row}
    end |= {"what": "answer", "kept": len(walk.ids)}
    if len(walk.ids):
        end["worst"] = 1 - float(walk.scores[-1])
    return [*told, Frame(words.end(walk), end, layer=last.layer)]


def table(told: list[Frame]) -> list[dict[str, Any]]:
    """The columns that any frame fills: {key, name, numeric, values}; None where there is none."""
    for place, frame in enumerate(told):
        frame.row["step"] = place
    used = [key for key in COLUMNS if any(key in frame.row for frame in told)]
    return [
        {
            "key": key,
            "name": COLUMNS[key],
            "numeric": key != "what",
            "values": [_short(frame.row.get(key)) for frame in told],
        }
        for key in used
    ]


def _of_graph(walk: HNSWWalk, called: Called) -> Iterator[Frame]:
    start = float(walk.distances[walk.entry])
    yield Frame(
        words.start(walk, called),
        {"what": "start", "layer": len(walk.layer_sizes) - 1, "node": walk.entry, "new": 1,
         "entered": 1, "kept": 1, "distance": start, "best": start, "worst": start, "computed": 1},
        node=walk.entry,
        layer=len(walk.layer_sizes) - 1,
        touched=np.array([walk.entry]),
        entered=np.array([walk.entry]),
    )  # fmt: skip
    upper = sum(hop.layer > 0 for hop in walk.hops)
    for place in range(upper):
        yield _hop_frame(walk, place, place, called)
    together = -(-(len(walk.hops) - upper) // MOST_FRAMES)
    for first in range(upper, len(walk.hops), together):
        yield _hop_frame(walk, first, min(first + together, len(walk.hops)) - 1, called)


def _hop_frame(walk: HNSWWalk, first: int, last: int, called: Called) -> Frame:
    hops = walk.hops[first : last + 1]
    entered, evicted = _net(hops)
    end = hops[-1]
    row = {
        "what": "hop" if first == last else f"{len(hops)} hops",
        "layer": end.layer,
        "node": end.node,
        "looked": sum(len(hop.looked) for hop in hops),
        "new": sum(int(np.count_nonzero(hop.new)) for hop in hops),
        "entered": len(entered),
        "kept": end.kept,
        "waiting": end.waiting,
        "distance": end.distance,
        "best": end.best,
        "worst": end.worst,
        "computed": end.computed,
    }
    text = words.hop(walk, first, called) if first == last else words.hops(walk, first, last)
    news = [hop.looked[hop.new] for hop in hops]
    expanded = np.array([hop.node for hop in hops])
    return Frame(
        text,
        row,
        node=end.node,
        layer=end.layer,
        expanded=expanded,
        touched=np.concatenate(news),
        parents=np.repeat(expanded, [len(new) for new in news]),
        entered=entered,
        evicted=evicted,
    )


def _net(hops: tuple[Hop, ...]) -> tuple[Ids, Ids]:
    """Who came and who went over several hops, without those who did both."""
    came = np.concatenate([hop.entered for hop in hops])
    went = np.concatenate([hop.evicted for hop in hops])
    # Nearly always, and found out in a small part of the time that `isin` takes for few items.
    if set(came.tolist()).isdisjoint(went.tolist()):
        return came, went
    return came[~np.isin(came, went)], went[~np.isin(went, came)]


def _of_cells(walk: IVFWalk) -> Iterator[Frame]:
    yield Frame(words.start(walk), {"what": "centroids", "computed": walk.nlist, "scanned": 0})
    by_code = walk.nlist if walk.coded else 0
    for place, probe in enumerate(walk.probes):
        row = {
            "what": "cell",
            "cell": probe.cell,
            "score": probe.score,
            "looked": probe.size,
            "entered": len(probe.entered),
            "kept": probe.kept,
            "computed": by_code or walk.nlist + probe.scanned,
            "scanned": probe.scanned,
        }
        if probe.kept:
            row |= {"best": probe.best, "worst": probe.worst}
        touched = np.flatnonzero(walk.cells == probe.cell)
        yield Frame(
            words.probe(walk, place),
            row,
            node=probe.cell,
            touched=touched,
            entered=probe.entered,
            evicted=probe.evicted,
        )
    if walk.refined:
        row = {
            "what": "refine",
            "looked": len(walk.candidates),
            "entered": len(walk.risen),
            "kept": len(walk.ids),
            "computed": walk.computed,
            "scanned": walk.scanned,
        }
        if len(walk.ids):
            row |= {"best": 1 - float(walk.scores[0]), "worst": 1 - float(walk.scores[-1])}
        yield Frame(words.refinement(walk), row)


def _of_scan(walk: ExactWalk) -> Iterator[Frame]:
    yield Frame(words.start(walk), {"what": "start", "computed": 0})
    for place, part in enumerate(walk.parts):
        row = {
            "what": "items",
            "first": part.first,
            "last": part.last,
            "entered": len(part.entered),
            "kept": part.kept,
            "best": part.best,
            "worst": part.worst,
            "computed": part.computed,
        }
        touched = np.arange(part.first, part.last + 1)
        text = words.part(walk, place)
        yield Frame(text, row, touched=touched, entered=part.entered, evicted=part.evicted)


def _short(value: Any) -> Any:
    """A figure to six digits: float32 holds no more."""
    return float(f"{value:.6g}") if isinstance(value, float) else value
