"""A search of a real index, step by step: what it looked at, kept, and let go.

>>> walk = walk_through(index, query, k=100)
>>> walk.ids  # the answer of index.search, worked out again in full view
>>> walk.hops[0].looked  # whom the first node was linked to, by the index's own graph
>>> where = project(vectors)  # two dimensions to show it in

Nothing here is drawn by lot or smoothed: graph, cells and scores are read out of the libraries,
and each walk ends in the answer that the library gives to the same query.
"""

from engine.index.contract import Index, Vectors
from engine.index.exact import ExactIndex
from engine.index.hnsw import HNSWIndex
from engine.index.ivfflat import IVFFlatIndex
from engine.index.ivfpq import IVFPQIndex
from engine.search_walk.exact import ExactWalk, Part, walk_exact
from engine.search_walk.graph import Graph, read_graph
from engine.search_walk.hnsw import HNSWWalk, Hop, walk_hnsw
from engine.search_walk.ivf import IVFWalk, Probe, walk_ivf
from engine.search_walk.projection import Projection, project
from engine.search_walk.record import SearchWalk


def walk_through(index: Index, query: Vectors, k: int) -> HNSWWalk | IVFWalk | ExactWalk:
    """Search ``index`` for the k nearest of ``query`` (float32 [d]) and record every step.

    Raises
    ------
    ValueError
        If the query or k is none that the index would take, or the index of a kind that has no
        walk.
    """
    match index:
        case HNSWIndex():
            return walk_hnsw(index, query, k)
        case IVFPQIndex() | IVFFlatIndex():
            return walk_ivf(index, query, k)
        case ExactIndex():
            return walk_exact(index, query, k)
    raise ValueError(f"index={index!r}: must be exact, hnsw, ivfflat or ivfpq")


__all__ = [
    "ExactWalk",
    "Graph",
    "HNSWWalk",
    "Hop",
    "IVFWalk",
    "Part",
    "Probe",
    "Projection",
    "SearchWalk",
    "project",
    "read_graph",
    "walk_exact",
    "walk_hnsw",
    "walk_ivf",
    "walk_through",
]
