"""Shortlist's library: a two-stage recommender on a synthetic world whose truth is known.

The data's way, which is also the order in which modules may import each other::

    world -> log -> generators -> index -> features -> rankers -> rerankers
          -> pipeline (design -> system -> slate)
          -> evaluation (truth, intervals, loss by stage)
          -> walk (one request, stage by stage) -> explanation (why this item)
          -> measurement (stopwatch)
          -> scenario, grid -> sweep, live_measurement
          -> machines (modelled from measured)

`metrics`, `figures` and `intervals` stand below all of it and know nobody.

>>> import engine
>>> world = engine.load_sample()
>>> system = engine.build(world, engine.Design())
>>> system.recommend(user=17).items
>>> engine.evaluate(system)["ndcg@10"]
>>> engine.measure(system).p95
"""

from engine import metrics
from engine.design import Design
from engine.evaluation import Report, evaluate
from engine.explanation import Explanation, explain
from engine.figures import Estimate, Kind, Measurement, Modelled
from engine.generators import GENERATORS, MF, Popularity
from engine.index import HNSW, INDEXES, IVFPQ, Exact
from engine.machines import Machines, Prices, Traffic, machines
from engine.measurement import Timing, measure
from engine.pipeline import Slate, System, build
from engine.rankers import GBDT, RANKERS, Logistic, NoRanker
from engine.rerankers import RERANKERS, NoReranking, Rules
from engine.sample import load_sample
from engine.scenario import Scenario
from engine.sweep import sweep
from engine.walk import Fate, Walk, walk
from engine.world import World, WorldConfig, make_world

__all__ = [
    "GBDT",
    "GENERATORS",
    "HNSW",
    "INDEXES",
    "IVFPQ",
    "MF",
    "RANKERS",
    "RERANKERS",
    "Design",
    "Estimate",
    "Exact",
    "Explanation",
    "Fate",
    "Kind",
    "Logistic",
    "Machines",
    "Measurement",
    "Modelled",
    "NoRanker",
    "NoReranking",
    "Popularity",
    "Prices",
    "Report",
    "Rules",
    "Scenario",
    "Slate",
    "System",
    "Timing",
    "Traffic",
    "Walk",
    "World",
    "WorldConfig",
    "build",
    "evaluate",
    "explain",
    "load_sample",
    "machines",
    "make_world",
    "measure",
    "metrics",
    "sweep",
    "walk",
]
