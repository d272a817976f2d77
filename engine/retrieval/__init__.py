"""Studies of the first stage: indexes over vectors of one's choice, measured side by side, and
generators, judged side by side.

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
from engine.retrieval.generators import (
    candidate_curves,
    compare_generators,
    generator_differences,
    left_out,
    load_generators,
)
from engine.retrieval.grid import by_build, index_configs
from engine.retrieval.leader import Leader, leader
from engine.retrieval.points import IndexPoint, config_from_plain, plain_config
from engine.retrieval.search import measure_search
from engine.retrieval.shipped import index_points, load_index_sizes, load_indexes
from engine.retrieval.sizes import SIZES, TARGET, Crossing, crossings, measure_size
from engine.retrieval.study import measure_group, query_recalls, sweep_indexes, worst_queries
from engine.retrieval.vectors import (
    JUDGED,
    QUERIES,
    Requests,
    Vectors,
    open_vectors,
    true_requests,
    true_scores,
)

__all__ = [
    "JUDGED",
    "KINDS",
    "QUERIES",
    "SIZES",
    "TARGET",
    "Crossing",
    "Fastest",
    "IndexPoint",
    "Leader",
    "Requests",
    "VectorData",
    "Vectors",
    "at_equal_recall",
    "by_build",
    "candidate_curves",
    "compare_generators",
    "config_from_plain",
    "crossings",
    "fastest_at",
    "frontiers",
    "generator_differences",
    "index_configs",
    "index_points",
    "leader",
    "left_out",
    "load_generators",
    "load_index_sizes",
    "load_indexes",
    "measure_group",
    "measure_search",
    "measure_size",
    "on_frontier",
    "open_vectors",
    "plain_config",
    "query_recalls",
    "sweep_indexes",
    "true_requests",
    "true_scores",
    "worst_queries",
]
