"""What outside scripts may rely on: the names, and the snippets that use them."""

from __future__ import annotations

import doctest
import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import engine

PROMISED = {
    "load_sample": "",
    "make_world": "config progress",
    "WorldConfig": "users items seed",
    "Design": "generator index candidates ranker slate rerank training",
    "Training": "days rows negatives correct without",
    "MF": "factors",
    "HNSW": "M ef_construction ef_search",
    "Exact": "",
    "IVFFlat": "nlist nprobe",
    "IVFPQ": "nlist nprobe m nbits refine",
    "FM": "factors epochs",
    "GBDT": "trees leaves",
    "LambdaRank": "trees leaves",
    "DCN": "factors layers width epochs",
    "Logistic": "",
    "Prior": "",
    "NoRanker": "",
    "Popularity": "",
    "NoReranking": "",
    "Rules": "diversity freshness topic_cap distinct depth",
    "build": "world design progress",
    "evaluate": "system users",
    "measure": "system requests",
    "sweep": "world designs progress",
    "Scenario": "world design",
    "walk": "system user at",
    "explain": "system user item at",
    "as_python": "scenario page",
    "measure_search": "world design vectors progress",
    "measure_interleaved": "systems requests",
    "measure_ranking": "systems rows requests",
    "compare_generators": "world configs candidates users",
    "VectorData": "kind normalised shifted n d seed",
    "machines": "service memory_bytes traffic prices",
    "Traffic": "peak mean_share utilisation replicas slo_ms",
    "Prices": "cores memory_gb per_hour currency",
}
METRICS = [
    "ndcg_at_k",
    "recall_at_k",
    "roc_auc",
    "log_loss",
    "normalized_entropy",
    "calibration_ratio",
    "expected_calibration_error",
    "average_precision",
]


@pytest.mark.parametrize("name", PROMISED)
def test_promised_name_takes_the_promised_parameters(name: str) -> None:
    assert name in engine.__all__
    parameters = inspect.signature(getattr(engine, name)).parameters
    promised = PROMISED[name].split()
    assert set(promised) <= set(parameters)
    assert [one for one in parameters if one in promised] == promised  # in this order


@pytest.mark.parametrize("name", METRICS)
def test_promised_metric_exists(name: str) -> None:
    assert callable(getattr(engine.metrics, name))


def test_everything_named_is_there_once_and_sorted() -> None:
    assert len(set(engine.__all__)) == len(engine.__all__)
    assert all(hasattr(engine, name) for name in engine.__all__)


def test_families_go_from_name_to_class_in_ladder_order() -> None:
    generators, rankers = list(engine.GENERATORS), list(engine.RANKERS)
    ladder = ["popularity", "mf", "covisitation", "ease", "two_tower"]
    assert [name for name in ladder if name in generators] == generators
    ladder = ["none", "prior", "logistic", "fm", "gbdt", "lambdarank", "dcn"]
    assert [name for name in ladder if name in rankers] == rankers
    assert list(engine.RERANKERS) == ["none", "rules"]
    for family in (engine.GENERATORS, engine.RANKERS, engine.INDEXES, engine.RERANKERS):
        assert all(kind().name == name for name, kind in family.items())


def test_whole_way_from_world_to_frame(own_cache: Path) -> None:
    world = engine.make_world(
        engine.WorldConfig(users=150, items=300, impressions=12_000, seed=7), progress=None
    )
    design = engine.Design(
        generator=engine.MF(factors=16, iterations=3),
        index=engine.HNSW(M=8, ef_construction=40, ef_search=60),
        candidates=50,
        ranker=engine.GBDT(trees=10, leaves=7),
        slate=10,
    )
    system = engine.build(world, design, progress=None)
    assert any(own_cache.iterdir())

    slate = system.recommend(user=17, at=None)
    assert slate.items.shape == (10,)
    assert (slate.items.dtype, slate.scores.dtype) == (np.int64, np.float32)
    assert set(slate.trace) == {"generation", "index", "features", "ranking", "reranking"}

    report = engine.evaluate(system, users=30)
    ndcg = report["ndcg@10"]
    assert ndcg.low <= ndcg.value <= ndcg.high
    assert ndcg.n == 30
    assert set(report.loss) == {"generation", "index", "ranking", "reranking"}

    timing = engine.measure(system, requests=20)
    assert timing.p50.value <= timing.p95.value
    assert np.isnan(timing.p99.value)
    assert timing.first_request.unit == "ms"

    frame = engine.sweep(world, [design, engine.Design(ranker="none", generator="popularity",
                                                       candidates=50)], users=30)  # fmt: skip
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 2
    assert frame["ndcg@10"].iloc[0] == ndcg.value

    scenario = engine.Scenario(world=world.config, design=design)
    assert engine.Scenario.from_query(scenario.to_query()) == (scenario, [])


def test_name_stands_for_a_parts_defaults() -> None:
    assert engine.Design(ranker="gbdt") == engine.Design(ranker=engine.GBDT())
    assert engine.Design(generator="popularity").generator == engine.Popularity()


def test_default_scenario_is_that_of_the_shipped_world() -> None:
    scenario = engine.Scenario(world=engine.WorldConfig(), design=engine.Design())
    assert scenario == engine.Scenario()
    assert engine.load_sample().config == engine.WorldConfig()


@pytest.mark.slow
def test_example_in_the_docstring_runs() -> None:
    examples = doctest.DocTestParser().get_examples(engine.__doc__ or "")
    assert len(examples) >= 6
    scope: dict[str, object] = {}
    for example in examples:
        exec(example.source, scope)
