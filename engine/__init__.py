"""Shortlist's library: a two-stage recommender on a synthetic world whose truth is known.

The data's way, which is also the order in which modules may import each other::

    world -> log -> generators -> index -> features -> rankers -> rerankers
          -> pipeline (design -> system -> slate), single_stage
          -> evaluation (truth, intervals, loss by stage)
          -> walk (one request, stage by stage) -> explanation (why this item)
          -> measurement (stopwatch) -> comparison
          -> retrieval (studies of the first stage)
          -> clicks (the second case: ads; log -> design -> report)
          -> scenario, grid -> sweep, ladder, frontier
          -> fitting_process, live_measurement (beside an app)
          -> machines (modelled from measured)
          -> as_python (any view as lines that use these names)

`metrics`, `figures` and `intervals` stand below all of it and know nobody; `glossary` says
what each figure means.

>>> import engine
>>> world = engine.load_sample()
>>> system = engine.build(world, engine.Design())
>>> system.recommend(user=17).items
>>> engine.evaluate(system)["ndcg@10"]
>>> engine.measure(system).p95
"""

from engine import metrics
from engine.as_python import as_python
from engine.clicks import (
    CLICK_PRESETS,
    Auction,
    ClickDesign,
    ClickLogConfig,
    ClickReport,
    compare_clicks,
    load_clicks,
    make_clicks,
    measure_clicks,
    run_auction,
    run_clicks,
)
from engine.comparison import Comparison, compare, compare_timings, inside_noise
from engine.design import Design
from engine.evaluation import Report, evaluate
from engine.explanation import Explanation, explain
from engine.figures import Estimate, Kind, MeasuredDifference, Measurement, Modelled
from engine.frontier import load_frontier
from engine.generators import EASE, GENERATORS, MF, Covisitation, Popularity, TwoTower
from engine.index import HNSW, INDEXES, IVFPQ, Exact, IVFFlat
from engine.machines import Machines, Prices, Traffic, machines
from engine.measurement import Timing, measure, measure_interleaved, measure_ranking
from engine.pareto import pareto_front
from engine.pipeline import Slate, System, build
from engine.rankers import DCN, FM, GBDT, RANKERS, LambdaRank, Logistic, NoRanker, Prior
from engine.rerankers import RERANKERS, NoReranking, Rules
from engine.retrieval import VectorData, compare_generators, measure_search
from engine.sample import load_sample
from engine.scenario import Scenario
from engine.single_stage import SingleStage
from engine.sweep import sweep
from engine.training import Training
from engine.walk import Fate, Walk, walk
from engine.world import World, WorldConfig, make_world

__all__ = [
    "CLICK_PRESETS",
    "DCN",
    "EASE",
    "FM",
    "GBDT",
    "GENERATORS",
    "HNSW",
    "INDEXES",
    "IVFPQ",
    "MF",
    "RANKERS",
    "RERANKERS",
    "Auction",
    "ClickDesign",
    "ClickLogConfig",
    "ClickReport",
    "Comparison",
    "Covisitation",
    "Design",
    "Estimate",
    "Exact",
    "Explanation",
    "Fate",
    "IVFFlat",
    "Kind",
    "LambdaRank",
    "Logistic",
    "Machines",
    "MeasuredDifference",
    "Measurement",
    "Modelled",
    "NoRanker",
    "NoReranking",
    "Popularity",
    "Prices",
    "Prior",
    "Report",
    "Rules",
    "Scenario",
    "SingleStage",
    "Slate",
    "System",
    "Timing",
    "Traffic",
    "Training",
    "TwoTower",
    "VectorData",
    "Walk",
    "World",
    "WorldConfig",
    "as_python",
    "build",
    "compare",
    "compare_clicks",
    "compare_generators",
    "compare_timings",
    "evaluate",
    "explain",
    "inside_noise",
    "load_clicks",
    "load_frontier",
    "load_sample",
    "machines",
    "make_clicks",
    "make_world",
    "measure",
    "measure_clicks",
    "measure_interleaved",
    "measure_ranking",
    "measure_search",
    "metrics",
    "pareto_front",
    "run_auction",
    "run_clicks",
    "sweep",
    "walk",
]
