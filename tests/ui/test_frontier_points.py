"""Designs as points: what ships, what they are called, and who is on the front."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

import engine
from engine.design import Design
from engine.frontier import frontier_designs
from engine.generators import MF, Popularity
from engine.index import HNSW, IVFPQ, Exact
from engine.rankers import GBDT, NoRanker
from engine.rerankers import Rules
from engine.world import WorldConfig
from tests.ui.points import a_point
from tests.ui.views import a_preview, a_view, without_times
from ui.frontier_points import (
    design_of,
    front,
    link_of,
    name_of,
    point_of,
    remember,
    shipped,
    table,
    twin_of,
)


def test_every_shipped_design_is_a_point_with_the_figures_of_its_row() -> None:
    points, origin = shipped()
    frame = engine.load_frontier()
    assert len(points) == len(frame) == 80
    assert [point.p95 for point in points] == frame["p95_ms"].tolist()
    assert [point.low for point in points] == frame["ndcg@10_low"].tolist()
    assert [point.memory_bytes for point in points] == frame["memory_bytes"].tolist()
    assert origin.machine == frame["machine"].iloc[0]
    assert origin.held_up == frame["held_up"].max()


def test_the_links_of_shipped_points_are_the_designs_that_were_measured() -> None:
    points, _ = shipped()
    links = [point.link for point in points if point.stages == 2]
    assert [design_of(link, WorldConfig()) for link in links] == frontier_designs()


def test_what_ranks_the_whole_catalogue_has_no_link() -> None:
    single = [point for point in shipped()[0] if point.stages == 1]
    assert [(point.name, point.link) for point in single] == [
        ("logistic on the whole catalogue", ""),
        ("GBDT on the whole catalogue", ""),
    ]


@pytest.mark.parametrize(
    ("design", "name"),
    [
        (Design(), "MF → HNSW ef 400 → 300 → GBDT"),
        (Design(candidates=1_000, index=Exact()), "MF → exact → 1,000 → GBDT"),
        (Design(index=IVFPQ(nprobe=4), ranker=NoRanker()), "MF → IVF-PQ nprobe 4 → 300 → none"),
        (Design(generator=Popularity()), "popularity → 300 → GBDT"),
        (Design(generator=MF(factors=16)), "MF (factors 16) → HNSW ef 400 → 300 → GBDT"),
        (Design(index=HNSW(M=8)), "MF → HNSW ef 400 (M 8) → 300 → GBDT"),
        (
            Design(ranker=GBDT(trees=50, leaves=15)),
            "MF → HNSW ef 400 → 300 → GBDT (trees 50, leaves 15)",
        ),
        (
            Design(rerank=Rules(topic_cap=2)),
            "MF → HNSW ef 400 → 300 → GBDT → rules (topic_cap 2)",
        ),
    ],
    ids=str,
)
def test_a_name_tells_the_parts_and_what_differs_from_their_defaults(
    design: Design, name: str
) -> None:
    assert name_of(design) == name


@pytest.mark.parametrize(
    "design",
    [
        Design(),
        Design(generator=Popularity(), slate=20),
        Design(rerank=Rules(topic_cap=2)),
        Design(index=IVFPQ(nprobe=4)),
    ],
    ids=name_of,
)
def test_a_link_brings_its_design_back_whatever_the_world(design: Design) -> None:
    world = WorldConfig(users=300, items=2_000, impressions=20_000, seed=8)
    assert design_of(link_of(design), world) == design
    assert "seed" not in link_of(design)
    assert "user" not in link_of(design)


def test_a_forged_link_is_repaired() -> None:
    assert design_of("candidates=9999&index=nonsense&seed=5&\n=", WorldConfig()) == Design(
        candidates=1_000
    )


def test_the_point_of_a_measured_view_holds_its_figures() -> None:
    view = a_view()
    point = point_of(view)
    assert point is not None
    assert view.latency is not None
    assert (point.ndcg, point.source) == (view.figures["ndcg@10"][0], "this visit")
    assert point.high - point.ndcg == pytest.approx(0.012)
    assert (point.p50, point.p95) == (view.latency.p50["whole"], view.latency.p95["whole"])
    assert design_of(point.link, WorldConfig()) == view.design


def test_a_preview_says_so_and_what_was_not_timed_is_no_point() -> None:
    preview = point_of(a_preview())
    assert preview is not None
    assert preview.source == "preview"
    assert point_of(without_times()) is None


def test_the_front_is_fastest_first_and_without_what_others_beat() -> None:
    fast, beaten, good = a_point(1, 0.5), a_point(3, 0.4), a_point(5, 0.7)
    unknown = a_point(math.nan, 0.9)
    assert front([good, beaten, fast, unknown]) == [fast, good]
    assert front([]) == []


def test_a_twin_is_the_same_design_as_it_shipped() -> None:
    here = a_point(2, 0.6, source="this visit", link="a")
    other, same = a_point(1, 0.5, link="b"), a_point(3, 0.6, link="a")
    assert twin_of(here, (other, replace(same, source="this visit"), same)) is same
    assert twin_of(here, (other,)) is None


def test_what_was_tried_is_bounded_and_the_newest_figures_count() -> None:
    tried = {name: a_point(1, 0.5) for name in "abc"}
    newer = a_point(2, 0.5)
    remember(tried, "a", newer, most=3)
    assert list(tried) == ["b", "c", "a"]
    remember(tried, "d", newer, most=3)
    assert list(tried) == ["c", "a", "d"]
    assert tried["a"] is newer


def test_the_table_holds_all_points_best_first() -> None:
    frame = table([a_point(1, 0.5), a_point(5, 0.7, source="this visit")])
    assert frame.iloc[0].tolist() == ["0.7 in 5", 0.7, 0.69, 0.71, 2.5, 5.0, 7.0, "this visit"]
    assert frame["source"].tolist() == ["this visit", "shipped"]
