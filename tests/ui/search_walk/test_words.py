from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from engine.search_walk import ExactWalk, HNSWWalk, Hop, IVFWalk, Part, Probe
from ui.search_walk import words
from ui.search_walk.words import Walk

SOME = np.array([5, 3, 9])
HOP = Hop(
    layer=0,
    node=812,
    distance=-2.0,
    looked=np.arange(64),
    new=np.arange(64) < 9,
    entered=SOME,
    evicted=SOME,
    kept=400,
    waiting=120,
    best=-3.0,
    worst=-1.0,
    computed=2_114,
)
UPPER = replace(HOP, layer=2, looked=np.arange(7), new=np.ones(7, bool), computed=8)


def hnsw(*hops: Hop, ids: tuple[int, ...] = (0, 1)) -> HNSWWalk:
    """Four items at distances 1 to 4; the nearest two are 0 and 1."""
    return HNSWWalk(
        k=2,
        query=np.ones(1, np.float32),
        ids=np.array(ids),
        scores=np.zeros(2, np.float32),
        distances=np.array([1, 2, 3, 4], np.float32),
        ef=400,
        entry=3,
        levels=np.array([0, 0, 0, 2]),
        layer_sizes=(4, 1, 1),
        hops=hops,
    )


def test_a_hop_on_the_lowest_layer_is_told_as_the_walk_counted_it() -> None:
    walk = hnsw(*[HOP] * 37)
    assert words.hop(walk, 36) == (
        "Layer 0, step 37: item 812 looked at 64 neighbours, 9 of them new; 3 came into the best "
        "400; 2,114 distances so far."
    )


def test_places_still_free_and_items_that_nobody_lets_in_are_told() -> None:
    none = np.empty(0, np.int64)
    filling, full = replace(HOP, kept=37), replace(HOP, entered=none)
    assert "3 came into the best 400 (37 places taken);" in words.hop(hnsw(filling), 0)
    assert "; none came into the best; " in words.hop(hnsw(full), 0)


def test_a_hop_on_an_upper_layer_says_where_the_walk_goes() -> None:
    none = np.empty(0, np.int64)
    stay, alone = replace(UPPER, entered=none), replace(UPPER, looked=none, entered=none)
    assert words.hop(hnsw(UPPER), 0) == (
        "Layer 2, step 1: item 812 looked at 7 neighbours; the walk moves to the nearest, item 9; "
        "8 distances so far."
    )
    assert words.hop(hnsw(stay), 0) == (
        "Layer 2, step 1: none of the 7 neighbours of item 812 is nearer, so the walk goes down a "
        "layer; 8 distances so far."
    )
    assert words.hop(hnsw(alone), 0) == (
        "Layer 2, step 1: item 812 has no neighbour here, so the walk goes down a layer."
    )


def test_hops_told_together_are_added_up() -> None:
    last = replace(HOP, entered=np.array([4]), computed=2_123)
    assert words.hops(hnsw(HOP, HOP, last), 0, 2) == (
        "Layer 0, steps 1 to 3: 3 items looked at 27 new neighbours; 4 came into the best 400; "
        "2,123 distances so far."
    )


def test_start_and_end_of_a_walk_through_a_graph() -> None:
    walk = hnsw(HOP, ids=(0, 2))
    assert words.start(walk) == (
        "Every search starts at item 3, the entry point, on layer 2, where it stands alone."
    )
    assert words.start(walk, lambda item: f"“Title {item}”").startswith("Every search starts at “T")
    assert words.end(walk) == (
        "The nearest candidate left is farther than the worst kept, so the search ends: 1 of the 2 "
        "nearest (recall 0.500). 2,114 distances in all."
    )
    out = words.end(hnsw(replace(HOP, waiting=0)))
    assert out.startswith("No candidate is left, so the search ends: all of the 2 nearest.")


def ivf(**changes: object) -> IVFWalk:
    probe = Probe(14, 3.5, 412, SOME, SOME, 1_200, -3.0, -1.0, 1_208)
    walk = IVFWalk(
        k=2,
        query=np.ones(1, np.float32),
        ids=np.array([0, 3]),
        scores=np.zeros(2, np.float32),
        distances=np.array([1, 2, 3, 4], np.float32),
        coded=True,
        depth=1_200,
        refined=True,
        cells=np.array([14, 14, 14, 14]),
        cell_scores=np.zeros(64, np.float32),
        probes=(probe,) * 32,
        candidates=np.array([1, 3, 0]),
        approximate=np.zeros(3, np.float32),
        exact=np.zeros(3, np.float32),
    )
    return replace(walk, **changes)  # type: ignore[arg-type]


def test_cells_and_what_refinement_changed_are_told() -> None:
    walk = ivf()
    assert words.start(walk) == (
        "The query is compared with 64 centroids, one a cell; the best 32 are searched, the best "
        "first."
    )
    assert words.probe(walk, 2) == (
        "Cell 3 of 32: 412 items scanned by their codes; 3 came into the best 1,200; 1,208 scanned "
        "so far."
    )
    assert words.refinement(walk) == (
        "The best 3 by codes are scored again with their vectors: 1 item rises into the answer, "
        "1 falls out of it."
    )
    assert "the same 2 stay in front" in words.refinement(ivf(candidates=np.array([3, 0, 1])))


def test_the_end_says_why_an_item_was_missed() -> None:
    coded = "The search ends: 1 of the 2 nearest (recall 0.500). Missed: "
    assert words.end(ivf()) == coded + "1 was scanned, but coded too far off."
    elsewhere = ivf(cells=np.array([14, 5, 14, 14]))
    assert words.end(elsewhere) == coded + "1 item lay in cells that were not searched."
    assert words.end(ivf(ids=np.array([1, 0]))) == "The search ends: all of the 2 nearest."


def test_a_scan_is_told() -> None:
    part = Part(400, 799, SOME, SOME, 2, -3.0, -1.0, 800)
    distances = np.arange(20_000, dtype=np.float32)
    walk = ExactWalk(2, np.ones(1, np.float32), np.array([0, 1]), distances[:2], distances, (part,))
    assert words.part(walk, 0) == (
        "Items 400 to 799: 3 came into the best 2; 800 of 20,000 compared so far."
    )
    assert words.end(walk) == "The scan ends: all of the 2 nearest, after 20,000 distances."
    assert words.summary(walk) == (
        "The scan compared all 20,000 items with the query and found all of the 2 nearest."
    )


@pytest.mark.parametrize("kind", ["hnsw", "ivfpq", "exact"])
def test_the_summary_holds_the_walks_own_figures(walks: dict[str, Walk], kind: str) -> None:
    walk, text = walks[kind], words.summary(walks[kind])
    numbers = [int(figure.replace(",", "")) for figure in re.findall(r"\d[\d,]*", text)]
    assert {len(walk.touched), walk.n, len(walk.truth) - len(walk.missed)} <= set(numbers)
