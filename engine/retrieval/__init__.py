"""Studies of the first stage: indexes over vectors of one's choice, measured side by side.

>>> vectors = open_vectors(VectorData(), world, MF(), store)
>>> points = sweep_indexes(vectors, 300, world, store)
>>> fastest_at(points, (0.9, 0.95, 0.99))
"""

from engine.retrieval.choices import (
    Fastest,
    at_equal_recall,
    fastest_at,
    frontiers,
    on_frontier,
)
from engine.retrieval.data import KINDS, VectorData
from engine.retrieval.grid import by_build, index_configs
from engine.retrieval.points import IndexPoint
from engine.retrieval.study import measure_group, query_recalls, sweep_indexes, worst_queries
from engine.retrieval.vectors import (
    QUERIES,
    Requests,
    Vectors,
    open_vectors,
    true_requests,
    true_scores,
)

__all__ = [
    "KINDS",
    "QUERIES",
    "Fastest",
    "IndexPoint",
    "Requests",
    "VectorData",
    "Vectors",
    "at_equal_recall",
    "by_build",
    "fastest_at",
    "frontiers",
    "index_configs",
    "measure_group",
    "on_frontier",
    "open_vectors",
    "query_recalls",
    "sweep_indexes",
    "true_requests",
    "true_scores",
    "worst_queries",
]
