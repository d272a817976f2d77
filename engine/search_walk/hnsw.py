"""A search through HNSW's graph, hop by hop, as hnswlib makes it.

Malkov and Yashunin, 2016, algorithms 2 and 5, in the form of hnswlib's `searchKnn`: on each upper
layer go to the nearest neighbour until none is nearer; on layer 0 expand the nearest candidate
that waits, until it is farther than the worst of the ef best kept.
"""

import heapq
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from engine.index.contract import Vectors, check_k, check_query
from engine.index.hnsw import HNSWIndex
from engine.search_walk.graph import Graph, read_graph
from engine.search_walk.record import Distances, Ids, SearchWalk


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One node expanded: its neighbours looked at, in the order of its links.

    Attributes
    ----------
    layer, node, distance : where, who, and how far the node is from the query.
    looked : int64 [m], its neighbours on this layer.
    new : bool [m], those whose distance was computed now. On upper layers hnswlib keeps no list
        of whom it has seen: there all are.
    entered : int64, who came among the best kept, in order. On an upper layer one is kept: each
        that was nearer than the one before.
    evicted : int64, who was pushed out again, in order; may hold some of ``entered``.
    kept, waiting : how many are kept, and how many of all that entered wait to be expanded.
    best, worst : smallest and largest distance kept.
    computed : distance computations since the start of the search, this hop's included.
    """

    layer: int
    node: int
    distance: float
    looked: Ids
    new: NDArray[np.bool_]
    entered: Ids
    evicted: Ids
    kept: int
    waiting: int
    best: float
    worst: float
    computed: int


@dataclass(frozen=True, slots=True, eq=False)
class HNSWWalk(SearchWalk):
    """A search of an HNSW index (see `SearchWalk`).

    Attributes
    ----------
    ef : width of the search on layer 0: max(ef_search, k).
    entry : the node at which it starts, on the highest layer.
    levels : int32 [n], the highest layer of each item.
    layer_sizes : items on each layer, from layer 0 up.
    hops : every node expanded, in order, from the highest layer down.
    """

    kind: ClassVar[str] = "hnsw"

    ef: int
    entry: int
    levels: NDArray[np.int32]
    layer_sizes: tuple[int, ...]
    hops: tuple[Hop, ...]

    @property
    def computed(self) -> int:
        return self.hops[-1].computed

    @property
    def computed_by_layer(self) -> dict[int, int]:
        """Layer -> distance computations there, highest first; the entry point's is the top's,
        and layer 0 begins with a second look at the node that the descent arrived at."""
        last = {hop.layer: hop.computed for hop in self.hops}
        before = [0, *last.values()]
        return {layer: after - before[place] for place, (layer, after) in enumerate(last.items())}

    @property
    def touched(self) -> Ids:
        met = np.concatenate([[self.entry], *(hop.looked[hop.new] for hop in self.hops)])
        _, first = np.unique(met, return_index=True)
        return met[np.sort(first)].astype(np.int64)


def walk_hnsw(index: HNSWIndex, query: Vectors, k: int) -> HNSWWalk:
    """Search ``index`` for the k nearest of ``query`` and record every hop.

    Which of several at the very same distance goes first is left to the library's compiler; here
    it is the smaller id.
    """
    query, k = check_query(query, index.dim), check_k(k, index.size)
    graph, ef = read_graph(index), index.effective_ef(k)
    distances = graph.distances(query)
    descent = _descent(graph, distances)
    # The last hop of a descent found nobody nearer than its own node.
    start, computed = (descent[-1].node, descent[-1].computed) if descent else (graph.entry, 1)
    ground, kept = _ground(graph, distances, start, ef, computed)
    ids = np.array(kept[:k], np.int64)
    return HNSWWalk(
        k=k,
        query=query,
        ids=ids,
        scores=np.float32(1) - distances[ids],
        distances=distances,
        ef=ef,
        entry=graph.entry,
        levels=graph.levels,
        layer_sizes=graph.layer_sizes,
        hops=(*descent, *ground),
    )


def _descent(graph: Graph, distances: Distances) -> list[Hop]:
    """From the entry point to the node nearest on layer 1, one hop a list of neighbours."""
    hops: list[Hop] = []
    node, computed = graph.entry, 1
    for layer in range(graph.top, 0, -1):
        moved = True
        while moved:
            looked = graph.neighbours(node, layer)
            computed += len(looked)
            nearer = _falling(looked, distances, float(distances[node]))
            reached = int(nearer[-1]) if len(nearer) else node
            hops.append(
                Hop(
                    layer=layer,
                    node=node,
                    distance=float(distances[node]),
                    looked=looked,
                    new=np.ones(len(looked), np.bool_),
                    entered=nearer,
                    evicted=np.array([node, *nearer[:-1]][: len(nearer)], np.int64),
                    kept=1,
                    waiting=int(reached != node),
                    best=float(distances[reached]),
                    worst=float(distances[reached]),
                    computed=computed,
                )
            )
            moved, node = reached != node, reached
    return hops


def _falling(looked: Ids, distances: Distances, bound: float) -> Ids:
    """Each of ``looked`` that is nearer than ``bound`` and all that came before it."""
    before = np.minimum.accumulate(np.concatenate(([bound], distances[looked])))[:-1]
    return looked[distances[looked] < before]


def _ground(
    graph: Graph, distances: Distances, start: int, ef: int, computed: int
) -> tuple[list[Hop], list[int]]:
    """The hops on layer 0, and the ids kept at the end, nearest first."""
    far = distances.tolist()  # Python's floats hold float32 exactly, and compare faster
    seen = np.zeros(len(distances), np.bool_)
    seen[start] = True
    candidates, kept = [(far[start], start)], [(-far[start], -start)]
    best, computed = far[start], computed + 1
    hops: list[Hop] = []
    while candidates and candidates[0][0] <= -kept[0][0]:
        distance, node = heapq.heappop(candidates)
        looked = graph.neighbours(node, 0)
        new = ~seen[looked]
        seen[looked] = True
        entered, evicted = [], []
        for item in looked[new].tolist():
            if len(kept) < ef or far[item] < -kept[0][0]:
                heapq.heappush(candidates, (far[item], item))
                heapq.heappush(kept, (-far[item], -item))
                entered.append(item)
                best = min(best, far[item])
                if len(kept) > ef:
                    evicted.append(-heapq.heappop(kept)[1])
        computed += int(np.count_nonzero(new))
        hops.append(
            Hop(
                layer=0,
                node=node,
                distance=distance,
                looked=looked,
                new=new,
                entered=np.array(entered, np.int64),
                evicted=np.array(evicted, np.int64),
                kept=len(kept),
                waiting=len(candidates),
                best=best,
                worst=-kept[0][0],
                computed=computed,
            )
        )
    return hops, [-item for _, item in sorted(kept, reverse=True)]
