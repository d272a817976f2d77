"""What happens at each step of a search, in words; every number is the walk's own."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from engine.search_walk import ExactWalk, HNSWWalk, Hop, IVFWalk

Walk = HNSWWalk | IVFWalk | ExactWalk
Called = Callable[[int], str]


def item(number: int) -> str:
    """An item by its number, where nobody gave it a name."""
    return f"item {number:,}"


def summary(walk: Walk) -> str:
    """What the whole search did and found, in one sentence."""
    found = f"found {_found(walk)}"
    if isinstance(walk, HNSWWalk):
        met = len(walk.touched)
        looked = f"{met:,} of {walk.n:,} items ({_share(met, walk.n)})"
        return f"The walk looked at {looked} and {found}."
    if isinstance(walk, IVFWalk):
        cells = f"{_counted(walk.nprobe, 'cell')} of {walk.nlist:,}"
        scanned = f"{walk.scanned:,} of {walk.n:,} items ({_share(walk.scanned, walk.n)})"
        return f"The search scanned {cells}, which hold {scanned}, and {found}."
    return f"The scan compared all {walk.n:,} items with the query and {found}."


def start(walk: Walk, called: Called = item) -> str:
    """Where the search begins."""
    if isinstance(walk, HNSWWalk):
        top = len(walk.layer_sizes) - 1
        where = f"layer {top}, where {_stand(walk.layer_sizes[top])}"
        return f"Every search starts at {called(walk.entry)}, the entry point, on {where}."
    if isinstance(walk, IVFWalk):
        cells = _counted(walk.nlist, "centroid")
        return (
            f"The query is compared with {cells}, one a cell; the {_best_cells(walk.nprobe)} "
            "searched, the best first."
        )
    return f"All {walk.n:,} items will be compared with the query, in the order of memory."


def hop(walk: HNSWWalk, place: int, called: Called = item) -> str:
    """What the hop at ``place`` of ``walk.hops`` saw."""
    this = walk.hops[place]
    step = f"Layer {this.layer}, step {place + 1}: "
    if this.layer:
        return step + _upper(this, called)
    looked = _counted(len(this.looked), "neighbour")
    new = int(np.count_nonzero(this.new))
    return (
        f"{step}{called(this.node)} looked at {looked}, {new:,} of them new; "
        f"{_came(len(this.entered), walk.ef, this.kept)}; {_so_far(this.computed)}"
    )


def hops(walk: HNSWWalk, first: int, last: int) -> str:
    """What the hops on layer 0 from ``first`` to ``last`` saw, told together."""
    told = walk.hops[first : last + 1]
    new = sum(int(np.count_nonzero(one.new)) for one in told)
    entered = len({one for h in told for one in h.entered.tolist()})
    return (
        f"Layer 0, steps {first + 1:,} to {last + 1:,}: {len(told):,} items looked at "
        f"{_counted(new, 'new neighbour')}; {_came(entered, walk.ef, told[-1].kept)}; "
        f"{_so_far(told[-1].computed)}"
    )


def probe(walk: IVFWalk, place: int) -> str:
    """What the cell at ``place`` of ``walk.probes`` held."""
    this = walk.probes[place]
    by = " by their codes" if walk.coded else ""
    return (
        f"Cell {place + 1:,} of {walk.nprobe:,}: {_counted(this.size, 'item')} scanned{by}; "
        f"{_came(len(this.entered), walk.depth, this.kept)}; {this.scanned:,} scanned so far."
    )


def refinement(walk: IVFWalk) -> str:
    """What scoring the best by codes again with their vectors changed."""
    again = f"The best {len(walk.candidates):,} by codes are scored again with their vectors: "
    if not len(walk.risen):
        return f"{again}the same {len(walk.ids):,} stay in front."
    rise = "rises" if len(walk.risen) == 1 else "rise"
    fall = "falls" if len(walk.fallen) == 1 else "fall"
    return (
        f"{again}{_counted(len(walk.risen), 'item')} {rise} into the answer, "
        f"{len(walk.fallen):,} {fall} out of it."
    )


def part(walk: ExactWalk, place: int) -> str:
    """What the rows of one part of a scan changed."""
    this = walk.parts[place]
    return (
        f"Items {this.first:,} to {this.last:,}: "
        f"{_came(len(this.entered), walk.k, this.kept)}; "
        f"{this.computed:,} of {walk.n:,} compared so far."
    )


def end(walk: Walk) -> str:
    """Why the search ends, and what it found."""
    if isinstance(walk, HNSWWalk):
        last = walk.hops[-1]
        why = "The nearest candidate left is farther than the worst kept, so the search ends"
        if not last.waiting:
            why = "No candidate is left, so the search ends"
        return f"{why}: {_found(walk)}. {_so_far(walk.computed, 'in all')}"
    if isinstance(walk, IVFWalk):
        return f"The search ends: {_found(walk)}.{_reasons(walk)}"
    return f"The scan ends: {_found(walk)}, after {_counted(walk.computed, 'distance')}."


def _upper(this: Hop, called: Called) -> str:
    looked = _counted(len(this.looked), "neighbour")
    if not len(this.looked):
        return f"{called(this.node)} has no neighbour here, so the walk goes down a layer."
    if not len(this.entered):
        return (
            f"none of the {looked} of {called(this.node)} is nearer, "
            f"so the walk goes down a layer; {_so_far(this.computed)}"
        )
    return (
        f"{called(this.node)} looked at {looked}; the walk moves to the nearest, "
        f"{called(int(this.entered[-1]))}; {_so_far(this.computed)}"
    )


def _reasons(walk: IVFWalk) -> str:
    reasons = []
    if n := len(walk.missed_cells):
        reasons.append(f"{_counted(n, 'item')} lay in cells that were not searched")
    if n := len(walk.missed_codes):
        reasons.append(f"{n:,} {'was' if n == 1 else 'were'} scanned, but coded too far off")
    return f" Missed: {'; '.join(reasons)}." if reasons else ""


def _found(walk: Walk) -> str:
    if len(walk.truth) == 1:
        return "the nearest item" if walk.recall == 1 else "another than the nearest item"
    hit = len(walk.truth) - len(walk.missed)
    if walk.recall == 1:
        return f"all of the {hit:,} nearest"
    return f"{hit:,} of the {len(walk.truth):,} nearest (recall {walk.recall:.3f})"


def _came(entered: int, places: int, kept: int) -> str:
    text = f"{entered:,} came into the best {places:,}" if entered else "none came into the best"
    return text if kept == places else f"{text} ({kept:,} places taken)"


def _so_far(computed: int, when: str = "so far") -> str:
    return f"{_counted(computed, 'distance')} {when}."


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _stand(n: int) -> str:
    return "it stands alone" if n == 1 else f"{n:,} items stand"


def _best_cells(n: int) -> str:
    return "best is" if n == 1 else f"best {n:,} are"


def _share(part_of: int, whole: int) -> str:
    share = 100 * part_of / whole
    return f"{share:.0f}%" if share >= 10 else f"{share:.2g}%"
